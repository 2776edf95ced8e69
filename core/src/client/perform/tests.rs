//! What a performed command leaves behind.

use super::*;
use crate::cases::{AcceptCase, AssignCase, CaseStatus, StartReview, SubmitCase, SubmitRecommendation};
use crate::client::store::files::FileState;
use crate::client::sync::Page;
use crate::client::testing::phone::{Phone, case_record, grant, page, patient_record, plan};
use crate::documents::{DeclareDocument, DocumentKind};
use crate::ids::{PatientId, RecommendationId};
use crate::patients::{CreatePatient, VerificationMethod, VerifyPatient};
use crate::protocol::cbor;
use crate::protocol::sync::WireRecord;
use crate::refusal::Refusal;
use crate::testing::{a_case, text};
use crate::time::Clock;

fn with_case(phone: &Phone, case: &crate::cases::Case) {
    let grants = vec![grant(case.id, 1)];
    phone.receive(&plan(Page {
        records: vec![case_record(case)],
        grants,
        ..page()
    }));
}

fn accept(case_id: CaseId) -> Command {
    Command::AcceptCase(AcceptCase { case_id })
}

fn create(phone: &Phone) -> (PatientId, Command) {
    let patient = phone.world.patient();
    let patient_id = PatientId::generate(phone.clock.now());
    let command = CreatePatient {
        patient_id,
        identifiers: patient.identifiers,
        no_identifier_reason: None,
        name: patient.name,
        birth_date: patient.birth_date,
        birth_date_estimated: false,
        sex: patient.sex,
        nationality: None,
        country: None,
        phone: None,
        email: None,
        address: None,
        preferred_language: None,
        guardian: None,
    };
    (patient_id, Command::CreatePatient(command))
}

#[test]
fn an_accepted_case_shows_as_accepted_and_waits_as_the_bytes_that_will_be_sent() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    with_case(&phone, &case);
    phone.workspace.accept(case.id).unwrap();

    let shown = phone.workspace.case(case.id).unwrap();
    assert_eq!(
        (shown.case.status, shown.summary.pending),
        (CaseStatus::Accepted, vec!["accept_case".to_owned()])
    );
    let pending = phone.pending();
    let [envelope] = pending.as_slice() else {
        panic!("one command waits")
    };
    assert_eq!(envelope.assignment_id, case.assignment.map(|a| a.id));
    assert_eq!(
        (envelope.base_version, envelope.device_seq),
        (Some(case.version), Some(1))
    );
    let sent = phone.read(|conn| outbox::to_push(conn, None, 10));
    assert_eq!(
        cbor::decode::<CommandEnvelope>(&sent[0].item.envelope).unwrap(),
        *envelope
    );
}

#[test]
fn what_was_confirmed_is_there_after_the_process_was_replaced() {
    let mut phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    with_case(&phone, &case);
    phone.workspace.accept(case.id).unwrap();
    let before = phone.read(|conn| outbox::to_push(conn, None, 10));
    phone.reopen("1");
    assert_eq!(phone.read(|conn| outbox::to_push(conn, None, 10)), before);
    assert_eq!(
        phone.workspace.case(case.id).unwrap().case.status,
        CaseStatus::Accepted
    );
    assert_eq!(phone.workspace.integrity_check().unwrap(), "ok");
}

#[test]
fn numbers_are_never_given_twice_and_commands_name_what_they_build_on() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    with_case(&phone, &case);
    phone.workspace.accept(case.id).unwrap();
    phone.workspace.start_review(case.id).unwrap();
    phone
        .workspace
        .submit_recommendation(case.id, phone.world.opinion())
        .unwrap();
    let pending = phone.pending();
    let ids: Vec<_> = pending.iter().map(|envelope| envelope.command_id).collect();
    assert_eq!(pending[0].depends_on, []);
    assert_eq!(pending[2].depends_on, ids[..2]);
    assert_eq!(pending[2].base_version, Some(case.version + 2));
    let shown = phone.workspace.case(case.id).unwrap();
    assert_eq!(shown.case.status, CaseStatus::Done);
    assert!(shown.recommendation.is_some() && shown.invoice.is_none());

    phone.settle_all();
    let other = a_case(&phone.world).assigned();
    with_case(&phone, &other);
    phone.workspace.accept(other.id).unwrap();
    assert_eq!(phone.pending()[0].device_seq, Some(4));
}

