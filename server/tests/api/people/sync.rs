//! What phones store about people, available offline.

use mso_core::protocol::records::{Record, RecordKind};
use serde_json::json;

use super::{institution_id, invitation, redeems, token, user_id};
use crate::harness::{PASSWORD, Server};
use crate::sync::Replica;

fn names(phone: &Replica<'_>) -> Vec<(String, bool)> {
    let mut names: Vec<_> = phone
        .all(RecordKind::Colleague)
        .into_iter()
        .map(|record| {
            let Record::Colleague(colleague) = record else {
                panic!("{record:?}")
            };
            (colleague.display_name, colleague.active)
        })
        .collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_requesters_phone_knows_the_institution_and_its_people_as_they_change() {
    let server = Server::start().await;
    let mut amal = Replica::of(server.requester("amal").await);
    let mut basma = Replica::of(server.requester("basma").await);
    amal.catches_up().await;
    basma.catches_up().await;
    let id = institution_id(&server, "amal").await;
    let Some(Record::Institution(own)) = amal.record(RecordKind::Institution, id.as_uuid()) else {
        panic!("no institution");
    };
    assert_eq!((own.name.as_str(), own.active), ("Tishreen Hospital", true));
    assert_eq!(own.details.unwrap().country.as_str(), "SY");
    assert_eq!(
        names(&amal),
        [("Adam Weiss".to_owned(), true), ("Amal Nasser".to_owned(), true)]
    );

    let rima = server.admin().await;
    rima.does("invite_user", invitation(&server, "sami").await).await;
    amal.catches_up().await;
    assert!(names(&amal).contains(&("sami".to_owned(), false)));
    redeems(&server, &token(&server, "sami").await, PASSWORD)
        .await
        .ok(204);
    let adam = user_id(&server, "adam").await;
    rima.does(
        "suspend_user",
        json!({ "user_id": adam, "reason": "on a long journey" }),
    )
    .await;
    rima.does(
        "deactivate_institution",
        json!({ "institution_id": id, "reason": "contract ended" }),
    )
    .await;
    amal.catches_up().await;
    assert_eq!(
        names(&amal),
        [
            ("Adam Weiss".to_owned(), false),
            ("Amal Nasser".to_owned(), true),
            ("sami".to_owned(), true)
        ]
    );
    let Some(Record::Institution(own)) = amal.record(RecordKind::Institution, id.as_uuid()) else {
        panic!("no institution");
    };
    assert!(!own.active);
    basma.catches_up().await;
    assert_eq!(names(&basma), [("Basma Khalil".to_owned(), true)]);
    // A user who joins later receives all of it.
    let mut sami = Replica::of(server.requester("sami").await);
    sami.catches_up().await;
    assert_eq!(names(&sami), names(&amal));
}

#[tokio::test]
async fn an_experts_phone_knows_the_own_profile_and_sets_when_cases_are_welcome() {
    let server = Server::start().await;
    let mut noor = Replica::of(server.provider("noor").await);
    noor.catches_up().await;
    let id = server.provider_id("noor").await;
    let profile = |phone: &Replica<'_>| match phone.record(RecordKind::Provider, id.as_uuid()) {
        Some(Record::Provider(record)) => record.profile.unwrap(),
        other => panic!("{other:?}"),
    };
    let before = profile(&noor);
    assert!(before.availability.accepting() && before.is_licensed(server.now().date()));
    assert!(
        before
            .licences
            .iter()
            .all(|licence| licence.verified.unwrap().by.is_none())
    );
    assert!(noor.all(RecordKind::Colleague).is_empty() && noor.all(RecordKind::Institution).is_empty());

    let away = json!({ "provider_id": id, "availability": { "time_zone": "Asia/Damascus", "accepting": true,
        "exceptions": [{ "from": "2026-11-23", "to": "2026-11-23", "kind": "leave" }] } });
    let envelope = noor.user.envelope("set_availability", away);
    noor.pushes(&[envelope]).await;
    // The response contains it at once, and the feed brings it again.
    assert!(profile(&noor).availability.on_leave(server.now()));
    noor.catches_up().await;
    let after = profile(&noor);
    assert!(after.availability.on_leave(server.now()));
    assert_eq!(after.version, before.version + 1);
    assert_eq!(after.details, before.details);
}

#[tokio::test]
async fn a_specialty_that_is_renamed_or_taken_out_changes_on_every_phone() {
    let server = Server::start().await;
    let mut amal = Replica::of(server.requester("amal").await);
    amal.catches_up().await;
    let rima = server.admin().await;
    let set = |code: &str, display: &str, active: bool| json!({ "code": code, "display": display, "active": active });
    rima.does("set_specialty", set("neurology", "Neurology", true))
        .await;
    rima.does("set_specialty", set("cardiology", "Heart medicine", true))
        .await;
    amal.catches_up().await;
    let shown = |phone: &Replica<'_>| {
        let mut shown: Vec<_> = phone
            .all(RecordKind::Specialty)
            .into_iter()
            .map(|record| {
                let Record::Specialty(specialty) = record else {
                    panic!("{record:?}")
                };
                specialty.display.as_str().to_owned()
            })
            .collect();
        shown.sort_unstable();
        shown
    };
    assert_eq!(shown(&amal), ["Heart medicine", "Neurology"]);
    rima.does("set_specialty", set("neurology", "Neurology", false))
        .await;
    amal.catches_up().await;
    assert_eq!(shown(&amal), ["Heart medicine"]);
}
