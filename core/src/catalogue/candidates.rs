//! The order in which experts are offered to an admin for a case, and the reasons against each.
//!
//! The reasons are always those of the assign guard ([`review`]). The order: experts who can be assigned,
//! then those who need an override, then those who cannot be assigned; within each group by score, highest
//! first; ties by id, so that the order is stable between two pages. Pure and without floats.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::{Expert, Standing};
use crate::cases::{Case, Findings, UrgencyLevel, review};
use crate::ids::ProviderId;
use crate::people::{Language, OfferedSpecialty, ProviderProfile};
use crate::text::Line;
use crate::time::Timestamp;

/// Maximum of each part of a score.
const FULL: u32 = 1000;
/// The score of an expert without measurements.
const UNKNOWN: u32 = 500;
const HOUR_MILLIS: i64 = 3_600_000;

/// An expert who could be assigned, with the values that determine the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The expert as seen by the assign guard.
    pub expert: Expert,
    pub display_name: Line<1, 300>,
    /// Specialties and subspecialties.
    pub offered: Vec<OfferedSpecialty>,
    /// Spoken languages.
    pub languages: Vec<Language>,
    /// When the expert is next available.
    pub next_available: Option<Timestamp>,
    /// Median time from assignment to recommendation.
    pub median_turnaround_millis: Option<i64>,
}

impl Candidate {
    /// Creates the candidate from this profile at the current time.
    #[must_use]
    pub fn of(
        profile: &ProviderProfile,
        standing: Standing,
        median_turnaround_millis: Option<i64>,
        now: Timestamp,
    ) -> Self {
        Self {
            expert: Expert::of(profile, standing, now),
            display_name: profile.details.display_name.clone(),
            offered: profile.details.specialties.clone(),
            languages: profile.details.languages.clone(),
            next_available: profile.availability.next_available(now),
            median_turnaround_millis,
        }
    }
}

/// Preferred languages for the recommendation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wishes {
    /// The patient's language.
    pub patient: Option<Language>,
    /// The requesting institution's language.
    pub institution: Option<Language>,
}

/// How well an expert fits; each part from 0 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Match of the specialty, and of the subspecialty if the case names one.
    pub specialty: u32,
    /// Match of the patient's or the institution's language.
    pub language: u32,
    /// The free share of the agreed capacity.
    pub capacity: u32,
    /// How soon the expert is available.
    pub availability: u32,
    /// How fast the expert's earlier recommendations were given.
    pub turnaround: u32,
}

impl Score {
    /// Returns the weighted total, 0 to 1000: specialty weighs as much as language and capacity together.
    #[must_use]
    pub const fn total(&self) -> u32 {
        let Self {
            specialty,
            language,
            capacity,
            availability,
            turnaround,
        } = *self;
        (4 * specialty + 2 * language + 2 * capacity + availability + turnaround) / 10
    }
}

/// The position of an expert in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    hurdle: Hurdle,
    total: Reverse<u32>,
    id: ProviderId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hurdle {
    None,
    Override,
    Blocked,
}

/// The text is not a position in such a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a place in a list of candidates")]
pub struct PlaceError;

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hurdle = match self.hurdle {
            Hurdle::None => 0,
            Hurdle::Override => 1,
            Hurdle::Blocked => 2,
        };
        write!(f, "{hurdle}_{}_{}", self.total.0, self.id)
    }
}

impl std::str::FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let mut parts = text.splitn(3, '_');
        let mut part = || parts.next().ok_or(PlaceError);
        let hurdle = match part()? {
            "0" => Hurdle::None,
            "1" => Hurdle::Override,
            "2" => Hurdle::Blocked,
            _ => return Err(PlaceError),
        };
        Ok(Self {
            hurdle,
            total: Reverse(part()?.parse().map_err(|_| PlaceError)?),
            id: part()?.parse().map_err(|_| PlaceError)?,
        })
    }
}

/// An expert with the score and the reasons against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    pub candidate: Candidate,
    pub score: Score,
    /// The reasons against the expert.
    pub findings: Findings,
}

impl Ranked {
    /// Returns the position of the expert in the list.
    #[must_use]
    pub fn place(&self) -> Place {
        let hurdle = match (
            self.findings.blockers.is_empty(),
            self.findings.warnings.is_empty(),
        ) {
            (true, true) => Hurdle::None,
            (true, false) => Hurdle::Override,
            (false, _) => Hurdle::Blocked,
        };
        Place {
            hurdle,
            total: Reverse(self.score.total()),
            id: self.candidate.expert.provider_id,
        }
    }
}

