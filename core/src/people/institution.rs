//! An institution: a requesting organisation and its terms.
//!
//! The invariant: it has a name in its own language. Its users are in `user.rs`, its prices in
//! `crate::catalogue`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Contact, Country, Language, TimeZoneName};
use crate::cases::{Deadlines, Span, Spans};
use crate::ids::InstitutionId;
use crate::money::Currency;
use crate::refusal::Refusal;
use crate::text::{Code, Line, Reason, Text};
use crate::time::Date;

named! {
    pub enum InstitutionKind {
        /// With inpatient beds.
        Hospital = "hospital",
        /// Without inpatient beds.
        Clinic = "clinic",
        Pharmacy = "pharmacy",
        Insurer = "insurer",
        /// A public authority.
        Government = "government",
        Laboratory = "laboratory",
        Other = "other",
    }
}

named! {
    /// The level of care.
    pub enum Sector {
        /// First point of contact.
        Primary = "primary",
        /// Specialist care.
        Secondary = "secondary",
        /// Highly specialised care.
        Tertiary = "tertiary",
        /// Diagnostics only.
        Diagnostic = "diagnostic",
    }
}

/// The fields of an institution that an admin edits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstitutionDetails {
    /// By language; at least in its own.
    pub names: BTreeMap<Language, Line<1, 300>>,
    pub language: Language,
    #[serde(rename = "type")]
    pub kind: InstitutionKind,
    /// The level of care.
    pub sector: Sector,
    /// In the country's register; unique within the country.
    pub registration_number: Code<1, 100>,
    /// The country of registration.
    pub country: Country,
    /// Shown on invoices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_number: Option<Line<1, 100>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence_valid_to: Option<Date>,
    /// Shown on invoices; one line per line of an envelope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Text<1, 1000>>,
    #[serde(default)]
    pub contact: Contact,
    pub time_zone: TimeZoneName,
    /// The currency of its prices and invoices.
    pub currency: Currency,
    /// Its own deadlines (D-28); `None` for the default ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadlines: Option<Deadlines>,
}

/// Maximum number of names.
const MOST_NAMES: usize = 20;
/// Maximum length of a deadline: a year.
const LONGEST_HOURS: u16 = 366 * 24;
const LONGEST_WORKING_DAYS: u16 = 260;
const LONGEST_WINDOW_DAYS: u16 = 366;

impl InstitutionDetails {
    /// Returns the name in its own language.
    #[must_use]
    pub fn name(&self) -> Option<&Line<1, 300>> {
        self.names.get(&self.language)
    }

    /// Checks names and deadlines.
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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Institution {
    /// Also the id of its party and its stream.
    pub id: InstitutionId,
    #[serde(flatten)]
    pub details: InstitutionDetails,
    /// Whether its users may submit cases. Open cases continue either way.
    pub active: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inactive_reason: Option<Reason>,
    /// Increases with each change.
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
