//! Two editors of one patient (R6), and what an edit undoes (D-10).

use mso_core::command::Command;
use mso_core::patients::{
    CreatePatient, DeactivatePatient, Inactive, PatientField, ReactivatePatient, RevokeVerification,
    Verification,
};
use mso_core::testing::text;

use super::{edit, edit_with_reason, named, phone, verify};
use crate::commands::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn two_editors_of_different_fields_merge_and_of_the_same_field_the_second_chooses() {
    let world = World::new().await;
    let id = world.verified_patient("1").await;
    let seen = world.patient(id).await;
    let country = mso_core::patients::PatientChange::Country("DE".parse().ok());
    let (first, second) = tokio::join!(
        world.run(&world.requester, edit(&seen, vec![phone("+4930123456")]), None),
        world.run(&world.requester, edit(&seen, vec![country]), None),
    );
    assert_eq!([first, second], ["applied", "applied"]);
    let merged = world.patient(id).await;
    assert_eq!(merged.value(PatientField::Phone), phone("+4930123456"));
    assert_eq!(merged.country, "DE".parse().ok());
    assert_eq!(merged.version, seen.version + 2);
    assert!(merged.is_verified());

    let late = edit(&seen, vec![phone("+4930999999"), named("Khoury", "Amal")]);
    let refusal = world.refusal(&world.requester, late).await;
    assert_eq!(
        (refusal.code.as_str(), refusal.fields),
        ("field_conflict", vec!["phone".to_owned()])
    );
    let after = world.patient(id).await;
    assert_eq!(after, merged, "nothing of the refused edit is kept");
    let chosen = edit(&after, vec![phone("+4930999999"), named("Khoury", "Amal")]);
    world.apply(&world.requester, chosen, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_edits_of_one_field_at_once_one_is_refused() {
    let world = World::new().await;
    let id = world.created(world.create_patient("1")).await;
    for round in 0..5 {
        let seen = world.patient(id).await;
        let number = |n: u32| phone(&format!("+49301234{round}{n}"));
        let (first, second) = tokio::join!(
            world.run(&world.requester, edit(&seen, vec![number(1)]), None),
            world.run(&world.admin, edit_with_reason(&seen, vec![number(2)]), None),
        );
        let mut codes = [first, second];
        codes.sort();
        assert_eq!(codes, ["applied", "field_conflict"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_who_the_patient_is_undoes_the_attestation_and_stops_the_next_case() {
    let world = World::new().await;
    let id = world.verified_patient("1").await;
    let submit = || Command::SubmitCase(world.submit_case(id, Vec::new()));
    world.apply(&world.requester, submit(), None).await;
    let seen = world.patient(id).await;
    world
        .apply(&world.requester, edit(&seen, vec![named("Khoury", "Amal")]), None)
        .await;
    assert_eq!(world.patient(id).await.verification, Verification::Unverified);
    assert_eq!(
        world.run(&world.requester, submit(), None).await,
        "patient_unverified"
    );
    world.apply(&world.requester, verify(id), None).await;
    world.apply(&world.requester, submit(), None).await;

    let seen = world.patient(id).await;
    let change = || vec![named("Nasser", "Amal")];
    assert_eq!(
        world.run(&world.admin, edit(&seen, change()), None).await,
        "reason_required"
    );
    world
        .apply(&world.admin, edit_with_reason(&seen, change()), None)
        .await;
    assert!(world.patient(id).await.is_verified());

    let revoke = Command::RevokeVerification(RevokeVerification {
        patient_id: id,
        reason: text("The passport was another one's."),
    });
    world.apply(&world.admin, revoke, None).await;
    assert_eq!(
        world.run(&world.requester, submit(), None).await,
        "patient_unverified"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inactive_patient_gets_no_new_case_and_the_open_one_goes_on() {
    let world = World::new().await;
    let id = world.verified_patient("1").await;
    let case = world.new_case(id).await;
    let deactivate = |inactive| {
        Command::DeactivatePatient(DeactivatePatient {
            patient_id: id,
            inactive,
        })
    };
    let died = |date: &str| {
        deactivate(Inactive::Deceased {
            deceased_date: date.parse().unwrap(),
        })
    };
    assert_eq!(
        world.run(&world.requester, died("1957"), None).await,
        "deceased_date_invalid"
    );
    world.apply(&world.requester, died("2026-11"), None).await;
    let submit = || Command::SubmitCase(world.submit_case(id, Vec::new()));
    assert_eq!(
        world.run(&world.requester, submit(), None).await,
        "patient_inactive"
    );
    world.in_progress(case, &world.cardiologist).await;
    let reactivate = Command::ReactivatePatient(ReactivatePatient { patient_id: id });
    world.apply(&world.requester, reactivate, None).await;
    world.apply(&world.requester, submit(), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_said_of_a_patient_is_stored() {
    let world = World::new().await;
    let whole = world.fixture.patient_with_everything();
    let create: CreatePatient = world.fixture.create_patient_like(&whole);
    let id = world.created(create).await;
    let stored = world.patient(id).await;
    let expected = mso_core::patients::Patient {
        id,
        institution_id: world.requester.institution().unwrap(),
        verification: Verification::Unverified,
        version: 1,
        ..whole
    };
    assert_eq!(stored, expected);
    let valid_to = world
        .text(
            "select valid_to::text from patient_identifier where patient_id = $1",
            id.as_uuid(),
        )
        .await;
    assert_eq!(valid_to, "2031-08-01");
}
