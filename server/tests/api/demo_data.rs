//! The month of `mso demo-data`, played beside the users of the harness, who have no cases.

use std::collections::BTreeSet;
use std::path::Path;

use mso_core::cases::{CaseStatus, Closure};
use mso_core::protocol::sessions::{SessionGrant, SignIn};
use mso_server::admin::demo;
use mso_server::demo_data;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use crate::harness::Server;

const MONTH: i64 = 30 * 24 * 60;
/// What a second run must not change.
const FOOTPRINT: &str =
    "select concat_ws(' ', (select count(*) from mso_case), (select count(*) from patient),
    (select count(*) from command_log), (select count(*) from audit_entry), (select count(*) from feed),
    (select count(*) from mso_user), (select sum(version) from mso_case), (select count(*) from invoice))";

fn write_files(folder: &Path) {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0".to_vec();
    png.extend([7; 5_000]);
    let pdf =
        b"%PDF-1.5\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n";
    std::fs::write(folder.join("picture.png"), png).unwrap();
    std::fs::write(folder.join("letter.pdf"), pdf).unwrap();
    std::fs::write(folder.join("notes.txt"), "not chosen").unwrap();
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    BTreeSet::from(names.map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_month_has_every_status_and_is_played_once() {
    let server = Server::start().await;
    let root = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(server.superuser.clone())
        .await
        .unwrap();
    let names = async |query: &'static str| -> BTreeSet<String> {
        let found = sqlx::query_scalar::<_, String>(query).fetch_all(&root);
        found.await.unwrap().into_iter().collect()
    };
    let number = async |query: &'static str| -> i64 {
        let found = sqlx::query_scalar::<_, i64>(query).fetch_one(&root);
        found.await.unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path());
    // The prices of the harness begin with its clock, so the month does too.
    let start = server.now();
    server.later(MONTH);
    let until = server.now();

    let played = demo_data::play(&server.state, folder.path(), until)
        .await
        .unwrap();
    assert!(played.is_new);
    assert_eq!(start.plus_hours(30 * 24), until);

    let statuses = names("select distinct status from mso_case").await;
    assert_eq!(statuses, set(CaseStatus::ALL.map(CaseStatus::name)));
    let closures = names("select distinct closure from mso_case where closure is not null").await;
    assert_eq!(closures, set(Closure::ALL.map(Closure::name)));
    let overdue = names("select distinct unnest(overdue) from mso_case").await;
    assert_eq!(overdue, set(["accept", "start", "finish", "answer", "read"]));
    assert_eq!(number("select count(*) from mso_case").await, 36);
    assert_eq!(number("select count(*) from patient").await, 40);
    assert_eq!(
        names("select distinct state from service_record").await,
        set(["recorded", "approved", "settled"])
    );
    assert_eq!(
        number("select count(*) from clarification where escalated_at is not null").await,
        1
    );
    let gaps = "select max(number) - count(*) from invoice";
    assert_eq!(number(gaps).await, 0);
    assert!(number("select count(*) from invoice").await > 18);

    // Only the late opinion was refused; its text is kept.
    let refused =
        "select count(*) from audit_entry where outcome not in ('applied', 'assignment_superseded')";
    assert_eq!(number(refused).await, 0);
    assert_eq!(number("select count(*) from quarantine").await, 1);
    assert_eq!(
        number("select count(*) from audit_entry where outcome = 'assignment_superseded'").await,
        1
    );

    a_file_comes_back(&server, &root, folder.path()).await;

    let footprint = async || -> String { sqlx::query_scalar(FOOTPRINT).fetch_one(&root).await.unwrap() };
    let before = footprint().await;
    let again = demo_data::play(&server.state, folder.path(), until.plus_hours(24))
        .await
        .unwrap();
    assert!(!again.is_new);
    assert_eq!((again.cases, again.invoices), (played.cases, played.invoices));
    assert_eq!(footprint().await, before);
}

async fn a_file_comes_back(server: &Server, root: &sqlx::PgPool, folder: &Path) {
    let (document, name): (Uuid, String) = sqlx::query_as(
        "select d.id, d.file_name from document d join mso_user u on u.id = d.declared_by
         where d.state = 'stored' and u.email = 'requester@demo.example' order by d.declared_at, d.id limit 1",
    )
    .fetch_one(root)
    .await
    .unwrap();
    let sign_in = SignIn {
        email: "requester@demo.example".to_owned(),
        password: demo::PASSWORD.to_owned(),
        device: None,
    };
    let sign_in = server.call("POST", "/v1/sessions").json(&sign_in);
    let grant: SessionGrant = sign_in.send().await.ok(201).json();
    let answer = server
        .call("GET", &format!("/v1/documents/{document}/content"))
        .header("authorization", format!("Bearer {}", grant.access_token))
        .send()
        .await
        .ok(200);
    assert_eq!(answer.body, std::fs::read(folder.join(name)).unwrap());
}