/// Returns the experts in the order in which they are offered.
#[must_use]
pub fn rank(candidates: Vec<Candidate>, case: &Case, wishes: &Wishes, now: Timestamp) -> Vec<Ranked> {
    let mut ranked: Vec<Ranked> = candidates
        .into_iter()
        .map(|candidate| Ranked {
            score: score(&candidate, case, wishes, now),
            findings: review(&candidate.expert, Some(case)),
            candidate,
        })
        .collect();
    ranked.sort_by_key(Ranked::place);
    ranked
}

fn score(candidate: &Candidate, case: &Case, wishes: &Wishes, now: Timestamp) -> Score {
    let urgency = case.request.urgency.level();
    Score {
        specialty: specialty(candidate, case),
        language: language(&candidate.languages, wishes),
        capacity: capacity(&candidate.expert, urgency),
        availability: availability(candidate.next_available, urgency, now),
        turnaround: turnaround(candidate.median_turnaround_millis, urgency),
    }
}

fn specialty(candidate: &Candidate, case: &Case) -> u32 {
    let offered = candidate
        .offered
        .iter()
        .find(|offered| offered.code == case.request.specialty);
    let Some(offered) = offered else { return 0 };
    let Some(narrower) = &case.request.subspecialty else {
        return FULL;
    };
    let narrower = narrower.as_str().to_lowercase();
    let offers = offered
        .subspecialties
        .iter()
        .any(|own| own.as_str().to_lowercase() == narrower);
    if offers { FULL } else { 600 }
}

fn language(spoken: &[Language], wishes: &Wishes) -> u32 {
    let speaks = |wish: &Option<Language>| {
        wish.as_ref()
            .is_some_and(|wish| spoken.iter().any(|language| language.matches(wish)))
    };
    match (speaks(&wishes.patient), speaks(&wishes.institution)) {
        (true, _) => FULL,
        (false, true) => 600,
        (false, false) => 0,
    }
}

fn capacity(expert: &Expert, urgency: UrgencyLevel) -> u32 {
    let free = |open: u32, most: u32| FULL * most.saturating_sub(open) / most.max(1);
    let all = free(expert.open_cases, expert.max_open);
    match urgency {
        UrgencyLevel::Routine => all,
        UrgencyLevel::Urgent => all.min(free(expert.open_urgent, expert.max_urgent)),
    }
}

/// Full score if available now, zero after a week, or after a day if the case is urgent.
fn availability(next: Option<Timestamp>, urgency: UrgencyLevel, now: Timestamp) -> u32 {
    let patience = match urgency {
        UrgencyLevel::Routine => 7 * 24 * HOUR_MILLIS,
        UrgencyLevel::Urgent => 24 * HOUR_MILLIS,
    };
    next.map_or(0, |next| left_of(patience, next.millis_since(now)))
}

/// Zero at twice the usual time for a recommendation.
fn turnaround(median: Option<i64>, urgency: UrgencyLevel) -> u32 {
    let usual = match urgency {
        UrgencyLevel::Routine => 5 * 24 * HOUR_MILLIS,
        UrgencyLevel::Urgent => 24 * HOUR_MILLIS,
    };
    median.map_or(UNKNOWN, |median| left_of(2 * usual, median))
}

