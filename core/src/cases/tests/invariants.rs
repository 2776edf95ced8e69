//! Invariants that hold after every sequence of commands, and the property that hiding facts never adds
//! refusals.

use proptest::prelude::*;

use crate::cases::*;
use crate::command::Command;
use crate::decision::Effect;
use crate::documents::DeclareDocument;
use crate::facts::{Context, Fact, Facts};
use crate::ids::{AssignmentId, ProviderId, RecommendationId};
use crate::patients::{Verification, VerifyPatient};
use crate::refusal::Refusal;
use crate::testing::{Fixture, a_case, apply, text};

/// One step of a random case history: a command and the token it carries.
#[derive(Debug, Clone)]
enum Step {
    Assign,
    Reassign { confirm: bool },
    Accept { token: Token },
    Start { token: Token },
    Recommend { token: Token },
    AddDocument,
}

#[derive(Debug, Clone, Copy)]
enum Token {
    Current,
    First,
    Unknown,
}

fn token() -> impl Strategy<Value = Token> {
    prop_oneof![4 => Just(Token::Current), 1 => Just(Token::First), 1 => Just(Token::Unknown)]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Assign),
        any::<bool>().prop_map(|confirm| Step::Reassign { confirm }),
        token().prop_map(|token| Step::Accept { token }),
        token().prop_map(|token| Step::Start { token }),
        token().prop_map(|token| Step::Recommend { token }),
        Just(Step::AddDocument),
    ]
}

struct Life {
    fixture: Fixture,
    case: Case,
    first_token: Option<AssignmentId>,
    live: Vec<AssignmentId>,
    ended: Vec<AssignmentId>,
    invoices: usize,
    services: usize,
}

impl Life {
    fn new() -> Self {
        let fixture = Fixture::new();
        let case = a_case(&fixture).new_and_ready();
        Self {
            fixture,
            case,
            first_token: None,
            live: vec![],
            ended: vec![],
            invoices: 0,
            services: 0,
        }
    }

    fn command(&self, step: &Step) -> (Command, Context) {
        let (fixture, case_id) = (&self.fixture, self.case.id);
        let assignment_id = AssignmentId::generate(fixture.now);
        let provider = |token: Token| {
            let mut ctx = fixture.as_provider(&self.case);
            if let Some(current) = self.case.assignment {
                ctx.actor.acting = crate::actor::Acting::Provider {
                    provider: current.provider_id,
                };
            }
            match token {
                Token::Current => {}
                Token::First => ctx.assignment_id = self.first_token,
                Token::Unknown => ctx.assignment_id = Some(fixture.another_assignment()),
            }
            ctx
        };
        let provider_id = ProviderId::generate(fixture.now);
        match step {
            Step::Assign => (
                Command::AssignCase(AssignCase {
                    case_id,
                    assignment_id,
                    provider_id,
                    overrides: vec![],
                }),
                fixture.as_admin(),
            ),
            Step::Reassign { confirm } => (
                Command::ReassignCase(ReassignCase {
                    case_id,
                    assignment_id,
                    provider_id,
                    reason: text("another expert"),
                    confirm_state: confirm.then_some(self.case.status),
                    overrides: vec![],
                }),
                fixture.as_admin(),
            ),
            Step::Accept { token } => (Command::AcceptCase(AcceptCase { case_id }), provider(*token)),
            Step::Start { token } => (Command::StartReview(StartReview { case_id }), provider(*token)),
            Step::Recommend { token } => (
                Command::SubmitRecommendation(SubmitRecommendation {
                    case_id,
                    recommendation_id: RecommendationId::generate(fixture.now),
                    content: fixture.opinion(),
                }),
                provider(*token),
            ),
            Step::AddDocument => (
                Command::DeclareDocument(DeclareDocument {
                    case_id,
                    file: fixture.file(),
                }),
                fixture.as_requester(),
            ),
        }
    }

    /// Sends the command if the rules accept it, then checks the invariants.
    fn take(&mut self, step: &Step) {
        let (command, ctx) = self.command(step);
        let before = self.case.clone();
        let Ok(decision) = command.decide(&self.fixture.facts(&before), &ctx) else {
            return;
        };
        apply(&mut self.case, &decision);
        for effect in &decision.effects {
            match effect {
                Effect::StartAssignment { assignment, .. } => {
                    self.first_token.get_or_insert(assignment.id);
                    self.live.push(assignment.id);
                }
                Effect::EndAssignment { id, .. } => {
                    self.live.retain(|live| live != id);
                    self.ended.push(*id);
                }
                Effect::IssueInvoice => self.invoices += 1,
                Effect::RecordService { .. } => self.services += 1,
                Effect::DrawCaseNumber
                | Effect::FreezeQuote
                | Effect::GrantToInstitution(_)
                | Effect::MoveAssignment { .. }
                | Effect::GrantToProvider(_)
                | Effect::RevokeFromProvider { .. }
                | Effect::IssueFurtherInvoice(_)
                | Effect::Invite(_)
                | Effect::Notify(_)
                | Effect::EndSessions(_)
                | Effect::Queue(_) => {}
            }
        }
        if command.is_fenced(ctx.actor.role()) {
            assert_eq!(
                ctx.assignment_id,
                before.assignment.map(|a| a.id),
                "only the current token acts"
            );
        }
    }

