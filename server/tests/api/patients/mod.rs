//! Patients: who may change them, how duplicates are found, concurrent edits, and what each role reads.

mod duplicates;
mod edits;
mod merges;
mod reads;
mod replays;
mod rights;
mod seen_by_experts;

use mso_core::actor::Actor;
use mso_core::command::Command;
use mso_core::ids::PatientId;
use mso_core::patients::{
    CreatePatient, EditPatient, Patient, PatientChange, PatientName, PhoneNumber, VerificationMethod,
    VerifyPatient,
};
use mso_core::protocol::sync::Outcome;
use mso_core::refusal::RefusalRecord;
use mso_core::testing::text;

use crate::commands::world::World;

impl World {
    /// The record as stored.
    pub(crate) async fn patient(&self, id: PatientId) -> Patient {
        let record: serde_json::Value = sqlx::query_scalar("select record from patient where id = $1")
            .bind(id.as_uuid())
            .fetch_one(&self.root)
            .await
            .unwrap();
        serde_json::from_value(record).unwrap()
    }

    /// A patient of the requester's institution.
    pub(crate) async fn created(&self, create: CreatePatient) -> PatientId {
        let id = create.patient_id;
        self.apply(&self.requester, Command::CreatePatient(create), None)
            .await;
        id
    }

    /// The refusal of a command that must be refused.
    pub(crate) async fn refusal(&self, actor: &Actor, command: Command) -> RefusalRecord {
        let outcome = self.send(actor, &self.request(command, None)).await.outcome;
        let Outcome::Refused { refusal } = outcome else {
            panic!("{outcome:?}")
        };
        refusal
    }
}

pub(crate) fn verify(patient_id: PatientId) -> Command {
    Command::VerifyPatient(VerifyPatient {
        patient_id,
        method: VerificationMethod::DocumentSeen,
        note: None,
    })
}

/// Changes made by a user who has seen the patient in this version.
pub(crate) fn edit(seen: &Patient, changes: Vec<PatientChange>) -> Command {
    Command::EditPatient(EditPatient {
        patient_id: seen.id,
        edits: changes.into_iter().map(|change| seen.edit(change)).collect(),
        reason: None,
    })
}

/// The same, by an admin with a reason.
pub(crate) fn edit_with_reason(seen: &Patient, changes: Vec<PatientChange>) -> Command {
    let Command::EditPatient(edit) = edit(seen, changes) else {
        unreachable!()
    };
    Command::EditPatient(EditPatient {
        reason: Some(text("Misread at the desk.")),
        ..edit
    })
}

pub(crate) fn phone(number: &str) -> PatientChange {
    PatientChange::Phone(PhoneNumber::new(number))
}

pub(crate) fn named(family: &str, given: &str) -> PatientChange {
    PatientChange::Name(PatientName::new(text(family), Some(text(given))))
}
