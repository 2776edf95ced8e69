use super::*;
use crate::documents::inspect::dicom::tests::identity_of;
use crate::patients::{Identifier, Transliteration};
use crate::private::Private;
use crate::testing::Fixture;
use crate::text::{Form, Text};
use crate::time::PartialDate;

use IdentityMismatch::{BirthDate, Name, PatientId, Sex as SexMismatch};

fn text<const MIN: usize, const MAX: usize, F: Form>(text: &str) -> Text<MIN, MAX, F> {
    Text::new(text).unwrap()
}

/// The fixture's patient with this name.
fn patient(family: &str, given: &str) -> Patient {
    let mut patient = Fixture::new().patient();
    patient.name = PatientName::new(text(family), Text::new(given).ok());
    patient
}

fn named(name: &str) -> DicomIdentity {
    DicomIdentity {
        name: DicomName::new(name),
        ..DicomIdentity::default()
    }
}

fn is_same_name(header: &str, family: &str, given: &str) -> bool {
    compare(&named(header), &patient(family, given)).is_empty()
}

#[test]
fn names_match_without_case_diacritics_order_and_titles() {
    for (header, family, given) in [
        ("HADDAD^AMAL", "Haddad", "Amal"),
        ("AMAL^HADDAD", "Haddad", "Amal"),
        ("Haddad Amal", "Haddad", "Amal"),
        ("Haddad, Amal", "Haddad", "Amal"),
        ("Alvarez Nunez^Zoe", "Álvarez Núñez", "Zoë"),
        ("Al-Haddad^Amal", "Al Haddad", "Amal"),
        ("ALHADDAD^AMAL", "Al-Haddad", "Amal"),
        ("Doe^Peter^James^Dr^MD", "Doe", "Peter James"),
        // The middle name is missing on one side.
        ("Doe^Peter^James", "Doe", "Peter"),
        ("Doe^Peter", "Doe", "Peter James"),
        ("Doe", "Doe", "Peter"),
        ("Suharto", "Suharto", ""),
        ("أمـــل^حداد", "حداد", "أمل"),
        // Any spelling matches.
        ("Wang^XiaoDong=王^小東", "王", "小東"),
        ("Wang^XiaoDong=王^小東", "王小東", ""),
        ("Wang^XiaoDong=王^小東", "Wang", "XiaoDong"),
        ("Wang^XiaoDong=王^小東", "Xiaodong", "WANG"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "やまだ", "たろう"),
        ("ﾔﾏﾀﾞ^ﾀﾛｳ", "ヤマダ", "タロウ"),
    ] {
        assert!(is_same_name(header, family, given), "{header} {family} {given}");
    }
}

#[test]
fn other_names_do_not_match() {
    for (header, family, given) in [
        ("Haddad^Amira", "Haddad", "Amal"),
        ("Hadad^Amal", "Haddad", "Amal"),
        ("Lestrade^G", "Lestrade", "Gregory"),
        ("Doe^Peter^James", "Doe", "Peter John"),
        ("Anonymous", "Haddad", "Amal"),
        ("王^小东", "王", "小東"),
        // A title is not part of the name.
        ("Haddad^^^Amal", "Amal", ""),
        ("Wang^XiaoDong=王^小東=", "Li", "XiaoDong"),
    ] {
        assert_eq!(
            compare(&named(header), &patient(family, given)),
            [Name],
            "{header} {family} {given}"
        );
    }
}

#[test]
fn a_name_matches_in_any_language_that_the_patient_is_written_in() {
    let mut arabic = patient("حداد", "أمل");
    assert_eq!(compare(&named("HADDAD^AMAL"), &arabic), [Name]);
    let english = Transliteration {
        family: text("Haddad"),
        given: Some(text("Amal")),
    };
    arabic
        .name
        .transliterations
        .insert("en".parse().unwrap(), english);
    assert_eq!(compare(&named("HADDAD^AMAL"), &arabic), []);
    assert_eq!(compare(&named("حداد^أمل"), &arabic), []);
    assert_eq!(compare(&named("Haddad^أحمد"), &arabic), [Name]);
}

