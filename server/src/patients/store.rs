//! The SQL of patients as commands need it: load under lock, insert, update, find by identifier.
//!
//! Not here: how roles read patients (`sync::projection`). The invariant: only whoever may see identifiers gets a
//! [`Patient`]; a provider's login may not even ask.

use mso_core::actor::Actor;
use mso_core::ids::{InstitutionId, PatientId, UserId};
use mso_core::patients::{Identifier, IdentifierValue, Patient, PatientName};
use mso_core::text::Text;
use mso_core::time::Timestamp;
use sqlx::PgConnection;

use crate::database::columns::{from_json, from_name, from_unsigned, to_json, to_name, to_unsigned};
use crate::database::{DatabaseError, from_timestamp};

/// A patient's row.
#[derive(Debug)]
#[expect(missing_docs, reason = "the columns explain themselves in the schema")]
pub struct PatientRow {
    pub institution_id: uuid::Uuid,
    pub family_name: String,
    pub given_name: Option<String>,
    pub birth_date: String,
    pub sex: String,
    pub preferred_language: Option<String>,
    pub no_identifier_reason: Option<String>,
    pub verification: serde_json::Value,
    pub active: bool,
    pub version: i64,
}

impl PatientRow {
    fn with(self, id: PatientId, identifiers: Vec<Identifier>) -> Result<Patient, DatabaseError> {
        Ok(Patient {
            id,
            institution_id: InstitutionId::from_uuid(self.institution_id),
            identifiers,
            no_identifier_reason: self
                .no_identifier_reason
                .map(|reason| text(&reason))
                .transpose()?,
            name: PatientName {
                family: text(&self.family_name)?,
                given: self.given_name.map(|name| text(&name)).transpose()?,
            },
            birth_date: self
                .birth_date
                .parse()
                .map_err(|_| DatabaseError::Corrupt("patient.birth_date"))?,
            sex: from_name(&self.sex, "patient.sex")?,
            preferred_language: self
                .preferred_language
                .map(|language| text(&language))
                .transpose()?,
            verification: from_json(self.verification, "patient.verification")?,
            active: self.active,
            version: to_unsigned(self.version, "patient.version")?,
        })
    }
}

fn text<const MIN: usize, const MAX: usize>(stored: &str) -> Result<Text<MIN, MAX>, DatabaseError> {
    Text::new(stored).map_err(|_| DatabaseError::Corrupt("a text of patient"))
}

/// The patient, locked against all other changes, if the caller may know of it.
pub async fn lock(
    connection: &mut PgConnection,
    actor: &Actor,
    id: PatientId,
) -> Result<Option<Patient>, DatabaseError> {
    let row = sqlx::query_as!(
        PatientRow,
        "select institution_id, family_name, given_name, birth_date, sex, preferred_language, no_identifier_reason,
                verification, active, version
         from patient where id = $1 and ($2::uuid is null or institution_id = $2) for update",
        id.as_uuid(),
        actor.institution().map(InstitutionId::as_uuid),
    )
    .fetch_optional(&mut *connection)
    .await?;
    with_identifiers(connection, id, row).await
}

/// The patient, held as it is until the end of the transaction, if the caller may know of it.
pub async fn hold(
    connection: &mut PgConnection,
    actor: &Actor,
    id: PatientId,
) -> Result<Option<Patient>, DatabaseError> {
    let row = sqlx::query_as!(
        PatientRow,
        "select institution_id, family_name, given_name, birth_date, sex, preferred_language, no_identifier_reason,
                verification, active, version
         from patient where id = $1 and ($2::uuid is null or institution_id = $2) for share",
        id.as_uuid(),
        actor.institution().map(InstitutionId::as_uuid),
    )
    .fetch_optional(&mut *connection)
    .await?;
    with_identifiers(connection, id, row).await
}

async fn with_identifiers(
    connection: &mut PgConnection,
    id: PatientId,
    row: Option<PatientRow>,
) -> Result<Option<Patient>, DatabaseError> {
    let Some(row) = row else { return Ok(None) };
    let stored = sqlx::query!(
        "select kind, issuer, value from patient_identifier where patient_id = $1 order by ordinal",
        id.as_uuid(),
    )
    .fetch_all(connection)
    .await?;
    let identifiers = stored.into_iter().map(|stored| {
        Ok(Identifier {
            kind: from_name(&stored.kind, "patient_identifier.kind")?,
            issuer: text(&stored.issuer)?,
            value: IdentifierValue::new(&stored.value)
                .ok_or(DatabaseError::Corrupt("patient_identifier.value"))?,
        })
    });
    row.with(id, identifiers.collect::<Result<_, DatabaseError>>()?)
        .map(Some)
}

/// A patient of the institution that has one of these identifiers.
pub async fn same_identifier(
    connection: &mut PgConnection,
    institution: InstitutionId,
    identifiers: &[Identifier],
) -> Result<Option<PatientId>, DatabaseError> {
    let kinds: Vec<_> = identifiers
        .iter()
        .map(|identifier| identifier.kind.name().to_owned())
        .collect();
    let issuers: Vec<_> = identifiers
        .iter()
        .map(|identifier| identifier.issuer.as_str().to_owned())
        .collect();
    let values: Vec<_> = identifiers
        .iter()
        .map(|identifier| identifier.value.as_str().to_owned())
        .collect();
    let found = sqlx::query_scalar!(
        "select patient_id from patient_identifier
         where institution_id = $1
           and (kind, issuer, value) in (select * from unnest($2::text[], $3::text[], $4::text[]))
         order by patient_id limit 1",
        institution.as_uuid(),
        &kinds,
        &issuers,
        &values,
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.map(PatientId::from_uuid))
}

/// A new patient with identifiers.
pub async fn insert(
    connection: &mut PgConnection,
    patient: &Patient,
    by: UserId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let name_key = patient.name.key();
    sqlx::query_file!(
        "src/patients/sql/insert_patient.sql",
        patient.id.as_uuid(),
        patient.institution_id.as_uuid(),
        patient.name.family.as_str(),
        patient.name.given.as_ref().map(Text::as_str),
        name_key.as_str(),
        patient.birth_date.to_string(),
        to_name(&patient.sex, "patient.sex")?,
        patient.preferred_language.as_ref().map(Text::as_str),
        patient.no_identifier_reason.as_ref().map(Text::as_str),
        to_json(&patient.verification, "patient.verification")?,
        patient.active,
        from_unsigned(patient.version, "patient.version")?,
        by.as_uuid(),
        from_timestamp(now),
    )
    .execute(&mut *connection)
    .await?;
    for (ordinal, identifier) in (0_i32..).zip(&patient.identifiers) {
        sqlx::query!(
            "insert into patient_identifier (patient_id, institution_id, ordinal, kind, issuer, value)
             values ($1, $2, $3, $4, $5, $6)",
            patient.id.as_uuid(),
            patient.institution_id.as_uuid(),
            ordinal,
            identifier.kind.name(),
            identifier.issuer.as_str(),
            identifier.value.as_str(),
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// The changed patient: what events of today change.
pub async fn update(
    connection: &mut PgConnection,
    patient: &Patient,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let updated = sqlx::query!(
        "update patient set verification = $2, active = $3, version = $4, updated_at = $5 where id = $1",
        patient.id.as_uuid(),
        to_json(&patient.verification, "patient.verification")?,
        patient.active,
        from_unsigned(patient.version, "patient.version")?,
        from_timestamp(now),
    )
    .execute(connection)
    .await?;
    if updated.rows_affected() == 1 {
        Ok(())
    } else {
        Err(DatabaseError::Mismatch("patient row not found".to_owned()))
    }
}
