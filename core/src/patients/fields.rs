//! The editable fields, each with its own version (R6): edits of different fields do not conflict, and
//! conflicting edits of one field are detected.
//!
//! The invariant: a field's version rises by one with each accepted change of the field, so a version that
//! was seen tells whether the value that was seen is still current. What an edit means for the whole record
//! is in `edit.rs`.

use serde::{Deserialize, Serialize};

use super::birth_date;
use super::contact::{Address, Guardian, MAX_ADDRESS_LINES, PhoneNumber};
use super::identifier::{self, Identifier};
use super::name::{MAX_TRANSLITERATIONS, PatientName};
use super::patient::{Patient, Sex};
use crate::facts::Context;
use crate::people::{Country, EmailAddress, Language};
use crate::refusal::Refusal;
use crate::text::Text;
use crate::time::PartialDate;

named! {
    /// An editable field of a patient.
    pub enum PatientField {
        /// The list of identifiers, with the reason if it is empty.
        Identifiers = "identifiers",
        /// Name, in all scripts.
        Name = "name",
        /// Birth date, with the mark that it is estimated.
        BirthDate = "birth_date",
        Sex = "sex",
        Nationality = "nationality",
        /// Country of residence.
        Country = "country",
        Phone = "phone",
        Email = "email",
        Address = "address",
        PreferredLanguage = "preferred_language",
        Guardian = "guardian",
    }
}

impl PatientField {
    /// Whether the field is part of the identity, so that a change of it revokes the verification (D-10).
    #[must_use]
    pub const fn is_of_identity(self) -> bool {
        match self {
            Self::Identifiers | Self::Name | Self::BirthDate | Self::Sex => true,
            Self::Nationality
            | Self::Country
            | Self::Phone
            | Self::Email
            | Self::Address
            | Self::PreferredLanguage
            | Self::Guardian => false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IdentifierSet {
    /// 0 to 8.
    #[serde(default)]
    pub identifiers: Vec<Identifier>,
    /// Why the patient has no identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_identifier_reason: Option<Text<1, 500>>,
}

/// A birth date and whether it is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BirthDate {
    /// As precise as known.
    pub date: PartialDate,
    /// Whether the date is a guess.
    #[serde(default)]
    pub estimated: bool,
}

/// A new value for a field; `None` clears it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "field", content = "value", rename_all = "snake_case")]
pub enum PatientChange {
    Identifiers(IdentifierSet),
    Name(PatientName),
    BirthDate(BirthDate),
    Sex(Sex),
    Nationality(Option<Country>),
    Country(Option<Country>),
    Phone(Option<PhoneNumber>),
    Email(Option<EmailAddress>),
    Address(Option<Address>),
    PreferredLanguage(Option<Language>),
    Guardian(Option<Guardian>),
}

/// A change and the version of the field that its author saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldEdit {
    #[serde(flatten)]
    pub change: PatientChange,
    /// The field's version as the author saw it ([`Patient::field_version`]).
    pub seen: u64,
}

impl PatientChange {
    #[must_use]
    pub const fn field(&self) -> PatientField {
        match self {
            Self::Identifiers(_) => PatientField::Identifiers,
            Self::Name(_) => PatientField::Name,
            Self::BirthDate(_) => PatientField::BirthDate,
            Self::Sex(_) => PatientField::Sex,
            Self::Nationality(_) => PatientField::Nationality,
            Self::Country(_) => PatientField::Country,
            Self::Phone(_) => PatientField::Phone,
            Self::Email(_) => PatientField::Email,
            Self::Address(_) => PatientField::Address,
            Self::PreferredLanguage(_) => PatientField::PreferredLanguage,
            Self::Guardian(_) => PatientField::Guardian,
        }
    }

    /// Checks whether the value is valid for any patient.
    pub(super) fn check(&self, ctx: &Context) -> Result<(), Refusal> {
        match self {
            Self::Identifiers(set) => identifier::check(&set.identifiers),
            Self::Name(name) if name.transliterations.len() > MAX_TRANSLITERATIONS => {
                Err(Refusal::BadRequest)
            }
            Self::BirthDate(birth) => birth_date::check_birth(birth.date, ctx),
            Self::Address(Some(address)) if address.lines.len() > MAX_ADDRESS_LINES => {
                Err(Refusal::BadRequest)
            }
            Self::Name(_)
            | Self::Sex(_)
            | Self::Nationality(_)
            | Self::Country(_)
            | Self::Phone(_)
            | Self::Email(_)
            | Self::Address(_)
            | Self::PreferredLanguage(_)
            | Self::Guardian(_) => Ok(()),
        }
    }

