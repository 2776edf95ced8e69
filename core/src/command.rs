//! Every command there is, the envelope it travels in, and the guards that all share.
//!
//! Not here: the rule of a single command, which is in its own file. To add one: write its file, add a variant,
//! follow the compiler. The guards' order is part of the contract (`docs/ARCHITECTURE.md`): role, then token,
//! then closure, then the command's own rule.

use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::cases::{AcceptCase, AssignCase, ReassignCase, StartReview, SubmitCase, SubmitRecommendation};
use crate::decision::Decision;
use crate::documents::{DeclareDocument, MarkDocumentStored};
use crate::facts::{Context, Facts, Need};
use crate::ids::{AssignmentId, CaseId, CommandId, PatientId};
use crate::patients::{CreatePatient, VerifyPatient};
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// What somebody asks to be done. On the wire: `{"type": "accept_case", "payload": {…}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "payload", rename_all = "snake_case")]
pub enum Command {
    /// Adds a patient.
    CreatePatient(CreatePatient),
    /// Attests a patient's identity.
    VerifyPatient(VerifyPatient),
    /// Opens a case.
    SubmitCase(SubmitCase),
    /// Adds a file to a case.
    DeclareDocument(DeclareDocument),
    /// Records that a file arrived.
    MarkDocumentStored(MarkDocumentStored),
    /// Gives a case to an expert.
    AssignCase(AssignCase),
    /// Gives it to another.
    ReassignCase(ReassignCase),
    /// Takes an assigned case.
    AcceptCase(AcceptCase),
    /// Begins the review.
    StartReview(StartReview),
    /// Gives the opinion.
    SubmitRecommendation(SubmitRecommendation),
}

/// The record that a command is about, which orders commands: two on one aggregate never overtake each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// A patient.
    Patient(PatientId),
    /// A case.
    Case(CaseId),
}

/// Whether a command may wait on a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// May wait in the outbox until there is a network.
    Offline,
    /// Needs the server now.
    OnlineOnly,
}

