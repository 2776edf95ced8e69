//! The SQL of cases for commands: load under lock, insert, update.
//!
//! The invariant: [`lock`] filters by the caller's party itself, with row-level security as a second safeguard.

use mso_core::actor::Actor;
use mso_core::cases::{Case, CaseStatus, Closure, CurrentAssignment, Due, Recommendation, RejectionReason};
use mso_core::facts::Context;
use mso_core::ids::{AssignmentId, CaseId, InstitutionId, PatientId, ProviderId, RecommendationId, UserId};
use mso_core::text::Reason;
use mso_core::time::Timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::database::columns::{from_json, from_name, from_unsigned, to_json, to_unsigned};
use crate::database::{DatabaseError, from_timestamp, to_timestamp};

/// A row of `mso_case`.
#[derive(Debug)]
pub struct CaseRow {
    pub id: Uuid,
    pub number: String,
    pub institution_id: Uuid,
    pub patient_id: Uuid,
    pub requester_id: Uuid,
    pub request: serde_json::Value,
    pub status: String,
    pub resume_status: Option<String>,
    pub closure: Option<String>,
    pub closure_reason: Option<String>,
    pub readiness: String,
    pub assignment_id: Option<Uuid>,
    pub provider_id: Option<Uuid>,
    pub accept_by: Option<OffsetDateTime>,
    pub start_by: Option<OffsetDateTime>,
    pub finish_by: Option<OffsetDateTime>,
    pub version: i64,
    pub submitted_at: OffsetDateTime,
    pub done_at: Option<OffsetDateTime>,
    pub answer_by: Option<OffsetDateTime>,
    pub read_by: Option<OffsetDateTime>,
    pub paused_at: Option<OffsetDateTime>,
    pub overdue: Vec<String>,
    pub ever_accepted: bool,
    pub rejection: Option<String>,
    pub pending_resubmission: Option<serde_json::Value>,
    pub team: Vec<Uuid>,
    pub window_ends_at: Option<OffsetDateTime>,
    pub window_closed: bool,
    pub read_at: Option<OffsetDateTime>,
}

impl TryFrom<CaseRow> for Case {
    type Error = DatabaseError;

    fn try_from(row: CaseRow) -> Result<Self, DatabaseError> {
        let assignment = row
            .assignment_id
            .zip(row.provider_id)
            .map(|(id, provider)| CurrentAssignment {
                id: AssignmentId::from_uuid(id),
                provider_id: ProviderId::from_uuid(provider),
            });
        Ok(Self {
            id: CaseId::from_uuid(row.id),
            number: Some(row.number),
            institution_id: InstitutionId::from_uuid(row.institution_id),
            patient_id: PatientId::from_uuid(row.patient_id),
            requester_id: UserId::from_uuid(row.requester_id),
            request: from_json(row.request, "mso_case.request")?,
            status: status(&row.status)?,
            resume_status: row.resume_status.as_deref().map(status).transpose()?,
            closure: row
                .closure
                .as_deref()
                .map(|name| from_name(name, "mso_case.closure"))
                .transpose()?,
            closure_reason: row
                .closure_reason
                .map(|reason| Reason::stored(&reason))
                .transpose()
                .map_err(|_| DatabaseError::Corrupt("mso_case.closure_reason"))?,
            readiness: from_name(&row.readiness, "mso_case.readiness")?,
            assignment,
            due: Due {
                accept_by: row.accept_by.map(to_timestamp),
                start_by: row.start_by.map(to_timestamp),
                finish_by: row.finish_by.map(to_timestamp),
                answer_by: row.answer_by.map(to_timestamp),
                read_by: row.read_by.map(to_timestamp),
                paused_at: row.paused_at.map(to_timestamp),
            },
            overdue: row
                .overdue
                .iter()
                .map(|name| from_name(name, "mso_case.overdue"))
                .collect::<Result<_, _>>()?,
            ever_accepted: row.ever_accepted,
            rejection: row
                .rejection
                .as_deref()
                .map(|name| from_name(name, "mso_case.rejection"))
                .transpose()?,
            pending_resubmission: row
                .pending_resubmission
                .map(|pending| from_json(pending, "mso_case.pending_resubmission"))
                .transpose()?,
            team: row.team.into_iter().map(UserId::from_uuid).collect(),
            window_ends_at: row.window_ends_at.map(to_timestamp),
            window_closed: row.window_closed,
            read_at: row.read_at.map(to_timestamp),
            version: to_unsigned(row.version, "mso_case.version")?,
            submitted_at: to_timestamp(row.submitted_at),
            done_at: row.done_at.map(to_timestamp),
        })
    }
}

