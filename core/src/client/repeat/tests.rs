//! The same thing sent twice makes one; what only looks like it does not.

use super::*;
use crate::cases::{Case, SubmitCase};
use crate::client::sync::{Page, Plan};
use crate::client::testing::phone::{Phone, case_record, grant, page, patient_record, plan, refused};
use crate::client::testing::store_and_files::photo;
use crate::documents::DocumentKind;
use crate::ids::{AssignmentId, CaseId, DocumentId, PatientId, UserId};
use crate::issues::IssueKind;
use crate::patients::{PatientChange, Sex};
use crate::testing::{a_case, text};
use crate::time::Clock;

const PROBLEM: &str = "The second page of the report is missing.";

/// A requester's phone with a verified patient and a staged file.
fn with_patient() -> (Phone, PatientId, DocumentId) {
    let phone = Phone::of_requester();
    let patient = phone.world.patient();
    phone.receive(&plan(Page {
        records: vec![patient_record(&patient)],
        grants: vec![grant(patient.institution_id, 1)],
        ..page()
    }));
    let file = phone
        .workspace
        .stage_bytes(&photo(2_000), "scan.jpg", DocumentKind::Photo, &text("Scan"))
        .unwrap();
    (phone, patient.id, file.document_id)
}

fn with_case(phone: &Phone, case: &Case) {
    phone.receive(&plan(Page {
        records: vec![case_record(case)],
        grants: vec![grant(case.id, 1)],
        ..page()
    }));
}

fn refuse_first(phone: &Phone, code: &str) -> CommandId {
    let id = phone.pending()[0].command_id;
    phone.receive(&Plan {
        settled: vec![refused(id, code)],
        ..plan(page())
    });
    id
}

fn code(result: Result<impl std::fmt::Debug, WorkspaceError>) -> String {
    result.unwrap_err().code().to_owned()
}

#[test]
fn a_form_sent_twice_makes_one_case_while_the_first_waits_when_it_was_applied_and_when_it_was_synced() {
    let (phone, patient, file) = with_patient();
    let case = phone.workspace.new_case_id();
    let submit = || {
        phone
            .workspace
            .submit_case(case, patient, phone.world.request(), vec![file])
    };
    assert_eq!(submit().unwrap(), case);
    assert_eq!(submit().unwrap(), case);
    let [first] = &phone.pending()[..] else {
        panic!("one command")
    };
    let submitted: SubmitCase = first.command.as_operation::<SubmitCase>().unwrap().clone();
    assert_eq!(submitted.documents.len(), 1);

    phone.settle_all();
    assert_eq!(
        submit().unwrap(),
        case,
        "applied, and its record has not come yet"
    );
    let mut synced = a_case(&phone.world).new_and_ready();
    synced.id = case;
    synced.request = submitted.request;
    with_case(&phone, &synced);
    assert_eq!(submit().unwrap(), case);
    assert_eq!(phone.pending(), []);
    assert_eq!(phone.cases().len(), 1);
}

#[test]
fn another_content_under_the_id_of_a_confirmed_case_is_refused_and_changes_nothing() {
    let (phone, patient, file) = with_patient();
    let case = phone.workspace.new_case_id();
    let submit = |question: &str| {
        let mut request = phone.world.request();
        request.clinical_question = text(question);
        phone.workspace.submit_case(case, patient, request, vec![file])
    };
    let (asked, other) = ("Is surgery needed now?", "Is surgery needed this year?");
    submit(asked).unwrap();
    let before = phone.pending();
    assert_eq!(code(submit(other)), "case_exists");
    assert_eq!(phone.pending(), before);
    phone.settle_all();
    assert_eq!(code(submit(other)), "case_exists");
    assert_eq!(submit(asked).unwrap(), case);
    assert_eq!(phone.pending(), []);
}

