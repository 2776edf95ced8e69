//! Preconditions of single commands at their boundaries: each refusal is covered once.

use crate::cases::*;
use crate::catalogue::Expert;
use crate::command::Command;
use crate::decision::Decision;
use crate::documents::{DeclaredFile, MAX_BYTES, MAX_DOCUMENTS, MarkDocumentStored, WithdrawDocument};
use crate::facts::{Fact, Facts};
use crate::ids::{AssignmentId, InstitutionId, ProviderId, RecommendationId};
use crate::patients::{Patient, Verification};
use crate::refusal::Refusal;
use crate::testing::{Fixture, a_case, text};

fn submit(fixture: &Fixture, change: impl FnOnce(&mut SubmitCase, &mut Facts)) -> Result<(), Refusal> {
    let case = a_case(fixture).new_and_ready();
    let mut facts = fixture.facts(&case);
    facts.case = Fact::Known(None);
    let mut command = SubmitCase {
        case_id: case.id,
        patient_id: fixture.patient,
        request: fixture.request(),
        documents: vec![fixture.file()],
    };
    change(&mut command, &mut facts);
    Command::SubmitCase(command)
        .decide(&facts, &fixture.as_requester())
        .map(drop)
}

fn with_patient(facts: &mut Facts, fixture: &Fixture, change: impl FnOnce(&mut Patient)) {
    let mut patient = fixture.patient();
    change(&mut patient);
    facts.patient = Fact::Known(Some(patient));
}

#[test]
fn a_case_is_submitted_only_for_a_verified_active_patient_of_the_own_institution() {
    let fixture = Fixture::new();
    assert_eq!(submit(&fixture, |_, _| {}), Ok(()));
    let unverified = |p: &mut Patient| p.verification = Verification::Unverified;
    assert_eq!(
        submit(&fixture, |_, f| with_patient(f, &fixture, unverified)),
        Err(Refusal::PatientUnverified)
    );
    assert_eq!(
        submit(&fixture, |_, f| with_patient(f, &fixture, |p| p.active = false)),
        Err(Refusal::PatientInactive)
    );
    let foreign = |p: &mut Patient| p.institution_id = InstitutionId::generate(Fixture::new().now);
    assert_eq!(
        submit(&fixture, |_, f| with_patient(f, &fixture, foreign)),
        Err(Refusal::PatientForeign)
    );
    assert_eq!(
        submit(&fixture, |_, f| f.patient = Fact::Known(None)),
        Err(Refusal::NotFound)
    );
}

#[test]
fn a_submit_needs_something_to_review_a_price_and_a_known_specialty() {
    let fixture = Fixture::new();
    let bare = |c: &mut SubmitCase, _: &mut Facts| {
        c.documents.clear();
        c.request.history = History::default();
    };
    assert_eq!(submit(&fixture, bare), Err(Refusal::NothingToReview));
    assert_eq!(
        submit(&fixture, |_, f| f.price = Fact::Known(None)),
        Err(Refusal::NoPrice)
    );
    assert_eq!(
        submit(&fixture, |_, f| f.specialties = Fact::Known(vec![])),
        Err(Refusal::SpecialtyUnknown)
    );
}

#[test]
fn a_consent_given_now_by_a_clock_up_to_a_day_fast_is_not_from_the_future() {
    let fixture = Fixture::new();
    let given = |ahead_millis: i64| {
        submit(&fixture, |command, _| {
            command.request.consent_basis.obtained_at = fixture.now.plus_millis(ahead_millis);
        })
    };
    assert_eq!(given(3_000), Ok(()), "three seconds fast");
    assert_eq!(given(86_400_000), Ok(()));
    assert_eq!(given(86_400_001), Err(Refusal::ConsentInvalid));
}

#[test]
fn a_step_that_another_device_of_the_expert_passed_is_a_noop() {
    let fixture = Fixture::new();
    for case in [
        a_case(&fixture).accepted(),
        a_case(&fixture).in_progress(),
        a_case(&fixture).done(),
    ] {
        let decide = |command: Command| command.decide(&fixture.facts(&case), &fixture.as_provider(&case));
        let accept = AcceptCase { case_id: case.id };
        assert_eq!(decide(accept.into()), Ok(Decision::noop()), "{:?}", case.status);
        if case.status != CaseStatus::Accepted {
            let start = StartReview { case_id: case.id };
            assert_eq!(decide(start.into()), Ok(Decision::noop()), "{:?}", case.status);
        }
    }
}

