//! Possible duplicates (D-11): similar records are flagged on both sides until a user decides.
//!
//! The invariant: a flag is set on both records or on neither, and only between two that resemble each other
//! and that nobody has dismissed. Equal identifiers, which are refused, are in `create.rs` and `edit.rs`.

use super::name::PatientName;
use super::patient::{Inactive, Patient, Sex};
use crate::decision::{Decision, Event};
use crate::ids::PatientId;
use crate::time::PartialDate;

/// The fields that make two records similar, as far as a command changes them; `None` means as in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Likeness<'a> {
    pub name: Option<&'a PatientName>,
    pub birth_date: Option<PartialDate>,
    pub sex: Option<Sex>,
}

impl<'a> Likeness<'a> {
    /// Fills the unchanged fields from the record.
    #[must_use]
    pub fn or(self, patient: Option<&'a Patient>) -> Self {
        Self {
            name: self.name.or(patient.map(|patient| &patient.name)),
            birth_date: self.birth_date.or(patient.map(|patient| patient.birth_date)),
            sex: self.sex.or(patient.map(|patient| patient.sex)),
        }
    }

    /// Whether the patient matches: a common name, the same birth date and sex. A missing value never
    /// matches.
    #[must_use]
    pub fn is_of(&self, other: &Patient) -> bool {
        let keys = other.name.keys();
        self.birth_date == Some(other.birth_date)
            && self.sex == Some(other.sex)
            && self
                .name
                .is_some_and(|name| name.keys().iter().any(|key| keys.contains(key)))
    }
}

impl Patient {
    /// Whether both records seem to describe the same person: a common name, the same birth date and sex.
    #[must_use]
    pub fn resembles(&self, other: &Self) -> bool {
        Likeness::default().or(Some(self)).is_of(other)
    }

    /// Whether the record represents a person. One that was merged or created in error does not.
    const fn stands_for_somebody(&self) -> bool {
        match self.inactive {
            Some(Inactive::Duplicate | Inactive::Error) => false,
            Some(Inactive::Deceased { .. } | Inactive::Left) | None => !self.is_merged(),
        }
    }

    fn should_be_flagged(&self, other: &Self) -> bool {
        self.stands_for_somebody()
            && other.stands_for_somebody()
            && self.resembles(other)
            && !self.distinct_from.contains(&other.id)
    }
}

fn put(ids: &mut Vec<PatientId>, id: PatientId, wanted: bool) {
    ids.retain(|known| *known != id);
    if wanted {
        ids.push(id);
        ids.sort_unstable();
    }
}

/// Returns the decision that stores this record and sets or removes flags on both sides. `around` holds the
/// records that resemble it now and those with which it is flagged; unseen records keep their flags.
pub(super) fn store_and_flag(mut patient: Patient, around: &[Patient]) -> Decision {
    let mut others = Vec::new();
    for other in around {
        if other.id == patient.id || other.institution_id != patient.institution_id {
            continue;
        }
        let wanted = patient.should_be_flagged(other);
        put(&mut patient.possible_duplicates, other.id, wanted);
        if other.possible_duplicates.contains(&patient.id) != wanted {
            let mut other = other.clone();
            put(&mut other.possible_duplicates, patient.id, wanted);
            other.version += 1;
            others.push(other);
        }
    }
    let mut decision = Decision::of(Event::Patient(Box::new(patient)));
    for other in others {
        decision = decision.and(Event::Patient(Box::new(other)));
    }
    decision
}