    fn check(&self) {
        let has_expert = self.case.assignment.is_some();
        match self.case.status {
            CaseStatus::New | CaseStatus::Rejected => assert!(!has_expert && self.live.is_empty()),
            CaseStatus::Assigned | CaseStatus::Accepted | CaseStatus::InProgress | CaseStatus::Done => {
                assert!(has_expert);
                assert_eq!(
                    self.live,
                    [self.case.assignment.map(|a| a.id).unwrap()],
                    "one live assignment"
                );
            }
            CaseStatus::Returned => assert!(self.case.resume_status.is_some()),
        }
        let done = usize::from(self.case.status == CaseStatus::Done);
        assert_eq!(
            (self.invoices, self.services),
            (done, done),
            "one invoice and one service record with Done"
        );
        assert_eq!(self.case.done_at.is_some(), done == 1);
        assert!(self.ended.iter().all(|ended| !self.live.contains(ended)));
    }
}

/// Hides some of the facts, as on a phone.
fn hide(mut facts: Facts, hidden: u16) -> Facts {
    let bit = |n: u16| hidden & (1 << n) != 0;
    if bit(0) {
        facts.case = Fact::Unseen;
    }
    if bit(1) {
        facts.assignment = Fact::Unseen;
    }
    if bit(2) {
        facts.documents = Fact::Unseen;
    }
    if bit(3) {
        facts.patient = Fact::Unseen;
    }
    if bit(4) {
        facts.same_identifier = Fact::Unseen;
    }
    if bit(5) {
        facts.expert = Fact::Unseen;
    }
    if bit(6) {
        facts.specialties = Fact::Unseen;
    }
    if bit(7) {
        facts.price = Fact::Unseen;
    }
    if bit(8) {
        facts.recommendations = Fact::Unseen;
    }
    facts
}

proptest! {
    #[test]
    fn the_invariants_hold_after_every_sequence(steps in proptest::collection::vec(step(), 0..40)) {
        let mut life = Life::new();
        for step in &steps {
            life.take(step);
            life.check();
        }
    }

    #[test]
    fn done_is_never_left(steps in proptest::collection::vec(step(), 0..40)) {
        let mut life = Life::new();
        let mut was_done = false;
        for step in &steps {
            life.take(step);
            prop_assert!(!was_done || life.case.status == CaseStatus::Done);
            was_done = life.case.status == CaseStatus::Done;
        }
    }

    #[test]
    fn hiding_facts_never_turns_an_acceptance_into_a_refusal(
        steps in proptest::collection::vec(step(), 0..12),
        last in step(),
        hidden in 0u16..512,
        also_hidden in 0u16..512,
    ) {
        let mut life = Life::new();
        for step in &steps {
            life.take(step);
        }
        let (command, ctx) = life.command(&last);
        let seen = hide(life.fixture.facts(&life.case), hidden);
        if command.decide(&seen, &ctx).is_ok() {
            let fewer = hide(seen, also_hidden);
            prop_assert_eq!(command.decide(&fewer, &ctx).err(), None, "{:?} hidden {:b}", last, also_hidden);
        }
    }

    #[test]
    fn hiding_facts_never_refuses_a_patient_or_a_submit(
        verified in any::<bool>(),
        active in any::<bool>(),
        priced in any::<bool>(),
        known_specialty in any::<bool>(),
        exists in any::<bool>(),
        hidden in 0u16..512,
        also_hidden in 0u16..512,
    ) {
        let fixture = Fixture::new();
        let case = a_case(&fixture).new_and_ready();
        let mut patient = fixture.patient();
        patient.active = active;
        if !verified {
            patient.verification = Verification::Unverified;
        }
        let mut facts = fixture.facts(&case);
        facts.patient = Fact::Known(Some(patient));
        if !priced {
            facts.price = Fact::Known(None);
        }
        if !known_specialty {
            facts.specialties = Fact::Known(vec![]);
        }
        if !exists {
            facts.case = Fact::Known(None);
        }
        let commands = [
            Command::SubmitCase(SubmitCase {
                case_id: case.id,
                patient_id: fixture.patient,
                request: fixture.request(),
                documents: vec![fixture.file()],
            }),
            Command::VerifyPatient(VerifyPatient {
                patient_id: fixture.patient,
                method: crate::patients::VerificationMethod::Registry,
                note: None,
            }),
        ];
        let seen = hide(facts, hidden);
        for command in commands {
            let ctx = fixture.as_requester();
            if command.decide(&seen, &ctx).is_ok() {
                let fewer = hide(seen.clone(), also_hidden);
                prop_assert_eq!(command.decide(&fewer, &ctx).err(), None::<Refusal>);
            }
        }
    }
}

#[test]
fn every_live_status_but_returned_can_still_reach_done() {
    for status in [
        CaseStatus::New,
        CaseStatus::Assigned,
        CaseStatus::Accepted,
        CaseStatus::InProgress,
    ] {
        let mut life = Life::new();
        let current = |token| {
            [
                Step::Accept { token },
                Step::Start { token },
                Step::Recommend { token },
            ]
        };
        let way: Vec<Step> = std::iter::once(Step::Assign)
            .chain(current(Token::Current))
            .collect();
        let walked = CaseStatus::ALL.iter().position(|s| *s == status).unwrap();
        way.iter().take(walked).for_each(|step| life.take(step));
        assert_eq!(life.case.status, status);
        way.iter().skip(walked).for_each(|step| life.take(step));
        assert_eq!(life.case.status, CaseStatus::Done);
        life.check();
    }
}