#[test]
fn a_step_passed_before_the_return_is_a_noop_and_another_is_refused() {
    let fixture = Fixture::new();
    let (refused, noop) = (Err(Refusal::CaseReturned), Ok(Decision::noop()));
    for (before, accepting, starting) in [
        (CaseStatus::New, &refused, &refused),
        (CaseStatus::Accepted, &noop, &refused),
        (CaseStatus::InProgress, &noop, &noop),
    ] {
        let mut case = a_case(&fixture).in_progress();
        (case.status, case.resume_status) = (CaseStatus::Returned, Some(before));
        let decide = |command: Command| command.decide(&fixture.facts(&case), &fixture.as_provider(&case));
        let accept = AcceptCase { case_id: case.id };
        assert_eq!(&decide(accept.into()), accepting, "{before:?}");
        let start = StartReview { case_id: case.id };
        assert_eq!(&decide(start.into()), starting, "{before:?}");
    }
}

#[test]
fn a_file_that_an_expert_may_have_read_is_struck_also_when_another_expert_gets_the_case() {
    let fixture = Fixture::new();
    let mut case = a_case(&fixture).assigned();
    let document = fixture.stored_document(case.id);
    let withdraw = Command::WithdrawDocument(WithdrawDocument {
        case_id: case.id,
        document_id: document.id,
    });
    let decide = |case: &Case| {
        let facts = Facts {
            documents: Fact::Known(vec![document.clone()]),
            ..fixture.facts(case)
        };
        withdraw.decide(&facts, &fixture.as_requester())
    };
    assert!(decide(&case).is_ok());
    case.apply_all([&CaseEvent::Unassigned]);
    assert!(decide(&case).is_ok(), "nobody accepted it");

    let mut case = a_case(&fixture).assigned();
    let start_by = fixture.now.plus_hours(1);
    case.apply_all([&CaseEvent::Accepted { start_by }, &CaseEvent::Unassigned]);
    assert_eq!(case.status, CaseStatus::New);
    assert_eq!(decide(&case), Err(Refusal::UseStrike));
}

#[test]
fn the_expert_of_a_returned_case_is_shown_if_the_case_was_accepted() {
    for (status, before, shown) in [
        (CaseStatus::New, None, false),
        (CaseStatus::Assigned, None, false),
        (CaseStatus::Accepted, None, true),
        (CaseStatus::InProgress, None, true),
        (CaseStatus::Rejected, None, false),
        (CaseStatus::Done, None, true),
        (CaseStatus::Returned, Some(CaseStatus::New), false),
        (CaseStatus::Returned, Some(CaseStatus::Assigned), false),
        (CaseStatus::Returned, Some(CaseStatus::Accepted), true),
        (CaseStatus::Returned, Some(CaseStatus::InProgress), true),
    ] {
        assert_eq!(status.is_accepted(before), shown, "{status:?} {before:?}");
    }
}

#[test]
fn a_manifest_takes_allowed_types_up_to_two_gibibytes() {
    let fixture = Fixture::new();
    let with = |change: &dyn Fn(&mut DeclaredFile)| {
        submit(&fixture, |command, _| {
            command.documents.iter_mut().for_each(change)
        })
    };
    assert_eq!(with(&|file| file.size = MAX_BYTES), Ok(()));
    assert_eq!(
        with(&|file| file.size = MAX_BYTES + 1),
        Err(Refusal::DocumentTooLarge)
    );
    assert_eq!(with(&|file| file.size = 0), Err(Refusal::DocumentEmpty));
    assert_eq!(
        with(&|file| file.media_type = "text/html".to_owned()),
        Err(Refusal::MediaTypeNotAllowed)
    );
    for unfit in ["../../x", "a\nb", "a\u{202e}b", ".x", "a:b", "nul.pdf"] {
        assert_eq!(
            with(&|file| file.file_name = text(unfit)),
            Err(Refusal::BadRequest),
            "{unfit:?}"
        );
    }
}

