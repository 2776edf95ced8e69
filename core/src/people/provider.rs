//! An expert's profile: specialties, licences, capacity and availability.
//!
//! The user who signs in is in `user.rs`; whether a case may be assigned is in `crate::cases`.

use serde::{Deserialize, Serialize};

use super::{Availability, Country, Language, Period};
use crate::catalogue::SpecialtyCode;
use crate::facts::Facts;
use crate::ids::{InstitutionId, ProviderId, UserId};
use crate::refusal::Refusal;
use crate::text::{self, Line};
use crate::time::{Date, PartialDate, Timestamp};

/// A specialty in which an expert gives opinions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedSpecialty {
    /// From the catalogue.
    pub code: SpecialtyCode,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subspecialties: Vec<Line<1, 200>>,
    /// The certifying board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board: Option<Line<1, 300>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<PartialDate>,
}

/// The agreed number of open cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Numbers")]
pub struct Capacity {
    max_open: u16,
    max_urgent: u16,
}

/// The numbers are out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("open cases must be 1 to 200, urgent ones not more than that")]
pub struct CapacityError;

#[derive(Deserialize)]
struct Numbers {
    max_open: u16,
    max_urgent: u16,
}

impl TryFrom<Numbers> for Capacity {
    type Error = CapacityError;

    fn try_from(numbers: Numbers) -> Result<Self, CapacityError> {
        Self::new(numbers.max_open, numbers.max_urgent)
    }
}

impl Capacity {
    /// 1 to 200 open cases, of which up to `max_urgent` may be urgent.
    pub fn new(max_open: u16, max_urgent: u16) -> Result<Self, CapacityError> {
        if (1..=200).contains(&max_open) && max_urgent <= max_open {
            Ok(Self { max_open, max_urgent })
        } else {
            Err(CapacityError)
        }
    }

    /// Maximum number of open cases.
    #[must_use]
    pub const fn max_open(self) -> u16 {
        self.max_open
    }

    /// Maximum number of urgent cases among them.
    #[must_use]
    pub const fn max_urgent(self) -> u16 {
        self.max_urgent
    }
}

/// The fields of a profile that an admin edits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderDetails {
    /// With title where customary.
    pub display_name: Line<1, 300>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Line<1, 100>>,
    /// At least one.
    pub specialties: Vec<OfferedSpecialty>,
    /// Spoken languages, best first.
    #[serde(default)]
    pub languages: Vec<Language>,
    /// Institutions with which the expert is affiliated; the expert gives them no opinions (D-32).
    #[serde(default)]
    pub affiliations: Vec<InstitutionId>,
    pub capacity: Capacity,
}

/// Maximum number of specialties, of languages and of affiliations per expert.
const MOST_OF_EACH: usize = 50;

impl ProviderDetails {
    /// Checks the lists and that the catalogue contains the specialties.
    pub(super) fn check(&self, facts: &Facts) -> Result<(), Refusal> {
        let codes: Vec<&SpecialtyCode> = self.specialties.iter().map(|offered| &offered.code).collect();
        let too_many = [
            self.specialties.len(),
            self.languages.len(),
            self.affiliations.len(),
        ]
        .into_iter()
        .any(|count| count > MOST_OF_EACH);
        if codes.is_empty() || has_doubles(&codes) || has_doubles(&self.affiliations) || too_many {
            return Err(Refusal::ProfileInvalid);
        }
        match facts.specialties.known() {
            Some(active)
                if !codes
                    .iter()
                    .all(|code| active.iter().any(|known| known.code == **code)) =>
            {
                Err(Refusal::SpecialtyUnknown)
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn has_doubles<T: PartialEq>(things: &[T]) -> bool {
    things
        .iter()
        .enumerate()
        .any(|(at, thing)| things.iter().take(at).any(|earlier| earlier == thing))
}

/// A licence to practise as printed. Authority and number identify it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicencePaper {
    pub number: Line<1, 100>,
    pub authority: Line<1, 300>,
    pub country: Country,
    pub valid: Period,
}

impl LicencePaper {
    /// Whether it is the licence with this authority and number, whatever keyboard wrote them.
    fn is_of(&self, authority: &Line<1, 300>, number: &Line<1, 100>) -> bool {
        text::is_same_code(self.authority.as_str(), authority.as_str())
            && text::is_same_code(self.number.as_str(), number.as_str())
    }

    /// Whether both say the same, however authority and number are written.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.is_of(&other.authority, &other.number)
            && self.country == other.country
            && self.valid == other.valid
    }
}

/// The verification of a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceCheck {
    /// Visible to admins only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    pub at: Timestamp,
}

/// A licence of an expert. It counts once an admin has verified it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    #[serde(flatten)]
    pub paper: LicencePaper,
    /// `None` until the licence is verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<LicenceCheck>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderProfile {
    /// Also the id of its party and its stream.
    pub id: ProviderId,
    #[serde(flatten)]
    pub details: ProviderDetails,
    /// Sorted by authority and number.
    #[serde(default)]
    pub licences: Vec<Licence>,
    pub availability: Availability,
    pub active: bool,
    /// Increases with each change.
    pub version: u64,
}

