//! Files that are no longer valid: before an expert has accepted the case they are withdrawn, and nobody reads them;
//! afterwards they are struck, and remain readable with the reason.

use mso_core::documents::{Document, DocumentState};
use mso_core::ids::DocumentId;
use mso_core::notifications::NotificationKind;
use mso_core::protocol::records::{Record, RecordKind};
use serde_json::{Value, json};

use crate::harness::{Case, File, Server};
use crate::sync::Replica;

fn withdrawal(case: &Case, file: &File) -> Value {
    json!({ "case_id": case.id, "document_id": file.id })
}

fn strike(case: &Case, file: &File, reason: &str) -> Value {
    json!({ "case_id": case.id, "document_id": file.id, "reason": reason })
}

fn document(phone: &Replica<'_>, id: DocumentId) -> Document {
    let Some(Record::Document(document)) = phone.record(RecordKind::Document, id.as_uuid()) else {
        panic!("no such file on the phone")
    };
    document
}

fn is_told(phone: &Replica<'_>, kind: NotificationKind) -> bool {
    let told = |record: &Record| matches!(record, Record::Notification(told) if told.kind == kind);
    phone.all(RecordKind::Notification).iter().any(told)
}

#[tokio::test]
async fn a_file_withdrawn_before_acceptance_is_read_by_nobody_any_more() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (case, file) = amal.submits_file(300).await;
    amal.uploads(&file).await;
    let rima = server.admin().await;
    rima.assigns(&case, "noor").await;
    let mut noor = Replica::of(server.provider("noor").await);
    noor.catches_up().await;
    assert_eq!(document(&noor, file.id).state, DocumentState::Stored);
    noor.user.get(&file.content_path()).await.ok(200);

    amal.does("withdraw_document", withdrawal(&case, &file)).await;
    for user in [&amal, &noor.user, &rima] {
        user.get(&file.content_path()).await.refused(404, "not_found");
    }
    noor.catches_up().await;
    assert_eq!(document(&noor, file.id).state, DocumentState::Withdrawn);
    // Once more is no fault, and to strike it is too late.
    amal.does("withdraw_document", withdrawal(&case, &file)).await;
    let late = amal.envelope("strike_document", strike(&case, &file, "blurred"));
    amal.commands(&late).await.refused(409, "document_withdrawn");
}

#[tokio::test]
async fn a_file_struck_after_acceptance_stays_readable_with_the_reason_and_the_expert_is_told() {
    let server = Server::start().await;
    let mut amal = Replica::of(server.requester("amal").await);
    let (case, file) = amal.user.submits_file(300).await;
    amal.user.uploads(&file).await;
    let token = server.admin().await.assigns(&case, "noor").await;
    let mut noor = Replica::of(server.provider("noor").await);
    noor.acts(token, "accept_case", json!({ "case_id": case.id }))
        .await;
    let withdraw = amal.user.envelope("withdraw_document", withdrawal(&case, &file));
    amal.user.commands(&withdraw).await.refused(409, "use_strike");
    noor.catches_up().await;
    assert!(!is_told(&noor, NotificationKind::DocumentAdded));

    amal.user
        .does("strike_document", strike(&case, &file, "another patient's"))
        .await;
    amal.user
        .does("strike_document", strike(&case, &file, "a second reason"))
        .await;
    for phone in [&mut amal, &mut noor] {
        phone.catches_up().await;
        let seen = document(phone, file.id);
        assert_eq!(seen.state, DocumentState::Stored);
        let struck = seen.struck.expect("the file is not struck");
        assert_eq!(struck.reason.as_str(), "another patient's");
        let content = phone.user.get(&file.content_path()).await.ok(200);
        assert_eq!(content.body, file.bytes);
    }
    assert!(is_told(&noor, NotificationKind::DocumentAdded));
}

#[tokio::test]
async fn nothing_more_arrives_of_a_file_that_is_withdrawn_and_what_did_is_discarded() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let (case, asked) = amal.submits_file(300).await;
    let left = File::of(&amal, 400);
    let declare = json!({ "case_id": case.id, "file": left.declared() });
    amal.does("declare_document", declare).await;
    for file in [&asked, &left] {
        amal.creates_upload(file).await.ok(201);
        amal.send(amal.patch(file, 0, &file.bytes[..100])).await.ok(204);
        assert!(server.part(file.id).exists());
    }
    amal.does("withdraw_document", withdrawal(&case, &asked)).await;
    amal.send(amal.patch(&asked, 100, &asked.bytes[100..]))
        .await
        .refused(409, "document_withdrawn");
    assert!(!server.part(asked.id).exists());

    // A case that is closed takes the other with it, whether its phone comes back or not.
    let withdraw = json!({ "case_id": case.id, "reason": "We asked elsewhere." });
    amal.does("withdraw_case", withdraw).await;
    assert!(server.part(left.id).exists());
    mso_server::jobs::round(&server.state).await.unwrap();
    assert!(!server.part(left.id).exists());
    amal.head(&left).await.ok(409);
    let mut phone = Replica::of(amal);
    phone.catches_up().await;
    assert_eq!(document(&phone, left.id).state, DocumentState::Withdrawn);
}

#[tokio::test]
async fn before_acceptance_only_an_admin_strikes_a_file() {
    let server = Server::start().await;
    let mut amal = Replica::of(server.requester("amal").await);
    let (case, file) = amal.user.submits_file(300).await;
    amal.user.uploads(&file).await;
    let own = amal
        .user
        .envelope("strike_document", strike(&case, &file, "blurred"));
    amal.user
        .commands(&own)
        .await
        .refused(409, "use_withdraw_document");
    let rima = server.admin().await;
    rima.does("strike_document", strike(&case, &file, "unreadable"))
        .await;
    amal.catches_up().await;
    let struck = document(&amal, file.id).struck.expect("the file is not struck");
    // The admin's name is nobody's business.
    assert_eq!((struck.by, struck.reason.as_str()), (None, "unreadable"));
}