#[test]
fn a_form_sent_twice_makes_one_patient() {
    let phone = Phone::of_requester();
    let patient = phone.world.create_patient();
    let id = patient.patient_id;
    for _ in 0..2 {
        assert_eq!(phone.workspace.create_patient(patient.clone()).unwrap(), id);
    }
    assert_eq!(phone.pending().len(), 1);
    let mut other = patient.clone();
    other.name.family = text("Somebody");
    assert_eq!(
        code(phone.workspace.create_patient(other.clone())),
        "patient_exists"
    );
    phone.settle_all();
    assert_eq!(phone.workspace.create_patient(patient).unwrap(), id);
    assert_eq!(code(phone.workspace.create_patient(other)), "patient_exists");
    assert_eq!(phone.pending(), []);
}

#[test]
fn two_threads_at_once_make_one_case_and_one_issue() {
    let (phone, patient, file) = with_patient();
    let case = phone.workspace.new_case_id();
    let request = phone.world.request();
    let ids: Vec<CaseId> = at_once(|| {
        let submit = phone
            .workspace
            .submit_case(case, patient, request.clone(), vec![file]);
        submit.unwrap()
    });
    assert_eq!(ids, [case; 8]);
    assert_eq!(phone.pending().len(), 1);

    let phone = Phone::of_provider();
    let case = a_case(&phone.world).in_progress();
    with_case(&phone, &case);
    let ids = at_once(|| {
        let report = phone
            .workspace
            .report_issue(case.id, IssueKind::Quality, text(PROBLEM), Vec::new());
        report.unwrap()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(phone.pending().len(), 1);
}

fn at_once<T: Send>(call: impl Fn() -> T + Sync) -> Vec<T> {
    let start = std::sync::Barrier::new(8);
    std::thread::scope(|scope| {
        let thread = |_| {
            scope.spawn(|| {
                start.wait();
                call()
            })
        };
        let threads: Vec<_> = (0..8).map(thread).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn a_form_sent_again_after_a_refusal_sends_its_draft_with_the_forms_content() {
    let (phone, patient, file) = with_patient();
    let case = phone.workspace.new_case_id();
    let submit = |question: &str| {
        let mut request = phone.world.request();
        request.clinical_question = text(question);
        phone.workspace.submit_case(case, patient, request, vec![file])
    };
    submit("Is surgery needed now?").unwrap();
    let refused = refuse_first(&phone, "consent_invalid");
    assert_eq!(phone.workspace.drafts().unwrap().len(), 1);
    for _ in 0..2 {
        assert_eq!(submit("Is surgery needed this year?").unwrap(), case);
    }
    assert_eq!(phone.workspace.drafts().unwrap(), []);
    let [sent] = &phone.pending()[..] else {
        panic!("one command")
    };
    assert_ne!(sent.command_id, refused);
    let sent: &SubmitCase = sent.command.as_operation().unwrap();
    assert_eq!(
        sent.request.clinical_question.as_str(),
        "Is surgery needed this year?"
    );
    assert_eq!(phone.workspace.staged_files().unwrap(), []);
}

#[test]
fn a_discarded_draft_does_not_hold_up_its_form() {
    let (phone, patient, file) = with_patient();
    let case = phone.workspace.new_case_id();
    let submit = || {
        phone
            .workspace
            .submit_case(case, patient, phone.world.request(), vec![file])
    };
    submit().unwrap();
    let refused = refuse_first(&phone, "consent_invalid");
    phone.workspace.discard_draft(refused).unwrap();
    assert_eq!(submit().unwrap(), case);
    assert_eq!(phone.pending().len(), 1);
}

#[test]
fn a_double_tap_of_an_experts_button_makes_one_command() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    with_case(&phone, &case);
    let workspace = &phone.workspace;
    let twice = |makes: usize, act: &dyn Fn() -> String| {
        let before = phone.pending().len();
        assert_eq!(act(), act());
        assert_eq!(
            phone.pending().len(),
            before + makes,
            "{:?}",
            phone.pending().last()
        );
    };
    twice(1, &|| format!("{:?}", workspace.accept(case.id).unwrap()));
    twice(1, &|| {
        let release = workspace.request_release(case.id, text("I shall be away from Monday."));
        release.unwrap().to_string()
    });
    twice(1, &|| {
        let report = workspace.report_issue(case.id, IssueKind::Quality, text(PROBLEM), Vec::new());
        report.unwrap().to_string()
    });
    twice(1, &|| format!("{:?}", workspace.start_review(case.id).unwrap()));
    twice(1, &|| {
        let given = workspace.submit_recommendation(case.id, phone.world.opinion());
        given.unwrap().to_string()
    });
    twice(1, &|| {
        let mut opinion = phone.world.opinion();
        opinion.assessment = text("On a second look the valve is sound, and surgery is not needed.");
        let given = workspace.amend_recommendation(case.id, opinion);
        given.unwrap().to_string()
    });
}

#[test]
fn a_double_tap_of_a_requesters_button_makes_one_command() {
    let phone = Phone::of_requester();
    let case = a_case(&phone.world).in_progress();
    let mut done = a_case(&phone.world).done();
    done.id = CaseId::generate(phone.clock.now());
    with_case(&phone, &case);
    with_case(&phone, &done);
    let workspace = &phone.workspace;
    let question = || workspace.request_clarification(done.id, text("Is a second echocardiography needed?"));
    assert_eq!(question().unwrap(), question().unwrap());
    let cancel = || workspace.request_cancellation(case.id, text("The patient has decided otherwise."));
    assert_eq!(cancel().unwrap(), cancel().unwrap());
    assert_eq!(phone.pending().len(), 2);
    let other = workspace.request_clarification(done.id, text("And how soon, if it is needed?"));
    assert_ne!(other.unwrap(), question().unwrap());
    assert_eq!(phone.pending().len(), 4, "it is not the newest any more");
}

#[test]
fn the_same_file_added_twice_and_the_same_edit_made_twice_are_one() {
    let (phone, patient, file) = with_patient();
    let case = a_case(&phone.world).new_and_ready();
    with_case(&phone, &case);
    for _ in 0..2 {
        phone.workspace.add_document(case.id, file).unwrap();
    }
    assert_eq!(phone.pending().len(), 1);
    for sex in [Sex::Unknown, Sex::Unknown, Sex::Female] {
        let change = vec![PatientChange::Sex(sex)];
        phone.workspace.edit_patient(patient, change).unwrap();
    }
    assert_eq!(phone.pending().len(), 3);
}

#[test]
fn a_choice_that_comes_back_after_another_one_is_sent_again() {
    let phone = Phone::of_requester();
    let case = a_case(&phone.world).new_and_ready();
    with_case(&phone, &case);
    let colleague = UserId::generate(phone.clock.now());
    for is_in in [true, false, false, true] {
        let changed = if is_in {
            phone.workspace.add_team_member(case.id, colleague)
        } else {
            phone.workspace.remove_team_member(case.id, colleague)
        };
        changed.unwrap();
    }
    assert_eq!(phone.pending().len(), 3);
}

#[test]
fn under_another_assignment_it_is_another_command() {
    let phone = Phone::of_provider();
    let mut case = a_case(&phone.world).in_progress();
    with_case(&phone, &case);
    let report = || {
        phone
            .workspace
            .report_issue(case.id, IssueKind::Quality, text(PROBLEM), Vec::new())
    };
    let first = report().unwrap();
    case.version += 1;
    let again = AssignmentId::generate(phone.clock.now());
    case.assignment.as_mut().unwrap().id = again;
    let record = case_record(&case);
    phone.receive(&plan(Page {
        records: vec![record],
        ..page()
    }));
    assert_ne!(report().unwrap(), first);
    assert_eq!(phone.pending()[1].assignment_id, Some(again));
}
