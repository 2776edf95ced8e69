//! The people of the demo month beside the demo's users, and whom the story acts for.
//!
//! The invariant: they are added in one transaction, and never changed when they are there.

use std::collections::BTreeMap;

use mso_core::actor::Actor;
use mso_core::ids::ProviderId;
use mso_core::people::Position;
use mso_core::time::Timestamp;

use super::error::DemoDataError;
use super::patients::House;
use super::store;
use crate::admin::{AdminError, Change, NewInstitution, NewProvider, demo};
use crate::database::Database;

/// E-mail address and description of each user whom the month adds.
pub const USERS: [(&str, &str); 9] = [
    ("registrar@demo.example", "requester at Demo Hospital"),
    ("gdansk@demo.example", "requester at Szpital Demo, Poland"),
    (
        "radiologist@demo.example",
        "provider, radiology; belongs to Demo Hospital",
    ),
    ("oncologist@demo.example", "provider, oncology"),
    ("neurologist@demo.example", "provider, neurology; on leave"),
    ("orthopaedist@demo.example", "provider, orthopaedics"),
    (
        "spine@demo.example",
        "provider, orthopaedics; account deactivated",
    ),
    (
        "rhythm@demo.example",
        "provider, cardiology; accepts no cases now",
    ),
    ("coordinator@demo.example", "admin"),
];

/// The address of the user who is there exactly if the people of this module are.
const LAST: &str = "coordinator@demo.example";

const SPECIALTIES: [(&str, &str); 4] = [
    ("radiology", "Radiology"),
    ("oncology", "Oncology"),
    ("neurology", "Neurology"),
    ("orthopaedics", "Orthopaedics"),
];

const EXPERTS: [(&str, &str, &str); 6] = [
    ("radiologist", "Dr Rita Roentgen", "radiology"),
    ("oncologist", "Dr Omar Onko", "oncology"),
    ("neurologist", "Dr Nele Neuro", "neurology"),
    ("orthopaedist", "Dr Oskar Orto", "orthopaedics"),
    ("spine", "Dr Sven Spine", "orthopaedics"),
    ("rhythm", "Dr Rosa Rhythm", "cardiology"),
];

/// Adds the people unless they are there. The demo's users must be there.
pub(super) async fn ensure(database: &Database, now: Timestamp) -> Result<(), AdminError> {
    let mut change = Change::begin(database, now).await?;
    if change.position_of(LAST).await?.is_some() {
        return Ok(());
    }
    for (code, display) in SPECIALTIES {
        change.ensure_specialty(&demo::code(code)?, display).await?;
    }
    let requester = change.position_of("requester@demo.example").await?;
    let hospital = requester.and_then(Position::institution);
    let hospital = hospital.ok_or(AdminError::Unknown { what: "institution" })?;
    change
        .create_requester(hospital, &demo::user("registrar", "Rolf Registrar"))
        .await?;
    let abroad = NewInstitution {
        name: "Szpital Demo".to_owned(),
        registration_number: "SD-1".to_owned(),
        country: "PL".to_owned(),
        address: Some("3 Ulica Demo, Gdańsk".to_owned()),
        tax_number: Some("T-3".to_owned()),
        language: Some("pl".to_owned()),
        time_zone: Some("Europe/Warsaw".to_owned()),
        currency: None,
    };
    let abroad = change.create_institution(&abroad).await?;
    change
        .create_requester(abroad, &demo::user("gdansk", "Grażyna Gdańska"))
        .await?;
    for (name, display_name, specialty) in EXPERTS {
        let affiliations = if name == "radiologist" {
            vec![hospital]
        } else {
            Vec::new()
        };
        let new = NewProvider {
            affiliations,
            ..demo::expert(demo::user(name, display_name), vec![demo::code(specialty)?], now)
        };
        change.create_provider(&new).await?;
    }
    change
        .create_admin(&demo::user("coordinator", "Cora Coordinator"))
        .await?;
    change.commit().await
}

/// Everybody in whose name the story acts, by the name in the e-mail address.
#[derive(Debug)]
pub(super) struct Cast(BTreeMap<String, Actor>);

impl Cast {
    pub(super) async fn find(database: &Database, at: Timestamp) -> Result<Self, DemoDataError> {
        let mut cast = BTreeMap::new();
        for (email, _) in demo::USERS.iter().chain(&USERS) {
            let name = email.split('@').next().unwrap_or_default();
            cast.insert(name.to_owned(), store::actor(database, email, at).await?);
        }
        Ok(Self(cast))
    }

    pub(super) fn actor(&self, name: &str) -> Result<Actor, DemoDataError> {
        let actor = self.0.get(name).copied();
        actor.ok_or_else(|| DemoDataError::Nobody(name.to_owned()))
    }

    pub(super) fn provider(&self, name: &str) -> Result<ProviderId, DemoDataError> {
        let provider = self.actor(name)?.provider();
        provider.ok_or_else(|| DemoDataError::Nobody(name.to_owned()))
    }
}

/// Who asks for the patients of this institution; two take turns in the hospital.
pub(super) fn requester(house: House, patient: usize) -> &'static str {
    match house {
        House::Hospital if patient.is_multiple_of(2) => "requester",
        House::Hospital => "registrar",
        House::Clinic => "colleague",
        House::Gdansk => "gdansk",
    }
}
