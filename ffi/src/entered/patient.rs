//! A patient's form as entered.

use mso_core::patients::{
    self, Address, BirthDate, Guardian, Identifier, IdentifierSet, PatientChange, PatientName, PhoneNumber,
    Transliteration,
};
use mso_core::people::{Country, EmailAddress, Language};
use mso_core::text::is_blank;

use super::{all, language, optional, partial_date, required};
use crate::error::MsoError;
use crate::records::{Inactive, PatientFields, WrittenName};
use crate::text::EnteredText;

/// The text of an optional field; an empty one counts as absent.
fn present<'a>(field: &'static str, text: Option<&'a EnteredText>) -> Result<Option<&'a str>, MsoError> {
    let text = text.map(|text| text.of(field)).transpose()?;
    Ok(text.filter(|text| !is_blank(text)))
}

fn country(field: &'static str, code: Option<&EnteredText>) -> Result<Option<Country>, MsoError> {
    let code = present(field, code)?.map(Country::new).transpose();
    code.map_err(|_| MsoError::malformed(field))
}

fn phone(field: &'static str, number: Option<&EnteredText>) -> Result<Option<PhoneNumber>, MsoError> {
    let number = present(field, number)?;
    number
        .map(|number| PhoneNumber::new(number).ok_or_else(|| MsoError::malformed(field)))
        .transpose()
}

impl PatientFields {
    /// The value of every field that a patient has.
    pub(crate) fn values(self) -> Result<Vec<PatientChange>, MsoError> {
        let Self {
            family_name,
            given_name,
            other_names,
            birth_date,
            birth_date_estimated,
            sex,
            identifiers,
            no_identifier_reason,
            nationality,
            country: residence,
            phone: own_phone,
            email,
            address_lines,
            city,
            address_country,
            preferred_language,
            guardian_name,
            guardian_relation,
            guardian_phone,
        } = self;
        let name = PatientName {
            family: required("family_name", &family_name)?,
            given: optional("given_name", given_name)?,
            transliterations: other_names
                .into_iter()
                .map(WrittenName::entry)
                .collect::<Result<_, _>>()?,
        };
        let date = partial_date("birth_date", Some(birth_date))?;
        let email = present("email", email.as_ref())?
            .map(EmailAddress::new)
            .transpose();
        let address = Address {
            lines: address_lines
                .iter()
                .map(|line| required("address_lines", line))
                .collect::<Result<_, _>>()?,
            city: optional("city", city)?,
            country: country("address_country", address_country.as_ref())?,
        };
        let guardian = match (optional("guardian_name", guardian_name)?, guardian_relation) {
            (Some(name), relation) => Some(Guardian {
                name,
                relation: required("guardian_relation", &relation.unwrap_or_else(|| "".into()))?,
                phone: phone("guardian_phone", guardian_phone.as_ref())?,
            }),
            (None, relation) => {
                let relation = present("guardian_relation", relation.as_ref())?;
                if relation.is_some() || present("guardian_phone", guardian_phone.as_ref())?.is_some() {
                    return Err(MsoError::malformed("guardian_name"));
                }
                None
            }
        };
        Ok(vec![
            PatientChange::Identifiers(IdentifierSet {
                identifiers: all::<_, Identifier>(identifiers)?,
                no_identifier_reason: optional("no_identifier_reason", no_identifier_reason)?,
            }),
            PatientChange::Name(name),
            PatientChange::BirthDate(BirthDate {
                date: date.ok_or_else(|| MsoError::malformed("birth_date"))?,
                estimated: birth_date_estimated,
            }),
            PatientChange::Sex(sex),
            PatientChange::Nationality(country("nationality", nationality.as_ref())?),
            PatientChange::Country(country("country", residence.as_ref())?),
            PatientChange::Phone(phone("phone", own_phone.as_ref())?),
            PatientChange::Email(email.map_err(|_| MsoError::malformed("email"))?),
            PatientChange::Address(Some(address).filter(|address| *address != Address::default())),
            PatientChange::PreferredLanguage(
                preferred_language
                    .filter(|tag| !tag.of("preferred_language").is_ok_and(is_blank))
                    .map(|tag| language("preferred_language", &tag))
                    .transpose()?,
            ),
            PatientChange::Guardian(guardian),
        ])
    }
}

