//! Builders for tests and a clock of our own. Never in a release (feature `testing`).
//!
//! Not here: servers, networks, phones (package `mso-tests`). Builders give valid values; a test changes the one
//! field it is about.

#![expect(
    clippy::expect_used,
    reason = "test code: a builder that fails is a broken test"
)]

#[cfg(feature = "client")]
pub mod chat;
mod patients;

use std::sync::atomic::{AtomicI64, Ordering};

use crate::actor::{Acting, Actor, Origin};
use crate::cases::{
    Advice, AdviceKind, Agreement, Assignment, AssignmentState, Case, CaseRequest, CaseStatus, Closure,
    ConsentBasis, ConsentKind, CurrentAssignment, Deadlines, Diagnosis, DiagnosisRank, Due, History,
    Icd10Code, Readiness, RecommendationContent, ServiceType, Urgency,
};
use crate::catalogue::{Expert, PriceEntry, Specialty, SpecialtyCode};
use crate::crypto::Sha256Hash;
use crate::decision::{Decision, Event};
use crate::documents::{DeclaredFile, Document, DocumentKind, DocumentState, Scan};
use crate::facts::{Context, Fact, Facts};
use crate::ids::{
    AssignmentId, CaseId, DeviceId, DocumentId, InstitutionId, PatientId, PriceListId, ProviderId, UserId,
};
use crate::money::{Currency, Money};
use crate::text::{Form, Text};
use crate::time::{Clock, Timestamp};

pub use self::patients::{patient_after, patients_after};

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// Stands at this time.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.unix_millis()))
    }

    /// Moves on (back when negative).
    pub fn advance_millis(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Text that fits, for the fields of builders.
///
/// # Panics
/// When the text does not fit the field.
#[must_use]
pub fn text<const MIN: usize, const MAX: usize, F: Form>(content: &str) -> Text<MIN, MAX, F> {
    Text::new(content).expect("text fits its field")
}

/// The people and things of a small world.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// The time.
    pub now: Timestamp,
    /// The asking institution.
    pub institution: InstitutionId,
    /// Its user.
    pub requester: UserId,
    /// The expert.
    pub provider: ProviderId,
    /// The expert's user.
    pub provider_user: UserId,
    /// The admin.
    pub admin: UserId,
    /// The patient.
    pub patient: PatientId,
}

impl Default for Fixture {
    fn default() -> Self {
        Self::new()
    }
}

impl Fixture {
    /// A Monday morning.
    #[must_use]
    pub fn new() -> Self {
        let now = Timestamp::from_unix_millis(1_795_428_000_000);
        Self {
            now,
            institution: InstitutionId::generate(now),
            requester: UserId::generate(now),
            provider: ProviderId::generate(now),
            provider_user: UserId::generate(now),
            admin: UserId::generate(now),
            patient: PatientId::generate(now),
        }
    }

    fn context(&self, user: UserId, acting: Acting, assignment_id: Option<AssignmentId>) -> Context {
        let origin = Origin::Device(DeviceId::generate(self.now));
        Context {
            actor: Actor { user, acting, origin },
            now: self.now,
            assignment_id,
        }
    }

    /// The requester asks.
    #[must_use]
    pub fn as_requester(&self) -> Context {
        self.context(
            self.requester,
            Acting::Requester {
                institution: self.institution,
            },
            None,
        )
    }

    /// The expert asks, under the case's current assignment.
    #[must_use]
    pub fn as_provider(&self, case: &Case) -> Context {
        let token = case.assignment.map(|assignment| assignment.id);
        self.context(
            self.provider_user,
            Acting::Provider {
                provider: self.provider,
            },
            token,
        )
    }

    /// The admin asks.
    #[must_use]
    pub fn as_admin(&self) -> Context {
        self.context(self.admin, Acting::Admin, None)
    }

    /// The server asks.
    #[must_use]
    pub fn as_system(&self) -> Context {
        Context {
            actor: Actor::SYSTEM,
            now: self.now,
            assignment_id: None,
        }
    }

    /// A token that no case has.
    #[must_use]
    pub fn another_assignment(&self) -> AssignmentId {
        AssignmentId::generate(self.now)
    }

    /// The only specialty.
    #[must_use]
    pub fn specialty(&self) -> SpecialtyCode {
        SpecialtyCode::new("cardiology").expect("a specialty code")
    }

