//! Every command there is, the envelope it travels in, and the guards that all share.
//!
//! Not here: the rule of a single command and what it says of itself, which are in its own file
//! (`operation`). To add one: write its file, add a line to the list below, follow the compiler. The guards' order is
//! part of the contract (`docs/ARCHITECTURE.md`): role, then token, then closure, then the command's own rule.

mod operation;

use serde::{Deserialize, Serialize};

pub use self::operation::{Aggregate, Fence, Names, OnClosed, Operation, Reach};
use crate::actor::Role;
use crate::cases::{
    AcceptCase, AddTeamMember, AmendRecommendation, AnswerClarification, AssignCase, Assignment, CancelCase,
    CloseWindow, DiscardQuarantine, EditCaseDetails, EscalateClarification, FlagOverdue, GiveFeedback,
    MarkEnteredInError, MarkRecommendationRead, ReassignCase, RejectCase, RemoveTeamMember,
    RequestCancellation, RequestClarification, RequestRelease, ResubmitCase, StartReview, SubmitCase,
    SubmitRecommendation, UnassignCase, WithdrawCase,
};
use crate::catalogue::{AddPriceListVersion, SetSpecialty};
use crate::decision::Decision;
use crate::documents::{
    DeclareDocument, MarkDocumentScanned, MarkDocumentStored, StrikeDocument, WithdrawDocument,
};
use crate::facts::{Context, Facts, Need};
use crate::ids::{AssignmentId, CommandId};
use crate::invoices::{
    ApproveService, FlagInvoice, IssueCreditNote, RecordPayment, ReissueInvoice, SettleService,
    VerifyInvoice, WriteOffInvoice,
};
use crate::issues::{AnswerIssue, DeleteIssue, EditIssue, ReopenIssue, ReportIssue, ResolveIssue};
use crate::notifications::MarkNotificationRead;
use crate::patients::{
    CreatePatient, DeactivatePatient, DismissDuplicate, EditPatient, MergePatients, ReactivatePatient,
    RevokeVerification, VerifyPatient,
};
use crate::people::{
    AddLicence, CreateInstitution, CreateProvider, DeactivateInstitution, DeactivateUser, EditInstitution,
    EditProvider, InviteUser, ReactivateInstitution, ReactivateUser, RenewInvite, RevokeDevice,
    RevokeLicence, SetAvailability, SuspendUser, VerifyLicence,
};
use crate::refusal::Refusal;
use crate::time::Timestamp;

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// What somebody asks to be done. On the wire: `{"type": "accept_case", "payload": {…}}`.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "type", content = "payload", rename_all = "snake_case")]
        pub enum Command {
            $($(#[$doc])* $name($name),)+
        }

        impl Command {
            /// The names of all commands that this build knows.
            pub const NAMES: &'static [&'static str] = &[$($name::NAME,)+];

            /// The name on the wire, in the audit and in logs.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $name::NAME,)+ }
            }

            /// What it is about.
            #[must_use]
            pub fn aggregate(&self) -> Aggregate {
                match self { $(Self::$name(command) => command.aggregate(),)+ }
            }

            /// What it names beside that.
            #[must_use]
            pub fn names(&self) -> Names<'_> {
                match self { $(Self::$name(command) => command.names(),)+ }
            }

            /// What the server must load, under lock, before it decides.
            #[must_use]
            pub const fn needs(&self) -> &'static [Need] {
                match self { $(Self::$name(_) => $name::NEEDS,)+ }
            }

            /// Who may send it at all.
            #[must_use]
            pub const fn roles(&self) -> &'static [Role] {
                match self { $(Self::$name(_) => $name::ROLES,)+ }
            }

            /// Whether it may wait in the outbox.
            #[must_use]
            pub const fn reach(&self) -> Reach {
                match self { $(Self::$name(_) => $name::REACH,)+ }
            }

            /// Whether a provider sends it under an assignment.
            #[must_use]
            pub const fn fence(&self) -> Fence {
                match self { $(Self::$name(_) => $name::FENCE,)+ }
            }

            /// Whether a closed case stops it.
            #[must_use]
            pub const fn on_closed(&self) -> OnClosed {
                match self { $(Self::$name(_) => $name::ON_CLOSED,)+ }
            }

            /// Whether it makes the record that it is about.
            #[must_use]
            pub const fn creates(&self) -> bool {
                match self { $(Self::$name(_) => $name::CREATES,)+ }
            }

            /// Whether a refusal keeps its text for the author.
            #[must_use]
            pub const fn quarantines(&self) -> bool {
                match self { $(Self::$name(_) => $name::QUARANTINES,)+ }
            }

            /// The command's own rule, without the shared guards: what the status matrix shows.
            pub(crate) fn decide_alone(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
                match self { $(Self::$name(command) => command.decide(facts, ctx),)+ }
            }
        }
    };
}

