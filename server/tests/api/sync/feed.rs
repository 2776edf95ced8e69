//! A returning phone: what changed, what it may newly see, what it must forget.

use mso_core::ids::StreamId;
use mso_core::protocol::records::{Record, RecordKind};
use serde_json::json;

use super::{Replica, changes, purges};
use crate::harness::Server;

#[tokio::test]
async fn a_change_arrives_once_with_its_record() {
    let server = Server::start().await;
    let mut amal = Replica::of(server.requester("amal").await);
    let case = amal.user.submits(Vec::new()).await;
    amal.catches_up().await;
    let rima = server.admin().await;
    let assignment = rima.assigns(&case, "noor").await;
    let noor = Replica::of(server.provider("noor").await);
    noor.acts(assignment, "accept_case", json!({ "case_id": case.id }))
        .await;

    let pages = amal.catches_up().await;
    let of_case = changes(&pages)
        .into_iter()
        .filter(|change| change.stream == case.id.into());
    assert_eq!(of_case.map(|change| change.seq).collect::<Vec<_>>(), [2, 3]);
    let Some(Record::Case(record)) = amal.record(RecordKind::Case, case.id.as_uuid()) else {
        panic!()
    };
    assert_eq!(record.expert.unwrap().display_name, "Dr Noor Saleh");

    let again = amal.catches_up().await;
    assert!(changes(&again).is_empty() && again.len() == 1);
}

#[tokio::test]
async fn an_assigned_case_comes_to_the_expert_and_leaves_on_reassignment() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let case = amal.submits(Vec::new()).await;
    let mut noor = Replica::of(server.provider("noor").await);
    let mut omar = Replica::of(server.provider("omar").await);
    noor.catches_up().await;
    omar.catches_up().await;

    let rima = server.admin().await;
    rima.assigns(&case, "noor").await;
    let pages = noor.catches_up().await;
    assert!(
        pages
            .iter()
            .any(|page| page.grants.iter().any(|grant| grant.stream == case.id.into()))
    );
    assert_eq!(noor.all(RecordKind::Case).len(), 1);
    omar.catches_up().await;
    assert_eq!(omar.all(RecordKind::Case).len(), 0);

    server.later(5);
    rima.reassigns(&case, "omar").await;
    let orders = purges(&noor.catches_up().await);
    assert_eq!(orders.len(), 1);
    assert_eq!(
        (orders[0].stream, orders[0].reason.as_str()),
        (StreamId::from(case.id), "reassigned")
    );
    assert_eq!(noor.all(RecordKind::Case).len(), 0);
    omar.catches_up().await;
    assert_eq!(omar.all(RecordKind::Case).len(), 1);

    noor.confirms(vec![orders[0].id]).await;
    noor.confirms(vec![orders[0].id]).await;
    // A device cannot confirm another party's order.
    omar.confirms(vec![orders[0].id]).await;
    let mut tx = server.database().await;
    let confirmed: i64 = sqlx::query_scalar("select count(*) from purge_confirmation")
        .fetch_one(tx.conn())
        .await
        .unwrap();
    let audited = sqlx::query_scalar("select count(*) from audit_entry where action = 'confirm_purge'");
    let audited: i64 = audited.fetch_one(tx.conn()).await.unwrap();
    assert_eq!((confirmed, audited), (1, 1));
}

#[tokio::test]
async fn a_case_that_went_and_came_back_while_the_phone_was_away_is_not_purged() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let case = amal.submits(Vec::new()).await;
    let rima = server.admin().await;
    rima.assigns(&case, "noor").await;
    let mut noor = Replica::of(server.provider("noor").await);
    noor.catches_up().await;
    rima.reassigns(&case, "omar").await;
    let assignment = rima.reassigns(&case, "noor").await;

    let pages = noor.catches_up().await;
    assert!(purges(&pages).is_empty());
    let Some(Record::Case(record)) = noor.record(RecordKind::Case, case.id.as_uuid()) else {
        panic!()
    };
    assert_eq!(record.case.assignment.unwrap().id, assignment);
}

#[tokio::test]
async fn rows_of_many_changes_come_in_pages_that_end() {
    let server = Server::start().await;
    let mut amal = Replica::of(server.requester("amal").await);
    amal.catches_up().await;
    for _ in 0..6 {
        amal.user.submits(Vec::new()).await;
    }
    amal.max_bytes = 1;
    let pages = amal.catches_up().await;
    // Three transactions each: the patient created, the patient verified, the case submitted with its grant.
    assert_eq!(pages.len(), 18);
    assert!(pages.iter().all(|page| page.changes.len() <= 2));
    assert_eq!(amal.all(RecordKind::Case).len(), 6);
    assert_eq!(amal.all(RecordKind::Patient).len(), 6);
}
