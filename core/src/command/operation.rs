//! The interface of an operation, implemented in the file that holds its rule: who may send it, whether it
//! may wait on a phone, which record it is about, which facts it needs, and which statuses admit it.
//!
//! To add an operation: write its file with `impl CaseOperation` (or `impl Operation`, for other records),
//! add its name to the list in `mod.rs`, and follow the compiler errors.

use super::aggregate::Aggregate;
use super::spec::Spec;
use crate::actor::Actor;
use crate::cases::{Case, CaseAction, RecommendationContent};
use crate::decision::Decision;
use crate::documents::DeclaredFile;
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::refusal::Refusal;

/// Which later commands on the same record must be refused if this one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependents {
    All,
    /// Later commands of the same operation.
    SameOperation,
    /// None: no later command depends on it.
    None,
}

/// An operation on any aggregate.
pub trait Operation {
    /// The properties shared by all commands of the operation.
    const SPEC: Spec;

    /// Returns the record that the command is about. It is locked and always among the facts.
    fn aggregate(&self) -> Aggregate;

    /// Returns the further facts that the rule reads. The server loads all of them under lock; a phone loads
    /// those it has.
    fn needs(&self) -> Vec<Need<'_>> {
        Vec::new()
    }

    /// Returns the files that the command declares, which must be staged on the phone and uploaded.
    fn files(&self) -> &[DeclaredFile] {
        &[]
    }

    /// Returns another record on whose unsent commands this one depends.
    fn builds_on(&self) -> Option<Aggregate> {
        None
    }

    /// Returns which later commands depend on this one.
    fn dependents(&self) -> Dependents {
        Dependents::All
    }

    /// Returns the recommendation in the command, which is kept for its author if the command is refused
    /// (R3).
    fn opinion(&self) -> Option<&RecommendationContent> {
        None
    }

    /// Whether `earlier`, which the same user gave last on the same record and the server has not answered, asks for
    /// the same thing, so that a phone need not send this command too. Ids that each command makes anew, and
    /// what the phone adds by itself, do not count.
    fn repeats(&self, earlier: &Self) -> bool
    where
        Self: Sized + PartialEq,
    {
        self == earlier
    }

    /// Returns the actions that the operation offers this actor in the case's current state. Facts that are unseen hide no
    /// action.
    fn offered(_case: &Case, _actor: &Actor, _facts: &Facts) -> Vec<CaseAction>
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

    /// Applies the operation's own rule, without the guards that all commands share. Pure: no clock, no
    /// randomness, no I/O.
    ///
    /// # Errors
    ///
    /// The refusal of the rule.
    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal>;
}

/// How a case's status handles an operation that it does not refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Go,
    /// The request is already fulfilled: the command is applied without events.
    Noop,
}

/// An operation on an existing part of a case: a document, an issue. `admits_part` is the only definition of which parts it
/// takes: the rule and the buttons use it.
pub(crate) trait PartOperation: CaseOperation {
    type Part;

    /// Checks the state of the part and whose it is, after the state of the case.
    ///
    /// # Errors
    ///
    /// The refusal in this state.
    fn admits_part(part: &Self::Part, case: &Case, actor: &Actor) -> Result<Step, Refusal>;

    /// Whether an app offers it to this actor.
    fn is_offered(part: &Self::Part, case: &Case, actor: &Actor) -> bool {
        case.is_open_to(actor)
            && <Self as CaseOperation>::SPEC.roles.contains(&actor.role())
            && Self::admits(case, actor) == Ok(Step::Go)
            && Self::admits_part(part, case, actor) == Ok(Step::Go)
    }
}

/// An operation on an existing case. [`CaseOperation::admits`] is the only definition of its row in the
/// status matrix: the rule, the buttons and the matrix snapshot all use it.
pub trait CaseOperation {
    /// The properties shared by all commands of the operation.
    const SPEC: Spec;
    /// The action that sends it; `None` if it is sent from elsewhere.
    const ACTION: Option<CaseAction> = None;

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

    /// See [`Operation::repeats`].
    fn repeats(&self, earlier: &Self) -> bool
    where
        Self: Sized + PartialEq,
    {
        self == earlier
    }

    /// Whether an earlier command already had the effect of this one: then it is applied without events, in
    /// any status.
    fn is_fulfilled(&self, _case: &Case, _facts: &Facts, _ctx: &Context) -> bool {
        false
    }

    /// Checks the state of the case, before any other part of the command.
    ///
    /// # Errors
    ///
    /// The refusal in this state.
    fn admits(case: &Case, actor: &Actor) -> Result<Step, Refusal>;

    /// See [`Operation::offered`]. By default: the action, if the case admits the operation.
    fn offered(case: &Case, actor: &Actor, _facts: &Facts) -> Vec<CaseAction> {
        let admitted = Self::admits(case, actor) == Ok(Step::Go);
        Self::ACTION.filter(|_| admitted).into_iter().collect()
    }

    /// Decides the command on a case that admits it.
    ///
    /// # Errors
    ///
    /// The refusal of the rule.
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

    fn repeats(&self, earlier: &Self) -> bool
    where
        Self: Sized + PartialEq,
    {
        CaseOperation::repeats(self, earlier)
    }

    fn offered(case: &Case, actor: &Actor, facts: &Facts) -> Vec<CaseAction> {
        <T as CaseOperation>::offered(case, actor, facts)
    }

    fn admitted(case: &Case, actor: &Actor) -> Option<Result<Step, Refusal>> {
        Some(T::admits(case, actor))
    }

    /// If the case is unseen, the command passes and the server decides.
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
