//! The SQL of patients for commands: the whole record as JSON, beside the columns that are searched.
//!
//! The invariants: every query filters by the institution itself, with row-level security as a second
//! safeguard; a column never differs from the record.

use mso_core::actor::Actor;
use mso_core::ids::{CaseId, InstitutionId, PatientId, UserId};
use mso_core::patients::{Identifier, Likeness, NameKey, Patient, PatientName};
use mso_core::protocol::records::RecordKind;
use mso_core::text::Text;
use mso_core::time::Timestamp;
use sqlx::PgConnection;

use crate::database::columns::{from_json, from_unsigned, to_json};
use crate::database::{DatabaseError, date_from, from_timestamp};
use crate::feed::Touched;

/// The patient, locked against all other changes, if it is in the caller's scope.
pub async fn lock(
    connection: &mut PgConnection,
    actor: &Actor,
    id: PatientId,
) -> Result<Option<Patient>, DatabaseError> {
    let record = sqlx::query_scalar!(
        "select record from patient where id = $1 and ($2::uuid is null or institution_id = $2) for update",
        id.as_uuid(),
        actor.institution().map(InstitutionId::as_uuid),
    );
    let record = record.fetch_optional(connection).await?;
    record.map(read).transpose()
}

/// The patient, share-locked until the end of the transaction, if it is in the caller's scope.
pub async fn hold(
    connection: &mut PgConnection,
    actor: &Actor,
    id: PatientId,
) -> Result<Option<Patient>, DatabaseError> {
    let record = sqlx::query_scalar!(
        "select record from patient where id = $1 and ($2::uuid is null or institution_id = $2) for share",
        id.as_uuid(),
        actor.institution().map(InstitutionId::as_uuid),
    );
    let record = record.fetch_optional(connection).await?;
    record.map(read).transpose()
}

pub(super) fn read(record: serde_json::Value) -> Result<Patient, DatabaseError> {
    from_json(record, "patient.record")
}

/// The patients who look like this one after a command, are flagged as its possible duplicates, or were merged
/// into it (D-11), all locked. `patient` is `None` if the command creates it. Two commands that make patients
/// look alike wait for each other.
pub async fn lock_similar(
    connection: &mut PgConnection,
    institution: InstitutionId,
    id: PatientId,
    patient: Option<&Patient>,
    change: Likeness<'_>,
) -> Result<Vec<Patient>, DatabaseError> {
    let Likeness {
        name: Some(name),
        birth_date: Some(birth_date),
        sex: Some(sex),
    } = change.or(patient)
    else {
        return Ok(Vec::new());
    };
    let (birth_date, sex) = (birth_date.to_string(), sex.name());
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))",
        format!("patient {institution} {birth_date} {sex}"),
    )
    .execute(&mut *connection)
    .await?;
    let flagged = patient.map_or(&[][..], |patient| &patient.possible_duplicates);
    let flagged: Vec<_> = flagged.iter().map(|id| id.as_uuid()).collect();
    let similar = sqlx::query_file_scalar!(
        "src/patients/sql/lock_similar_patients.sql",
        institution.as_uuid(),
        id.as_uuid(),
        &keys(name),
        birth_date,
        sex,
        &flagged,
    );
    let similar = similar.fetch_all(connection).await?;
    similar.into_iter().map(read).collect()
}

/// Another patient of the institution than `except` that has one of these identifiers; for a merged one, its
/// survivor.
pub async fn same_identifier(
    connection: &mut PgConnection,
    institution: InstitutionId,
    identifiers: &[Identifier],
    except: PatientId,
) -> Result<Option<PatientId>, DatabaseError> {
    let column = |part: fn(&Identifier) -> &str| -> Vec<String> {
        identifiers.iter().map(|one| part(one).to_owned()).collect()
    };
    let found = sqlx::query_file_scalar!(
        "src/patients/sql/find_same_identifier.sql",
        institution.as_uuid(),
        &column(|one| one.kind.name()),
        &column(|one| one.issuer.as_str()),
        &column(|one| one.value.as_str()),
        except.as_uuid(),
    );
    Ok(found.fetch_optional(connection).await?.map(PatientId::from_uuid))
}

