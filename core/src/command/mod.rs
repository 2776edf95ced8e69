//! The list of all operations, from which [`Command`] and every lookup are generated, and the guards that all
//! operations share.
//!
//! Each operation is described in its own file (see [`Operation`]). The order of the guards is part of the
//! contract (`docs/ARCHITECTURE.md`): role, then token, then closure, then status, then the command's own
//! rule.

mod aggregate;
mod operation;
mod spec;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use self::aggregate::Aggregate;
pub(crate) use self::operation::PartOperation;
pub use self::operation::{CaseOperation, Dependents, Operation, Step};
pub use self::spec::{Fence, OnClosed, Reach, Spec};
use crate::actor::{Acting, Actor, Role};
use crate::cases::{
    AcceptCase, AddTeamMember, AmendRecommendation, AnswerClarification, AssignCase, CancelCase, Case,
    CaseAction, CloseWindow, DiscardQuarantine, EditCaseDetails, EscalateClarification, FlagOverdue,
    GiveFeedback, MarkEnteredInError, MarkRecommendationRead, ReassignCase, RecommendationContent,
    RejectCase, RemoveTeamMember, RequestCancellation, RequestClarification, RequestRelease, ResubmitCase,
    StartReview, SubmitCase, SubmitRecommendation, UnassignCase, WithdrawCase,
};
use crate::catalogue::{AddPriceListVersion, SetSpecialty};
use crate::decision::Decision;
use crate::documents::{
    DeclareDocument, DeclaredFile, MarkDocumentScanned, MarkDocumentStored, StrikeDocument, WithdrawDocument,
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
use crate::text;
use crate::time::Timestamp;

/// The case-related part of one operation.
pub(crate) struct Row {
    pub(crate) spec: &'static Spec,
    offered: fn(&Case, &Actor, &Facts) -> Vec<CaseAction>,
    #[cfg_attr(
        not(test),
        expect(
            dead_code,
            reason = "commands ask by their own type; the matrix asks by the list"
        )
    )]
    pub(crate) admitted: fn(&Case, &Actor) -> Option<Result<Step, Refusal>>,
}

macro_rules! commands {
    ($($name:ident,)+) => {
        /// A request to change something. On the wire: `{"type": "accept_case", "payload": {…}}`.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "type", content = "payload", rename_all = "snake_case")]
        pub enum Command {
            $($name($name),)+
        }

        $(impl From<$name> for Command {
            fn from(operation: $name) -> Self {
                Self::$name(operation)
            }
        }

        impl<'a> TryFrom<&'a Command> for &'a $name {
            type Error = OtherOperation;

            fn try_from(command: &'a Command) -> Result<Self, OtherOperation> {
                if let Command::$name(operation) = command { Ok(operation) } else { Err(OtherOperation) }
            }
        })+

        impl Command {
            /// The names of all operations in this build.
            pub const NAMES: &'static [&'static str] = &[$(<$name as Operation>::SPEC.name,)+];

            /// Returns the properties shared by all commands of this operation.
            #[must_use]
            pub const fn spec(&self) -> &'static Spec {
                match self { $(Self::$name(_) => const { &<$name as Operation>::SPEC },)+ }
            }

            /// Returns the name used on the wire, in the audit and in logs.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                self.spec().name
            }

            /// See [`Operation::aggregate`].
            #[must_use]
            pub fn aggregate(&self) -> Aggregate {
                match self { $(Self::$name(operation) => Operation::aggregate(operation),)+ }
            }

            /// See [`Operation::needs`].
            #[must_use]
            pub fn needs(&self) -> Vec<Need<'_>> {
                match self { $(Self::$name(operation) => Operation::needs(operation),)+ }
            }

            /// See [`Operation::files`].
            #[must_use]
            pub fn files(&self) -> &[DeclaredFile] {
                match self { $(Self::$name(operation) => Operation::files(operation),)+ }
            }

            /// See [`Operation::builds_on`].
            #[must_use]
            pub fn builds_on(&self) -> Option<Aggregate> {
                match self { $(Self::$name(operation) => Operation::builds_on(operation),)+ }
            }

            /// See [`Operation::opinion`].
            #[must_use]
            pub fn opinion(&self) -> Option<&RecommendationContent> {
                match self { $(Self::$name(operation) => Operation::opinion(operation),)+ }
            }

            /// See [`Operation::repeats`]. A command never repeats one of another operation.
            #[must_use]
            pub fn repeats(&self, earlier: &Self) -> bool {
                match self {
                    $(Self::$name(operation) => earlier
                        .as_operation::<$name>()
                        .is_some_and(|earlier| Operation::repeats(operation, earlier)),)+
                }
            }

            fn dependents(&self) -> Dependents {
                match self { $(Self::$name(operation) => Operation::dependents(operation),)+ }
            }

            /// Applies the command's own rule without the shared guards, as shown in the status matrix.
            pub(crate) fn decide_alone(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
                match self { $(Self::$name(operation) => Operation::decide(operation, facts, ctx),)+ }
            }
        }

        /// The case-related part of each operation, in the order of the list.
        pub(crate) const ROWS: &[Row] = &[$(Row {
            spec: &<$name as Operation>::SPEC,
            offered: <$name as Operation>::offered,
            admitted: <$name as Operation>::admitted,
        },)+];
    };
}