    /// A routine request.
    #[must_use]
    pub fn request(&self) -> CaseRequest {
        CaseRequest {
            service_type: ServiceType::OneSpecialist,
            specialty: self.specialty(),
            urgency: Urgency::Routine,
            clinical_question: text("Is surgery indicated, or would you go on with medication?"),
            history: History {
                present_illness: Some(text("Dyspnoea for three weeks.")),
                ..History::default()
            },
            treatment_so_far: None,
            previous_opinion: None,
            consent_basis: ConsentBasis {
                kind: ConsentKind::Written,
                obtained_by: text("Dr Weber"),
                obtained_at: self.now,
                document_id: None,
            },
            subspecialty: None,
            current_diagnosis: Vec::new(),
            differential: None,
            follows_case: None,
        }
    }

    /// A file to declare.
    #[must_use]
    pub fn file(&self) -> DeclaredFile {
        DeclaredFile {
            document_id: DocumentId::generate(self.now),
            kind: DocumentKind::Imaging,
            title: text("Echo"),
            file_name: text("echo.dcm"),
            media_type: "application/dicom".to_owned(),
            size: 4_000_000,
            sha256: Sha256Hash::of(b"echo"),
            pages: None,
            captured_at: None,
            body_site: None,
            sequence: None,
            replaces: None,
        }
    }

    /// A file of a case, there already.
    #[must_use]
    pub fn stored_document(&self, case_id: CaseId) -> Document {
        let file = self.file();
        Document {
            id: file.document_id,
            case_id,
            file,
            state: DocumentState::Stored,
            after_opinion: false,
            declared_at: self.now,
            of_submission: true,
            declared_by: Some(self.requester),
            scan: Scan::NotScanned,
            struck: None,
            version: 2,
        }
    }

    /// An expert who may be given any case of the fixture.
    #[must_use]
    pub fn expert(&self, provider_id: ProviderId) -> Expert {
        Expert {
            provider_id,
            active: true,
            licence_valid: true,
            specialties: vec![self.specialty()],
            affiliations: Vec::new(),
            accepting: true,
            on_leave: false,
            open_cases: 0,
            max_open: 5,
            open_urgent: 0,
            max_urgent: 2,
            rejected_this_case: false,
        }
    }

    /// A price in euro: 450.00 before 19 % tax, 300.00 for the expert.
    #[must_use]
    pub fn price(&self) -> PriceEntry {
        PriceEntry {
            price_list_id: PriceListId::generate(self.now),
            net: Money {
                minor: 45_000,
                currency: Currency::EUR,
            },
            tax_rate_bp: 1_900,
            provider_fee: Money {
                minor: 30_000,
                currency: Currency::EUR,
            },
        }
    }

    /// A complete opinion.
    #[must_use]
    pub fn opinion(&self) -> RecommendationContent {
        RecommendationContent {
            brief_history: text("Dyspnoea on exertion, known mitral regurgitation."),
            findings: Vec::new(),
            assessment: text("Severe primary mitral regurgitation with preserved function."),
            diagnosis: vec![Diagnosis {
                icd10: Icd10Code::new("I34.0"),
                text: text("Mitral valve insufficiency"),
                rank: DiagnosisRank::Primary,
                agreement: Agreement::Confirmed,
            }],
            recommendations: vec![Advice {
                kind: AdviceKind::Surgery,
                text: text("Mitral valve repair"),
                priority: None,
                timeframe: None,
            }],
            medications: Vec::new(),
            answer_to_question: text("Yes, repair is indicated."),
            limitations: None,
            urgency_flag: false,
            references: Vec::new(),
            reviewed_documents: Vec::new(),
            declaration: true,
        }
    }

    /// Everything a server would load for a command on this case.
    #[must_use]
    pub fn facts(&self, case: &Case) -> Facts {
        let assignment = case.assignment.map(|current| Assignment {
            id: current.id,
            case_id: case.id,
            provider_id: current.provider_id,
            assigned_by: self.admin,
            assigned_at: self.now,
            overrides: Vec::new(),
            state: AssignmentState::Offered,
            ended_at: None,
            end_reason: None,
        });
        Facts {
            case: Fact::Known(Some(case.clone())),
            assignment: Fact::Known(assignment),
            documents: Fact::Known(Vec::new()),
            patient: Fact::Known(Some(self.patient())),
            same_identifier: Fact::Known(None),
            expert: Fact::Known(Some(self.expert(ProviderId::generate(self.now)))),
            specialties: Fact::Known(vec![Specialty {
                code: self.specialty(),
                display: text("Cardiology"),
            }]),
            price: Fact::Known(Some(self.price())),
            held_assignment: Fact::Known(None),
            issues: Fact::Known(Vec::new()),
            recommendations: Fact::Known(Vec::new()),
            clarifications: Fact::Known(Vec::new()),
            feedback: Fact::Known(Vec::new()),
            quarantine: Fact::Known(Vec::new()),
            other_patient: Fact::Known(None),
            similar_patients: Fact::Known(Vec::new()),
            team_candidate: Fact::Known(None),
            sellers: Fact::Known(vec![Currency::EUR]),
            deadlines: Fact::Known(Deadlines::default()),
            institution_active: Fact::Known(true),
            ..Facts::default()
        }
    }
}

