//! An institution: who asks for opinions, and on what terms.
//!
//! Not here: its users (`user.rs`), its prices (`crate::catalogue`). The invariant: it has a name in its own language.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Contact, Country, Language, TimeZoneName};
use crate::cases::{Deadlines, Span, Spans};
use crate::ids::InstitutionId;
use crate::money::Currency;
use crate::refusal::Refusal;
use crate::text::{Reason, Text};
use crate::time::Date;

named! {
    /// What kind of organisation it is.
    pub enum InstitutionKind {
        /// With beds.
        Hospital = "hospital",
        /// Without.
        Clinic = "clinic",
        /// Pharmacy.
        Pharmacy = "pharmacy",
        /// Pays for treatment.
        Insurer = "insurer",
        /// An authority.
        Government = "government",
        /// Laboratory.
        Laboratory = "laboratory",
        /// Another.
        Other = "other",
    }
}

named! {
    /// Its place in the health system.
    pub enum Sector {
        /// First contact.
        Primary = "primary",
        /// Specialists.
        Secondary = "secondary",
        /// Highly specialised.
        Tertiary = "tertiary",
        /// Diagnosis only.
        Diagnostic = "diagnostic",
    }
}

/// All of an institution that an admin writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstitutionDetails {
    /// What it is called, in each language; at least in its own.
    pub names: BTreeMap<Language, Text<1, 300>>,
    /// Its own language.
    pub language: Language,
    /// What kind of organisation it is.
    #[serde(rename = "type")]
    pub kind: InstitutionKind,
    /// Its place in the health system.
    pub sector: Sector,
    /// Of the country's register; unique in the country.
    pub registration_number: Text<1, 100>,
    /// Where it is registered.
    pub country: Country,
    /// On invoices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_number: Option<Text<1, 100>>,
    /// Last day of its licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence_valid_to: Option<Date>,
    /// On invoices; lines as on an envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Text<1, 1000>>,
    /// Whom to ask for.
    #[serde(default)]
    pub contact: Contact,
    /// Where its clocks are.
    pub time_zone: TimeZoneName,
    /// What it pays in.
    pub currency: Currency,
    /// Its own deadlines (D-28), instead of everybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadlines: Option<Deadlines>,
}

/// Most languages that an institution is named in.
const MOST_NAMES: usize = 20;
/// Longest time that anything may be owed in: a year.
const LONGEST_HOURS: u16 = 366 * 24;
const LONGEST_WORKING_DAYS: u16 = 260;
const LONGEST_WINDOW_DAYS: u16 = 366;

impl InstitutionDetails {
    /// The name in its own language.
    #[must_use]
    pub fn name(&self) -> Option<&Text<1, 300>> {
        self.names.get(&self.language)
    }

    /// Whether it holds together.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if self.name().is_none() || self.names.len() > MOST_NAMES {
            return Err(Refusal::NameMissing);
        }
        match self.deadlines {
            Some(deadlines) if !is_plausible(&deadlines) => Err(Refusal::DeadlinesInvalid),
            Some(_) | None => Ok(()),
        }
    }
}

fn is_plausible(deadlines: &Deadlines) -> bool {
    let Deadlines {
        routine,
        urgent,
        read,
        window_days,
    } = deadlines;
    let all = |spans: &Spans| {
        let Spans {
            accept,
            start,
            finish,
            answer,
        } = *spans;
        [accept, start, finish, answer].into_iter().all(is_span)
    };
    all(routine) && all(urgent) && is_span(*read) && (1..=LONGEST_WINDOW_DAYS).contains(window_days)
}

fn is_span(span: Span) -> bool {
    match span {
        Span::Hours(hours) => (1..=LONGEST_HOURS).contains(&hours),
        Span::WorkingDays(days) => (1..=LONGEST_WORKING_DAYS).contains(&days),
    }
}

/// An institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Institution {
    /// The id; also of its party and its stream.
    pub id: InstitutionId,
    /// What an admin wrote.
    #[serde(flatten)]
    pub details: InstitutionDetails,
    /// Whether its people may submit cases. Open ones finish either way.
    pub active: bool,
    /// Why it is not active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inactive_reason: Option<Reason>,
    /// Higher is newer.
    pub version: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::fixtures::institution_details;

    #[test]
    fn it_needs_a_name_in_its_own_language() {
        let mut details = institution_details();
        assert_eq!(details.check(), Ok(()));
        details.language = Language::new("fr").unwrap();
        assert_eq!(details.check(), Err(Refusal::NameMissing));
        details.names.clear();
        assert_eq!(details.check(), Err(Refusal::NameMissing));
    }

    #[test]
    fn own_deadlines_are_at_least_an_hour_and_at_most_a_year() {
        let with = |change: fn(&mut Deadlines)| {
            let mut deadlines = Deadlines::default();
            change(&mut deadlines);
            let details = InstitutionDetails {
                deadlines: Some(deadlines),
                ..institution_details()
            };
            details.check()
        };
        assert_eq!(with(|_| {}), Ok(()));
        assert_eq!(with(|d| d.urgent.accept = Span::Hours(1)), Ok(()));
        assert_eq!(
            with(|d| d.urgent.accept = Span::Hours(0)),
            Err(Refusal::DeadlinesInvalid)
        );
        assert_eq!(with(|d| d.routine.answer = Span::WorkingDays(260)), Ok(()));
        assert_eq!(
            with(|d| d.routine.answer = Span::WorkingDays(261)),
            Err(Refusal::DeadlinesInvalid)
        );
        assert_eq!(with(|d| d.read = Span::Hours(366 * 24)), Ok(()));
        assert_eq!(
            with(|d| d.read = Span::Hours(366 * 24 + 1)),
            Err(Refusal::DeadlinesInvalid)
        );
        assert_eq!(with(|d| d.window_days = 0), Err(Refusal::DeadlinesInvalid));
        assert_eq!(with(|d| d.window_days = 366), Ok(()));
        assert_eq!(with(|d| d.window_days = 367), Err(Refusal::DeadlinesInvalid));
    }
}