commands! {
    CreatePatient,
    VerifyPatient,
    EditPatient,
    RevokeVerification,
    MergePatients,
    DeactivatePatient,
    ReactivatePatient,
    DismissDuplicate,
    SubmitCase,
    EditCaseDetails,
    AddTeamMember,
    RemoveTeamMember,
    WithdrawCase,
    RequestCancellation,
    CancelCase,
    DeclareDocument,
    MarkDocumentStored,
    MarkDocumentScanned,
    WithdrawDocument,
    StrikeDocument,
    AssignCase,
    ReassignCase,
    UnassignCase,
    AcceptCase,
    RejectCase,
    StartReview,
    RequestRelease,
    ReportIssue,
    EditIssue,
    AnswerIssue,
    ResolveIssue,
    DeleteIssue,
    ReopenIssue,
    ResubmitCase,
    SubmitRecommendation,
    AmendRecommendation,
    MarkEnteredInError,
    MarkRecommendationRead,
    GiveFeedback,
    RequestClarification,
    AnswerClarification,
    EscalateClarification,
    FlagOverdue,
    CloseWindow,
    DiscardQuarantine,
    VerifyInvoice,
    FlagInvoice,
    RecordPayment,
    WriteOffInvoice,
    IssueCreditNote,
    ReissueInvoice,
    ApproveService,
    SettleService,
    MarkNotificationRead,
    CreateInstitution,
    EditInstitution,
    DeactivateInstitution,
    ReactivateInstitution,
    InviteUser,
    RenewInvite,
    SuspendUser,
    ReactivateUser,
    DeactivateUser,
    RevokeDevice,
    CreateProvider,
    EditProvider,
    AddLicence,
    VerifyLicence,
    RevokeLicence,
    SetAvailability,
    AddPriceListVersion,
    SetSpecialty,
}

/// The command belongs to a different operation than the requested one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherOperation;

impl Command {
    /// Decides the command: the shared guards first, then its own rule. Pure: no clock, no randomness, no
    /// I/O.
    ///
    /// # Errors
    ///
    /// The refusal of the first guard that fails, or of the rule.
    pub fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        if text::is_anything_blank(self) {
            return Err(Refusal::BadRequest);
        }
        let spec = self.spec();
        if !spec.roles.contains(&ctx.actor.role()) {
            return Err(Refusal::Forbidden);
        }
        let case = facts.case.known().and_then(Option::as_ref);
        if self.is_fenced(ctx.actor.role())
            && let Some(case) = case
            && (case.assignment.is_none() || case.assignment.map(|current| current.id) != ctx.assignment_id)
        {
            return self.decide_superseded(facts);
        }
        if case.is_some_and(|case| case.closure.is_some()) && spec.on_closed == OnClosed::Refuse {
            return Err(Refusal::CaseClosed);
        }
        self.decide_alone(facts, ctx)
    }

    /// Whether a sender with this role must supply the token of the current assignment.
    #[must_use]
    pub const fn is_fenced(&self, role: Role) -> bool {
        matches!(self.spec().fence, Fence::Token) && matches!(role, Role::Provider)
    }

    /// Decides a provider's command whose token is not the current one: refused, unless the same operation
    /// ended that assignment, in which case it is a noop.
    ///
    /// # Errors
    ///
    /// [`Refusal::AssignmentSuperseded`]
    pub fn decide_superseded(&self, facts: &Facts) -> Result<Decision, Refusal> {
        let held = facts.held_assignment.known().and_then(Option::as_ref);
        let end = self.spec().ends_assignment;
        if end.is_some() && held.is_some_and(|held| held.end_reason == end) {
            return Ok(Decision::noop());
        }
        Err(Refusal::AssignmentSuperseded)
    }

    /// Returns the operation if the command is of type `T`.
    pub fn as_operation<'a, T>(&'a self) -> Option<&'a T>
    where
        &'a T: TryFrom<&'a Self>,
    {
        self.try_into().ok()
    }

    /// Whether `later`, a command on the same record, must be refused if this command is refused.
    #[must_use]
    pub fn carries(&self, later: &Self) -> bool {
        match self.dependents() {
            Dependents::All => true,
            Dependents::SameOperation => self.spec().name == later.spec().name,
            Dependents::None => false,
        }
    }
}

impl Case {
    /// Whether the actor may act on the case or on a part of it: it is open, and the actor is one of its parties or an admin.
    #[must_use]
    pub(crate) fn is_open_to(&self, actor: &Actor) -> bool {
        let concerned = match actor.acting {
            Acting::Requester { institution } => institution == self.institution_id,
            // When the clarification window closes, the case is removed from the expert's phone.
            Acting::Provider { provider } => self.expert() == Some(provider) && !self.window_closed,
            Acting::Admin => true,
            Acting::System => false,
        };
        concerned && self.closure.is_none()
    }

    /// Returns the actions that the actor may perform now, as far as `facts` tell. Apps show a button for each and decide
    /// nothing themselves.
    #[must_use]
    pub fn allowed_actions(&self, actor: &Actor, facts: &Facts) -> Vec<CaseAction> {
        if !self.is_open_to(actor) {
            return Vec::new();
        }
        let offered: BTreeSet<CaseAction> = ROWS
            .iter()
            .filter(|row| row.spec.roles.contains(&actor.role()))
            .flat_map(|row| (row.offered)(self, actor, facts))
            .collect();
        offered.into_iter().collect()
    }
}

/// A command in transit: created once, stored in the outbox as bytes, and sent unchanged until it is
/// answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandEnvelope {
    /// Generated with the command; the idempotency key.
    pub command_id: CommandId,
    #[serde(flatten)]
    pub command: Command,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment_id: Option<AssignmentId>,
    /// The version of the record that the sender saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_version: Option<u64>,
    /// Strictly increasing per device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_seq: Option<u64>,
    /// The device's time: displayed and audited, never trusted (D-17).
    pub issued_at: Timestamp,
    /// Commands that must be applied before this one.
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