#[test]
fn the_file_after_the_two_hundredth_is_one_too_many() {
    let fixture = Fixture::new();
    let manifest = |files: usize| {
        submit(&fixture, |command, _| {
            let file = command.documents[0].clone();
            command.documents = vec![file; files];
        })
    };
    assert_eq!(manifest(MAX_DOCUMENTS + 1), Err(Refusal::TooManyDocuments));
    assert_ne!(manifest(MAX_DOCUMENTS), Err(Refusal::TooManyDocuments));

    let case = a_case(&fixture).new_and_ready();
    let declare = |file: DeclaredFile, there: usize| {
        let command = Command::DeclareDocument(crate::documents::DeclareDocument {
            case_id: case.id,
            file,
        });
        let facts = Facts {
            documents: Fact::Known(vec![fixture.stored_document(case.id); there]),
            ..fixture.facts(&case)
        };
        command.decide(&facts, &fixture.as_requester()).map(drop)
    };
    let mut file = fixture.stored_document(case.id).file;
    file.document_id = crate::ids::DocumentId::generate(fixture.now);
    assert_eq!(declare(file.clone(), MAX_DOCUMENTS - 1), Ok(()));
    assert_eq!(
        declare(file.clone(), MAX_DOCUMENTS),
        Err(Refusal::TooManyDocuments)
    );
    file.size = 0;
    assert_eq!(declare(file, 0), Err(Refusal::DocumentEmpty));
}

#[test]
fn bytes_that_are_not_those_declared_are_refused() {
    let fixture = Fixture::new();
    let case = a_case(&fixture).new_and_ready();
    let document = fixture.stored_document(case.id);
    let command = Command::MarkDocumentStored(MarkDocumentStored {
        case_id: case.id,
        document_id: document.id,
        sha256: crate::crypto::Sha256Hash::of(b"something else"),
    });
    let facts = Facts {
        documents: Fact::Known(vec![document]),
        ..fixture.facts(&case)
    };
    assert_eq!(
        command.decide(&facts, &fixture.as_system()),
        Err(Refusal::HashMismatch)
    );
}

fn assign(
    fixture: &Fixture,
    overrides: Vec<Override>,
    change: impl FnOnce(&mut Expert),
) -> Result<(), Refusal> {
    let case = a_case(fixture).new_and_ready();
    let provider_id = ProviderId::generate(fixture.now);
    let mut expert = fixture.expert(provider_id);
    change(&mut expert);
    let facts = Facts {
        expert: Fact::Known(Some(expert)),
        ..fixture.facts(&case)
    };
    let assignment_id = AssignmentId::generate(fixture.now);
    let command = AssignCase {
        case_id: case.id,
        assignment_id,
        provider_id,
        overrides,
    };
    Command::AssignCase(command)
        .decide(&facts, &fixture.as_admin())
        .map(drop)
}

#[test]
fn activity_licence_and_specialty_of_an_expert_cannot_be_overridden() {
    let fixture = Fixture::new();
    let all = [
        OverridableRule::ProviderOnLeave,
        OverridableRule::ProviderFull,
        OverridableRule::ConflictOfInterest,
        OverridableRule::RejectedBefore,
    ];
    let overrides: Vec<_> = all
        .into_iter()
        .map(|rule| Override {
            rule,
            reason: Some(text("agreed by phone")),
        })
        .collect();
    assert_eq!(
        assign(&fixture, overrides.clone(), |e| e.active = false),
        Err(Refusal::ExpertInactive)
    );
    assert_eq!(
        assign(&fixture, overrides.clone(), |e| e.licence_valid = false),
        Err(Refusal::LicenceInvalid)
    );
    assert_eq!(
        assign(&fixture, overrides, |e| e.specialties.clear()),
        Err(Refusal::SpecialtyMismatch)
    );
}

