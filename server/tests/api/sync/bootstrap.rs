//! A phone that has no records yet.

use mso_core::ids::StreamId;
use mso_core::protocol::records::RecordKind;

use super::Replica;
use crate::harness::{Phone, Server, User};

#[tokio::test]
async fn a_new_phone_gets_the_streams_of_its_parties_whole() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let case = amal.submits(Vec::new()).await;
    let rima = server.admin().await;
    rima.assigns(&case, "noor").await;

    let mut hospital = Replica::of(amal);
    let pages = hospital.catches_up().await;
    assert_eq!(pages[0].grants.len(), 4, "case, institution, user, catalogue");
    assert!(hospital.record(RecordKind::Case, case.id.as_uuid()).is_some());
    assert_eq!(hospital.all(RecordKind::Patient).len(), 1);
    assert_eq!(hospital.all(RecordKind::Institution).len(), 1);
    assert_eq!(hospital.all(RecordKind::Specialty).len(), 1);

    let mut expert = Replica::of(server.provider("noor").await);
    expert.catches_up().await;
    assert!(expert.record(RecordKind::Case, case.id.as_uuid()).is_some());
    assert_eq!(expert.all(RecordKind::Provider).len(), 1);
    assert_eq!(expert.all(RecordKind::Patient).len(), 0);

    let mut other = Replica::of(server.requester("basma").await);
    other.catches_up().await;
    assert!(!other.heads.contains_key(&StreamId::from(case.id)));
    assert_eq!(
        other.all(RecordKind::Case).len() + other.all(RecordKind::Patient).len(),
        0
    );
    let mut other = Replica::of(server.provider("omar").await);
    other.catches_up().await;
    assert_eq!(other.all(RecordKind::Case).len(), 0);
}

#[tokio::test]
async fn small_pages_bring_the_same_as_a_large_one() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let mut cases = Vec::new();
    for _ in 0..5 {
        cases.push(amal.submits(Vec::new()).await);
    }
    let mut whole = Replica::of(amal);
    // The number of pages depends on other writers of the cluster: they hold the watermark back.
    whole.catches_up().await;

    let mut piecemeal = Replica::of(User::on_phone(&server, "amal", Phone::new(&server)).await);
    piecemeal.max_bytes = 1;
    // Meanwhile changes happen in a stream that was already delivered, and in one that is still to come.
    let first = piecemeal.round(&piecemeal.request()).await;
    // The number of grants depends on the ids: a stream without records comes along with the one before it.
    assert_eq!((first.records.len(), first.more), (1, true));
    let rima = server.admin().await;
    for case in &cases {
        rima.assigns(case, "noor").await;
    }
    let pages = piecemeal.catches_up().await;
    assert!(pages.len() >= 8, "{}", pages.len());
    whole.catches_up().await;
    assert_eq!(piecemeal.heads, whole.heads);
    assert_eq!(piecemeal.records, whole.records);
}

#[tokio::test]
async fn a_case_submitted_during_a_bootstrap_is_not_forgotten() {
    let server = Server::start().await;
    let adam = server.requester("adam").await;
    adam.submits(Vec::new()).await;
    let mut phone = Replica::of(server.requester("amal").await);
    phone.max_bytes = 1;
    phone.round(&phone.request()).await;
    let late = adam.submits(Vec::new()).await;
    phone.catches_up().await;
    assert_eq!(phone.all(RecordKind::Case).len(), 2);
    assert!(phone.heads.contains_key(&StreamId::from(late.id)));
}

#[tokio::test]
async fn a_stream_larger_than_a_page_comes_in_parts_and_what_changes_meanwhile_is_not_lost() {
    let server = Server::start().await;
    let adam = server.requester("adam").await;
    let mut patients = Vec::new();
    for _ in 0..24 {
        patients.push(adam.adds_patient().await);
    }
    let mut phone = Replica::of(server.requester("amal").await);
    phone.max_bytes = 4_000;
    let mut pages = vec![phone.round(&phone.request()).await];
    while phone.all(RecordKind::Patient).len() < 6 {
        assert!(pages.len() < 20);
        pages.push(phone.round(&phone.request()).await);
    }
    let late = adam.adds_patient().await;
    let known = phone.all(RecordKind::Patient).len();
    assert!(known < 24, "all patients came at once");
    pages.extend(phone.catches_up().await);
    assert_eq!(phone.all(RecordKind::Patient).len(), 25);
    assert!(phone.record(RecordKind::Patient, late.as_uuid()).is_some());
    let key = Replica::key(RecordKind::Patient, late.as_uuid());
    let institution = phone.records[&key].stream;
    let granted = pages.iter().flat_map(|page| &page.grants);
    assert_eq!(granted.filter(|grant| grant.stream == institution).count(), 1);
    for page in &pages {
        let bytes: usize = page.records.iter().map(|record| record.body.len()).sum();
        assert!(bytes <= 4_000, "a page of {bytes} bytes");
    }
    let mut whole = Replica::of(User::on_phone(&server, "amal", Phone::new(&server)).await);
    whole.catches_up().await;
    assert_eq!(phone.heads, whole.heads);
    assert_eq!(phone.records, whole.records);
}
