//! What becomes of what was typed, when the server refuses it.

use super::*;
use crate::cases::{RejectCase, RejectionReason};
use crate::client::sync::{Page, Plan};
use crate::client::testing::phone::{Phone, case_record, grant, order, page, patient_record, plan, refused};
use crate::client::testing::store_and_files::photo;
use crate::documents::DocumentKind;
use crate::ids::UserId;
use crate::testing::{a_case, text};

/// A requester's phone on which a case with one file was refused with this code.
fn refused_case(code: &str) -> (Phone, CommandId, CaseId, DocumentId) {
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
    let case = phone
        .workspace
        .submit_case(
            phone.workspace.new_case_id(),
            patient.id,
            phone.world.request(),
            vec![file.document_id],
        )
        .unwrap();
    let id = phone.pending()[0].command_id;
    phone.receive(&Plan {
        settled: vec![refused(id, code)],
        ..plan(page())
    });
    (phone, id, case, file.document_id)
}

#[test]
fn a_refused_case_stays_as_a_draft_with_its_question_its_history_and_its_files() {
    let (mut phone, id, case, document) = refused_case("consent_invalid");
    assert_eq!(phone.cases(), []);
    phone.reopen("1");
    let [draft] = &phone.workspace.drafts().unwrap()[..] else {
        panic!("one draft")
    };
    assert_eq!((draft.command_id, draft.case_id), (id, Some(case)));
    assert_eq!(draft.refusal.code, "consent_invalid");
    assert_eq!(draft.kept_until, None);
    assert_eq!(draft.remedies, [Remedy::SendAgain, Remedy::Change]);
    let submit: &SubmitCase = draft.command.as_ref().unwrap().as_operation().unwrap();
    assert_eq!(submit.request, phone.world.request());
    let staged = phone.workspace.staged_files().unwrap();
    assert_eq!(staged[0].document_id, document);
    assert_eq!(phone.workspace.unsent().unwrap(), 2, "a draft and a file");
    assert_eq!(phone.workspace.sync_status().unwrap().drafts, 1);

    // Sent again: a new command, the same case and document.
    phone.workspace.send_draft(id, None).unwrap();
    assert_eq!(phone.workspace.drafts().unwrap(), []);
    let [sent] = &phone.pending()[..] else {
        panic!("one command")
    };
    assert_ne!(sent.command_id, id);
    assert_eq!(sent.command.aggregate(), Aggregate::Case(case));
    assert_eq!(sent.command.files()[0].document_id, document);
    assert_eq!(phone.cases()[0].case_id, case);
    assert!(phone.workspace.notices().unwrap()[0].read, "dealt with");
}

#[test]
fn a_draft_is_changed_as_a_whole_or_text_by_text() {
    let (phone, id, case, _) = refused_case("specialty_unknown");
    let question = "Is the valve to be repaired or replaced?";
    let change = DraftChange::Case {
        patient_id: phone.world.patient().id,
        request: CaseRequest {
            clinical_question: text(question),
            ..phone.world.request()
        },
        documents: Vec::new(),
    };
    phone.workspace.send_draft(id, Some(change)).unwrap();
    let shown = phone.workspace.case(case).unwrap();
    assert_eq!(shown.case.request.clinical_question.as_str(), question);
    assert_eq!(
        phone.workspace.staged_files().unwrap().len(),
        1,
        "not sent with it"
    );

    let (phone, id, case, _) = refused_case("specialty_unknown");
    let draft = phone.workspace.drafts().unwrap().remove(0);
    let place = "/request/clinical_question".to_owned();
    let listed = texts(draft.command.as_ref().unwrap());
    assert!(listed.iter().any(|text| text.place == place));
    let change = |place: &str, text: &str| {
        Some(DraftChange::Texts(vec![DraftText {
            place: place.to_owned(),
            text: text.to_owned(),
        }]))
    };
    for (place, text) in [
        ("/request/nothing", "x"),
        ("/case_id", "x"),
        (place.as_str(), "short"),
    ] {
        let wrong = phone.workspace.send_draft(id, change(place, text));
        assert!(matches!(wrong, Err(WorkspaceError::Invalid { .. })), "{place}");
    }
    assert_eq!(phone.workspace.drafts().unwrap().len(), 1, "nothing was lost");
    phone.workspace.send_draft(id, change(&place, question)).unwrap();
    let shown = phone.workspace.case(case).unwrap();
    assert_eq!(shown.case.request.clinical_question.as_str(), question);
}

