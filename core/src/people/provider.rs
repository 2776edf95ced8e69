//! An expert's profile: what is offered, by which right, how much, when.
//!
//! Not here: the person who signs in (`user.rs`), and whether a case may be given to the expert (`crate::cases`).

use serde::{Deserialize, Serialize};

use super::{Availability, Country, Language, Period};
use crate::catalogue::SpecialtyCode;
use crate::facts::Facts;
use crate::ids::{InstitutionId, ProviderId, UserId};
use crate::refusal::Refusal;
use crate::text::Text;
use crate::time::{Date, PartialDate, Timestamp};

/// A field of medicine that an expert offers opinions in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedSpecialty {
    /// Of the catalogue.
    pub code: SpecialtyCode,
    /// Narrower fields, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subspecialties: Vec<Text<1, 200>>,
    /// Who certified it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board: Option<Text<1, 300>>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<PartialDate>,
}

/// How many open cases were agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Numbers")]
pub struct Capacity {
    max_open: u16,
    max_urgent: u16,
}

/// The numbers are not such that they could be agreed.
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
    /// 1 to 200 cases at once, of which so many may be urgent.
    pub fn new(max_open: u16, max_urgent: u16) -> Result<Self, CapacityError> {
        if (1..=200).contains(&max_open) && max_urgent <= max_open {
            Ok(Self { max_open, max_urgent })
        } else {
            Err(CapacityError)
        }
    }

    /// Open cases at once.
    #[must_use]
    pub const fn max_open(self) -> u16 {
        self.max_open
    }

    /// Urgent ones among them.
    #[must_use]
    pub const fn max_urgent(self) -> u16 {
        self.max_urgent
    }
}

/// All of a profile that an admin writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderDetails {
    /// As shown, with title where that is usual.
    pub display_name: Text<1, 300>,
    /// Academic or professional title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text<1, 100>>,
    /// At least one.
    pub specialties: Vec<OfferedSpecialty>,
    /// Spoken, best first.
    #[serde(default)]
    pub languages: Vec<Language>,
    /// Institutions that the expert belongs to: no opinions for those (D-32).
    #[serde(default)]
    pub affiliations: Vec<InstitutionId>,
    /// As agreed.
    pub capacity: Capacity,
}

/// Most specialties, languages and affiliations of one expert.
const MOST_OF_EACH: usize = 50;

impl ProviderDetails {
    /// Whether it holds together, and names what the catalogue has.
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

/// A licence to practise, as on paper. Number and authority name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicencePaper {
    /// Its number.
    pub number: Text<1, 100>,
    /// Who issued it.
    pub authority: Text<1, 300>,
    /// Where it holds.
    pub country: Country,
    /// On which days it holds.
    pub valid: Period,
}

/// Who checked a licence, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceCheck {
    /// The admin; for admins only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

/// A licence of an expert. It counts once somebody has checked it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// As on paper.
    #[serde(flatten)]
    pub paper: LicencePaper,
    /// Who checked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<LicenceCheck>,
}

/// An expert's profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderProfile {
    /// The id; also of its party and its stream.
    pub id: ProviderId,
    /// What an admin wrote.
    #[serde(flatten)]
    pub details: ProviderDetails,
    /// In the order of their numbers.
    #[serde(default)]
    pub licences: Vec<Licence>,
    /// When the expert can be asked.
    pub availability: Availability,
    /// Whether the profile is in use.
    pub active: bool,
    /// Higher is newer.
    pub version: u64,
}

impl ProviderProfile {
    /// Whether a checked licence holds on this day.
    #[must_use]
    pub fn is_licensed(&self, day: Date) -> bool {
        self.licences
            .iter()
            .any(|licence| licence.verified.is_some() && licence.paper.valid.contains(day))
    }

    /// The licence of this name.
    #[must_use]
    pub fn licence(&self, authority: &Text<1, 300>, number: &Text<1, 100>) -> Option<&Licence> {
        self.licences
            .iter()
            .find(|licence| licence.paper.authority == *authority && licence.paper.number == *number)
    }

    /// The same with this licence, in place of the one of the same name, as of the next version.
    pub(super) fn with_licence(&self, licence: Licence) -> Self {
        let mut profile = self.clone();
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
        // A phone without the catalogue lets it pass.
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
        let found = renewed.licence(&text("Medical Council"), &text("L-1")).unwrap();
        assert_eq!(found.paper.valid.from().to_string(), "2027-01-01");
    }
}