#[test]
fn a_case_builds_on_its_patient_and_a_further_file_only_on_the_case() {
    let phone = Phone::of_requester();
    let (patient_id, command) = create(&phone);
    phone.perform(command).unwrap();
    phone
        .perform(Command::VerifyPatient(VerifyPatient {
            patient_id,
            method: VerificationMethod::DocumentSeen,
            note: None,
        }))
        .unwrap();
    let photo = phone.folder.path().join("photo.jpg");
    std::fs::write(&photo, crate::client::testing::store_and_files::photo(100)).unwrap();
    let stage = || {
        phone
            .workspace
            .stage_file(&photo, DocumentKind::Photo, &text("Photo"))
            .unwrap()
    };
    let (first, second, third) = (stage(), stage(), stage());
    let request = phone.world.request();
    let case_id = phone
        .workspace
        .submit_case(
            phone.workspace.new_case_id(),
            patient_id,
            request,
            vec![first.document_id],
        )
        .unwrap();
    phone.workspace.add_document(case_id, second.document_id).unwrap();
    phone.workspace.add_document(case_id, third.document_id).unwrap();

    let pending = phone.pending();
    let ids: Vec<_> = pending.iter().map(|envelope| envelope.command_id).collect();
    assert_eq!(pending[2].depends_on, ids[..2]);
    assert_eq!(pending[3].depends_on, [ids[2]]);
    assert_eq!(pending[4].depends_on, [ids[2]]);
    let shown = phone.workspace.case(case_id).unwrap();
    assert_eq!((shown.case.status, shown.documents.len()), (CaseStatus::New, 3));
    let states: Vec<_> = shown
        .documents
        .iter()
        .map(|d| d.transfer.as_ref().unwrap().state)
        .collect();
    assert_eq!(states, [FileState::WaitingUpload; 3]);
    let summary = &phone.cases()[0];
    assert_eq!((summary.documents, summary.pending.len()), (3, 3));
    assert!(summary.patient_name.is_some());
    assert_eq!(phone.workspace.unsent().unwrap(), 8);
}

#[test]
fn a_refused_command_leaves_nothing() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    with_case(&phone, &case);
    let refused = phone.workspace.start_review(case.id);
    assert!(matches!(
        refused,
        Err(WorkspaceError::Refused(Refusal::NotAccepted))
    ));
    let refused = phone.perform(Command::DeclareDocument(DeclareDocument {
        case_id: case.id,
        file: phone.world.file(),
    }));
    assert!(matches!(
        refused,
        Err(WorkspaceError::Refused(Refusal::Forbidden))
    ));
    assert_eq!(phone.pending(), []);
    assert_eq!(phone.workspace.case(case.id).unwrap().case, case);
}

#[test]
fn a_file_that_was_not_staged_spoils_the_whole_command() {
    let phone = Phone::of_requester();
    phone.receive(&plan(Page {
        records: vec![patient_record(&phone.world.patient())],
        ..page()
    }));
    let submit = SubmitCase {
        case_id: CaseId::generate(phone.clock.now()),
        patient_id: phone.world.patient,
        request: phone.world.request(),
        documents: vec![phone.world.file()],
    };
    assert!(matches!(
        phone.perform(Command::SubmitCase(submit)),
        Err(WorkspaceError::NotFound)
    ));
    assert_eq!(phone.pending(), []);
    assert_eq!(phone.cases(), []);
}

#[test]
fn what_needs_the_server_now_is_refused_here() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    with_case(&phone, &case);
    let command = Command::AssignCase(AssignCase {
        case_id: case.id,
        assignment_id: phone.world.another_assignment(),
        provider_id: phone.world.provider,
        overrides: Vec::new(),
    });
    let refused = phone.perform(command);
    assert!(matches!(
        refused,
        Err(WorkspaceError::Invalid {
            field: "command",
            reason: "online_only"
        })
    ));
}

#[test]
fn nothing_is_done_to_what_is_not_on_the_phone_or_not_readable() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    assert!(matches!(
        phone.perform(accept(case.id)),
        Err(WorkspaceError::NotFound)
    ));
    let unreadable = WireRecord {
        body: cbor::encode(&"newer").unwrap().into(),
        ..case_record(&case)
    };
    phone.receive(&plan(Page {
        records: vec![unreadable],
        ..page()
    }));
    assert!(matches!(
        phone.perform(accept(case.id)),
        Err(WorkspaceError::UpdateNeeded)
    ));
    assert!(matches!(
        Phone::of_nobody().perform(accept(case.id)),
        Err(WorkspaceError::SignInNeeded)
    ));
}

#[test]
fn the_same_identifier_twice_is_found_on_the_phone() {
    let phone = Phone::of_requester();
    let (existing, command) = create(&phone);
    phone.perform(command).unwrap();
    phone.clock.advance_millis(5);
    let (_, again) = create(&phone);
    let Err(WorkspaceError::Refused(refusal)) = phone.perform(again) else {
        panic!("refused")
    };
    assert_eq!(
        refusal,
        Refusal::PatientExists {
            existing: Some(existing)
        }
    );
}

