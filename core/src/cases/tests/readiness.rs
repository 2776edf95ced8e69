//! When a case is ready: all files of its submission are settled, and there is something to review.

use crate::cases::*;
use crate::command::Command;
use crate::decision::{Decision, Event};
use crate::documents::{Document, DocumentState, MarkDocumentStored, WithdrawDocument};
use crate::facts::{Fact, Facts};
use crate::refusal::Refusal;
use crate::testing::{Fixture, a_case, text};

#[test]
fn a_file_added_later_that_never_arrives_does_not_keep_a_case_from_being_ready() {
    let fixture = Fixture::new();
    let mut case = a_case(&fixture).new_and_ready();
    case.readiness = Readiness::AwaitingUploads;
    let declared = |of_submission| {
        let mut document = fixture.stored_document(case.id);
        (document.state, document.of_submission) = (DocumentState::Declared, of_submission);
        document
    };
    let (submitted, later) = (declared(true), declared(false));
    let command = Command::MarkDocumentStored(MarkDocumentStored {
        case_id: case.id,
        document_id: submitted.id,
        sha256: submitted.file.sha256,
    });
    let facts = Facts {
        documents: Fact::Known(vec![submitted, later]),
        ..fixture.facts(&case)
    };
    let decision = command.decide(&facts, &fixture.as_system()).unwrap();
    let ready = |event: &Event| matches!(event, Event::Case(_, CaseEvent::BecameReady));
    assert!(decision.events.iter().any(ready));
}

#[test]
fn the_files_of_a_request_are_of_its_submission_and_it_waits_for_them() {
    let fixture = Fixture::new();
    let case = a_case(&fixture).new_and_ready();
    let facts = Facts {
        case: Fact::Known(None),
        ..fixture.facts(&case)
    };
    let command = Command::SubmitCase(SubmitCase {
        case_id: case.id,
        patient_id: fixture.patient,
        request: fixture.request(),
        documents: vec![fixture.file(), fixture.file()],
    });
    let decision = command.decide(&facts, &fixture.as_requester()).unwrap();
    let waits = |event: &Event| matches!(event, Event::Case(_, CaseEvent::Submitted(case)) if case.readiness == Readiness::AwaitingUploads);
    let of_submission = |event: &&Event| matches!(event, Event::Document(document) if document.of_submission);
    assert!(decision.events.iter().any(waits));
    assert_eq!(decision.events.iter().filter(of_submission).count(), 2);
}

#[test]
fn a_case_with_files_becomes_ready_with_the_last_one() {
    let fixture = Fixture::new();
    let mut case = a_case(&fixture).new_and_ready();
    case.readiness = Readiness::AwaitingUploads;
    let mut first = fixture.stored_document(case.id);
    first.state = DocumentState::Declared;
    let mut second = fixture.stored_document(case.id);
    second.state = DocumentState::Declared;
    let store = |document: &Document, all: Vec<Document>| {
        let command = Command::MarkDocumentStored(MarkDocumentStored {
            case_id: case.id,
            document_id: document.id,
            sha256: document.file.sha256,
        });
        let facts = Facts {
            documents: Fact::Known(all),
            ..fixture.facts(&case)
        };
        command
            .decide(&facts, &fixture.as_system())
            .unwrap()
            .events
            .iter()
            .filter(|event| !matches!(event, Event::Case(_, CaseEvent::Touched)))
            .count()
    };
    assert_eq!(store(&first, vec![first.clone(), second.clone()]), 1);
    first.state = DocumentState::Stored;
    assert_eq!(
        store(&second, vec![first.clone(), second.clone()]),
        2,
        "stored, and ready"
    );
    second.state = DocumentState::Stored;
    assert_eq!(
        store(&second, vec![first, second.clone()]),
        0,
        "a second time changes nothing"
    );
}

fn becomes_ready(decision: &Decision) -> bool {
    let ready = |event: &Event| matches!(event, Event::Case(_, CaseEvent::BecameReady));
    decision.events.iter().any(ready)
}

#[test]
fn a_case_without_history_whose_only_file_is_withdrawn_waits_until_there_is_something_to_review() {
    let fixture = Fixture::new();
    let mut case = a_case(&fixture).new_and_ready();
    case.readiness = Readiness::AwaitingUploads;
    case.request.history = History {
        no_known_allergies: true,
        ..History::default()
    };
    let file = |state, of_submission| Document {
        state,
        of_submission,
        ..fixture.stored_document(case.id)
    };
    let decide = |command: Command, documents: Vec<Document>, ctx| {
        let facts = Facts {
            documents: Fact::Known(documents),
            ..fixture.facts(&case)
        };
        command.decide(&facts, &ctx)
    };
    let (requester, server) = (fixture.as_requester(), fixture.as_system());
    let withdraw = |document: &Document| WithdrawDocument {
        case_id: case.id,
        document_id: document.id,
    };

    let only = file(DocumentState::Declared, true);
    let withdrawn = decide(withdraw(&only).into(), vec![only.clone()], requester).unwrap();
    assert!(!becomes_ready(&withdrawn));

    let gone = file(DocumentState::Withdrawn, true);
    let later = file(DocumentState::Declared, false);
    let store = MarkDocumentStored {
        case_id: case.id,
        document_id: later.id,
        sha256: later.file.sha256,
    };
    let stored = decide(store.into(), vec![gone.clone(), later], server).unwrap();
    assert!(becomes_ready(&stored));

    let edit = |history: History| {
        let mut request = case.request.clone();
        request.history = history;
        let case_id = case.id;
        decide(
            EditCaseDetails { case_id, request }.into(),
            vec![gone.clone()],
            requester,
        )
    };
    assert_eq!(edit(History::default()).unwrap_err(), Refusal::NothingToReview);
    let told = History {
        present_illness: Some(text("Dyspnoea on exertion for two weeks.")),
        ..case.request.history.clone()
    };
    assert!(becomes_ready(&edit(told).unwrap()));
}