impl WrittenName {
    fn entry(self) -> Result<(Language, Transliteration), MsoError> {
        let Self {
            language: tag,
            family_name,
            given_name,
        } = self;
        let written = Transliteration {
            family: required("family_name", &family_name)?,
            given: optional("given_name", given_name)?,
        };
        Ok((language("language", &tag)?, written))
    }
}

impl TryFrom<Inactive> for patients::Inactive {
    type Error = MsoError;

    fn try_from(inactive: Inactive) -> Result<Self, MsoError> {
        Ok(match inactive {
            Inactive::Deceased { deceased_date } => Self::Deceased {
                deceased_date: partial_date("deceased_date", Some(deceased_date))?
                    .ok_or_else(|| MsoError::malformed("deceased_date"))?,
            },
            Inactive::Duplicate => Self::Duplicate,
            Inactive::Left => Self::Left,
            Inactive::Error => Self::Error,
        })
    }
}

#[cfg(test)]
mod tests {
    use mso_core::patients::{Patient, PatientField};

    use super::*;

    fn patient() -> Patient {
        let id = "01920000-0000-7000-8000-000000000001";
        serde_json::from_value(serde_json::json!({
            "id": id, "institution_id": id,
            "identifiers": [{"kind": "passport", "issuer": "SY", "value": "N 123", "valid_to": "2031-08-01"}],
            "no_identifier_reason": "In renewal.",
            "name": {"family": "Haddad", "given": "Amal",
                "transliterations": {"ar": {"family": "حداد", "given": "أمل"}, "el": {"family": "Χαντάντ"}}},
            "birth_date": "1958-04", "birth_date_estimated": true, "sex": "female",
            "nationality": "SY", "country": "DE", "phone": "+49301234567", "email": "amal@example.org",
            "address": {"lines": ["c/o Weber", "Heidestraße 17"], "city": "51147 Köln", "country": "DE"},
            "preferred_language": "ar-SY",
            "guardian": {"name": "Karim Haddad", "relation": "son", "phone": "+49307654321"},
            "verification": {"state": "unverified"}, "active": true, "version": 1,
        }))
        .unwrap()
    }

    /// What a form shows and sends back unchanged is no change, or it would undo a colleague's.
    #[test]
    fn every_field_that_is_shown_and_sent_back_is_the_same() {
        let bare: Patient = serde_json::from_value(serde_json::json!({
            "id": "01920000-0000-7000-8000-000000000001", "institution_id": "01920000-0000-7000-8000-000000000001",
            "name": {"family": "Haddad"}, "birth_date": "1958", "sex": "unknown",
            "verification": {"state": "unverified"}, "active": true, "version": 1,
        }))
        .unwrap();
        for patient in [patient(), bare] {
            let values = PatientFields::from(&patient).values().unwrap();
            assert_eq!(values, PatientField::ALL.map(|field| patient.value(field)));
        }
    }

    #[test]
    fn what_is_entered_wrongly_names_its_field() {
        let refused = |field: &'static str, change: &dyn Fn(&mut PatientFields)| {
            let mut fields = PatientFields::from(&patient());
            change(&mut fields);
            assert_eq!(fields.values(), Err(MsoError::malformed(field)));
        };
        refused("birth_date", &|fields| fields.birth_date = "spring".into());
        refused("country", &|fields| fields.country = Some("Germany".into()));
        refused("phone", &|fields| fields.phone = Some("030 12".into()));
        refused("email", &|fields| fields.email = Some("amal".into()));
        refused("preferred_language", &|fields| {
            fields.preferred_language = Some("Arabic, of course".into());
        });
        refused("guardian_name", &|fields| fields.guardian_name = None);
        let mut fields = PatientFields::from(&patient());
        fields.email = Some("  ".into());
        assert!(fields.values().unwrap().contains(&PatientChange::Email(None)));
    }
}