impl ProviderProfile {
    /// Whether a verified licence is valid on this day.
    #[must_use]
    pub fn is_licensed(&self, day: Date) -> bool {
        self.licences
            .iter()
            .any(|licence| licence.verified.is_some() && licence.paper.valid.contains(day))
    }

    /// Returns the licence with this authority and number, however they are written.
    #[must_use]
    pub fn licence(&self, authority: &Line<1, 300>, number: &Line<1, 100>) -> Option<&Licence> {
        self.licences
            .iter()
            .find(|licence| licence.paper.authority == *authority && licence.paper.number == *number)
            .or_else(|| {
                self.licences
                    .iter()
                    .find(|licence| licence.paper.is_of(authority, number))
            })
    }

    /// Returns the next version of the profile with this licence added, replacing one with the same authority
    /// and number. Their spelling stays, because it is the licence's key.
    pub(super) fn with_licence(&self, mut licence: Licence) -> Self {
        let mut profile = self.clone();
        if let Some(known) = self.licence(&licence.paper.authority, &licence.paper.number) {
            licence.paper.authority = known.paper.authority.clone();
            licence.paper.number = known.paper.number.clone();
        }
        let LicencePaper {
            authority, number, ..
        } = &licence.paper;
        profile
            .licences
            .retain(|other| other.paper.authority != *authority || other.paper.number != *number);
        profile.licences.push(licence);
        profile.licences.sort_by(|a, b| {
            (&a.paper.authority, &a.paper.number).cmp(&(&b.paper.authority, &b.paper.number))
        });
        profile.version += 1;
        profile
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::people::fixtures::{licence, profile};
    use crate::testing::{Fixture, text};

    #[test]
    fn agreed_are_one_to_two_hundred_cases_and_not_more_urgent_ones() {
        for (open, urgent) in [(1, 0), (1, 1), (200, 200)] {
            assert!(Capacity::new(open, urgent).is_ok(), "{open} {urgent}");
        }
        for (open, urgent) in [(0, 0), (201, 0), (5, 6)] {
            assert_eq!(Capacity::new(open, urgent), Err(CapacityError), "{open} {urgent}");
        }
        assert!(serde_json::from_str::<Capacity>(r#"{"max_open":0,"max_urgent":0}"#).is_err());
    }

    #[test]
    fn a_licence_counts_when_checked_and_on_its_days_only() {
        let fixture = Fixture::new();
        let day = |text: &str| text.parse::<Date>().unwrap();
        let mut expert = profile(&fixture);
        expert.licences = vec![licence("2026-01-01", "2026-12-31", None)];
        assert!(!expert.is_licensed(day("2026-06-01")));
        let check = LicenceCheck {
            by: Some(fixture.admin),
            at: fixture.now,
        };
        expert.licences = vec![licence("2026-01-01", "2026-12-31", Some(check))];
        assert!(!expert.is_licensed(day("2025-12-31")));
        assert!(expert.is_licensed(day("2026-01-01")) && expert.is_licensed(day("2026-12-31")));
        assert!(!expert.is_licensed(day("2027-01-01")));
    }

    #[test]
    fn a_profile_offers_each_specialty_once_and_only_those_of_the_catalogue() {
        let fixture = Fixture::new();
        let facts = fixture.facts(&crate::testing::a_case(&fixture).new_and_ready());
        let details = profile(&fixture).details;
        assert_eq!(details.check(&facts), Ok(()));
        let with = |specialties: Vec<OfferedSpecialty>| ProviderDetails {
            specialties,
            ..details.clone()
        };
        let offered = details.specialties[0].clone();
        let twice = with(vec![offered.clone(), offered.clone()]);
        assert_eq!(twice.check(&facts), Err(Refusal::ProfileInvalid));
        assert_eq!(with(vec![]).check(&facts), Err(Refusal::ProfileInvalid));
        let unknown = with(vec![OfferedSpecialty {
            code: SpecialtyCode::new("astrology").unwrap(),
            ..offered
        }]);
        assert_eq!(unknown.check(&facts), Err(Refusal::SpecialtyUnknown));
        // A phone without the catalogue accepts it.
        let blind = Facts {
            specialties: Fact::Unseen,
            ..facts
        };
        assert_eq!(unknown.check(&blind), Ok(()));
    }

    #[test]
    fn a_licence_of_the_same_authority_and_number_takes_the_place_of_the_old_one() {
        let fixture = Fixture::new();
        let expert = profile(&fixture).with_licence(licence("2026-01-01", "2026-12-31", None));
        let renewed = expert.with_licence(licence("2027-01-01", "2027-12-31", None));
        assert_eq!(renewed.licences.len(), expert.licences.len());
        assert_eq!(renewed.version, expert.version + 1);
        let other_keyboard = LicencePaper {
            authority: text("MEDICAL  Council"),
            number: text("l–١"),
            ..licence("2027-01-01", "2027-12-31", None).paper
        };
        let again = expert.with_licence(Licence {
            paper: other_keyboard,
            verified: None,
        });
        assert_eq!(again, renewed);
        let found = renewed.licence(&text("Medical Council"), &text("L-1")).unwrap();
        assert_eq!(found.paper.valid.from().to_string(), "2027-01-01");
    }
}