commands! {
    /// Adds a patient.
    CreatePatient,
    /// Attests a patient's identity.
    VerifyPatient,
    /// Changes fields of a patient.
    EditPatient,
    /// Takes an attestation back.
    RevokeVerification,
    /// Merges a record into another.
    MergePatients,
    /// Takes a record out of use.
    DeactivatePatient,
    /// Takes it into use again.
    ReactivatePatient,
    /// Tells two records apart.
    DismissDuplicate,
    /// Opens a case.
    SubmitCase,
    /// Changes what is asked, before an expert works on it.
    EditCaseDetails,
    /// Adds a colleague to the case's team.
    AddTeamMember,
    /// Takes one off it.
    RemoveTeamMember,
    /// Takes a case back.
    WithdrawCase,
    /// Asks an admin to cancel a case that an expert has.
    RequestCancellation,
    /// Closes a case by an admin.
    CancelCase,
    /// Adds a file to a case.
    DeclareDocument,
    /// Records that a file arrived.
    MarkDocumentStored,
    /// Records what the virus scanner found.
    MarkDocumentScanned,
    /// Takes a file back that no expert has read.
    WithdrawDocument,
    /// Strikes a file through that an expert may have read.
    StrikeDocument,
    /// Gives a case to an expert.
    AssignCase,
    /// Gives it to another.
    ReassignCase,
    /// Takes it from the expert.
    UnassignCase,
    /// Takes an assigned case.
    AcceptCase,
    /// Declines it.
    RejectCase,
    /// Begins the review.
    StartReview,
    /// Asks an admin to be released from a case.
    RequestRelease,
    /// Reports an issue, or returns the case.
    ReportIssue,
    /// Changes an issue's text.
    EditIssue,
    /// Answers a return issue.
    AnswerIssue,
    /// Settles an issue.
    ResolveIssue,
    /// Removes an issue; a stub stays.
    DeleteIssue,
    /// Opens a settled issue again.
    ReopenIssue,
    /// Sends a returned case on.
    ResubmitCase,
    /// Gives the opinion.
    SubmitRecommendation,
    /// Gives a better version of it.
    AmendRecommendation,
    /// Marks a version as wrong.
    MarkEnteredInError,
    /// Notes that the requester has read the opinion.
    MarkRecommendationRead,
    /// Judges the opinion.
    GiveFeedback,
    /// Asks about the opinion.
    RequestClarification,
    /// Answers such a question.
    AnswerClarification,
    /// Tells the admins of an unanswered question.
    EscalateClarification,
    /// Flags what is overdue.
    FlagOverdue,
    /// Ends the time for questions.
    CloseWindow,
    /// Discards a quarantined opinion.
    DiscardQuarantine,
    /// Finds an invoice right.
    VerifyInvoice,
    /// Disputes an invoice.
    FlagInvoice,
    /// Records money that arrived for an invoice.
    RecordPayment,
    /// Gives up what is left to pay.
    WriteOffInvoice,
    /// Takes an invoice back, or part of it.
    IssueCreditNote,
    /// Issues an invoice again that was taken back.
    ReissueInvoice,
    /// Approves what a provider did.
    ApproveService,
    /// Notes that the provider was paid for it.
    SettleService,
    /// Notes that a notification was read.
    MarkNotificationRead,
    /// Adds an institution.
    CreateInstitution,
    /// Changes an institution.
    EditInstitution,
    /// Stops an institution from submitting cases.
    DeactivateInstitution,
    /// Lets it submit again.
    ReactivateInstitution,
    /// Adds a user, who gets a link.
    InviteUser,
    /// Sends the user a new link.
    RenewInvite,
    /// Stops a user from signing in.
    SuspendUser,
    /// Lets a user sign in again.
    ReactivateUser,
    /// Ends a user's access.
    DeactivateUser,
    /// Ends the use of a phone.
    RevokeDevice,
    /// Adds an expert's profile.
    CreateProvider,
    /// Changes an expert's profile.
    EditProvider,
    /// Puts a licence on file.
    AddLicence,
    /// Attests a licence.
    VerifyLicence,
    /// Takes that back.
    RevokeLicence,
    /// Says when an expert can be asked.
    SetAvailability,
    /// Sets prices for the time to come.
    AddPriceListVersion,
    /// Adds, renames or drops a specialty.
    SetSpecialty,
}

impl Command {
    /// Judges the command: the shared guards first, then its own rule. Pure: no clock, no chance, no I/O.
    pub fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        if !self.roles().contains(&ctx.actor.role()) {
            return Err(Refusal::Forbidden);
        }
        let case = facts.case.known().and_then(Option::as_ref);
        if self.is_fenced(ctx.actor.role())
            && let Some(case) = case
            && (case.assignment.is_none() || case.assignment.map(|current| current.id) != ctx.assignment_id)
        {
            return self.decide_superseded(facts);
        }
        if case.is_some_and(|case| case.closure.is_some()) && self.on_closed() == OnClosed::Refuse {
            return Err(Refusal::CaseClosed);
        }
        self.decide_alone(facts, ctx)
    }

    /// Whether, sent by this role, it must carry the token of the current assignment.
    #[must_use]
    pub const fn is_fenced(&self, role: Role) -> bool {
        matches!(self.fence(), Fence::Token) && matches!(role, Role::Provider)
    }

    /// The answer to a provider whose token is no longer the case's: refused, unless this very act ended it
    /// (`domain.md` 2.2, guard 6).
    pub fn decide_superseded(&self, facts: &Facts) -> Result<Decision, Refusal> {
        let held = facts.held_assignment.known().and_then(Option::as_ref);
        if matches!(self, Self::RejectCase(_)) && held.is_some_and(Assignment::was_rejected) {
            return Ok(Decision::noop());
        }
        Err(Refusal::AssignmentSuperseded)
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
