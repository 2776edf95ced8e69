//! People and organisations as each role may read them, over the JSON API and on phones: one struct per role,
//! with each field named.
//!
//! Admins read the core's records whole. Phones read these as the types of `mso_core::protocol::records`. The
//! invariant: a requester or an expert may not read what is not named here for them.

use std::collections::BTreeMap;

use mso_core::cases::Deadlines;
use mso_core::catalogue::{Expert, SpecialtyCode};
use mso_core::ids::{DeviceId, InstitutionId, ProviderId, UserId};
use mso_core::money::Currency;
use mso_core::people::{
    Availability, Capacity, Contact, Country, Device, DeviceState, Institution, InstitutionDetails,
    InstitutionKind, Language, Licence, LicenceCheck, LicencePaper, OfferedSpecialty, Period,
    ProviderDetails, ProviderProfile, Sector, TimeZoneName, User,
};
use mso_core::text::{Code, Line, Text};
use mso_core::time::{Date, Timestamp};
use serde::Serialize;

/// The caller's institution, as its users read it.
#[derive(Debug, Serialize)]
pub struct OwnInstitution {
    id: InstitutionId,
    name: String,
    names: BTreeMap<Language, Line<1, 300>>,
    language: Language,
    r#type: InstitutionKind,
    sector: Sector,
    registration_number: Code<1, 100>,
    country: Country,
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_number: Option<Line<1, 100>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    licence_valid_to: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Text<1, 1000>>,
    contact: Contact,
    time_zone: TimeZoneName,
    currency: Currency,
    deadlines: Deadlines,
    active: bool,
}

impl From<Institution> for OwnInstitution {
    fn from(institution: Institution) -> Self {
        let Institution {
            id,
            details,
            active,
            // An admin's text, not for the institution.
            inactive_reason: _,
            version: _,
        } = institution;
        let name = details
            .name()
            .map(|name| name.as_str().to_owned())
            .unwrap_or_default();
        let InstitutionDetails {
            names,
            language,
            kind,
            sector,
            registration_number,
            country,
            tax_number,
            licence_valid_to,
            address,
            contact,
            time_zone,
            currency,
            deadlines,
        } = details;
        Self {
            id,
            name,
            names,
            language,
            r#type: kind,
            sector,
            registration_number,
            country,
            tax_number,
            licence_valid_to,
            address,
            contact,
            time_zone,
            currency,
            deadlines: deadlines.unwrap_or_default(),
            active,
        }
    }
}

/// A user of the caller's institution.
#[derive(Debug, Serialize)]
pub struct Colleague {
    pub(super) id: UserId,
    pub(super) display_name: String,
    pub(super) active: bool,
}

/// The public part of an expert's profile (`domain.md` 4, row 54).
#[derive(Debug, Serialize)]
pub struct PublicProvider {
    pub(super) id: ProviderId,
    pub(super) display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
    pub(super) specialties: Vec<String>,
    pub(super) languages: Vec<String>,
}

/// An expert's own profile. Which admin verified a licence is not shown.
#[derive(Debug, Serialize)]
pub struct OwnProfile {
    id: ProviderId,
    pub(crate) display_name: Line<1, 300>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<Line<1, 100>>,
    pub(crate) specialties: Vec<OfferedSpecialty>,
    languages: Vec<Language>,
    affiliations: Vec<InstitutionId>,
    capacity: Capacity,
    licences: Vec<OwnLicence>,
    availability: Availability,
    active: bool,
    pub(crate) version: u64,
}

#[derive(Debug, Serialize)]
struct OwnLicence {
    number: Line<1, 100>,
    authority: Line<1, 300>,
    country: Country,
    valid: Period,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<OwnCheck>,
}

#[derive(Debug, Serialize)]
struct OwnCheck {
    at: Timestamp,
}