/// Saves the patient and notes who must see the change: the institution and, if clinical data changed, each
/// case in which an expert sees the patient.
pub async fn write(
    connection: &mut PgConnection,
    before: Option<&Patient>,
    after: &Patient,
    by: UserId,
    now: Timestamp,
    touched: &mut Touched,
) -> Result<(), DatabaseError> {
    save(connection, after, by, now).await?;
    touched.record(after.institution_id, RecordKind::Patient, after.id.as_uuid());
    let before = before.filter(|before| before.id == after.id);
    if before.is_some_and(|before| before.clinical() != after.clinical()) {
        for case in cases_with_experts(connection, after).await? {
            touched.record(case, RecordKind::Case, case.as_uuid());
        }
    }
    Ok(())
}

/// Cases of the patient that currently have an expert.
async fn cases_with_experts(
    connection: &mut PgConnection,
    patient: &Patient,
) -> Result<Vec<CaseId>, DatabaseError> {
    let cases = sqlx::query_scalar!(
        "select id from mso_case where patient_id = $1 and institution_id = $2 and assignment_id is not null order by id",
        patient.id.as_uuid(),
        patient.institution_id.as_uuid(),
    );
    let cases = cases.fetch_all(connection).await?;
    Ok(cases.into_iter().map(CaseId::from_uuid).collect())
}

fn keys(name: &PatientName) -> Vec<String> {
    name.keys().iter().map(|key| key.as_str().to_owned()).collect()
}

/// Every word of every key, each after a space: `like '% prefix%'` finds prefixes of words.
fn searched(name: &PatientName) -> String {
    let keys = name.keys();
    let words = keys.iter().flat_map(NameKey::words);
    words.flat_map(|word| [" ", word]).collect()
}

/// Writes the record and its columns. The first version must be new; any other must follow the stored one.
async fn save(
    connection: &mut PgConnection,
    patient: &Patient,
    by: UserId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let (name, key) = (&patient.name, patient.name.key());
    let transliterations = to_json(&name.transliterations, "patient.transliterations")?;
    let sex = patient.sex.name();
    let language = patient.preferred_language.as_ref();
    let version = from_unsigned(patient.version, "patient.version")?;
    let record = to_json(patient, "patient.record")?;
    if patient.version == 1 {
        let inserted = sqlx::query_file!(
            "src/patients/sql/insert_patient.sql",
            patient.id.as_uuid(),
            patient.institution_id.as_uuid(),
            name.family.as_str(),
            name.given.as_ref().map(Text::as_str),
            transliterations,
            key.as_str(),
            &keys(name),
            searched(name),
            patient.birth_date.to_string(),
            sex,
            language.map(|language| language.as_str()),
            patient.active,
            patient.duplicate_of.map(PatientId::as_uuid),
            record,
            version,
            by.as_uuid(),
            from_timestamp(now),
        );
        inserted.execute(&mut *connection).await?;
    } else {
        let updated = sqlx::query_file!(
            "src/patients/sql/update_patient.sql",
            patient.id.as_uuid(),
            name.family.as_str(),
            name.given.as_ref().map(Text::as_str),
            transliterations,
            key.as_str(),
            &keys(name),
            searched(name),
            patient.birth_date.to_string(),
            sex,
            language.map(|language| language.as_str()),
            patient.active,
            patient.duplicate_of.map(PatientId::as_uuid),
            record,
            version,
            from_timestamp(now),
        );
        let updated = updated.execute(&mut *connection).await?;
        DatabaseError::one(updated.rows_affected(), "patient")?;
        sqlx::query!(
            "delete from patient_identifier where patient_id = $1",
            patient.id.as_uuid()
        )
        .execute(&mut *connection)
        .await?;
    }
    save_identifiers(connection, patient).await
}

async fn save_identifiers(connection: &mut PgConnection, patient: &Patient) -> Result<(), DatabaseError> {
    for (ordinal, identifier) in (0_i32..).zip(&patient.identifiers) {
        sqlx::query!(
            "insert into patient_identifier (patient_id, institution_id, ordinal, kind, issuer, value, valid_to, merged)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
            patient.id.as_uuid(),
            patient.institution_id.as_uuid(),
            ordinal,
            identifier.kind.name(),
            identifier.issuer.as_str(),
            identifier.value.as_str(),
            identifier.valid_to.map(date_from),
            patient.is_merged(),
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
