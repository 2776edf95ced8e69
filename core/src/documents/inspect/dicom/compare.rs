//! Whether a DICOM file's header names the case's patient (D-22).
//!
//! | field      | mismatch                                                                                    |
//! |------------|---------------------------------------------------------------------------------------------|
//! | name       | no spelling in the header has the parts of the patient's name                               |
//! | birth date | the year, month or day differ where both are known                                          |
//! | sex        | both state female, male or other, and they differ                                           |
//! | patient id | the patient has a record number (`mrn`) and no identifier of the patient is the header's id |
//!
//! Name parts are compared like everywhere in the project ([`NameKey`]: ignoring case and diacritics),
//! in any order, without titles, in every language in which the patient's name is recorded. One side
//! may have more parts than the other: a header without the middle name refers to the same person.
//! Chinese names match with and without a space.
//!
//! Invariant: a value that is missing in the header or unknown for the patient (including an estimated
//! birth date) is never a mismatch. A mismatch leads to a warning that a person must confirm.

use std::collections::BTreeSet;

use super::{DicomIdentity, DicomName};
use crate::patients::{IdentifierKind, IdentifierValue, NameKey, Patient, PatientName, Sex};
use crate::text::Line;
use crate::time::PartialDate;

/// A difference between a header and the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityMismatch {
    Name,
    BirthDate,
    Sex,
    PatientId,
}

/// The differences, in the order of [`IdentityMismatch`]; empty if the header can refer to this
/// patient.
#[must_use]
pub fn compare(identity: &DicomIdentity, patient: &Patient) -> Vec<IdentityMismatch> {
    let DicomIdentity {
        name,
        patient_id,
        birth_date,
        sex,
    } = identity;
    let name = name.as_ref().filter(|name| !is_name_of(name, &patient.name));
    let birth_date = birth_date
        .filter(|date| !patient.birth_date_estimated && !may_be_the_same(*date, patient.birth_date));
    let sex = sex.filter(|sex| *sex != patient.sex && patient.sex != Sex::Unknown && *sex != Sex::Unknown);
    let patient_id = patient_id.as_ref().filter(|id| !is_id_of(id.reveal(), patient));
    let mismatches = [
        name.map(|_| IdentityMismatch::Name),
        birth_date.map(|_| IdentityMismatch::BirthDate),
        sex.map(|_| IdentityMismatch::Sex),
        patient_id.map(|_| IdentityMismatch::PatientId),
    ];
    mismatches.into_iter().flatten().collect()
}

fn is_name_of(header: &DicomName, patient: &PatientName) -> bool {
    let own = (&patient.family, patient.given.as_ref());
    let others = patient.transliterations.values();
    let written: Vec<Written> = std::iter::once(own)
        .chain(others.map(|written| (&written.family, written.given.as_ref())))
        .map(|(family, given)| Written::new(family, given))
        .collect();
    header.groups().any(|group| {
        // After family, given and middle name come titles.
        let components: Vec<&str> = group.split('^').take(3).collect();
        let spelled = NameKey::of(&components.join(" "));
        written.iter().any(|written| written.is(&spelled))
    })
}

/// The patient's name as written in one language.
struct Written {
    family: NameKey,
    given: Option<NameKey>,
}

impl Written {
    fn new(family: &Line<1, 100>, given: Option<&Line<1, 100>>) -> Self {
        Self {
            family: NameKey::of(family.as_str()),
            given: given.map(|given| NameKey::of(given.as_str())),
        }
    }

    fn is(&self, spelled: &NameKey) -> bool {
        let family: Vec<&str> = self.family.words().collect();
        let given: Vec<&str> = self.given.iter().flat_map(NameKey::words).collect();
        let known: BTreeSet<&str> = family.iter().chain(&given).copied().collect();
        let parts: BTreeSet<&str> = spelled.words().collect();
        let joined: String = spelled.words().collect();
        parts.is_subset(&known)
            || known.is_subset(&parts)
            || joined == [family.concat(), given.concat()].concat()
            || joined == [given.concat(), family.concat()].concat()
    }
}

fn may_be_the_same(header: PartialDate, patient: PartialDate) -> bool {
    let (header, patient) = (known(header), known(patient));
    let same = |a: Option<i8>, b: Option<i8>| a.is_none() || b.is_none() || a == b;
    header.0 == patient.0 && same(header.1, patient.1) && same(header.2, patient.2)
}

fn known(date: PartialDate) -> (i16, Option<i8>, Option<i8>) {
    match date {
        PartialDate::Year(year) => (year, None, None),
        PartialDate::Month(year, month) => (year, Some(month), None),
        PartialDate::Day(date) => {
            let (year, month, day) = date.parts();
            (year, Some(month), Some(day))
        }
    }
}

fn is_id_of(header: &str, patient: &Patient) -> bool {
    let has_record_number = patient
        .identifiers
        .iter()
        .any(|identifier| identifier.kind == IdentifierKind::Mrn);
    let header = IdentifierValue::new(header);
    !has_record_number
        || patient
            .identifiers
            .iter()
            .any(|identifier| Some(&identifier.value) == header.as_ref())
}

#[cfg(test)]
mod tests;
