//! One stored row that cannot be read fails only itself: pages and lists name it and hold all others.

use mso_core::actor::Acting;
use mso_core::protocol::records::RecordKind;
use mso_core::protocol::sync::{RecordKey, SyncRequest};
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Connection as _};
use uuid::Uuid;

use super::Replica;
use crate::harness::{Server, User};

impl Server {
    /// Changes rows as an operator with all rights would.
    pub(super) async fn tampers(&self, statement: &'static str, id: Uuid) {
        let mut superuser = self.superuser.connect().await.unwrap();
        let changed = sqlx::query(statement)
            .bind(id)
            .execute(&mut superuser)
            .await
            .unwrap();
        assert_eq!(changed.rows_affected(), 1, "{statement}");
        superuser.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_page_holds_all_other_records_and_names_the_one_that_cannot_be_read() {
    let server = Server::start().await;
    let mut amal = Replica::of(server.requester("amal").await);
    let first = amal.user.submits(Vec::new()).await;
    let second = amal.user.submits(Vec::new()).await;
    amal.catches_up().await;
    server
        .tampers(
            "update mso_case set request = request - 'clinical_question' where id = $1",
            first.id.as_uuid(),
        )
        .await;
    let bad = Replica::key(RecordKind::Case, first.id.as_uuid());

    // From the feed's start, and as a change.
    let mut anew = Replica::of(server.requester("amal").await);
    let pages = anew.catches_up().await;
    assert_eq!(unreadable(&pages), std::slice::from_ref(&bad));
    assert!(pages.iter().all(|page| !page.gone.contains(&bad)));
    assert!(anew.record(RecordKind::Case, first.id.as_uuid()).is_none());
    assert!(anew.record(RecordKind::Case, second.id.as_uuid()).is_some());
    assert!(anew.all(RecordKind::Patient).len() >= 2);

    let mut tx = server.database().await;
    mso_server::feed::write::touch(tx.conn(), first.id.into(), std::slice::from_ref(&bad))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let third = amal.user.submits(Vec::new()).await;
    let pages = amal.catches_up().await;
    assert_eq!(unreadable(&pages), std::slice::from_ref(&bad));
    assert!(
        amal.record(RecordKind::Case, first.id.as_uuid()).is_some(),
        "what the phone has stays"
    );
    assert!(amal.record(RecordKind::Case, third.id.as_uuid()).is_some());

    // Asked for again: still unreadable, then mended, without any change in the feed.
    let again = SyncRequest {
        missing: vec![bad.clone()],
        ..anew.request()
    };
    assert_eq!(anew.round(&again).await.unreadable, std::slice::from_ref(&bad));
    server
        .tampers(
            "update mso_case set request = request || '{\"clinical_question\": \"Is an operation needed before the summer?\"}' where id = $1",
            first.id.as_uuid(),
        )
        .await;
    let page = anew.round(&again).await;
    assert_eq!(page.unreadable, []);
    assert!(anew.record(RecordKind::Case, first.id.as_uuid()).is_some());
}

#[tokio::test]
async fn a_record_asked_for_again_that_the_phone_may_not_read_is_gone() {
    let server = Server::start().await;
    let foreign = User::in_session(&server, "basma").await.submits(Vec::new()).await;
    let mut amal = Replica::of(server.requester("amal").await);
    amal.catches_up().await;
    let key = Replica::key(RecordKind::Case, foreign.id.as_uuid());
    let page = amal
        .round(&SyncRequest {
            missing: vec![key.clone()],
            ..amal.request()
        })
        .await;
    assert_eq!(page.gone, [key]);
    assert!(page.records.is_empty());
}

fn unreadable(pages: &[mso_core::protocol::sync::SyncResponse]) -> Vec<RecordKey> {
    pages.iter().flat_map(|page| page.unreadable.clone()).collect()
}

#[tokio::test]
async fn every_list_holds_all_others_and_names_what_it_could_not_read() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let amal = User::in_session(&server, "amal").await;
    let patient = amal.adds_patient().await;
    let case = amal.submits_for(patient, Vec::new()).await;
    amal.submits(Vec::new()).await;
    let noor = server.provider_id("noor").await.as_uuid();
    let noors_user = server.provider("noor").await.grant.user_id.as_uuid();
    let institution = match amal.grant.acting {
        Acting::Requester { institution } => institution.as_uuid(),
        Acting::Provider { .. } | Acting::Admin | Acting::System => panic!("amal is a requester"),
    };
    for (statement, id) in [
        (
            "update mso_case set request = request - 'clinical_question' where id = $1",
            case.id.as_uuid(),
        ),
        (
            "update patient set record = jsonb_set(record, '{birth_date}', '17') where id = $1",
            patient.as_uuid(),
        ),
        ("update provider set availability = '[]' where id = $1", noor),
        ("update mso_user set display_name = '' where id = $1", noors_user),
        ("update institution set contact = '17' where id = $1", institution),
    ] {
        server.tampers(statement, id).await;
    }
    for (path, member, bad, others) in [
        ("/v1/cases", "cases", case.id.as_uuid(), 1),
        ("/v1/patients", "patients", patient.as_uuid(), 1),
        ("/v1/providers", "providers", noor, 1),
        ("/v1/users", "users", noors_user, 3),
        ("/v1/institutions", "institutions", institution, 1),
    ] {
        let list: Value = rima.get(path).await.ok(200).json();
        assert_eq!(list["unreadable"], json!([bad.to_string()]), "{path}");
        assert!(list[member].as_array().unwrap().len() >= others, "{path}: {list}");
    }
    // One expert's broken profile does not stop the assignment of all cases.
    let other = amal.submits(Vec::new()).await;
    let list: Value = rima
        .get(&format!("/v1/cases/{}/candidates", other.id))
        .await
        .ok(200)
        .json();
    assert_eq!(list["unreadable"], json!([noor.to_string()]));
    assert!(!list["candidates"].as_array().unwrap().is_empty());
}
