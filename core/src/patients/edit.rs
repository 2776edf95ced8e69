//! `EditPatient`: a user of the institution, or an admin with a reason, edits fields of a patient.
//!
//! Each change carries the field's version that its author saw. Changes of different fields merge. If
//! somebody else changed a field to another value in the meantime, the whole command is refused with
//! `field_conflict` and the names of those fields, and the phone shows both values (R6). A change of
//! identifier, name, birth date or sex revokes the verification unless an admin made it (D-10), and duplicate
//! flags are recomputed (D-11). Works offline. A merged record cannot be edited; an inactive one can.

use super::Identifier;
use super::Likeness;
use crate::command::Dependents;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::birth_date;
use super::fields::{FieldEdit, PatientChange, PatientField};
use super::likeness;
use super::patient::{Inactive, Patient, Verification};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::Decision;
use crate::facts::{Context, Facts, Need};
use crate::ids::PatientId;
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditPatient {
    pub patient_id: PatientId,
    /// Each field at most once.
    pub edits: Vec<FieldEdit>,
    /// Required for admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

impl Operation for EditPatient {
    const SPEC: Spec = Spec::offline("edit_patient", &[Role::Requester, Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Patient(self.patient_id)
    }

    fn needs(&self) -> Vec<Need<'_>> {
        let mut likeness = Likeness::default();
        let mut identifiers: &[Identifier] = &[];
        for edit in &self.edits {
            match &edit.change {
                PatientChange::Identifiers(set) => identifiers = &set.identifiers,
                PatientChange::Name(name) => likeness.name = Some(name),
                PatientChange::BirthDate(birth) => likeness.birth_date = Some(birth.date),
                PatientChange::Sex(sex) => likeness.sex = Some(*sex),
                PatientChange::Nationality(_)
                | PatientChange::Country(_)
                | PatientChange::Phone(_)
                | PatientChange::Email(_)
                | PatientChange::Address(_)
                | PatientChange::PreferredLanguage(_)
                | PatientChange::Guardian(_) => {}
            }
        }
        vec![Need::SameIdentifier(identifiers), Need::SimilarPatients(likeness)]
    }

    /// The same values: the second edit starts from what the first one wrote.
    fn repeats(&self, earlier: &Self) -> bool {
        let values = |edits: &[FieldEdit]| -> Vec<PatientChange> {
            edits.iter().map(|edit| edit.change.clone()).collect()
        };
        self.patient_id == earlier.patient_id
            && self.reason == earlier.reason
            && values(&self.edits) == values(&earlier.edits)
    }

    /// Only later edits depend on an edit of contact data.
    fn dependents(&self) -> Dependents {
        if self.is_of_identity() {
            Dependents::All
        } else {
            Dependents::SameOperation
        }
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let by_admin = ctx.actor.role() == Role::Admin;
        if by_admin && self.reason.is_none() {
            return Err(Refusal::ReasonRequired);
        }
        let fields: BTreeSet<_> = self.edits.iter().map(|edit| edit.change.field()).collect();
        if fields.len() != self.edits.len() {
            return Err(Refusal::BadRequest);
        }
        for edit in &self.edits {
            edit.change.check(ctx)?;
        }
        let Some(before) = facts.patient.existing()? else {
            return Ok(Decision::noop());
        };
        before.must_be_in_scope(&ctx.actor)?;
        before.must_not_be_merged()?;
        let after = self.applied_to(before)?;
        let changed: Vec<_> = fields
            .into_iter()
            .filter(|field| after.field_version(*field) != before.field_version(*field))
            .collect();
        if changed.is_empty() {
            return Ok(Decision::noop());
        }
        if changed.contains(&PatientField::Identifiers)
            && let Some(Some(existing)) = facts.same_identifier.known()
        {
            let existing = Some(*existing);
            return Err(Refusal::PatientExists { existing });
        }
        if let Some(Inactive::Deceased { deceased_date }) = after.inactive {
            birth_date::check_death(after.birth_date, deceased_date, ctx)?;
        }
        let mut after = after;
        if after.is_verified() && !by_admin && changed.iter().any(|field| field.is_of_identity()) {
            after.verification = Verification::Unverified;
        }
        after.version += 1;
        let similar = facts.similar_patients.known().map_or(&[][..], Vec::as_slice);
        Ok(likeness::store_and_flag(after, similar))
    }
}

impl EditPatient {
    /// Whether it changes the patient's identity, not only contact data.
    #[must_use]
    pub fn is_of_identity(&self) -> bool {
        self.edits.iter().any(|edit| edit.change.field().is_of_identity())
    }

    /// Returns the record with all effective changes applied.
    ///
    /// # Errors
    ///
    /// [`Refusal::FieldConflict`] names the fields that somebody else changed in the meantime.
    fn applied_to(&self, before: &Patient) -> Result<Patient, Refusal> {
        let mut after = before.clone();
        let mut conflicts = Vec::new();
        for FieldEdit { change, seen } in &self.edits {
            let field = change.field();
            if before.value(field) == *change {
                continue;
            }
            if before.field_version(field) != *seen {
                conflicts.push(field.name());
            }
            after.set(change.clone());
        }
        if conflicts.is_empty() {
            Ok(after)
        } else {
            Err(Refusal::FieldConflict { fields: conflicts })
        }
    }
}

#[cfg(test)]
mod tests;
