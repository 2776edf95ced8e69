//! `CreatePatient`: a requester adds a patient of their own institution.
//!
//! Works offline; the device generates the id, so a repeated command has no further effect. A second patient
//! with the same identifier in one institution is refused with the existing patient's id; a patient who only
//! resembles another is flagged on both records (D-11).

use serde::{Deserialize, Serialize};

use super::contact::{Address, Guardian, PhoneNumber};
use super::fields::{BirthDate, IdentifierSet, PatientChange, PatientField};
use super::identifier::Identifier;
use super::likeness::{self, Likeness};
use super::name::PatientName;
use super::patient::{Patient, Sex, Verification};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::Decision;
use crate::facts::{Context, Facts, Need};
use crate::ids::{InstitutionId, PatientId};
use crate::people::{Country, EmailAddress, Language};
use crate::refusal::Refusal;
use crate::text::Text;
use crate::time::PartialDate;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatePatient {
    pub patient_id: PatientId,
    /// 0 to 8.
    #[serde(default)]
    pub identifiers: Vec<Identifier>,
    /// Why the patient has no identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_identifier_reason: Option<Text<1, 500>>,
    pub name: PatientName,
    pub birth_date: PartialDate,
    /// Whether the birth date is a guess.
    #[serde(default)]
    pub birth_date_estimated: bool,
    pub sex: Sex,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nationality: Option<Country>,
    /// Country of residence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<PhoneNumber>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<Language>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guardian: Option<Guardian>,
}

impl Operation for CreatePatient {
    const SPEC: Spec = Spec::offline("create_patient", &[Role::Requester]).creating();

    fn aggregate(&self) -> Aggregate {
        Aggregate::Patient(self.patient_id)
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![
            Need::SameIdentifier(&self.identifiers),
            Need::SimilarPatients(Likeness {
                name: Some(&self.name),
                birth_date: Some(self.birth_date),
                sex: Some(self.sex),
            }),
        ]
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(institution_id) = ctx.actor.institution() else {
            return Err(Refusal::Forbidden);
        };
        let new = self.patient(institution_id);
        if let Some(Some(existing)) = facts.patient.known() {
            return new.decide_repeated(existing);
        }
        if let Some(Some(existing)) = facts.same_identifier.known() {
            return Err(Refusal::PatientExists {
                existing: Some(*existing),
            });
        }
        let birth_date = BirthDate {
            date: self.birth_date,
            estimated: self.birth_date_estimated,
        };
        for value in [
            PatientChange::Identifiers(IdentifierSet {
                identifiers: self.identifiers.clone(),
                no_identifier_reason: None,
            }),
            PatientChange::Name(self.name.clone()),
            PatientChange::BirthDate(birth_date),
            PatientChange::Address(self.address.clone()),
        ] {
            value.check(ctx)?;
        }
        let similar = facts.similar_patients.known().map_or(&[][..], Vec::as_slice);
        Ok(likeness::store_and_flag(new, similar))
    }
}

impl CreatePatient {
    /// Somebody of whom nothing else is known.
    #[must_use]
    pub const fn new(patient_id: PatientId, name: PatientName, birth_date: PartialDate, sex: Sex) -> Self {
        Self {
            patient_id,
            identifiers: Vec::new(),
            no_identifier_reason: None,
            name,
            birth_date,
            birth_date_estimated: false,
            sex,
            nationality: None,
            country: None,
            phone: None,
            email: None,
            address: None,
            preferred_language: None,
            guardian: None,
        }
    }

    fn patient(&self, institution_id: InstitutionId) -> Patient {
        Patient {
            id: self.patient_id,
            institution_id,
            identifiers: self.identifiers.clone(),
            no_identifier_reason: self.no_identifier_reason.clone(),
            name: self.name.clone(),
            birth_date: self.birth_date,
            birth_date_estimated: self.birth_date_estimated,
            sex: self.sex,
            nationality: self.nationality.clone(),
            country: self.country.clone(),
            phone: self.phone.clone(),
            email: self.email.clone(),
            address: self.address.clone(),
            preferred_language: self.preferred_language.clone(),
            guardian: self.guardian.clone(),
            verification: Verification::Unverified,
            active: true,
            inactive: None,
            duplicate_of: None,
            possible_duplicates: Vec::new(),
            distinct_from: Vec::new(),
            field_versions: std::collections::BTreeMap::new(),
            version: 1,
        }
    }
}

