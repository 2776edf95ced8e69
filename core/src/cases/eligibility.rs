//! Whether an expert may be given a case: shared by `assign.rs` and `reassign.rs`.
//!
//! Activity, licence and specialty are hard. Leave, capacity, conflict of interest and an earlier rejection are
//! warnings that an admin may pass over, each with a reason.

use super::assignment::{Assignment, AssignmentState, OverridableRule, Override};
use super::case::Case;
use crate::facts::{Context, Facts};
use crate::ids::{AssignmentId, CaseId, ProviderId};
use crate::refusal::Refusal;

pub(super) fn check(facts: &Facts, case: Option<&Case>, overrides: &[Override]) -> Result<(), Refusal> {
    let Some(expert) = facts.expert.existing()? else {
        return Ok(());
    };
    if !expert.active {
        return Err(Refusal::ExpertInactive);
    }
    if !expert.licence_valid {
        return Err(Refusal::LicenceInvalid);
    }
    if case.is_some_and(|case| !expert.specialties.contains(&case.request.specialty)) {
        return Err(Refusal::SpecialtyMismatch);
    }
    let passed_over = |rule| overrides.iter().any(|o| o.rule == rule);
    let conflict = case.is_some_and(|case| expert.affiliations.contains(&case.institution_id));
    let warnings = [
        (
            conflict,
            OverridableRule::ConflictOfInterest,
            Refusal::ConflictOfInterest,
        ),
        (
            !expert.available,
            OverridableRule::ProviderOnLeave,
            Refusal::ProviderOnLeave,
        ),
        (
            expert.open_cases >= expert.max_open,
            OverridableRule::ProviderFull,
            Refusal::ProviderFull,
        ),
        (
            expert.rejected_this_case,
            OverridableRule::RejectedBefore,
            Refusal::RejectedBefore,
        ),
    ];
    for (applies, rule, refusal) in warnings {
        if applies && !passed_over(rule) {
            return Err(refusal);
        }
    }
    Ok(())
}

/// The attempt that begins when an expert is asked.
pub(super) fn offer(
    case_id: CaseId,
    id: AssignmentId,
    provider_id: ProviderId,
    overrides: &[Override],
    ctx: &Context,
) -> Assignment {
    Assignment {
        id,
        case_id,
        provider_id,
        assigned_by: ctx.actor.user,
        assigned_at: ctx.now,
        overrides: overrides.to_vec(),
        state: AssignmentState::Offered,
        ended_at: None,
    }
}
