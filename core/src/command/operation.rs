//! What every operation says of itself, in the file that holds its rule: who may send it, whether it may wait on a
//! phone, which record it is about, what it needs to be decided, which statuses admit it.
//!
//! To add an operation: write its file with `impl CaseOperation` (or `impl Operation`, for other records), add its
//! name to the list in `mod.rs`, and follow the compiler.

use super::aggregate::Aggregate;
use super::spec::Spec;
use crate::actor::Actor;
use crate::cases::{Case, CaseAction, RecommendationContent};
use crate::decision::Decision;
use crate::documents::DeclaredFile;
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::refusal::Refusal;

/// Which later commands about the same record are refused when this one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependents {
    /// Every later command.
    All,
    /// Later commands of the same name.
    SameOperation,
    /// None: nothing builds on it.
    None,
}

/// One operation of any aggregate.
pub trait Operation {
    /// What is true of every such command.
    const SPEC: Spec;

    /// The record that the command is about. It is locked and always among the facts.
    fn aggregate(&self) -> Aggregate;

    /// What else the rule asks about. The server loads all of it under lock; a phone loads what it has.
    fn needs(&self) -> Vec<Need<'_>> {
        Vec::new()
    }

    /// The files that the command announces, which must be staged on the phone and uploaded.
    fn files(&self) -> &[DeclaredFile] {
        &[]
    }

    /// Another record on whose unsent commands this one depends.
    fn builds_on(&self) -> Option<Aggregate> {
        None
    }

    /// Which later commands depend on this one.
    fn dependents(&self) -> Dependents {
        Dependents::All
    }

    /// The opinion that it carries, which is kept for its author when the command is refused (R3).
    fn opinion(&self) -> Option<&RecommendationContent> {
        None
    }

    /// The button for this operation, if a case in this state shows one to this actor.
    fn offered(_case: &Case, _actor: &Actor) -> Vec<CaseAction>
    where
        Self: Sized,
    {
        Vec::new()
    }

    /// The row of the status matrix; `None` for an operation on another record, or one that creates the case.
    fn admitted(_case: &Case, _actor: &Actor) -> Option<Result<Step, Refusal>>
    where
        Self: Sized,
    {
        None
    }

    /// The operation's own rule, without the guards that all commands share. Pure: no clock, no randomness, no I/O.
    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal>;
}

/// How a case's status answers an operation that it does not refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The rule decides.
    Go,
    /// The request is already fulfilled: applied, without events.
    Noop,
}

/// One operation on an existing case. Its row of the status matrix is [`CaseOperation::admits`] and nothing else:
/// the rule, the buttons and the matrix snapshot all ask it.
pub trait CaseOperation {
    /// What is true of every such command.
    const SPEC: Spec;
    /// The button that sends it; `None` where it is sent from elsewhere.
    const ACTION: Option<CaseAction> = None;

    /// Which case.
    fn case_id(&self) -> CaseId;

    /// See [`Operation::needs`].
    fn needs(&self) -> Vec<Need<'_>> {
        Vec::new()
    }

    /// See [`Operation::files`].
    fn files(&self) -> &[DeclaredFile] {
        &[]
    }

    /// See [`Operation::dependents`].
    fn dependents(&self) -> Dependents {
        Dependents::All
    }

    /// See [`Operation::opinion`].
    fn opinion(&self) -> Option<&RecommendationContent> {
        None
    }

    /// Whether an earlier command already did what this one asks: applied without events, whatever the status.
    fn is_fulfilled(&self, _case: &Case, _facts: &Facts, _ctx: &Context) -> bool {
        false
    }

    /// What the case's state says, before anything else of the command is looked at.
    fn admits(case: &Case, actor: &Actor) -> Result<Step, Refusal>;

    /// See [`Operation::offered`]: by default the action, while the case admits the operation.
    fn offered(case: &Case, actor: &Actor) -> Vec<CaseAction> {
        let admitted = Self::admits(case, actor) == Ok(Step::Go);
        Self::ACTION.filter(|_| admitted).into_iter().collect()
    }

    /// What follows from the command on a case that admits it.
    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal>;
}

impl<T: CaseOperation> Operation for T {
    const SPEC: Spec = T::SPEC;

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id())
    }

    fn needs(&self) -> Vec<Need<'_>> {
        CaseOperation::needs(self)
    }

    fn files(&self) -> &[DeclaredFile] {
        CaseOperation::files(self)
    }

    fn dependents(&self) -> Dependents {
        CaseOperation::dependents(self)
    }

    fn opinion(&self) -> Option<&RecommendationContent> {
        CaseOperation::opinion(self)
    }

    fn offered(case: &Case, actor: &Actor) -> Vec<CaseAction> {
        <T as CaseOperation>::offered(case, actor)
    }

    fn admitted(case: &Case, actor: &Actor) -> Option<Result<Step, Refusal>> {
        Some(T::admits(case, actor))
    }

    /// A case that cannot be seen passes: the server decides.
    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(case) = facts.case.existing()? else {
            return Ok(Decision::noop());
        };
        if self.is_fulfilled(case, facts, ctx) {
            return Ok(Decision::noop());
        }
        match T::admits(case, &ctx.actor)? {
            Step::Go => CaseOperation::decide(self, case, facts, ctx),
            Step::Noop => Ok(Decision::noop()),
        }
    }
}