impl From<ProviderProfile> for OwnProfile {
    fn from(profile: ProviderProfile) -> Self {
        let ProviderProfile {
            id,
            details,
            licences,
            availability,
            active,
            version,
        } = profile;
        let ProviderDetails {
            display_name,
            title,
            specialties,
            languages,
            affiliations,
            capacity,
        } = details;
        Self {
            id,
            display_name,
            title,
            specialties,
            languages,
            affiliations,
            capacity,
            licences: licences.into_iter().map(OwnLicence::from).collect(),
            availability,
            active,
            version,
        }
    }
}

impl From<Licence> for OwnLicence {
    fn from(licence: Licence) -> Self {
        let Licence { paper, verified } = licence;
        let LicencePaper {
            number,
            authority,
            country,
            valid,
        } = paper;
        Self {
            number,
            authority,
            country,
            valid,
            verified: verified.map(|LicenceCheck { by: _, at }| OwnCheck { at }),
        }
    }
}

/// An expert in the admins' list.
#[derive(Debug, Serialize)]
pub struct ProviderSummary {
    id: ProviderId,
    display_name: Line<1, 300>,
    specialties: Vec<SpecialtyCode>,
    languages: Vec<Language>,
    open_cases: u32,
    max_open: u32,
    open_urgent: u32,
    max_urgent: u32,
    accepting: bool,
    on_leave: bool,
    licensed: bool,
    active: bool,
}

impl ProviderSummary {
    pub(super) fn of(profile: ProviderProfile, expert: Expert) -> Self {
        let ProviderDetails {
            display_name,
            languages,
            title: _,
            specialties: _,
            affiliations: _,
            capacity: _,
        } = profile.details;
        Self {
            id: expert.provider_id,
            display_name,
            specialties: expert.specialties,
            languages,
            open_cases: expert.open_cases,
            max_open: expert.max_open,
            open_urgent: expert.open_urgent,
            max_urgent: expert.max_urgent,
            accepting: expert.accepting,
            on_leave: expert.on_leave,
            licensed: expert.licence_valid,
            active: expert.active,
        }
    }
}

/// An expert, as an admin reads one.
#[derive(Debug, Serialize)]
pub struct AdminProvider {
    #[serde(flatten)]
    pub(super) profile: ProviderProfile,
    pub(super) open_cases: u32,
    pub(super) open_urgent: u32,
    pub(super) on_leave: bool,
    pub(super) licensed: bool,
}

/// The caller's own user.
#[derive(Debug, Serialize)]
pub struct OwnUser {
    id: UserId,
    email: String,
    display_name: Line<1, 300>,
    #[serde(flatten)]
    position: mso_core::people::Position,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<Language>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<TimeZoneName>,
    devices: Vec<OwnDevice>,
}

/// One of the caller's phones.
#[derive(Debug, Serialize)]
pub struct OwnDevice {
    id: DeviceId,
    name: String,
    platform: String,
    app_version: String,
    enrolled_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sync_at: Option<Timestamp>,
    active: bool,
}

impl OwnUser {
    pub(super) fn of(user: User, devices: Vec<Device>) -> Self {
        let User {
            id,
            email,
            display_name,
            position,
            locale,
            time_zone,
            status: _,
            joined: _,
            version: _,
        } = user;
        Self {
            id,
            email: email.into(),
            display_name,
            position,
            locale,
            time_zone,
            devices: devices.into_iter().map(OwnDevice::from).collect(),
        }
    }
}

impl From<Device> for OwnDevice {
    fn from(device: Device) -> Self {
        let Device {
            id,
            user_id: _,
            name,
            platform,
            app_version,
            enrolled_at,
            last_sync_at,
            state,
        } = device;
        Self {
            id,
            name,
            platform,
            app_version,
            enrolled_at,
            last_sync_at,
            active: state == DeviceState::Active,
        }
    }
}

/// A user, as an admin reads one.
#[derive(Debug, Serialize)]
pub struct AdminUser {
    #[serde(flatten)]
    pub(super) user: User,
    pub(super) devices: Vec<Device>,
}
