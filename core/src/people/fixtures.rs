//! Valid people and organisations for the tests of this directory and of the catalogue.

use super::{
    Availability, Capacity, Contact, Country, EmailAddress, Institution, InstitutionDetails, InstitutionKind,
    Language, Licence, LicenceCheck, LicencePaper, OfferedSpecialty, Period, Position, ProviderDetails,
    ProviderProfile, Sector, TimeZoneName, User, UserStatus,
};
use crate::money::Currency;
use crate::testing::{Fixture, text};

pub(crate) fn institution_details() -> InstitutionDetails {
    let arabic = Language::new("ar").unwrap();
    InstitutionDetails {
        names: [
            (arabic.clone(), text("مشفى تشرين")),
            (Language::new("en").unwrap(), text("Tishreen Hospital")),
        ]
        .into(),
        language: arabic,
        kind: InstitutionKind::Hospital,
        sector: Sector::Tertiary,
        registration_number: text("TH-1"),
        country: Country::new("SY").unwrap(),
        tax_number: None,
        licence_valid_to: None,
        address: None,
        contact: Contact::default(),
        time_zone: TimeZoneName::new("Asia/Damascus").unwrap(),
        currency: Currency::EUR,
        deadlines: None,
    }
}

pub(crate) fn institution(fixture: &Fixture) -> Institution {
    Institution {
        id: fixture.institution,
        details: institution_details(),
        active: true,
        inactive_reason: None,
        version: 1,
    }
}

/// A requester of the fixture's institution.
pub(crate) fn user(fixture: &Fixture) -> User {
    User {
        id: fixture.requester,
        email: EmailAddress::new("amal@example.org").unwrap(),
        display_name: text("Amal Nasser"),
        position: Position::Requester {
            institution_id: fixture.institution,
        },
        status: UserStatus::Active,
        joined: true,
        locale: None,
        time_zone: None,
        version: 1,
    }
}

pub(crate) fn licence(from: &str, to: &str, verified: Option<LicenceCheck>) -> Licence {
    Licence {
        paper: LicencePaper {
            number: text("L-1"),
            authority: text("Medical Council"),
            country: Country::new("DE").unwrap(),
            valid: Period::new(from.parse().unwrap(), to.parse().unwrap()).unwrap(),
        },
        verified,
    }
}

/// The fixture's expert: licensed, always available, with a capacity of five cases.
pub(crate) fn profile(fixture: &Fixture) -> ProviderProfile {
    let check = LicenceCheck {
        by: Some(fixture.admin),
        at: fixture.now,
    };
    ProviderProfile {
        id: fixture.provider,
        details: ProviderDetails {
            display_name: text("Dr Noor Saleh"),
            title: None,
            specialties: vec![OfferedSpecialty {
                code: fixture.specialty(),
                subspecialties: vec![text("Electrophysiology")],
                board: None,
                since: None,
            }],
            languages: vec![Language::new("ar").unwrap()],
            affiliations: Vec::new(),
            capacity: Capacity::new(5, 2).unwrap(),
        },
        licences: vec![licence("2020-01-01", "2040-12-31", Some(check))],
        availability: Availability::unrestricted(TimeZoneName::utc()),
        active: true,
        version: 1,
    }
}
