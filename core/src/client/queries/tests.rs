//! What the screens of each role read.

use super::*;
use crate::actor::Role;
use crate::cases::CaseAction;
use crate::client::sync::Page;
use crate::client::testing::phone::{
    Phone, case_record, document_record, page, patient_record, plan, record,
};
use crate::ids::{ClarificationId, IssueId, StreamId};
use crate::invoices::fixtures::a_hundred;
use crate::issues::{IssueKind, IssueState};
use crate::protocol::records::CaseRecord;
use crate::testing::{a_case, text};

#[test]
fn a_requester_reads_case_patient_expert_and_invoice() {
    let phone = Phone::of_requester();
    let case = a_case(&phone.world).done();
    let expert = ExpertName {
        provider_id: phone.world.provider,
        display_name: "Dr. Noor".to_owned(),
    };
    let timeline = vec![TimelineEntry {
        status: CaseStatus::New,
        at: phone.world.now,
        action: "submit_case".to_owned(),
        role: None,
    }];
    let body = CaseRecord {
        case: case.clone(),
        timeline: timeline.clone(),
        expert: Some(expert.clone()),
        patient: None,
        institution_name: None,
    };
    let invoice = Invoice {
        case_id: case.id,
        ..a_hundred(&phone.world)
    };
    let specialty = Specialty {
        code: phone.world.specialty(),
        display: text("Cardiology"),
    };
    let records = vec![
        record(RecordKind::Case, case.id.as_uuid(), case.id, 1, &body),
        record(RecordKind::Invoice, invoice.id.as_uuid(), case.id, 1, &invoice),
        record(
            RecordKind::Specialty,
            case.id.as_uuid(),
            StreamId::CATALOGUE,
            1,
            &specialty,
        ),
        patient_record(&phone.world.patient()),
        document_record(&phone.world.stored_document(case.id)),
    ];
    phone.receive(&plan(Page { records, ..page() }));

    let shown = phone.workspace.case(case.id).unwrap();
    assert_eq!(
        (shown.timeline, shown.expert, shown.invoice),
        (timeline, Some(expert), Some(invoice.clone()))
    );
    assert_eq!(shown.patient, Some(phone.world.patient().clinical()));
    assert_eq!(
        shown.summary.allowed_actions,
        [
            CaseAction::AddDocument,
            CaseAction::GiveFeedback,
            CaseAction::RequestClarification,
            CaseAction::ChangeTeam
        ]
    );
    assert_eq!(shown.summary.specialty_display.as_deref(), Some("Cardiology"));
    assert_eq!(shown.documents.len(), 1);
    assert_eq!(shown.documents[0].transfer, None);
    assert_eq!(phone.workspace.invoice(case.id).unwrap(), Some(invoice));
    let summary = &phone.cases()[0];
    assert_eq!((summary.status, summary.documents), (CaseStatus::Done, 1));
    assert_eq!(summary.patient_name, Some(phone.world.patient().name));
    let patients = phone.patients();
    assert!(patients[0].verified && patients[0].active);
    assert_eq!(
        phone.workspace.patient(phone.world.patient).unwrap(),
        phone.world.patient()
    );
}