impl Patient {
    /// Decides a creation whose id already exists: a repetition of the same command is a noop.
    fn decide_repeated(&self, existing: &Self) -> Result<Decision, Refusal> {
        let mut fields = PatientField::ALL.into_iter();
        if existing.institution_id == self.institution_id
            && fields.all(|field| existing.value(field) == self.value(field))
        {
            return Ok(Decision::noop());
        }
        Err(Refusal::PatientExists {
            existing: Some(existing.id),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Event;
    use crate::facts::Fact;
    use crate::patients::{IdentifierKind, IdentifierValue};
    use crate::testing::{Fixture, text};

    fn made(decision: &Decision) -> Vec<&Patient> {
        let patients = decision.events.iter().map(|event| {
            let Event::Patient(patient) = event else {
                panic!("{event:?}")
            };
            &**patient
        });
        patients.collect()
    }

    fn alone() -> Facts {
        Facts {
            patient: Fact::Known(None),
            same_identifier: Fact::Known(None),
            similar_patients: Fact::Known(Vec::new()),
            ..Facts::default()
        }
    }

    #[test]
    fn a_new_patient_is_active_unverified_and_the_institutions_own() {
        let world = Fixture::new();
        let decision = world
            .create_patient()
            .decide(&alone(), &world.as_requester())
            .unwrap();
        let [patient] = made(&decision)[..] else { panic!() };
        assert_eq!(patient.institution_id, world.institution);
        assert_eq!(
            (&patient.verification, patient.active, patient.version),
            (&Verification::Unverified, true, 1)
        );
        assert!(patient.possible_duplicates.is_empty());
    }

    #[test]
    fn everything_that_is_said_of_a_patient_is_kept() {
        let world = Fixture::new();
        let whole = world.patient_with_everything();
        let create = world.create_patient_like(&whole);
        let decision = create.decide(&alone(), &world.as_requester()).unwrap();
        let expected = Patient {
            id: create.patient_id,
            verification: Verification::Unverified,
            version: 1,
            ..whole
        };
        assert_eq!(made(&decision), [&expected]);
    }

    #[test]
    fn who_has_a_name_that_nobody_can_see_is_refused() {
        let world = Fixture::new();
        for unseen in ["\u{200b}", "\u{202e}\u{2066}", "\u{3164}", "\u{e000}"] {
            let mut json = serde_json::to_value(world.create_patient()).unwrap();
            json["name"]["family"] = unseen.into();
            let create: CreatePatient = serde_json::from_value(json).unwrap();
            let decided = crate::command::Command::from(create).decide(&alone(), &world.as_requester());
            assert_eq!(decided, Err(Refusal::BadRequest), "{unseen:?}");
        }
    }

    #[test]
    fn the_same_identifier_names_the_patient_to_use_instead() {
        let world = Fixture::new();
        let existing = Some(world.patient);
        let facts = Facts {
            same_identifier: Fact::Known(existing),
            ..alone()
        };
        let refused = world.create_patient().decide(&facts, &world.as_requester());
        assert_eq!(refused, Err(Refusal::PatientExists { existing }));
    }

    #[test]
    fn the_same_id_is_the_same_patient_or_taken() {
        let world = Fixture::new();
        let known = world.patient_with_everything();
        let create = CreatePatient {
            patient_id: known.id,
            ..world.create_patient_like(&known)
        };
        let decide = |create: &CreatePatient, known: &Patient| {
            let facts = Facts {
                patient: Fact::Known(Some(known.clone())),
                ..alone()
            };
            create.decide(&facts, &world.as_requester())
        };
        assert_eq!(decide(&create, &known), Ok(Decision::noop()));
        let existing = Some(known.id);
        let other = CreatePatient {
            sex: Sex::Unknown,
            ..create.clone()
        };
        assert_eq!(decide(&other, &known), Err(Refusal::PatientExists { existing }));
        let foreign = Patient {
            institution_id: InstitutionId::generate(world.now),
            ..known.clone()
        };
        assert_eq!(
            decide(&create, &foreign),
            Err(Refusal::PatientExists { existing })
        );
    }

    #[test]
    fn who_looks_like_somebody_is_created_and_flagged_on_both_records() {
        let world = Fixture::new();
        let create = world.create_patient();
        let facts = Facts {
            similar_patients: Fact::Known(vec![world.patient()]),
            ..alone()
        };
        let decision = create.decide(&facts, &world.as_requester()).unwrap();
        let [new, known] = made(&decision)[..] else {
            panic!()
        };
        assert_eq!(new.possible_duplicates, [world.patient]);
        assert_eq!(known.possible_duplicates, [create.patient_id]);
        assert_eq!(known.version, world.patient().version + 1);
        assert!(known.is_verified(), "what was attested before stays attested");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let world = Fixture::new();
        let refused = |change: &dyn Fn(&mut CreatePatient)| {
            let mut create = world.create_patient();
            change(&mut create);
            create.decide(&alone(), &world.as_requester()).unwrap_err()
        };
        let born = |date: &str| {
            let date = date.parse().unwrap();
            refused(&move |create| create.birth_date = date)
        };
        assert_eq!(born("2027"), Refusal::BirthDateInvalid);
        assert_eq!(born("1895"), Refusal::BirthDateInvalid);
        let spanish = Identifier::new(
            IdentifierKind::NationalId,
            text("ES"),
            IdentifierValue::new("12345678A").unwrap(),
        );
        let wrong = refused(&|create| create.identifiers = vec![spanish.clone()]);
        assert_eq!(wrong, Refusal::IdentifierInvalid);
        let many = refused(&|create| {
            let number = |n: usize| IdentifierValue::new(&n.to_string()).unwrap();
            let mrn = |n| Identifier::new(IdentifierKind::Mrn, text("DH"), number(n));
            create.identifiers = (0..9).map(mrn).collect();
        });
        assert_eq!(many, Refusal::BadRequest);
        let long = refused(&|create| {
            create.address = Some(Address {
                lines: vec![text("Ward 3"); 6],
                ..Address::default()
            });
        });
        assert_eq!(long, Refusal::BadRequest);
    }
}
