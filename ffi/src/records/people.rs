//! Experts, institutions and their users.

use mso_core::ids::{InstitutionId, ProviderId, UserId};
use mso_core::people::{ExceptionKind, Weekday};

use crate::text::EnteredText;

/// An expert's own profile. Admins edit it, except the availability.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ProviderProfile {
    pub provider_id: ProviderId,
    pub display_name: String,
    /// Codes of the catalogue.
    pub specialties: Vec<String>,
    /// BCP 47; absent until the server has sent the whole profile, like all that follows.
    pub languages: Vec<String>,
    /// Most open cases at a time.
    pub max_open: Option<u16>,
    /// Most urgent ones among them.
    pub max_urgent: Option<u16>,
    pub availability: Option<Availability>,
    /// Whether the expert may be given cases at all.
    pub active: Option<bool>,
    /// Names of commands that wait to be sent.
    pub pending: Vec<String>,
}

/// When an expert is available, as shown and as entered.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Availability {
    /// IANA name, such as `Europe/Berlin`: the zone of all windows and days.
    pub time_zone: EnteredText,
    /// None: at all times.
    pub weekly: Vec<WeeklyWindow>,
    /// Days on which the weekly windows do not apply.
    pub exceptions: Vec<AvailabilityException>,
    /// Whether new cases may be assigned.
    pub accepting: bool,
}

/// A window that repeats every week.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct WeeklyWindow {
    /// The days on which it begins; at least one.
    pub days: Vec<Weekday>,
    /// `08:30`.
    pub from: EnteredText,
    /// Exclusive end, on the next day if it is not after `from`.
    pub to: EnteredText,
}

/// Whole days on which the weekly windows do not apply.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AvailabilityException {
    /// The first day, `2026-12-24`.
    pub from: EnteredText,
    /// The last day; not before the first.
    pub to: EnteredText,
    pub kind: ExceptionKind,
}

/// A requester's institution.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct InstitutionItem {
    pub institution_id: InstitutionId,
    /// In its own language.
    pub name: String,
    /// IANA name.
    pub time_zone: Option<String>,
    /// ISO 4217: what it pays in.
    pub currency: Option<String>,
    /// Whether its users may submit cases.
    pub active: bool,
}

/// A user of the requester's institution.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Colleague {
    pub user_id: UserId,
    pub display_name: String,
    /// Whether the user may sign in.
    pub active: bool,
}