#[test]
fn de_and_de_in_small_letters_are_one_patient_on_the_phone() {
    let phone = Phone::of_requester();
    let made = |issuer: &str, number: &str| {
        let (id, Command::CreatePatient(mut create)) = create(&phone) else {
            panic!("creates")
        };
        let json = serde_json::json!({ "kind": "passport", "issuer": issuer, "value": number });
        create.identifiers = vec![serde_json::from_value(json).unwrap()];
        (id, Command::CreatePatient(create))
    };
    let (existing, command) = made("DE", "C01X-1");
    phone.perform(command).unwrap();
    for (issuer, number) in [("de", "c01x-1"), ("ＤＥ", "C٠١X–١")] {
        phone.clock.advance_millis(5);
        let refused = phone.perform(made(issuer, number).1);
        let exists = Refusal::PatientExists {
            existing: Some(existing),
        };
        assert!(matches!(refused, Err(WorkspaceError::Refused(refusal)) if refusal == exists));
    }
}

#[test]
fn an_opinion_names_the_documents_that_are_here_by_their_content() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).in_progress();
    let (here, on_its_way) = (
        phone.world.stored_document(case.id),
        phone.world.stored_document(case.id),
    );
    let documents = [&here, &on_its_way].map(crate::client::testing::phone::document_record);
    let records = documents.into_iter().chain([case_record(&case)]).collect();
    phone.receive(&plan(Page {
        records,
        grants: vec![grant(case.id, 1)],
        ..page()
    }));
    phone.write(|tx| files::arrived(tx, here.id, FileState::Present));

    phone
        .workspace
        .submit_recommendation(case.id, phone.world.opinion())
        .unwrap();
    let Command::SubmitRecommendation(sent) = phone.pending().remove(0).command else {
        panic!("an opinion")
    };
    assert_eq!(sent.content.reviewed_documents.len(), 1);
    assert_eq!(sent.content.reviewed_documents[0].document_id, here.id);
    assert_eq!(sent.content.reviewed_documents[0].sha256, here.file.sha256);
}

#[test]
fn an_incomplete_opinion_names_its_field() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).in_progress();
    with_case(&phone, &case);
    let mut content = phone.world.opinion();
    content.diagnosis.clear();
    let command = SubmitRecommendation {
        case_id: case.id,
        recommendation_id: RecommendationId::generate(phone.world.now),
        content,
    };
    let Err(WorkspaceError::Refused(refusal)) = phone.perform(Command::SubmitRecommendation(command)) else {
        panic!("refused")
    };
    assert_eq!(refusal, Refusal::RecommendationInvalid { field: "diagnosis" });
}

#[test]
fn observers_hear_of_the_case_after_it_is_stored() {
    struct Reader(
        std::sync::Mutex<Vec<(Changed, CaseStatus)>>,
        std::sync::Weak<crate::client::Workspace>,
        CaseId,
    );
    impl crate::client::ChangeListener for Reader {
        fn changed(&self, change: Changed) {
            let shown = self.1.upgrade().unwrap().case(self.2).unwrap();
            self.0.lock().unwrap().push((change, shown.case.status));
        }
    }
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    with_case(&phone, &case);
    let reader = std::sync::Arc::new(Reader(
        std::sync::Mutex::default(),
        std::sync::Arc::downgrade(&phone.workspace),
        case.id,
    ));
    let _subscription = phone.workspace.subscribe(reader.clone());
    phone
        .perform(Command::AcceptCase(AcceptCase { case_id: case.id }))
        .unwrap();
    phone
        .perform(Command::StartReview(StartReview { case_id: case.id }))
        .unwrap();
    let heard = reader.0.lock().unwrap().clone();
    assert_eq!(heard[0], (Changed::Case(case.id), CaseStatus::Accepted));
    assert!(heard.contains(&(Changed::Case(case.id), CaseStatus::InProgress)));
}

#[test]
fn a_wrong_clock_of_the_phone_refuses_nothing_that_the_server_would_take() {
    const YEARS: i64 = 5 * 365 * 86_400_000;
    // Fast: the period for questions seems to be over. Only the server says so.
    let phone = Phone::of_requester();
    let mut case = a_case(&phone.world).done();
    case.window_ends_at = Some(phone.world.now.plus_hours(30 * 24));
    with_case(&phone, &case);
    phone.clock.advance_millis(YEARS);
    let question = text("Is a second echocardiography needed?");
    phone.workspace.request_clarification(case.id, question).unwrap();

    // Slow: a child seems to be born in the future.
    phone.clock.advance_millis(-2 * YEARS);
    let (_, Command::CreatePatient(mut child)) = create(&phone) else {
        panic!("a new patient")
    };
    child.birth_date = "2026-11-20".parse().unwrap();
    phone.perform(child.into()).unwrap();
}
