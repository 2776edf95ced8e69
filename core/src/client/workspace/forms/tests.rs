//! Forms on a phone: saved, sent, and left behind.

use super::*;
use crate::cases::CaseStatus;
use crate::client::store::forms as rows;
use crate::client::sync::{Page, Plan};
use crate::client::testing::phone::{Phone, case_record, order, page, plan, refused};
use crate::ids::{CaseId, PatientId};
use crate::testing::a_case;

const DAY: i64 = 24 * 3_600_000;

#[test]
fn a_form_is_there_again_after_the_phone_was_killed_and_the_last_one_counts() {
    let mut phone = Phone::of_requester();
    let of = FormOf::Case(CaseId::generate(phone.world.now));
    let patient = FormOf::Patient(PatientId::generate(phone.world.now));
    phone.workspace.save_form(of, b"Is re").unwrap();
    phone.workspace.save_form(patient, b"Haddad").unwrap();
    phone.workspace.save_form(of, b"Is repair indi").unwrap();
    phone.reopen("0.1.0");

    let saved = phone.workspace.saved_form(of).unwrap().unwrap();
    assert_eq!(
        (saved.content.as_slice(), saved.kept_until),
        (&b"Is repair indi"[..], None)
    );
    assert_eq!(phone.workspace.saved_forms().unwrap().len(), 2);
    assert_eq!(phone.workspace.unsent().unwrap(), 2);
    assert_eq!(phone.pending(), [], "forms stay on the phone");
    phone.workspace.discard_form(of).unwrap();
    assert_eq!(phone.workspace.saved_form(of).unwrap(), None);
}

#[test]
fn a_form_that_is_too_large_is_refused_and_the_earlier_one_stays() {
    let phone = Phone::of_requester();
    let of = FormOf::Case(CaseId::generate(phone.world.now));
    phone.workspace.save_form(of, b"Is").unwrap();
    let refused = phone.workspace.save_form(of, &vec![b'a'; forms::LARGEST + 1]);
    assert!(matches!(
        refused,
        Err(WorkspaceError::Invalid { field: "form", .. })
    ));
    let saved = phone.workspace.saved_form(of).unwrap().unwrap();
    assert_eq!(saved.content, b"Is");
}

/// D-8.
#[test]
fn the_first_saved_opinion_starts_the_review() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).accepted();
    phone.receive(&plan(Page {
        records: vec![case_record(&case)],
        ..page()
    }));
    let of = FormOf::Recommendation(case.id);
    phone.workspace.save_form(of, b"The valve").unwrap();
    phone.workspace.save_form(of, b"The valve leaks").unwrap();
    let sent: Vec<_> = phone.pending();
    let names: Vec<_> = sent.iter().map(|envelope| envelope.command.name()).collect();
    assert_eq!(names, ["start_review"]);
    let shown = phone.workspace.case(case.id).unwrap();
    assert_eq!(shown.summary.status, CaseStatus::InProgress);
}

#[test]
fn an_opinion_is_saved_where_no_review_can_start() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    phone.receive(&plan(Page {
        records: vec![case_record(&case)],
        ..page()
    }));
    phone
        .workspace
        .save_form(FormOf::Recommendation(case.id), b"The")
        .unwrap();
    let elsewhere = FormOf::Recommendation(CaseId::generate(phone.world.now));
    phone.workspace.save_form(elsewhere, b"valve").unwrap();
    assert_eq!(phone.pending(), []);
    assert_eq!(phone.workspace.saved_forms().unwrap().len(), 2);
}

#[test]
fn sending_ends_a_form_and_a_refusal_makes_it_a_draft() {
    let phone = Phone::of_requester();
    let patient = phone.world.create_patient();
    let of = FormOf::Patient(patient.patient_id);
    phone.workspace.save_form(of, b"Haddad").unwrap();
    phone.workspace.create_patient(patient.clone()).unwrap();
    assert_eq!(phone.workspace.saved_form(of).unwrap(), None);

    // A save that arrives after the same form was sent ends with the repetition.
    phone.workspace.save_form(of, b"Haddad").unwrap();
    phone.workspace.create_patient(patient).unwrap();
    assert_eq!(phone.workspace.saved_form(of).unwrap(), None);

    let settled = phone.pending();
    let settled = settled
        .iter()
        .map(|envelope| refused(envelope.command_id, "forbidden"));
    phone.receive(&Plan {
        settled: settled.collect(),
        ..plan(page())
    });
    assert_eq!(phone.workspace.drafts().unwrap().len(), 1);
}

/// D-30.
#[test]
fn an_opinion_outlives_its_case_by_thirty_days() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).in_progress();
    phone.receive(&plan(Page {
        records: vec![case_record(&case)],
        ..page()
    }));
    let of = FormOf::Recommendation(case.id);
    phone.workspace.save_form(of, b"The valve").unwrap();
    let purge = page();
    phone.receive(&plan(Page {
        purge: vec![order(case.id, &phone.world)],
        ..purge
    }));
    assert!(phone.workspace.case(case.id).is_err());
    let kept = phone.workspace.saved_form(of).unwrap().unwrap();
    let until = kept.kept_until.unwrap();

    // What is typed after the case has left has its end, too.
    phone.write(|tx| rows::delete(tx, of));
    phone.workspace.save_form(of, b"The valve leaks").unwrap();
    let again = phone.workspace.saved_form(of).unwrap().unwrap();
    assert_eq!(again.kept_until, Some(until));

    phone.write(|tx| rows::forget_old(tx, until.plus_millis(-DAY)));
    assert!(phone.workspace.saved_form(of).unwrap().is_some());
    phone.write(|tx| rows::forget_old(tx, until.plus_millis(DAY)));
    assert_eq!(phone.workspace.saved_form(of).unwrap(), None);
}