#[test]
fn what_has_no_text_is_told_and_not_kept() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    phone.receive(&plan(Page {
        records: vec![case_record(&case)],
        grants: vec![grant(case.id, 1)],
        ..page()
    }));
    phone.workspace.accept(case.id).unwrap();
    let id = phone.pending()[0].command_id;
    phone.receive(&Plan {
        settled: vec![refused(id, "assignment_superseded")],
        ..plan(page())
    });
    assert_eq!(phone.workspace.drafts().unwrap(), []);
    assert_eq!(phone.workspace.notices().unwrap().len(), 1);
}

#[test]
fn what_has_no_text_is_kept_with_the_draft_that_it_depends_on() {
    let phone = Phone::of_requester();
    let patient = phone.world.patient();
    phone.receive(&plan(Page {
        records: vec![patient_record(&patient)],
        grants: vec![grant(patient.institution_id, 1)],
        ..page()
    }));
    let (id, request) = (phone.workspace.new_case_id(), phone.world.request());
    let case = phone
        .workspace
        .submit_case(id, patient.id, request, Vec::new())
        .unwrap();
    let colleague = UserId::generate(phone.world.now);
    phone.workspace.add_team_member(case, colleague).unwrap();
    let [submit, add] = phone.pending().try_into().unwrap();
    phone.receive(&Plan {
        settled: vec![
            refused(submit.command_id, "specialty_unknown"),
            refused(add.command_id, "dependency_refused"),
        ],
        ..plan(page())
    });
    let [draft] = &phone.workspace.drafts().unwrap()[..] else {
        panic!("one draft")
    };
    let waiting: Vec<_> = draft.waiting.iter().map(|waiting| waiting.command_id).collect();
    assert_eq!(
        (draft.command_id, waiting),
        (submit.command_id, vec![add.command_id])
    );
}

#[test]
fn an_experts_text_stays_readable_after_the_case_has_left_and_cannot_be_sent() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    phone.receive(&plan(Page {
        records: vec![case_record(&case)],
        grants: vec![grant(case.id, 1)],
        ..page()
    }));
    let why = "A conflict of interest: I treated him.";
    let reject = RejectCase {
        case_id: case.id,
        reason: RejectionReason::Other,
        text: Some(text(why)),
    };
    phone.perform(reject.into()).unwrap();
    let id = phone.pending()[0].command_id;
    phone.receive(&Plan {
        settled: vec![refused(id, "assignment_superseded")],
        ..plan(Page {
            purge: vec![order(case.id, &phone.world)],
            ..page()
        })
    });
    let [draft] = &phone.workspace.drafts().unwrap()[..] else {
        panic!("one draft")
    };
    assert_eq!(draft.remedies, []);
    assert_eq!(draft.kept_until, Some(phone.world.now.plus_hours(30 * 24)));
    let texts = texts(draft.command.as_ref().unwrap());
    assert!(texts.iter().any(|text| text.text == why));
    let gone = phone.workspace.send_draft(id, None);
    assert!(matches!(gone, Err(WorkspaceError::NotFound)));
    phone.workspace.discard_draft(id).unwrap();
    assert_eq!(phone.workspace.drafts().unwrap(), []);
}

#[test]
fn a_refused_command_that_this_build_cannot_read_is_kept_as_it_is() {
    let (phone, id, ..) = refused_case("consent_invalid");
    phone.write(|tx| {
        tx.execute("update draft set envelope = x'ff'", [])?;
        Ok(())
    });
    let [draft] = &phone.workspace.drafts().unwrap()[..] else {
        panic!("one draft")
    };
    assert_eq!((draft.command_id, &draft.command), (id, &None));
    assert_eq!(draft.operation, "submit_case");
    let newer = phone.workspace.send_draft(id, None);
    assert!(matches!(newer, Err(WorkspaceError::UpdateNeeded)));
}
