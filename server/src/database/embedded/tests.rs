use std::fs;
use std::process::Command;

use sqlx::{ConnectOptions, Connection, query, query_scalar};

use super::*;

fn options(folder: &Path) -> Options {
    Options {
        data_dir: folder.to_owned(),
        durability: Durability::None,
    }
}

fn pid_of(embedded: &Embedded) -> String {
    fs::read_to_string(embedded.place.pid_file())
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .to_owned()
}

fn runs(pid: &str) -> bool {
    Command::new("kill").args(["-0", pid]).status().unwrap().success()
}

fn signal(kind: &str, pid: &str) {
    assert!(Command::new("kill").args([kind, pid]).status().unwrap().success());
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn count_of_kept_rows(embedded: &Embedded) -> i64 {
    block_on(async {
        let mut db = embedded.connect_options("kept").connect().await.unwrap();
        let count = query_scalar("select count(*) from kept")
            .fetch_one(&mut db)
            .await
            .unwrap();
        db.close().await.unwrap();
        count
    })
}

fn keep_a_row(embedded: &Embedded) {
    embedded.ensure_database("kept").unwrap();
    block_on(async {
        let mut db = embedded.connect_options("kept").connect().await.unwrap();
        query("create table if not exists kept (n integer)")
            .execute(&mut db)
            .await
            .unwrap();
        query("insert into kept values (1)")
            .execute(&mut db)
            .await
            .unwrap();
    });
}

#[test]
fn a_cluster_keeps_its_data_over_stop_start_and_kill() {
    let folder = tempfile::tempdir().unwrap();
    // If root runs this test, the database's user must still be able to reach the temporary folder.
    Command::new("chmod")
        .arg("711")
        .arg(folder.path())
        .status()
        .unwrap();
    let options = options(folder.path());

    let first = Embedded::start(&options).unwrap();
    let pid = pid_of(&first);
    keep_a_row(&first);
    first.stop().unwrap();
    assert!(!runs(&pid), "a stopped cluster has no process");

    let second = Embedded::start(&options).unwrap();
    assert_eq!(count_of_kept_rows(&second), 1);
    let refused = Embedded::start(&options).unwrap_err();
    assert!(matches!(refused, EmbeddedError::InUse { .. }), "{refused}");

    // As after a kill -9 of mso: the cluster keeps running, the lock is free.
    let pid = pid_of(&second);
    let Running::Started(mut orphan) = second.forget() else {
        panic!("it was started")
    };
    let third = Embedded::start(&options).unwrap();
    assert!(matches!(third.running, Running::Adopted));
    assert_eq!(pid_of(&third), pid);
    assert_eq!(count_of_kept_rows(&third), 1);

    // As after a kill -9 of both.
    third.forget();
    signal("-KILL", &pid);
    orphan.wait().unwrap();
    let fourth = Embedded::start(&options).unwrap();
    assert!(matches!(fourth.running, Running::Started(_)));
    assert_eq!(count_of_kept_rows(&fourth), 1);

    // A pid file whose pid now belongs to another process.
    let file = fs::read_to_string(fourth.place.pid_file()).unwrap();
    let path = fourth.place.pid_file();
    let programs = fourth.programs.clone();
    fourth.stop().unwrap();
    // It runs as the same user, so that PostgreSQL itself could not tell the difference.
    let mut stranger = programs.command("/bin/sleep").arg("60").spawn().unwrap();
    let (_, rest) = file.split_once('\n').unwrap();
    fs::write(&path, format!("{}\n{rest}", stranger.id())).unwrap();
    let fifth = Embedded::start(&options).unwrap();
    assert_eq!(count_of_kept_rows(&fifth), 1);
    let pid = pid_of(&fifth);
    drop(fifth);
    assert!(!runs(&pid), "dropping stops");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[test]
fn a_cluster_is_private_and_never_on_the_network() {
    use std::os::unix::fs::MetadataExt;

    let embedded = Embedded::temporary().unwrap();
    for folder in [
        embedded.place.root(),
        embedded.place.socket(),
        &embedded.place.cluster(),
    ] {
        let there = fs::metadata(folder).unwrap();
        assert_eq!(there.mode() & 0o077, 0, "{}", folder.display());
        assert_ne!(there.uid(), 0, "root lends the cluster to another user");
    }
    embedded.ensure_database("template").unwrap();
    embedded.ensure_database("template").unwrap();
    embedded.clone_database("template", "clone").unwrap();
    assert!(matches!(
        embedded.clone_database("template", "a\"b"),
        Err(EmbeddedError::Name)
    ));
    let listening: String = block_on(async {
        let mut db = embedded.connect_options("clone").connect().await.unwrap();
        query_scalar("select current_setting('listen_addresses')")
            .fetch_one(&mut db)
            .await
            .unwrap()
    });
    assert_eq!(listening, "");
    embedded.drop_database("clone").unwrap();
    embedded.drop_database("clone").unwrap();
    let gone = block_on(embedded.connect_options("clone").connect());
    assert!(gone.is_err());
}

#[test]
fn a_long_path_gets_a_short_socket() {
    let long = Path::new("/tmp").join("x".repeat(120));
    let place = Place::of(&long, None).unwrap();
    assert!(place.socket().as_os_str().len() < 89);
    assert!(place.cluster().starts_with(&long));
}
