//! Reads of patients over the API, ordered by name, each as the caller's role may see it.
//!
//! The invariants: a patient outside the caller's scope appears not to exist; experts read patients only as
//! part of a case.

use mso_core::actor::{Acting, Actor};
use mso_core::ids::{InstitutionId, PatientId};
use mso_core::patients::PatientQuery;
use uuid::Uuid;

use super::store;
use crate::database::{DatabaseError, Readable, Scoped, sort_readable};
use crate::projection::FullPatient;

/// Parameters of a list.
pub(super) struct Wanted<'a> {
    /// `None` for all patients.
    pub(super) query: Option<&'a PatientQuery>,
    /// Restricts the list to one institution. A requester always gets their own institution, whatever is
    /// requested.
    pub(super) institution: Option<InstitutionId>,
    /// The last patient of the previous page.
    pub(super) after: Option<PatientId>,
    pub(super) limit: i64,
}

/// Whose patients the caller may read.
enum Scope {
    Own(InstitutionId),
    All,
}

const fn scope(actor: &Actor) -> Option<Scope> {
    match actor.acting {
        Acting::Requester { institution } => Some(Scope::Own(institution)),
        Acting::Admin => Some(Scope::All),
        Acting::Provider { .. } | Acting::System => None,
    }
}

/// One page, and the cursor of the next one. `None` if the caller may not list patients.
pub(super) async fn list(
    tx: &mut Scoped,
    actor: &Actor,
    wanted: &Wanted<'_>,
) -> Result<Option<(Readable<Uuid, FullPatient>, Option<PatientId>)>, DatabaseError> {
    let institution = match scope(actor) {
        None => return Ok(None),
        Some(Scope::Own(own)) => Some(own),
        Some(Scope::All) => wanted.institution,
    };
    let beginnings: Option<Vec<String>> = wanted
        .query
        .map(|query| query.words().into_iter().map(beginning).collect());
    let identifier = wanted.query.and_then(PatientQuery::identifier);
    let rows = sqlx::query_file!(
        "src/patients/sql/list_patients.sql",
        institution.map(InstitutionId::as_uuid),
        beginnings.as_deref(),
        identifier.map(|value| value.as_str()),
        wanted.after.map(PatientId::as_uuid),
        wanted.limit,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|found| found == wanted.limit);
    let last = rows
        .last()
        .filter(|_| is_full)
        .map(|row| PatientId::from_uuid(row.id));
    let read = rows
        .into_iter()
        .map(|row| (row.id, store::read(row.record).map(FullPatient::from)));
    Ok(Some((sort_readable(read)?, last)))
}

/// The patient, if it is in the caller's scope.
pub(super) async fn find(
    tx: &mut Scoped,
    actor: &Actor,
    id: PatientId,
) -> Result<Option<FullPatient>, DatabaseError> {
    let institution = match scope(actor) {
        None => return Ok(None),
        Some(Scope::Own(own)) => Some(own),
        Some(Scope::All) => None,
    };
    let record = sqlx::query_scalar!(
        "select record from patient where id = $1 and ($2::uuid is null or institution_id = $2)",
        id.as_uuid(),
        institution.map(InstitutionId::as_uuid),
    );
    let record = record.fetch_optional(tx.conn()).await?;
    let patient = record.map(store::read).transpose()?;
    Ok(patient.map(FullPatient::from))
}

/// A `like` pattern for words with this prefix.
fn beginning(word: &str) -> String {
    let word = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("% {word}%")
}
