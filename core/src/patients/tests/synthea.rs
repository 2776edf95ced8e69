//! Two patients from external test data (`cargo xtask testdata`: Synthea, from npm `cql-exec-fhir`).
//!
//! Tests that a patient's fields accept data from real systems, and that the two patients are distinguished.
//! FHIR import is not covered.

use serde_json::Value;

use super::*;
use crate::command::Operation;
use crate::people::Language;

fn read(name: &str) -> Value {
    let folder = std::env::var("MSO_TESTDATA")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../.testdata").to_owned());
    let bytes = std::fs::read(format!("{folder}/{name}")).expect("run cargo xtask testdata");
    let bundle: Value = serde_json::from_slice(&bytes).unwrap();
    let mut resources = bundle["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["resource"]);
    resources
        .find(|resource| resource["resourceType"] == "Patient")
        .unwrap()
        .clone()
}

fn word(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// What a user would type from this document.
fn typed(world: &Fixture, patient: &Value) -> CreatePatient {
    let coded = |code: &str| {
        let mut identifiers = patient["identifier"].as_array().unwrap().iter();
        let found = identifiers.find(|one| one["type"]["coding"][0]["code"] == code);
        IdentifierValue::new(&word(&found.unwrap()["value"])).unwrap()
    };
    let address = &patient["address"][0];
    let lines = address["line"].as_array().unwrap().iter();
    CreatePatient {
        identifiers: vec![
            Identifier::new(IdentifierKind::Mrn, text("smarthealthit.org"), coded("MR")),
            Identifier::new(IdentifierKind::NationalId, text("US"), coded("SS")),
        ],
        no_identifier_reason: None,
        name: PatientName::new(
            text(&word(&patient["name"][0]["family"])),
            Some(text(&word(&patient["name"][0]["given"][0]))),
        ),
        birth_date: word(&patient["birthDate"]).parse().unwrap(),
        sex: serde_json::from_value(patient["gender"].clone()).unwrap(),
        phone: PhoneNumber::new(&format!("+1 {}", word(&patient["telecom"][0]["value"]))),
        address: Some(Address {
            lines: lines.map(|line| text(&word(line))).collect(),
            city: Some(text(&word(&address["city"]))),
            country: word(&address["country"]).parse().ok(),
        }),
        preferred_language: Language::new(&word(
            &patient["communication"][0]["language"]["coding"][0]["code"],
        ))
        .ok(),
        ..world.create_patient()
    }
}

#[test]
fn patients_made_up_elsewhere_fit_and_are_told_apart() {
    let world = Fixture::new();
    let create = |name| {
        let create = typed(&world, &read(name));
        assert!(create.phone.is_some() && create.preferred_language.is_some());
        let decision = create.decide(&Facts::default(), &world.as_requester()).unwrap();
        crate::testing::patient_after(&decision)
    };
    let (johnnie, luna) = (create("johnnie.json"), create("luna.json"));
    assert_eq!(johnnie.name.key().as_str(), "johnnie679 hermiston71");
    assert_eq!(luna.name.key().as_str(), "luna60 mccullough561");
    assert_eq!(johnnie.phone.as_ref().unwrap().as_str(), "+15557029528");
    assert_eq!(luna.address.as_ref().unwrap().lines.len(), 3);
    assert!(johnnie.resembles(&johnnie) && !johnnie.resembles(&luna));

    // The same girl, registered a second time in haste.
    let again = Patient {
        name: PatientName::new(text("HERMISTON71"), Some(text("johnnie679"))),
        identifiers: Vec::new(),
        ..johnnie.clone()
    };
    assert!(johnnie.resembles(&again));
    for (typed, finds) in [
        ("hermis john", [true, false]),
        ("mccullough561", [false, true]),
        ("999-66-6607", [true, false]),
        ("6662f0ca-b617-4e02-8f55-7275e9f49aa0", [false, true]),
        ("999-66", [false, false]),
    ] {
        let query = PatientQuery::new(typed).unwrap();
        assert_eq!([query.finds(&johnnie), query.finds(&luna)], finds, "{typed}");
    }
}