#[test]
fn what_a_header_does_not_say_never_differs() {
    let mut patient = patient("Haddad", "Amal");
    assert_eq!(compare(&DicomIdentity::default(), &patient), []);
    for empty in ["", "^^^^", " ^ = = ", "\0"] {
        assert_eq!(compare(&named(empty), &patient), [], "{empty:?}");
    }
    // Data unknown for the patient is no mismatch either.
    patient.sex = Sex::Unknown;
    patient.birth_date_estimated = true;
    patient.identifiers.clear();
    let header = DicomIdentity {
        birth_date: "2001-01-01".parse().ok(),
        sex: Some(Sex::Male),
        patient_id: Some(Private::new("4MR1".to_owned())),
        name: None,
    };
    assert_eq!(compare(&header, &patient), []);
}

#[test]
fn birth_dates_are_compared_as_far_as_both_are_known() {
    for (header, patient_s, differs) in [
        ("1958-04-17", "1958-04-17", false),
        ("1958-04-18", "1958-04-17", true),
        ("1958-05-17", "1958-04-17", true),
        ("1959-04-17", "1958-04-17", true),
        ("1958-04-17", "1958-04", false),
        ("1958-05-17", "1958-04", true),
        ("1958-04-17", "1958", false),
        ("1959-01-01", "1958", true),
        ("1958", "1958-04-17", false),
        ("1958-04", "1958-04-17", false),
        ("1958-05", "1958-04-17", true),
    ] {
        let mut patient = patient("Haddad", "Amal");
        patient.birth_date = patient_s.parse().unwrap();
        let header_says = DicomIdentity {
            birth_date: Some(header.parse::<PartialDate>().unwrap()),
            ..DicomIdentity::default()
        };
        let expected: &[IdentityMismatch] = if differs { &[BirthDate] } else { &[] };
        assert_eq!(compare(&header_says, &patient), expected, "{header} {patient_s}");
    }
}

#[test]
fn sexes_differ_when_both_are_known() {
    let known = [Sex::Female, Sex::Male, Sex::Other];
    for header in known {
        for of_patient in known.into_iter().chain([Sex::Unknown]) {
            let mut patient = patient("Haddad", "Amal");
            patient.sex = of_patient;
            let says = DicomIdentity {
                sex: Some(header),
                ..DicomIdentity::default()
            };
            let differs = header != of_patient && of_patient != Sex::Unknown;
            assert_eq!(
                !compare(&says, &patient).is_empty(),
                differs,
                "{header:?} {of_patient:?}"
            );
        }
    }
    let says = DicomIdentity {
        sex: Some(Sex::Male),
        ..DicomIdentity::default()
    };
    assert_eq!(compare(&says, &patient("Haddad", "Amal")), [SexMismatch]);
}

#[test]
fn an_id_differs_when_the_patient_has_a_record_number_and_nothing_equals_it() {
    let says = |id: &str| DicomIdentity {
        patient_id: Some(Private::new(id.to_owned())),
        ..DicomIdentity::default()
    };
    // The patient only has a national id; the device's id is of a different kind.
    let mut patient = patient("Haddad", "Amal");
    assert_eq!(compare(&says("77654033"), &patient), []);
    let mrn = IdentifierValue::new("4MR1").unwrap();
    patient
        .identifiers
        .push(Identifier::new(IdentifierKind::Mrn, text("HOSPITAL"), mrn));
    assert_eq!(compare(&says("77654033"), &patient), [PatientId]);
    assert_eq!(compare(&says("4mr1 "), &patient), []);
    assert_eq!(compare(&says("T22000129"), &patient), []);
    assert_eq!(compare(&says("4_MR1"), &patient), [PatientId]);
    assert_eq!(compare(&says("04MR1"), &patient), [PatientId]);
}

#[test]
fn a_real_file_is_compared_in_all_that_it_says() {
    let header = identity_of("dicom/test_files/waveform_ecg.dcm");
    let mut other = patient("Haddad", "Amal");
    other.sex = Sex::Male;
    let mrn = IdentifierValue::new("1").unwrap();
    other
        .identifiers
        .push(Identifier::new(IdentifierKind::Mrn, text("HOSPITAL"), mrn));
    assert_eq!(
        compare(&header, &other),
        [Name, BirthDate, SexMismatch, PatientId]
    );
    other.name = PatientName::new(text("anonymous"), None);
    other.birth_date = "1971-01-23".parse().unwrap();
    other.sex = Sex::Female;
    other.identifiers.clear();
    assert_eq!(compare(&header, &other), []);
}
