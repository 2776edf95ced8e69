use futures::FutureExt;

use super::*;
use crate::client::store::StoreError;
use crate::client::testing::server::{Break, Server};
use crate::client::testing::store_and_files::{open, photo, row, signed_in, trouble, wanted};
use crate::time::Clock;

const SIZE: usize = 700_000;

#[tokio::test]
async fn a_file_comes_down_sealed_and_is_checked() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let bytes = photo(SIZE);
    let document = wanted(&shared, &server, &bytes);
    assert!(matches!(
        files::open_plain(&shared, document.id),
        Err(FileError::NotHere)
    ));
    let report = run(&shared, &Cancel::new()).await;
    assert_eq!((report.files, report.bytes, report.failed), (1, SIZE as u64, 0));
    let row = row(&shared, document.id);
    assert_eq!((row.state, row.transferred), (FileState::Present, SIZE as u64));
    assert_eq!(
        files::plain_sha256(&shared, document.id).unwrap(),
        document.file.sha256
    );
    let sealed = fs::read(shared.files_directory().join(row.path)).unwrap();
    assert!(!sealed.windows(16).any(|window| window == &bytes[1_000..1_016]));
    assert_eq!(run(&shared, &Cancel::new()).await.files, 0);
}

#[tokio::test]
async fn a_cut_download_goes_on_at_its_last_whole_chunk() {
    for at in [0, 1, 65_535, 65_536, 65_537, 300_000, 655_360, 699_999] {
        let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
        let shared = signed_in(directory.path(), &server).await;
        let document = wanted(&shared, &server, &photo(SIZE));
        server.state().break_at = Some((at, Break::Kept));
        assert_eq!(run(&shared, &Cancel::new()).await.failed, 1);
        assert_eq!(trouble(&shared, document.id).as_deref(), Some("interrupted"));
        assert_eq!(run(&shared, &Cancel::new()).await.files, 1, "{at}");
        assert_eq!(
            files::plain_sha256(&shared, document.id).unwrap(),
            document.file.sha256
        );
        assert!(server.state().carried - SIZE as u64 <= CHUNK_BYTES, "{at}");
    }
}

#[tokio::test]
async fn a_killed_process_cuts_off_a_torn_chunk_and_goes_on() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let document = wanted(&shared, &server, &photo(SIZE));
    server.state().break_at = Some((400_000, Break::Hangs));
    assert!(
        run(&shared, &Cancel::new()).now_or_never().is_none(),
        "killed while it waits"
    );
    let path = shared.files_directory().join(row(&shared, document.id).path);
    drop(shared);
    let whole = fs::metadata(&path).unwrap().len();
    assert_eq!(whole % SEALED_CHUNK_BYTES, 0);
    OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(whole + 4_000)
        .unwrap();

    let shared = open(directory.path(), &server);
    assert_eq!(run(&shared, &Cancel::new()).await.files, 1);
    assert_eq!(
        files::plain_sha256(&shared, document.id).unwrap(),
        document.file.sha256
    );
    let from = whole / SEALED_CHUNK_BYTES * CHUNK_BYTES;
    assert_eq!(server.state().carried, 400_000 + SIZE as u64 - from);
}

#[tokio::test]
async fn a_process_killed_after_the_last_byte_only_checks() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let document = wanted(&shared, &server, &photo(SIZE));
    assert_eq!(run(&shared, &Cancel::new()).await.files, 1);
    let unchecked =
        |tx: &rusqlite::Transaction<'_>| rows::progress(tx, document.id, FileState::Downloading, 1);
    shared.store().transaction(unchecked).unwrap();
    assert_eq!(run(&shared, &Cancel::new()).await.files, 1);
    assert_eq!(server.state().carried, SIZE as u64);
}

#[tokio::test]
async fn altered_bytes_begin_anew_under_another_key() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let document = wanted(&shared, &server, &photo(SIZE));
    let first = row(&shared, document.id);
    server.state().corrupt = true;
    assert_eq!(run(&shared, &Cancel::new()).await.files, 1);
    let second = row(&shared, document.id);
    assert_ne!(first.key.as_bytes(), second.key.as_bytes());
    assert!(!shared.files_directory().join(first.path).exists());
    assert_eq!(
        files::plain_sha256(&shared, document.id).unwrap(),
        document.file.sha256
    );
}