    fn write(self, patient: &mut Patient) {
        match self {
            Self::Identifiers(set) => {
                patient.identifiers = set.identifiers;
                patient.no_identifier_reason = set.no_identifier_reason;
            }
            Self::Name(name) => patient.name = name,
            Self::BirthDate(birth) => {
                patient.birth_date = birth.date;
                patient.birth_date_estimated = birth.estimated;
            }
            Self::Sex(sex) => patient.sex = sex,
            Self::Nationality(country) => patient.nationality = country,
            Self::Country(country) => patient.country = country,
            Self::Phone(phone) => patient.phone = phone,
            Self::Email(email) => patient.email = email,
            Self::Address(address) => patient.address = address,
            Self::PreferredLanguage(language) => patient.preferred_language = language,
            Self::Guardian(guardian) => patient.guardian = guardian,
        }
    }
}

impl Patient {
    /// Returns the field's current value.
    #[must_use]
    pub fn value(&self, field: PatientField) -> PatientChange {
        match field {
            PatientField::Identifiers => PatientChange::Identifiers(IdentifierSet {
                identifiers: self.identifiers.clone(),
                no_identifier_reason: self.no_identifier_reason.clone(),
            }),
            PatientField::Name => PatientChange::Name(self.name.clone()),
            PatientField::BirthDate => PatientChange::BirthDate(BirthDate {
                date: self.birth_date,
                estimated: self.birth_date_estimated,
            }),
            PatientField::Sex => PatientChange::Sex(self.sex),
            PatientField::Nationality => PatientChange::Nationality(self.nationality.clone()),
            PatientField::Country => PatientChange::Country(self.country.clone()),
            PatientField::Phone => PatientChange::Phone(self.phone.clone()),
            PatientField::Email => PatientChange::Email(self.email.clone()),
            PatientField::Address => PatientChange::Address(self.address.clone()),
            PatientField::PreferredLanguage => {
                PatientChange::PreferredLanguage(self.preferred_language.clone())
            }
            PatientField::Guardian => PatientChange::Guardian(self.guardian.clone()),
        }
    }

    /// Returns the number of changes to the field since creation.
    #[must_use]
    pub fn field_version(&self, field: PatientField) -> u64 {
        self.field_versions.get(&field).copied().unwrap_or(0)
    }

    /// Returns an edit of this record based on the field's current version.
    #[must_use]
    pub fn edit(&self, change: PatientChange) -> FieldEdit {
        let seen = self.field_version(change.field());
        FieldEdit { change, seen }
    }

    /// Sets a value and increments the field's version.
    pub(super) fn set(&mut self, change: PatientChange) {
        *self.field_versions.entry(change.field()).or_insert(0) += 1;
        change.write(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::cbor;
    use crate::testing::{Fixture, text};

    #[test]
    fn every_field_has_its_name_its_value_and_its_count() {
        let patient = Fixture::new().patient_with_everything();
        let mut other = Fixture::new().patient();
        for field in PatientField::ALL {
            assert_eq!(serde_json::to_value(field).unwrap(), field.name());
            assert_eq!(PatientField::from_name(field.name()), Some(field));
            let value = patient.value(field);
            assert_eq!(value.field(), field);
            other.set(value.clone());
            assert_eq!((other.value(field), other.field_version(field)), (value, 1));
        }
        assert_eq!(PatientField::from_name("verification"), None);
    }

    #[test]
    fn an_edit_has_this_form_and_survives_the_wire() {
        let patient = Fixture::new().patient_with_everything();
        let phone = patient.edit(PatientChange::Phone(None));
        let json = serde_json::to_value(&phone).unwrap();
        assert_eq!(
            json,
            serde_json::json!({ "field": "phone", "value": null, "seen": 0 })
        );
        for field in PatientField::ALL {
            let edit = patient.edit(patient.value(field));
            let bytes = cbor::encode(&edit).unwrap();
            assert_eq!(cbor::decode::<FieldEdit>(&bytes).unwrap(), edit);
            let json = serde_json::to_string(&edit).unwrap();
            assert_eq!(serde_json::from_str::<FieldEdit>(&json).unwrap(), edit);
        }
    }

    #[test]
    fn an_address_has_five_lines_and_a_name_eight_other_scripts() {
        let ctx = Fixture::new().as_requester();
        for (lines, fits) in [(5, true), (6, false)] {
            let address = Address {
                lines: vec![text("Ward 3"); lines],
                ..Address::default()
            };
            assert_eq!(PatientChange::Address(Some(address)).check(&ctx).is_ok(), fits);
        }
        let mut name = Fixture::new().patient().name;
        for language in ["ar", "de", "el", "en", "fr", "he", "ja", "ko", "ru"] {
            let fits = PatientChange::Name(name.clone()).check(&ctx);
            assert_eq!(fits, Ok(()), "{}", name.transliterations.len());
            let written = super::super::Transliteration {
                family: text("Haddad"),
                given: None,
            };
            name.transliterations.insert(language.parse().unwrap(), written);
        }
        assert_eq!(PatientChange::Name(name).check(&ctx), Err(Refusal::BadRequest));
    }
}