#[test]
fn leave_capacity_conflict_and_an_earlier_rejection_can_be_overridden_one_by_one() {
    let fixture = Fixture::new();
    let institution = fixture.institution;
    type Change = Box<dyn Fn(&mut Expert)>;
    let warnings: [(OverridableRule, Refusal, Change); 4] = [
        (
            OverridableRule::ProviderOnLeave,
            Refusal::ProviderOnLeave,
            Box::new(|e| e.on_leave = true),
        ),
        (
            OverridableRule::ProviderFull,
            Refusal::ProviderFull,
            Box::new(|e| e.open_cases = e.max_open),
        ),
        (
            OverridableRule::ConflictOfInterest,
            Refusal::ConflictOfInterest,
            Box::new(move |e| e.affiliations = vec![institution]),
        ),
        (
            OverridableRule::RejectedBefore,
            Refusal::RejectedBefore,
            Box::new(|e| e.rejected_this_case = true),
        ),
    ];
    for (rule, refusal, change) in &warnings {
        assert_eq!(assign(&fixture, vec![], change), Err(refusal.clone()));
        let passed = vec![Override {
            rule: *rule,
            reason: Some(text("agreed by phone")),
        }];
        assert_eq!(assign(&fixture, passed.clone(), change), Ok(()));
        for (other, other_refusal, other_change) in &warnings {
            if other != rule {
                assert_eq!(
                    assign(&fixture, passed.clone(), other_change),
                    Err(other_refusal.clone())
                );
            }
        }
    }
}

#[test]
fn a_case_that_awaits_files_is_not_assigned() {
    let fixture = Fixture::new();
    let mut case = a_case(&fixture).new_and_ready();
    case.readiness = Readiness::AwaitingUploads;
    let command = Command::AssignCase(AssignCase {
        case_id: case.id,
        assignment_id: AssignmentId::generate(fixture.now),
        provider_id: ProviderId::generate(fixture.now),
        overrides: vec![],
    });
    assert_eq!(
        command.decide(&fixture.facts(&case), &fixture.as_admin()),
        Err(Refusal::UploadsPending)
    );
}

#[test]
fn a_stale_page_does_not_reassign_a_case_that_was_accepted_meanwhile() {
    let fixture = Fixture::new();
    let case = a_case(&fixture).accepted();
    let reassign = |confirm_state, provider_id| {
        Command::ReassignCase(ReassignCase {
            case_id: case.id,
            assignment_id: AssignmentId::generate(fixture.now),
            provider_id,
            reason: text("on leave"),
            confirm_state,
            overrides: vec![],
        })
        .decide(&fixture.facts(&case), &fixture.as_admin())
        .map(drop)
    };
    let other = ProviderId::generate(fixture.now);
    assert_eq!(reassign(None, other), Err(Refusal::StaleState));
    assert_eq!(
        reassign(Some(CaseStatus::Assigned), other),
        Err(Refusal::StaleState)
    );
    assert_eq!(reassign(Some(CaseStatus::Accepted), other), Ok(()));
    assert_eq!(
        reassign(Some(CaseStatus::Accepted), fixture.provider),
        Err(Refusal::SameProvider)
    );
}

#[test]
fn an_opinion_names_its_first_incomplete_section() {
    let fixture = Fixture::new();
    let case = a_case(&fixture).in_progress();
    let submit = |change: &dyn Fn(&mut RecommendationContent)| {
        let mut content = fixture.opinion();
        change(&mut content);
        let recommendation_id = RecommendationId::generate(fixture.now);
        let command = SubmitRecommendation {
            case_id: case.id,
            recommendation_id,
            content,
        };
        let decided =
            Command::SubmitRecommendation(command).decide(&fixture.facts(&case), &fixture.as_provider(&case));
        match decided {
            Err(Refusal::RecommendationInvalid { field }) => field,
            other => {
                assert!(other.is_ok(), "{other:?}");
                "fine"
            }
        }
    };
    assert_eq!(submit(&|_| {}), "fine");
    assert_eq!(submit(&|c| c.diagnosis.clear()), "diagnosis");
    assert_eq!(submit(&|c| c.diagnosis.extend(c.diagnosis.clone())), "diagnosis");
    assert_eq!(submit(&|c| c.recommendations.clear()), "recommendations");
    assert_eq!(submit(&|c| c.declaration = false), "declaration");
    let unknown = fixture.stored_document(case.id);
    let reviewed = ReviewedDocument {
        document_id: unknown.id,
        sha256: unknown.file.sha256,
    };
    assert_eq!(
        submit(&|c| c.reviewed_documents.push(reviewed)),
        "reviewed_documents"
    );
}