#[test]
fn an_expert_is_offered_what_the_overlaid_case_allows() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    let body = CaseRecord {
        case: case.clone(),
        timeline: Vec::new(),
        expert: None,
        patient: Some(phone.world.patient().clinical()),
        institution_name: Some("City Hospital".to_owned()),
    };
    let document = phone.world.stored_document(case.id);
    let records = vec![
        record(RecordKind::Case, case.id.as_uuid(), case.id, case.version, &body),
        document_record(&document),
    ];
    phone.receive(&plan(Page { records, ..page() }));
    assert_eq!(
        phone.workspace.case(case.id).unwrap().summary.allowed_actions,
        [
            CaseAction::Accept,
            CaseAction::Reject,
            CaseAction::Return,
            CaseAction::ReportIssue,
            CaseAction::RequestRelease,
        ]
    );
    phone.workspace.accept(case.id).unwrap();
    let shown = phone.workspace.case(case.id).unwrap();
    assert_eq!(
        shown.summary.allowed_actions.first(),
        Some(&CaseAction::StartReview)
    );
    assert_eq!(shown.institution_name.as_deref(), Some("City Hospital"));
    assert_eq!(
        shown.documents[0].transfer.as_ref().unwrap().state,
        FileState::WaitingDownload
    );
    let trouble = Trouble {
        code: "timed_out".to_owned(),
        reference: String::new(),
        since: phone.world.now,
    };
    phone.write(|tx| files::failed(tx, document.id, &trouble));
    let stuck = phone.workspace.case(case.id).unwrap();
    let transfer = stuck.documents[0].transfer.as_ref().unwrap();
    assert_eq!(
        (transfer.attempts, transfer.trouble.as_ref()),
        (1, Some(&trouble))
    );
    let status = phone.workspace.sync_status().unwrap();
    assert_eq!((status.pending_commands, status.state), (1, SyncState::Offline));
    let expected = TransferTotals {
        waiting: 1,
        files: 1,
        transferred: 0,
        bytes: document.file.size,
    };
    assert_eq!(
        (status.downloads, status.uploads),
        (expected, TransferTotals::default())
    );
    let item = &phone.workspace.outbox().unwrap()[0];
    assert_eq!(
        (item.command.clone(), item.aggregate),
        ("accept_case".to_owned(), Some(Aggregate::Case(case.id)))
    );
}

#[test]
fn an_expert_is_offered_to_answer_while_a_question_is_unanswered() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).done();
    let asked = Clarification {
        id: ClarificationId::generate(phone.world.now),
        case_id: case.id,
        text: text("Would you replace the valve?"),
        asked_by: phone.world.requester,
        asked_at: phone.world.now,
        escalated_at: None,
        answer: None,
        version: 1,
    };
    let offered = || {
        let in_list = phone.cases().remove(0).allowed_actions;
        let shown = phone.workspace.case(case.id).unwrap().summary.allowed_actions;
        assert_eq!(in_list, shown);
        shown.contains(&CaseAction::AnswerClarification)
    };
    let records = vec![case_record(&case)];
    phone.receive(&plan(Page { records, ..page() }));
    assert!(!offered());
    let kind = RecordKind::Clarification;
    let records = vec![record(kind, asked.id.as_uuid(), case.id, 1, &asked)];
    phone.receive(&plan(Page { records, ..page() }));
    assert!(offered());
    let answer = text("No, it can be repaired.");
    phone
        .workspace
        .answer_clarification(case.id, asked.id, answer)
        .unwrap();
    assert!(!offered());
}

#[test]
fn a_requester_is_offered_what_can_be_done_with_each_issue_and_document() {
    let phone = Phone::of_requester();
    let case = a_case(&phone.world).in_status(CaseStatus::Returned);
    let open = Issue {
        id: IssueId::generate(phone.world.now),
        case_id: case.id,
        kind: IssueKind::Return,
        text: Some(text("Which drugs are taken, and since when?")),
        wanted_items: Vec::new(),
        author: Some(phone.world.provider_user),
        author_role: Role::Provider,
        state: IssueState::Open,
        answers: Vec::new(),
        history: Vec::new(),
        created_at: phone.world.now,
        opened_at: phone.world.now,
        version: 1,
    };
    let document = phone.world.stored_document(case.id);
    let records = vec![
        case_record(&case),
        record(RecordKind::Issue, open.id.as_uuid(), case.id, 1, &open),
        document_record(&document),
    ];
    phone.receive(&plan(Page { records, ..page() }));
    let issues = phone.workspace.issues(case.id).unwrap();
    assert_eq!(
        issues,
        [IssueView {
            issue: open,
            allowed_actions: vec![IssueAction::Answer],
        }]
    );
    let documents = || phone.workspace.case(case.id).unwrap().documents;
    assert_eq!(documents()[0].allowed_actions, [DocumentAction::Withdraw]);
    phone.workspace.withdraw_document(case.id, document.id).unwrap();
    assert_eq!(documents()[0].allowed_actions, []);
}
