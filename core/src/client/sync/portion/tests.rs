//! A page of many records, stored in portions.

use std::sync::{Arc, Mutex};

use super::*;
use crate::client::observe::{ChangeListener, Changed};
use crate::client::store::settings;
use crate::client::sync::apply::apply;
use crate::client::testing::phone::{Phone, cursor, page, patient_record, plan};
use crate::client::workspace::Workspace;
use crate::ids::{CommandId, PatientId};
use crate::patients::{CreatePatient, Inactive, Patient, PatientName, Sex};
use crate::protocol::sync::{Outcome, PushResult, SettledOutcome, SyncResponse, WireRecord};
use crate::testing::text;
use crate::time::{Clock, PartialDate};

fn patients(phone: &Phone, count: usize) -> Vec<Patient> {
    let patient = |_| Patient {
        id: PatientId::generate(phone.clock.now()),
        ..phone.world.patient()
    };
    (0..count).map(patient).collect()
}

fn records(patients: &[Patient]) -> Vec<WireRecord> {
    patients.iter().map(patient_record).collect()
}

/// Everything in the store but times.
fn stored(phone: &Phone) -> Vec<String> {
    let queries = [
        "select kind || id || hex(body) || stale || coalesce(parent, '') from record order by 1",
        "select kind || term || id || laid from record_term order by 1",
        "select kind || id || hex(body) from overlay order by 1",
        "select id || next_seq from stream order by 1",
        "select command_id || state from outbox order by 1",
        "select command_id || coalesce(refusal_code, '') from settled_command order by 1",
    ];
    phone.read(|conn| {
        let mut all = Vec::new();
        for query in queries {
            let mut statement = conn.prepare(query)?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            for row in rows {
                all.push(row?);
            }
        }
        Ok(all)
    })
}

struct Seen {
    workspace: Arc<Workspace>,
    /// Patients listed, whether the cursor has moved, and commands that wait: after each change of a patient.
    states: Mutex<Vec<(usize, bool, u32)>>,
}

impl ChangeListener for Seen {
    fn changed(&self, change: Changed) {
        if !matches!(change, Changed::Patient(_)) {
            return;
        }
        let listed = self.workspace.patients(None, 1_000).unwrap().rows.len();
        let pending = self.workspace.sync_status().unwrap().pending_commands;
        let read = self.workspace.shared.store().read(settings::cursor).unwrap();
        let mut states = self.states.lock().unwrap();
        if states.last() != Some(&(listed, read.is_some(), pending)) {
            states.push((listed, read.is_some(), pending));
        }
    }
}

#[test]
fn a_large_page_is_stored_in_portions_and_ends_with_its_last() {
    let phone = Phone::of_requester();
    let patients = patients(&phone, 2 * RECORDS_AT_ONCE + 50);
    let name = PatientName::new(text("Nasser"), None);
    let id = phone.workspace.new_patient_id();
    let new = CreatePatient::new(id, name, PartialDate::Year(1970), Sex::Male);
    phone.workspace.create_patient(new).unwrap();
    let seen = Arc::new(Seen {
        workspace: Arc::clone(&phone.workspace),
        states: Mutex::default(),
    });
    let subscription = phone.workspace.subscribe(seen.clone());
    let created = Patient {
        id,
        ..phone.world.patient()
    };
    let mut sent = records(&patients);
    // The pending command's patient comes first, and the command's answer with it.
    sent.insert(0, patient_record(&created));
    let now = phone.clock.now();
    phone.server.answer(move |request| {
        let applied = |id: CommandId| PushResult {
            id,
            outcome: Outcome::Applied,
        };
        Ok(SyncResponse {
            results: request.push.iter().map(|item| applied(item.id)).collect(),
            chat: Vec::new(),
            reset: None,
            purge: Vec::new(),
            grants: Vec::new(),
            changes: Vec::new(),
            records: std::mem::take(&mut sent),
            gone: Vec::new(),
            unreadable: Vec::new(),
            cursor: cursor(1),
            more: false,
            server_time: now,
            next_after_ms: 30_000,
            cut: false,
            push_only: false,
        })
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let report = runtime.block_on(phone.workspace.sync()).unwrap();
    drop(subscription);
    assert_eq!((report.records, report.commands_applied), (451, 1));
    assert_eq!(
        *seen.states.lock().unwrap(),
        [(200, false, 1), (400, false, 1), (451, true, 0)]
    );
}

#[test]
fn a_page_interrupted_after_any_portion_and_asked_for_again_leaves_the_same() {
    let phone = Phone::of_requester();
    let mut patients = patients(&phone, 2 * RECORDS_AT_ONCE + 50);
    let before = |phone: &Phone| {
        phone.receive(&plan(Page {
            records: records(&patients[..10]),
            ..page()
        }));
    };
    before(&phone);
    phone
        .workspace
        .deactivate_patient(patients[3].id, Inactive::Left)
        .unwrap();
    phone
        .workspace
        .deactivate_patient(patients[4].id, Inactive::Left)
        .unwrap();
    let settled = vec![(phone.pending()[0].command_id, SettledOutcome::Applied)];
    patients[3].active = false;
    patients[3].version += 1;
    let whole = Plan {
        settled,
        ..plan(Page {
            records: records(&patients),
            gone: vec![patient_record(&patients[449]).key],
            ..page()
        })
    };
    let portions = portions(whole.clone());
    assert_eq!(portions.len(), 3);
    let actor = phone
        .workspace
        .shared
        .store()
        .read(crate::client::store::session::current);
    let actor = actor.unwrap().unwrap().actor;
    // Two portions arrive, then the phone stops, and begins the page anew.
    for portion in portions[..2].iter().chain(&portions[..1]).chain(&portions) {
        phone.write(|tx| Ok(apply(tx, portion, actor, phone.clock.now()).unwrap()));
    }
    let in_portions = stored(&phone);
    assert_eq!(phone.pending().len(), 1);
    assert!(!phone.workspace.patient(patients[4].id).unwrap().active);
    // The page in one transaction changes nothing more.
    phone.receive(&whole);
    assert_eq!(stored(&phone), in_portions);
}

#[test]
fn records_are_read_again_in_portions() {
    let mut phone = Phone::of_requester();
    let patients = patients(&phone, RECORDS_AT_ONCE + 7);
    for portion in portions(plan(Page {
        records: records(&patients),
        ..page()
    })) {
        phone.receive(&portion);
    }
    let before = stored(&phone);
    phone.write(|tx| Ok(tx.execute_batch("delete from record_term; update record set known = 0")?));
    assert_eq!(phone.patients(), []);
    phone.reopen("another version");
    assert_eq!(stored(&phone), before);
    assert_eq!(phone.patients().len(), patients.len());
}