fn status(name: &str) -> Result<CaseStatus, DatabaseError> {
    from_name(name, "mso_case.status")
}

/// The case, locked, if it is in the caller's scope.
pub async fn lock(
    connection: &mut PgConnection,
    actor: &Actor,
    id: CaseId,
) -> Result<Option<Case>, DatabaseError> {
    let row = sqlx::query_as!(
        CaseRow,
        "select id, number, institution_id, patient_id, requester_id, request, status, resume_status, closure,
                closure_reason, readiness, assignment_id, provider_id, accept_by, start_by, finish_by, version, submitted_at, done_at,
                answer_by, read_by, paused_at, overdue, rejection, pending_resubmission, team, window_ends_at,
                window_closed, read_at, ever_accepted
         from mso_case
         where id = $1
           and ($2::uuid is null or institution_id = $2)
           and ($3::uuid is null or provider_id = $3)
         for update",
        id.as_uuid(),
        actor.institution().map(InstitutionId::as_uuid),
        actor.provider().map(ProviderId::as_uuid),
    )
    .fetch_optional(connection)
    .await?;
    row.map(Case::try_from).transpose()
}

/// Inserts a new case. Its number must have been drawn.
pub async fn insert(connection: &mut PgConnection, case: &Case) -> Result<(), DatabaseError> {
    sqlx::query_file!(
        "src/cases/sql/insert_case.sql",
        case.id.as_uuid(),
        case.number
            .as_deref()
            .ok_or(DatabaseError::Corrupt("mso_case.number"))?,
        case.institution_id.as_uuid(),
        case.patient_id.as_uuid(),
        case.requester_id.as_uuid(),
        case.request.specialty.as_str(),
        case.request.urgency.level().name(),
        to_json(&case.request, "mso_case.request")?,
        case.status.name(),
        case.readiness.name(),
        from_unsigned(case.version, "mso_case.version")?,
        from_timestamp(case.submitted_at),
        &team(case),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes a changed case. Number, patient and institution never change; the request is written only if it
/// changed.
pub async fn update(
    connection: &mut PgConnection,
    before: &Case,
    case: &Case,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    if before.request != case.request {
        let edited = sqlx::query!(
            "update mso_case set request = $2, specialty = $3, urgency = $4 where id = $1",
            case.id.as_uuid(),
            to_json(&case.request, "mso_case.request")?,
            case.request.specialty.as_str(),
            case.request.urgency.level().name(),
        );
        DatabaseError::one(
            edited.execute(&mut *connection).await?.rows_affected(),
            "mso_case",
        )?;
    }
    let overdue: Vec<String> = case.overdue.iter().map(|what| what.name().to_owned()).collect();
    let done = sqlx::query_file!(
        "src/cases/sql/update_case.sql",
        case.id.as_uuid(),
        case.status.name(),
        case.resume_status.map(CaseStatus::name),
        case.closure.map(Closure::name),
        case.readiness.name(),
        case.assignment.map(|assignment| assignment.id.as_uuid()),
        case.assignment.map(|assignment| assignment.provider_id.as_uuid()),
        case.due.accept_by.map(from_timestamp),
        case.due.start_by.map(from_timestamp),
        case.due.finish_by.map(from_timestamp),
        from_unsigned(case.version, "mso_case.version")?,
        case.done_at.map(from_timestamp),
        from_timestamp(now),
        case.due.answer_by.map(from_timestamp),
        case.due.read_by.map(from_timestamp),
        case.due.paused_at.map(from_timestamp),
        &overdue,
        case.rejection.map(RejectionReason::name),
        case.pending_resubmission
            .as_ref()
            .map(|pending| to_json(pending, "mso_case.pending_resubmission"))
            .transpose()?,
        &team(case),
        case.window_ends_at.map(from_timestamp),
        case.window_closed,
        case.read_at.map(from_timestamp),
        case.closure_reason.as_ref().map(Reason::as_str),
        case.ever_accepted,
    )
    .execute(connection)
    .await?;
    DatabaseError::one(done.rows_affected(), "mso_case")
}

fn team(case: &Case) -> Vec<Uuid> {
    case.team.iter().map(|user| user.as_uuid()).collect()
}

/// Draws the next case number: `MSO-2026-000123`. Numbers may have gaps.
pub async fn draw_number(connection: &mut PgConnection, now: Timestamp) -> Result<String, DatabaseError> {
    let next = sqlx::query_scalar!("select nextval('case_number') as \"next!\"")
        .fetch_one(connection)
        .await?;
    Ok(format!("MSO-{}-{next:06}", now.year()))
}

/// Adds a step to the case's history: the action, the actor's role, and the resulting status.
pub async fn add_to_timeline(
    connection: &mut PgConnection,
    case: &Case,
    action: &str,
    ctx: &Context,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "insert into case_timeline (case_id, version, status, at, action, role) values ($1, $2, $3, $4, $5, $6)",
        case.id.as_uuid(),
        from_unsigned(case.version, "case_timeline.version")?,
        case.status.name(),
        from_timestamp(ctx.now),
        action,
        ctx.actor.role().name(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// All versions of the case's opinion, oldest first.
pub async fn recommendations(
    connection: &mut PgConnection,
    case: CaseId,
) -> Result<Vec<Recommendation>, DatabaseError> {
    let rows = sqlx::query!(
        "select id, version, author, signed_at, content, entered_in_error from recommendation
         where case_id = $1 order by version",
        case.as_uuid(),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Recommendation {
                id: RecommendationId::from_uuid(row.id),
                case_id: case,
                version: to_unsigned(i64::from(row.version), "recommendation.version")?,
                author: ProviderId::from_uuid(row.author),
                signed_at: to_timestamp(row.signed_at),
                content: from_json(row.content, "recommendation.content")?,
                entered_in_error: row
                    .entered_in_error
                    .map(|error| from_json(error, "recommendation.entered_in_error"))
                    .transpose()?,
            })
        })
        .collect()
}

/// Saves a version of an opinion: new and frozen with the hash of its content, or marked as entered in error.
pub async fn save_recommendation(
    connection: &mut PgConnection,
    recommendation: &Recommendation,
) -> Result<(), DatabaseError> {
    if let Some(error) = &recommendation.entered_in_error {
        let marked = sqlx::query!(
            "update recommendation set entered_in_error = $2, updated_version = updated_version + 1 where id = $1",
            recommendation.id.as_uuid(),
            to_json(error, "recommendation.entered_in_error")?,
        );
        return DatabaseError::one(
            marked.execute(connection).await?.rows_affected(),
            "recommendation",
        );
    }
    let version = i32::try_from(recommendation.version)
        .map_err(|_| DatabaseError::Corrupt("recommendation.version"))?;
    let content_hash = recommendation.content_hash();
    sqlx::query!(
        "insert into recommendation (id, case_id, version, author, signed_at, content, content_sha256)
         values ($1, $2, $3, $4, $5, $6, $7)",
        recommendation.id.as_uuid(),
        recommendation.case_id.as_uuid(),
        version,
        recommendation.author.as_uuid(),
        from_timestamp(recommendation.signed_at),
        to_json(&recommendation.content, "recommendation.content")?,
        content_hash.as_bytes().as_slice(),
    )
    .execute(connection)
    .await?;
    Ok(())
}
