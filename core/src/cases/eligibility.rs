//! Whether an expert may be assigned to a case: shared by `assign.rs` and `reassign.rs`.
//!
//! Activity, licence and specialty are hard requirements. Leave, capacity, conflict of interest and an
//! earlier rejection are warnings that an admin may override, each with a reason.

use super::UrgencyLevel;
use super::assignment::{Assignment, AssignmentState, OverridableRule, Override};
use super::case::Case;
use crate::catalogue::Expert;
use crate::facts::{Context, Facts};
use crate::ids::{AssignmentId, CaseId, ProviderId};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

/// The reasons against assigning a case to an expert.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// Reasons that nobody can override.
    pub blockers: Vec<Refusal>,
    /// Warnings that an admin may override with a reason.
    pub warnings: Vec<OverridableRule>,
}

/// Returns all reasons against assigning this case to this expert, in the order in which the guard reports
/// them. Used by the guard and by the list from which an admin chooses.
#[must_use]
pub fn review(expert: &Expert, case: Option<&Case>) -> Findings {
    let has_it = |case: &Case| case.assignment.map(|current| current.provider_id) == Some(expert.provider_id);
    let blockers = [
        (case.is_some_and(has_it), Refusal::SameProvider),
        (!expert.active, Refusal::ExpertInactive),
        (!expert.licence_valid, Refusal::LicenceInvalid),
        (
            case.is_some_and(|case| !expert.specialties.contains(&case.request.specialty)),
            Refusal::SpecialtyMismatch,
        ),
    ];
    let urgent = case.is_some_and(|case| case.request.urgency.level() == UrgencyLevel::Urgent);
    let is_full = expert.open_cases >= expert.max_open || (urgent && expert.open_urgent >= expert.max_urgent);
    let warnings = [
        (
            case.is_some_and(|case| expert.affiliations.contains(&case.institution_id)),
            OverridableRule::ConflictOfInterest,
        ),
        (
            expert.on_leave || !expert.accepting,
            OverridableRule::ProviderOnLeave,
        ),
        (is_full, OverridableRule::ProviderFull),
        (expert.rejected_this_case, OverridableRule::RejectedBefore),
    ];
    Findings {
        blockers: applying(blockers),
        warnings: applying(warnings),
    }
}

fn applying<T, const N: usize>(all: [(bool, T); N]) -> Vec<T> {
    all.into_iter()
        .filter_map(|(applies, what)| applies.then_some(what))
        .collect()
}

impl OverridableRule {
    /// Returns the refusal for an admin who does not override this warning. Its code is also the rule's name.
    #[must_use]
    pub const fn refusal(self) -> Refusal {
        match self {
            Self::ProviderOnLeave => Refusal::ProviderOnLeave,
            Self::ProviderFull => Refusal::ProviderFull,
            Self::ConflictOfInterest => Refusal::ConflictOfInterest,
            Self::RejectedBefore => Refusal::RejectedBefore,
        }
    }
}

pub(super) fn check(facts: &Facts, case: Option<&Case>, overrides: &[Override]) -> Result<(), Refusal> {
    let Some(expert) = facts.expert.existing()? else {
        return Ok(());
    };
    let Findings { blockers, warnings } = review(expert, case);
    if let Some(blocker) = blockers.into_iter().next() {
        return Err(blocker);
    }
    for rule in warnings {
        let over = overrides
            .iter()
            .find(|over| over.rule == rule)
            .ok_or(rule.refusal())?;
        if over.reason.is_none() {
            return Err(Refusal::OverrideReasonRequired);
        }
    }
    Ok(())
}

/// Creates the assignment that starts when an expert is assigned.
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
        end_reason: None,
    }
}

/// Notifies the expert of the new assignment.
pub(super) fn assignment_notice(expert: ProviderId, case_id: CaseId, urgency: UrgencyLevel) -> Notify {
    Notify::case(Audience::Expert(expert), NotificationKind::CaseAssigned, case_id)
        .high_if(urgency == UrgencyLevel::Urgent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::Urgency;
    use crate::facts::Fact;
    use crate::testing::{Fixture, a_case, text};

    #[test]
    fn the_guard_answers_with_the_first_of_what_the_review_finds() {
        let fixture = Fixture::new();
        let case = a_case(&fixture).new_and_ready();
        for flaws in 0..256_u32 {
            let has = |bit: u32| flaws & (1 << bit) != 0;
            let mut expert = fixture.expert(fixture.provider);
            expert.active = !has(0);
            expert.licence_valid = !has(1);
            if has(2) {
                expert.specialties.clear();
            }
            if has(3) {
                expert.affiliations.push(case.institution_id);
            }
            expert.on_leave = has(4);
            expert.accepting = !has(5);
            expert.open_cases = if has(6) { expert.max_open } else { 0 };
            expert.rejected_this_case = has(7);
            let Findings { blockers, warnings } = review(&expert, Some(&case));
            let facts = Facts {
                expert: Fact::Known(Some(expert)),
                ..Facts::default()
            };
            let first = blockers
                .first()
                .cloned()
                .or(warnings.first().map(|rule| rule.refusal()));
            assert_eq!(check(&facts, Some(&case), &[]).err(), first, "{flaws:b}");
            // Warnings are overridden by a reason for each; blockers cannot be overridden.
            let over = |rule: &OverridableRule, reason| Override { rule: *rule, reason };
            let silent: Vec<_> = warnings.iter().map(|rule| over(rule, None)).collect();
            let reasoned: Vec<_> = warnings
                .iter()
                .map(|rule| over(rule, Some(text("agreed"))))
                .collect();
            let unreasoned = (!warnings.is_empty()).then_some(Refusal::OverrideReasonRequired);
            let blocker = blockers.first().cloned();
            assert_eq!(
                check(&facts, Some(&case), &silent).err(),
                blocker.clone().or(unreasoned),
                "{flaws:b}"
            );
            assert_eq!(check(&facts, Some(&case), &reasoned).err(), blocker, "{flaws:b}");
        }
    }

    #[test]
    fn capacity_ends_at_what_was_agreed_and_for_urgent_cases_at_fewer() {
        let fixture = Fixture::new();
        let routine = a_case(&fixture).new_and_ready();
        let mut urgent = routine.clone();
        urgent.request.urgency = Urgency::Urgent {
            reason: text("getting worse by the hour"),
        };
        let is_full = |open_cases, open_urgent, case: &Case| {
            let expert = Expert {
                open_cases,
                open_urgent,
                ..fixture.expert(fixture.provider)
            };
            review(&expert, Some(case)).warnings == [OverridableRule::ProviderFull]
        };
        // The agreed capacity is five cases, two of them urgent.
        assert!(!is_full(4, 2, &routine) && is_full(5, 0, &routine));
        assert!(!is_full(4, 1, &urgent) && is_full(4, 2, &urgent) && is_full(5, 1, &urgent));
    }

    #[test]
    fn a_rules_name_is_the_code_of_its_refusal() {
        for rule in [
            OverridableRule::ProviderOnLeave,
            OverridableRule::ProviderFull,
            OverridableRule::ConflictOfInterest,
            OverridableRule::RejectedBefore,
        ] {
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.refusal().code());
        }
    }
}