/// Returns the share of `patience` that is left after waiting, scaled to 0 to 1000.
fn left_of(patience: i64, waited: i64) -> u32 {
    let left = patience.saturating_sub(waited.max(0)).max(0);
    let share = i128::from(left) * i128::from(FULL) / i128::from(patience.max(1));
    u32::try_from(share).unwrap_or(FULL)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::{OverridableRule, Urgency};
    use crate::people::fixtures::profile;
    use crate::refusal::Refusal;
    use crate::testing::{Fixture, a_case, text};

    fn candidate(fixture: &Fixture, change: impl FnOnce(&mut Candidate)) -> Candidate {
        let standing = Standing {
            user_active: true,
            open_cases: 0,
            open_urgent: 0,
            rejected_this_case: false,
        };
        let mut candidate = Candidate::of(&profile(fixture), standing, None, fixture.now);
        candidate.expert.provider_id = ProviderId::generate(fixture.now);
        change(&mut candidate);
        candidate
    }

    fn ids(ranked: &[Ranked]) -> Vec<ProviderId> {
        ranked
            .iter()
            .map(|ranked| ranked.candidate.expert.provider_id)
            .collect()
    }

    #[test]
    fn who_can_be_assigned_comes_first_then_who_needs_an_override_then_the_rest() {
        let fixture = Fixture::new();
        let case = a_case(&fixture).new_and_ready();
        let blocked = candidate(&fixture, |c| c.expert.licence_valid = false);
        let warned = candidate(&fixture, |c| c.expert.on_leave = true);
        let free = candidate(&fixture, |c| {
            c.expert.open_cases = 4;
            c.median_turnaround_millis = Some(i64::MAX);
        });
        let expected = [&free, &warned, &blocked].map(|c| c.expert.provider_id);
        let ranked = rank(
            vec![blocked, warned, free],
            &case,
            &Wishes::default(),
            fixture.now,
        );
        assert_eq!(ids(&ranked), expected);
        assert_eq!(ranked[1].findings.warnings, [OverridableRule::ProviderOnLeave]);
        assert_eq!(ranked[2].findings.blockers, [Refusal::LicenceInvalid]);
    }

    #[test]
    fn each_part_of_the_score_moves_an_expert_up() {
        let fixture = Fixture::new();
        let mut case = a_case(&fixture).new_and_ready();
        case.request.subspecialty = Some(text("electrophysiology"));
        let wishes = Wishes {
            patient: Some(Language::new("ar-SY").unwrap()),
            institution: Some(Language::new("en").unwrap()),
        };
        let good = |change: fn(&mut Candidate)| candidate(&fixture, change);
        let worse: [fn(&mut Candidate); 5] = [
            |c| c.offered[0].subspecialties.clear(),
            |c| c.languages = vec![Language::new("en").unwrap()],
            |c| c.expert.open_cases = 3,
            |c| c.next_available = c.next_available.map(|next| next.plus_hours(24)),
            |c| c.median_turnaround_millis = Some(8 * 24 * HOUR_MILLIS),
        ];
        for worsen in worse {
            let (first, second) = (good(|_| {}), good(worsen));
            let expected = [first.expert.provider_id, second.expert.provider_id];
            assert_eq!(
                ids(&rank(vec![second, first], &case, &wishes, fixture.now)),
                expected
            );
        }
    }

    #[test]
    fn scores_are_exact_at_their_borders() {
        let fixture = Fixture::new();
        let mut case = a_case(&fixture).new_and_ready();
        let wishes = Wishes {
            patient: Some(Language::new("de").unwrap()),
            institution: Some(Language::new("ar").unwrap()),
        };
        let scored = |case: &Case, change: fn(&mut Candidate)| {
            score(&candidate(&fixture, change), case, &wishes, fixture.now)
        };
        let fresh = scored(&case, |_| {});
        assert_eq!(fresh.specialty, 1000);
        assert_eq!(fresh.language, 600, "the institution's, not the patient's");
        assert_eq!(
            (fresh.capacity, fresh.availability, fresh.turnaround),
            (1000, 1000, 500)
        );
        assert_eq!(fresh.total(), 870);
        assert_eq!(scored(&case, |c| c.expert.open_cases = 5).capacity, 0);
        assert_eq!(scored(&case, |c| c.expert.open_cases = 9).capacity, 0);
        assert_eq!(scored(&case, |c| c.next_available = None).availability, 0);
        let in_hours = |case: &Case, hours| {
            let candidate = Candidate {
                next_available: Some(fixture.now.plus_hours(hours)),
                ..candidate(&fixture, |_| {})
            };
            score(&candidate, case, &wishes, fixture.now).availability
        };
        assert_eq!(
            (in_hours(&case, 84), in_hours(&case, 168), in_hours(&case, 999)),
            (500, 0, 0)
        );
        case.request.urgency = Urgency::Urgent {
            reason: text("bleeding since the morning"),
        };
        assert_eq!((in_hours(&case, 12), in_hours(&case, 24)), (500, 0));
        // The agreed capacity includes two urgent cases: one is half of them, whatever other capacity is
        // free.
        assert_eq!(scored(&case, |c| c.expert.open_urgent = 1).capacity, 500);
        assert_eq!(
            scored(&case, |c| c.median_turnaround_millis = Some(24 * HOUR_MILLIS)).turnaround,
            500
        );
    }

    #[test]
    fn a_place_is_written_and_read_back_and_says_what_comes_after_it() {
        let fixture = Fixture::new();
        let case = a_case(&fixture).new_and_ready();
        let experts = (0..9_u32).map(|open| candidate(&fixture, move |c| c.expert.open_cases = open % 3));
        let ranked = rank(experts.collect(), &case, &Wishes::default(), fixture.now);
        for pair in ranked.windows(2) {
            assert!(pair[0].place() < pair[1].place());
            assert_eq!(pair[0].place().to_string().parse(), Ok(pair[0].place()));
        }
        for text in ["", "0_1", "3_1_x", "0_x_x", "0_-1_x"] {
            assert_eq!(text.parse::<Place>(), Err(PlaceError), "{text}");
        }
    }
}