impl Command {
    /// The names of all commands that this build knows.
    pub const NAMES: &'static [&'static str] = &[
        "create_patient",
        "verify_patient",
        "submit_case",
        "declare_document",
        "mark_document_stored",
        "assign_case",
        "reassign_case",
        "accept_case",
        "start_review",
        "submit_recommendation",
    ];

    /// The name on the wire, in the audit and in logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CreatePatient(_) => "create_patient",
            Self::VerifyPatient(_) => "verify_patient",
            Self::SubmitCase(_) => "submit_case",
            Self::DeclareDocument(_) => "declare_document",
            Self::MarkDocumentStored(_) => "mark_document_stored",
            Self::AssignCase(_) => "assign_case",
            Self::ReassignCase(_) => "reassign_case",
            Self::AcceptCase(_) => "accept_case",
            Self::StartReview(_) => "start_review",
            Self::SubmitRecommendation(_) => "submit_recommendation",
        }
    }

    /// What it is about.
    #[must_use]
    pub const fn aggregate(&self) -> Aggregate {
        match self {
            Self::CreatePatient(command) => Aggregate::Patient(command.patient_id),
            Self::VerifyPatient(command) => Aggregate::Patient(command.patient_id),
            Self::SubmitCase(command) => Aggregate::Case(command.case_id),
            Self::DeclareDocument(command) => Aggregate::Case(command.case_id),
            Self::MarkDocumentStored(command) => Aggregate::Case(command.case_id),
            Self::AssignCase(command) => Aggregate::Case(command.case_id),
            Self::ReassignCase(command) => Aggregate::Case(command.case_id),
            Self::AcceptCase(command) => Aggregate::Case(command.case_id),
            Self::StartReview(command) => Aggregate::Case(command.case_id),
            Self::SubmitRecommendation(command) => Aggregate::Case(command.case_id),
        }
    }

    /// What the server must load, under lock, before it decides.
    #[must_use]
    pub const fn needs(&self) -> &'static [Need] {
        match self {
            Self::CreatePatient(_) => CreatePatient::NEEDS,
            Self::VerifyPatient(_) => VerifyPatient::NEEDS,
            Self::SubmitCase(_) => SubmitCase::NEEDS,
            Self::DeclareDocument(_) => DeclareDocument::NEEDS,
            Self::MarkDocumentStored(_) => MarkDocumentStored::NEEDS,
            Self::AssignCase(_) => AssignCase::NEEDS,
            Self::ReassignCase(_) => ReassignCase::NEEDS,
            Self::AcceptCase(_) => AcceptCase::NEEDS,
            Self::StartReview(_) => StartReview::NEEDS,
            Self::SubmitRecommendation(_) => SubmitRecommendation::NEEDS,
        }
    }

    /// Who may send it at all.
    #[must_use]
    pub const fn roles(&self) -> &'static [Role] {
        match self {
            Self::CreatePatient(_) | Self::SubmitCase(_) | Self::DeclareDocument(_) => &[Role::Requester],
            Self::VerifyPatient(_) => &[Role::Requester, Role::Admin],
            Self::MarkDocumentStored(_) => &[Role::System],
            Self::AssignCase(_) | Self::ReassignCase(_) => &[Role::Admin],
            Self::AcceptCase(_) | Self::StartReview(_) | Self::SubmitRecommendation(_) => &[Role::Provider],
        }
    }

    /// Whether it may wait in the outbox.
    #[must_use]
    pub const fn reach(&self) -> Reach {
        match self {
            Self::CreatePatient(_)
            | Self::VerifyPatient(_)
            | Self::SubmitCase(_)
            | Self::DeclareDocument(_)
            | Self::AcceptCase(_)
            | Self::StartReview(_)
            | Self::SubmitRecommendation(_) => Reach::Offline,
            Self::MarkDocumentStored(_) | Self::AssignCase(_) | Self::ReassignCase(_) => Reach::OnlineOnly,
        }
    }

    /// Whether it is made under an assignment, whose token it must carry.
    #[must_use]
    pub const fn needs_assignment(&self) -> bool {
        match self {
            Self::AcceptCase(_) | Self::StartReview(_) | Self::SubmitRecommendation(_) => true,
            Self::CreatePatient(_)
            | Self::VerifyPatient(_)
            | Self::SubmitCase(_)
            | Self::DeclareDocument(_)
            | Self::MarkDocumentStored(_)
            | Self::AssignCase(_)
            | Self::ReassignCase(_) => false,
        }
    }

    /// Judges the command: the shared guards first, then its own rule. Pure: no clock, no chance, no I/O.
    pub fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        if !self.roles().contains(&ctx.actor.role()) {
            return Err(Refusal::Forbidden);
        }
        let case = facts.case.known().and_then(Option::as_ref);
        if self.needs_assignment() {
            let current = case.map(|case| case.assignment);
            if current.is_some_and(|current| current.map(|a| a.id) != ctx.assignment_id || current.is_none())
            {
                return Err(Refusal::AssignmentSuperseded);
            }
        }
        if case.is_some_and(|case| case.closure.is_some()) {
            return Err(Refusal::CaseClosed);
        }
        self.decide_alone(facts, ctx)
    }

    /// The command's own rule, without the shared guards: what the status matrix shows.
    pub(crate) fn decide_alone(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        match self {
            Self::CreatePatient(command) => command.decide(facts, ctx),
            Self::VerifyPatient(command) => command.decide(facts, ctx),
            Self::SubmitCase(command) => command.decide(facts, ctx),
            Self::DeclareDocument(command) => command.decide(facts, ctx),
            Self::MarkDocumentStored(command) => command.decide(facts, ctx),
            Self::AssignCase(command) => command.decide(facts, ctx),
            Self::ReassignCase(command) => command.decide(facts, ctx),
            Self::AcceptCase(command) => command.decide(facts, ctx),
            Self::StartReview(command) => command.decide(facts, ctx),
            Self::SubmitRecommendation(command) => command.decide(facts, ctx),
        }
    }
}

/// A command on its way: made once, stored in the outbox as bytes, and sent unchanged until it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandEnvelope {
    /// Made with the command; the key of idempotency.
    pub command_id: CommandId,
    /// What is asked.
    #[serde(flatten)]
    pub command: Command,
    /// The fencing token, for a provider's commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment_id: Option<AssignmentId>,
    /// The record's version that the sender saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_version: Option<u64>,
    /// Strictly increasing per device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_seq: Option<u64>,
    /// The device's time: shown and audited, never trusted (D-17).
    pub issued_at: Timestamp,
    /// Commands that must have been applied before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<CommandId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_names_is_the_one_that_the_wire_knows() {
        let unknown = serde_json::json!({ "type": "no_such_command", "payload": {} });
        let error = serde_json::from_value::<Command>(unknown)
            .unwrap_err()
            .to_string();
        let known: Vec<_> = error.split('`').skip(3).step_by(2).collect();
        assert_eq!(known, Command::NAMES);
    }
}