/// Removes the flag permanently because the records are two different people.
pub(super) fn mark_distinct(patient: &mut Patient, other: PatientId) {
    put(&mut patient.possible_duplicates, other, false);
    put(&mut patient.distinct_from, other, true);
    patient.version += 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patients::Transliteration;
    use crate::testing::{Fixture, text};

    fn two() -> (Patient, Patient) {
        let world = Fixture::new();
        let other = Patient {
            id: PatientId::generate(world.now),
            ..world.patient()
        };
        (world.patient(), other)
    }

    #[test]
    fn a_name_in_common_the_same_birth_date_and_sex_make_two_records_alike() {
        let (one, other) = two();
        assert!(one.resembles(&other));
        let differently = |change: &dyn Fn(&mut Patient)| {
            let mut other = other.clone();
            change(&mut other);
            (one.resembles(&other), other.resembles(&one))
        };
        let written = differently(&|other| other.name.family = text("HADDÁD"));
        assert_eq!(written, (true, true));
        assert_eq!(
            differently(&|other| other.name.family = text("Hadad")),
            (false, false)
        );
        assert_eq!(differently(&|other| other.sex = Sex::Unknown), (false, false));
        let later = "1958-01".parse().unwrap();
        assert_eq!(differently(&|other| other.birth_date = later), (false, false));
        let in_another_script = differently(&|other| {
            let latin = Transliteration {
                family: other.name.family.clone(),
                given: other.name.given.clone(),
            };
            other.name = PatientName::new(text("حداد"), Some(text("أمل")));
            other.name.transliterations.insert("en".parse().unwrap(), latin);
        });
        assert_eq!(in_another_script, (true, true));
    }

    fn flags(decision: &Decision) -> Vec<(PatientId, Vec<PatientId>)> {
        let flags = decision.events.iter().map(|event| {
            let Event::Patient(patient) = event else {
                panic!("{event:?}")
            };
            (patient.id, patient.possible_duplicates.clone())
        });
        flags.collect()
    }

    #[test]
    fn a_flag_is_set_and_taken_on_both_sides_at_once() {
        let (mut one, mut other) = two();
        let set = flags(&store_and_flag(one.clone(), std::slice::from_ref(&other)));
        assert_eq!(set, [(one.id, vec![other.id]), (other.id, vec![one.id])]);

        one.possible_duplicates = vec![other.id];
        other.possible_duplicates = vec![one.id];
        let unchanged = flags(&store_and_flag(one.clone(), std::slice::from_ref(&other)));
        assert_eq!(unchanged, [(one.id, vec![other.id])]);

        one.name.family = text("Khoury");
        let taken = flags(&store_and_flag(one.clone(), std::slice::from_ref(&other)));
        assert_eq!(taken, [(one.id, vec![]), (other.id, vec![])]);
        // Unseen records keep their flags.
        assert_eq!(
            flags(&store_and_flag(one.clone(), &[])),
            [(one.id, vec![other.id])]
        );
    }

    #[test]
    fn told_apart_merged_and_mistaken_records_are_flagged_no_more() {
        for change in [
            |patient: &mut Patient, other: PatientId| mark_distinct(patient, other),
            |patient: &mut Patient, other: PatientId| patient.duplicate_of = Some(other),
            |patient: &mut Patient, _| patient.inactive = Some(Inactive::Error),
            |patient: &mut Patient, _| patient.inactive = Some(Inactive::Duplicate),
        ] {
            let (mut one, mut other) = two();
            one.possible_duplicates = vec![other.id];
            other.possible_duplicates = vec![one.id];
            change(&mut one, other.id);
            let taken = flags(&store_and_flag(one.clone(), std::slice::from_ref(&other)));
            assert_eq!(taken, [(one.id, vec![]), (other.id, vec![])]);
        }
        let (mut one, other) = two();
        one.inactive = Some(Inactive::Left);
        assert_eq!(flags(&store_and_flag(one, &[other])).len(), 2);
    }

    #[test]
    fn a_record_of_another_institution_is_nobody_to_be_taken_for() {
        let (one, mut other) = two();
        other.institution_id = crate::ids::InstitutionId::generate(Fixture::new().now);
        assert_eq!(flags(&store_and_flag(one.clone(), &[other])), [(one.id, vec![])]);
    }
}
