//! Patients as screens show them: the row of the list, the whole record, a conflict of edits.

use mso_core::client;
use mso_core::patients::{
    self, BirthDate, Identifier, IdentifierSet, Patient, PatientAction, PatientChange, PatientField,
    Transliteration, Verification,
};
use mso_core::people::{self, Language};

use super::{each, entered, string};
use crate::records::{
    Inactive, PatientDetail, PatientEditConflict, PatientFields, PatientIdentifier, PatientPage,
    PatientSummary, WrittenName,
};
use crate::text::EnteredText;

impl From<client::ListPage<client::PatientSummary>> for PatientPage {
    fn from(page: client::ListPage<client::PatientSummary>) -> Self {
        let client::ListPage { rows, next } = page;
        let patients = each(rows);
        Self { patients, next }
    }
}

impl From<client::PatientSummary> for PatientSummary {
    fn from(patient: client::PatientSummary) -> Self {
        let client::PatientSummary {
            patient_id,
            name,
            birth_date,
            sex,
            verified,
            active,
            identifiers: _,
            pending,
        } = patient;
        Self {
            patient_id,
            display_name: name.display(),
            birth_date: birth_date.to_string(),
            sex,
            verified,
            active,
            pending,
        }
    }
}

impl PatientDetail {
    pub(crate) fn of(
        patient: Patient,
        summary: client::PatientSummary,
        allowed_actions: Vec<PatientAction>,
    ) -> Self {
        let fields = PatientFields::from(&patient);
        let revoked_reason = match patient.verification {
            Verification::Revoked { by: _, at: _, reason } => Some(string(reason)),
            Verification::Unverified | Verification::Verified { .. } => None,
        };
        Self {
            summary: summary.into(),
            fields,
            inactive: patient.inactive.map(Into::into),
            revoked_reason,
            duplicate_of: patient.duplicate_of,
            possible_duplicates: patient.possible_duplicates,
            allowed_actions,
        }
    }
}

impl From<patients::Inactive> for Inactive {
    fn from(inactive: patients::Inactive) -> Self {
        match inactive {
            patients::Inactive::Deceased { deceased_date } => Self::Deceased {
                deceased_date: deceased_date.to_string().into(),
            },
            patients::Inactive::Duplicate => Self::Duplicate,
            patients::Inactive::Left => Self::Left,
            patients::Inactive::Error => Self::Error,
        }
    }
}

impl From<&Patient> for PatientFields {
    fn from(patient: &Patient) -> Self {
        let mut fields = Self {
            family_name: "".into(),
            given_name: None,
            other_names: Vec::new(),
            birth_date: "".into(),
            birth_date_estimated: false,
            sex: patient.sex,
            identifiers: Vec::new(),
            no_identifier_reason: None,
            nationality: None,
            country: None,
            phone: None,
            email: None,
            address_lines: Vec::new(),
            city: None,
            address_country: None,
            preferred_language: None,
            guardian_name: None,
            guardian_relation: None,
            guardian_phone: None,
        };
        for field in PatientField::ALL {
            fields.show(patient.value(field));
        }
        fields
    }
}

impl PatientFields {
    /// Shows a value in place of the one that is there.
    fn show(&mut self, value: PatientChange) {
        let country = |code: people::Country| EnteredText::from(code.as_str());
        let number = |number: patients::PhoneNumber| EnteredText::from(number.as_str());
        match value {
            PatientChange::Identifiers(IdentifierSet {
                identifiers,
                no_identifier_reason,
            }) => {
                self.identifiers = each(identifiers);
                self.no_identifier_reason = no_identifier_reason.map(entered);
            }
            PatientChange::Name(name) => {
                self.family_name = entered(name.family);
                self.given_name = name.given.map(entered);
                self.other_names = name.transliterations.into_iter().map(WrittenName::from).collect();
            }
            PatientChange::BirthDate(BirthDate { date, estimated }) => {
                self.birth_date = date.to_string().into();
                self.birth_date_estimated = estimated;
            }
            PatientChange::Sex(sex) => self.sex = sex,
            PatientChange::Nationality(code) => self.nationality = code.map(country),
            PatientChange::Country(code) => self.country = code.map(country),
            PatientChange::Phone(phone) => self.phone = phone.map(number),
            PatientChange::Email(email) => self.email = email.map(|email| email.as_str().into()),
            PatientChange::Address(address) => {
                let address = address.unwrap_or_default();
                self.address_lines = address.lines.into_iter().map(entered).collect();
                self.city = address.city.map(entered);
                self.address_country = address.country.map(country);
            }
            PatientChange::PreferredLanguage(tag) => {
                self.preferred_language = tag.map(|tag| tag.as_str().into());
            }
            PatientChange::Guardian(guardian) => {
                let (name, relation, phone) = match guardian {
                    Some(guardian) => (Some(guardian.name), Some(guardian.relation), guardian.phone),
                    None => (None, None, None),
                };
                self.guardian_name = name.map(entered);
                self.guardian_relation = relation.map(entered);
                self.guardian_phone = phone.map(number);
            }
        }
    }
}

impl From<(Language, Transliteration)> for WrittenName {
    fn from((language, written): (Language, Transliteration)) -> Self {
        let Transliteration { family, given } = written;
        Self {
            language: language.as_str().into(),
            family_name: entered(family),
            given_name: given.map(entered),
        }
    }
}

impl From<Identifier> for PatientIdentifier {
    fn from(identifier: Identifier) -> Self {
        let Identifier {
            kind,
            issuer,
            value,
            valid_to,
        } = identifier;
        Self {
            kind,
            issuer: entered(issuer),
            number: value.as_str().into(),
            valid_to: valid_to.map(|day| day.to_string().into()),
        }
    }
}

impl PatientEditConflict {
    pub(crate) fn of(conflict: client::EditConflict, patient: &Patient) -> Self {
        let client::EditConflict {
            command_id,
            patient_id,
            fields,
            others,
            waiting,
        } = conflict;
        let theirs = PatientFields::from(patient);
        let mut mine = theirs.clone();
        let disputed = fields.iter().map(|field| field.mine.field()).collect();
        let entered = fields.into_iter().map(|field| field.mine).chain(others);
        entered.for_each(|value| mine.show(value));
        Self {
            command_id,
            patient_id,
            fields: disputed,
            mine,
            theirs,
            waiting,
        }
    }
}
