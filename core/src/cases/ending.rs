//! How an assignment ends: shared by all operations that take a case from its expert.

use super::assignment::AssignmentEnd;
use super::case::CurrentAssignment;
use crate::decision::{Decision, Effect};
use crate::facts::Context;
use crate::text::Reason;

impl Decision {
    /// Adds the effects that end this assignment and remove the case from the expert's phones.
    pub(super) fn ending(
        self,
        attempt: CurrentAssignment,
        reason: AssignmentEnd,
        text: Option<&Reason>,
        ctx: &Context,
    ) -> Self {
        self.with(Effect::EndAssignment {
            id: attempt.id,
            reason,
            text: text.cloned(),
            at: ctx.now,
        })
        .with(Effect::RevokeFromProvider {
            provider: attempt.provider_id,
            reason,
        })
    }
}