#[tokio::test]
async fn a_sealed_part_that_was_altered_on_the_phone_is_fetched_again() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let document = wanted(&shared, &server, &photo(SIZE));
    server.state().break_at = Some((400_000, Break::Kept));
    run(&shared, &Cancel::new()).await;
    let path = shared.files_directory().join(row(&shared, document.id).path);
    let mut part = fs::read(&path).unwrap();
    part[70_000] ^= 1;
    fs::write(&path, part).unwrap();
    assert_eq!(run(&shared, &Cancel::new()).await.files, 1);
    assert_eq!(
        files::plain_sha256(&shared, document.id).unwrap(),
        document.file.sha256
    );
}

#[tokio::test]
async fn another_content_than_declared_is_not_taken() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let document = wanted(&shared, &server, &photo(SIZE));
    server.state().contents.insert(document.id, photo(SIZE + 1));
    let report = run(&shared, &Cancel::new()).await;
    assert_eq!((report.files, report.failed), (0, 1));
    assert_eq!(trouble(&shared, document.id).as_deref(), Some("hash_mismatch"));
}

#[tokio::test]
async fn what_is_no_longer_visible_is_noted_and_stops_no_other() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let hidden = wanted(&shared, &server, &photo(1_000));
    let visible = wanted(&shared, &server, &photo(2_000));
    server.state().problem.insert(hidden.id, 404);
    let report = run(&shared, &Cancel::new()).await;
    assert_eq!((report.files, report.failed), (1, 1));
    assert!(report.stopped.is_none());
    assert_eq!(trouble(&shared, hidden.id).as_deref(), Some("code_404"));
    assert_eq!(row(&shared, visible.id).state, FileState::Present);
}

#[tokio::test]
async fn a_case_purged_in_the_middle_leaves_no_file() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let document = wanted(&shared, &server, &photo(SIZE));
    server.state().break_at = Some((400_000, Break::Hangs));
    {
        let cancel = Cancel::new();
        let pass = run(&shared, &cancel);
        tokio::pin!(pass);
        assert!(futures::poll!(&mut pass).is_pending());
        let purge = |tx: &rusqlite::Transaction<'_>| {
            rows::delete_of_stream(tx, document.case_id.into(), rows::Unsent::Goes)
        };
        let paths: Result<_, StoreError> = shared.store().transaction(purge);
        files::delete_sealed(&shared, paths.unwrap());
        cancel.cancel();
        assert_eq!(pass.await.files, 0);
    }
    assert_eq!(fs::read_dir(shared.files_directory()).unwrap().count(), 0);
    assert_eq!(run(&shared, &Cancel::new()).await.failed, 0);
}

#[tokio::test]
async fn a_plan_made_twice_keeps_the_first_key() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let document = wanted(&shared, &server, &photo(1_000));
    let first = row(&shared, document.id);
    let again = shared
        .store()
        .transaction(|tx| files::plan_download(tx, &document, document.case_id.into(), document.declared_at))
        .unwrap();
    assert!(!again);
    assert_eq!(row(&shared, document.id).path, first.path);
}

#[tokio::test]
async fn a_stuck_download_says_since_when_until_it_gets_further_than_ever() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let document = wanted(&shared, &server, &photo(SIZE));
    let first = server.clock.now();
    server.state().problem.insert(document.id, 503);
    assert!(!run(&shared, &Cancel::new()).await.advanced);
    server.clock.advance_millis(60_000);
    assert!(!run(&shared, &Cancel::new()).await.advanced);
    let told = row(&shared, document.id).trouble.unwrap();
    assert_eq!((told.code.as_str(), told.since), ("code_503", first));

    server.state().problem.clear();
    server.state().break_at = Some((100_000, Break::Kept));
    assert!(run(&shared, &Cancel::new()).await.advanced, "a chunk is here");
    let row_now = row(&shared, document.id);
    assert_eq!(row_now.transferred, CHUNK_BYTES);
    assert_eq!(row_now.trouble.unwrap().since, server.clock.now());
    assert_eq!(run(&shared, &Cancel::new()).await.files, 1);
    assert_eq!(row(&shared, document.id).trouble, None);
}

#[tokio::test]
async fn a_content_that_is_never_the_declared_one_gets_on_once_only() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let document = wanted(&shared, &server, &photo(SIZE));
    // Of the declared length and under the declared tag: it is known only when it is here.
    server.state().wrong_content = true;
    for advanced in [true, false, false] {
        let report = run(&shared, &Cancel::new()).await;
        assert_eq!((report.failed, report.advanced), (1, advanced));
    }
    let told = trouble(&shared, document.id);
    assert_eq!(told.as_deref(), Some("hash_mismatch"));
}