/// Returns three cases for each status: open, with an accepted expert to come back to, and closed.
#[must_use]
pub fn cases_of_every_status(fixture: &Fixture) -> Vec<Case> {
    let of_status = |status| {
        let open = a_case(fixture).in_status(status);
        let resumes = Case {
            resume_status: Some(CaseStatus::InProgress),
            ..open.clone()
        };
        let closed = Case {
            closure: Some(Closure::Cancelled),
            ..open.clone()
        };
        [open, resumes, closed]
    };
    CaseStatus::ALL.into_iter().flat_map(of_status).collect()
}

/// Begins a case.
#[must_use]
pub fn a_case(fixture: &Fixture) -> CaseBuilder {
    CaseBuilder(Case {
        id: CaseId::generate(fixture.now),
        number: Some("MSO-2026-000001".to_owned()),
        institution_id: fixture.institution,
        patient_id: fixture.patient,
        requester_id: fixture.requester,
        request: fixture.request(),
        status: CaseStatus::New,
        resume_status: None,
        closure: None,
        closure_reason: None,
        readiness: Readiness::Ready,
        assignment: Some(CurrentAssignment {
            id: AssignmentId::generate(fixture.now),
            provider_id: fixture.provider,
        }),
        due: Due {
            accept_by: Some(fixture.now.plus_hours(24)),
            ..Due::default()
        },
        overdue: Vec::new(),
        ever_accepted: false,
        rejection: None,
        pending_resubmission: None,
        team: vec![fixture.requester],
        version: 3,
        submitted_at: fixture.now,
        done_at: None,
        window_ends_at: None,
        window_closed: false,
        read_at: None,
    })
}

/// Ends with the status the case shall have.
#[derive(Debug, Clone)]
pub struct CaseBuilder(Case);

impl CaseBuilder {
    fn with(mut self, status: CaseStatus) -> Case {
        self.0.status = status;
        self.0.ever_accepted = status.is_accepted(None);
        self.0
    }

    /// In any status, with or without an expert as that status has it.
    #[must_use]
    pub fn in_status(self, status: CaseStatus) -> Case {
        let submitted_at = self.0.submitted_at;
        let mut case = self.with(status);
        match status {
            CaseStatus::New | CaseStatus::Rejected => case.assignment = None,
            CaseStatus::Returned => case.resume_status = Some(CaseStatus::Assigned),
            CaseStatus::Done => {
                case.done_at = Some(submitted_at);
                case.window_ends_at = Some(Deadlines::default().window_ends(submitted_at));
            }
            CaseStatus::Assigned | CaseStatus::Accepted | CaseStatus::InProgress => {}
        }
        case
    }

    /// New, with all files there.
    #[must_use]
    pub fn new_and_ready(self) -> Case {
        self.in_status(CaseStatus::New)
    }

    /// Assigned to the fixture's expert.
    #[must_use]
    pub fn assigned(self) -> Case {
        self.in_status(CaseStatus::Assigned)
    }

    /// Accepted by the fixture's expert.
    #[must_use]
    pub fn accepted(self) -> Case {
        self.in_status(CaseStatus::Accepted)
    }

    /// Under review.
    #[must_use]
    pub fn in_progress(self) -> Case {
        self.in_status(CaseStatus::InProgress)
    }

    /// Done.
    #[must_use]
    pub fn done(self) -> Case {
        self.in_status(CaseStatus::Done)
    }
}

/// The case events of a decision, applied at once.
pub fn apply(case: &mut Case, decision: &Decision) {
    let events: Vec<_> = decision.events.iter().filter_map(Event::of_case).collect();
    case.apply_all(events);
}
