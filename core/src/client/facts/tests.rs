//! What the phone finds and lists by terms is what it would find and list by comparing every patient.

use rusqlite::Connection;

use super::*;
use crate::client::queries::PatientSummary;
use crate::client::store::records;
use crate::client::sync::Page;
use crate::client::testing::phone::{Phone, key, page, patient_record, plan};
use crate::command::Command;
use crate::patients::{CreatePatient, IdentifierKind, IdentifierValue, PatientName, PatientQuery, Sex};
use crate::protocol::records::RecordKind;
use crate::testing::text;
use crate::time::PartialDate;

const NAMES: [&str; 4] = ["Haddad", "HADDÁD", "Khoury", "Nasser"];

fn mrn(number: u64) -> Identifier {
    let value = IdentifierValue::new(&format!("N {number}")).unwrap();
    Identifier::new(IdentifierKind::Mrn, text("DH"), value)
}

/// The `n`th of people who share names, birth years, sexes and numbers with others.
fn person(phone: &Phone, n: u64) -> CreatePatient {
    let family = NAMES[usize::try_from(n).unwrap() % NAMES.len()];
    let born = PartialDate::Year(i16::try_from(1958 + n % 3).unwrap());
    let sex = if n.is_multiple_of(5) {
        Sex::Male
    } else {
        Sex::Female
    };
    let name = PatientName::new(text(family), Some(text("Amal")));
    CreatePatient {
        identifiers: vec![mrn(n % 7), mrn(100 + n)],
        ..CreatePatient::new(phone.workspace.new_patient_id(), name, born, sex)
    }
}

fn shown(conn: &Connection) -> Result<Vec<Patient>, StoreError> {
    let all = records::all_shown(conn, RecordKind::Patient)?;
    let patients = all.into_iter().filter_map(|record| {
        if let Record::Patient(patient) = record {
            Some(patient)
        } else {
            None
        }
    });
    Ok(patients.collect())
}

/// Compares what is found for every patient shown, and for somebody new, with a look at all of them.
fn is_as_by_comparing_all(phone: &Phone) -> usize {
    let patients = phone.read(shown);
    let new = phone.workspace.new_patient_id();
    let mut hits = 0;
    for one in &patients {
        for id in [one.id, new] {
            let others: Vec<&Patient> = patients.iter().filter(|other| other.id != id).collect();
            let likeness = Likeness::default().or(Some(one));
            let alike = |other: &Patient| {
                likeness.is_of(other) || id == one.id && one.possible_duplicates.contains(&other.id)
            };
            let expected: Vec<PatientId> = others
                .iter()
                .filter(|other| alike(other))
                .map(|other| other.id)
                .collect();
            let found = phone.read(|conn| similar(conn, id, likeness));
            assert_eq!(found.iter().map(|other| other.id).collect::<Vec<_>>(), expected);
            hits += expected.len();

            let has_one = |other: &&&Patient| {
                let mut own = other.identifiers.iter();
                own.any(|own| one.identifiers.iter().any(|wanted| wanted.is_same_as(own)))
            };
            let expected = others
                .iter()
                .filter(has_one)
                .map(|other| other.duplicate_of.unwrap_or(other.id));
            let expected = expected.filter(|other| *other != id).min();
            let found = phone.read(|conn| same_identifier(conn, id, &one.identifiers));
            assert_eq!(found, expected);
            hits += usize::from(expected.is_some());
        }
    }
    hits + is_listed_as_by_sorting_all(phone, &patients)
}

/// The same of the list, and of searches.
fn is_listed_as_by_sorting_all(phone: &Phone, patients: &[Patient]) -> usize {
    let sorted = |finds: &dyn Fn(&Patient) -> bool| -> Vec<PatientId> {
        let found = patients.iter().filter(|patient| finds(patient));
        let found: BTreeSet<_> = found.map(|one| one.duplicate_of.unwrap_or(one.id)).collect();
        let mut shown: Vec<_> = patients.iter().filter(|one| found.contains(&one.id)).collect();
        shown.retain(|one| !one.is_merged());
        shown.sort_by_key(|one| (one.name.key(), one.id));
        shown.iter().map(|one| one.id).collect()
    };
    let ids = |rows: Vec<PatientSummary>| rows.iter().map(|row| row.patient_id).collect::<Vec<_>>();
    assert_eq!(ids(phone.patients()), sorted(&|_| true));
    let mut hits = 0;
    for typed in [
        "a",
        "had",
        "amal kh",
        "kho amal",
        "sayegh",
        "n 3",
        "n 103",
        "nasser a nas",
        "nobody",
        "-",
        "ha'",
    ] {
        let query = PatientQuery::new(typed).unwrap();
        let expected = sorted(&|patient| query.finds(patient));
        assert_eq!(ids(phone.found(typed)), expected, "{typed}");
        hits += expected.len();
    }
    hits
}

#[test]
fn terms_find_whom_a_look_at_all_patients_finds() {
    let mut phone = Phone::of_requester();
    let mut received = Vec::new();
    for n in 0..12 {
        let new = person(&phone, n);
        let mut patient = phone.world.patient();
        (patient.id, patient.name, patient.birth_date, patient.sex) =
            (new.patient_id, new.name, new.birth_date, new.sex);
        patient.identifiers = new.identifiers;
        received.push(patient);
    }
    received[3].possible_duplicates = vec![received[8].id];
    received[4].duplicate_of = Some(received[0].id);
    let records = received.iter().map(patient_record).collect();
    phone.receive(&plan(Page { records, ..page() }));
    assert!(is_as_by_comparing_all(&phone) > 20);

    // Created on the phone, and not answered yet.
    for n in 12..18 {
        let mut new = person(&phone, n);
        new.identifiers.remove(0);
        phone.perform(Command::CreatePatient(new)).unwrap();
    }
    assert_eq!(phone.read(shown).len(), 18);
    is_as_by_comparing_all(&phone);

    // Changed by the server, gone, and not readable by this version.
    received[0].name.family = text("Sayegh");
    received[0].identifiers = vec![mrn(900)];
    received[0].version += 1;
    let mut unreadable = patient_record(&received[1]);
    unreadable.version += 1;
    unreadable.body = vec![0xff].into();
    phone.receive(&plan(Page {
        records: vec![patient_record(&received[0]), unreadable],
        gone: vec![key(RecordKind::Patient, received[2].id.as_uuid())],
        ..page()
    }));
    assert_eq!(phone.read(shown).len(), 16);
    is_as_by_comparing_all(&phone);
    let left = |phone: &Phone, id: PatientId| -> i64 {
        phone.read(|conn| {
            let count = "select count(*) from record_term where id = ?1";
            Ok(conn.query_row(count, [id.to_string()], |row| row.get(0))?)
        })
    };
    assert_eq!(
        (left(&phone, received[1].id), left(&phone, received[2].id)),
        (0, 0)
    );

    // Another version of the app reads all records again.
    phone.write(|tx| Ok(tx.execute("delete from record_term", [])?));
    phone.reopen("0.2.0");
    assert!(is_as_by_comparing_all(&phone) > 20);

    phone.settle_all();
    let hits = is_as_by_comparing_all(&phone);
    assert_eq!(
        phone.read(shown).len(),
        10,
        "without the server's records, the new ones are gone"
    );
    assert!(hits > 0);
}
