//! `GET /v1/cases`, `/v1/cases/{id}` and, for admins, `/v1/cases/{id}/record`: JSON for admins and integrators.
//! Phones read through sync.
//!
//! Each read of clinical content is audited: a list in the reader's own stream, one case in the case's stream.

use axum::Json;
use axum::extract::{Extension, Path, State as Shared};
use mso_core::actor::{Actor, Role};
use mso_core::cases::CaseStatus;
use mso_core::ids::{CaseId, StreamId};
use mso_core::refusal::Refusal;
use mso_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::read::{self, CaseView, Only};
use crate::State;
use crate::audit::{self, Act};
use crate::database::{DatabaseError, Scoped};
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::list::{Place, UrlQuery, page_size};
use crate::http::request_id::RequestId;
use crate::projection::admin_record::{self, AdminRecord};

/// Query of `GET /v1/cases`.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    limit: Option<i64>,
    /// `next` of the previous page.
    cursor: Option<String>,
    /// Restricts the list to open cases in this status.
    status: Option<String>,
    /// Restricts the list to open cases in which something is overdue.
    #[serde(default)]
    overdue: bool,
}

/// Response of `GET /v1/cases`.
#[derive(Debug, Serialize)]
pub struct CaseList {
    cases: Vec<CaseView>,
    /// Records that are stored but cannot be read: an operator must mend them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Uuid>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The cases in the caller's scope, newest first.
pub async fn list(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    Extension(RequestId(request_id)): Extension<RequestId>,
    query: UrlQuery<ListQuery>,
) -> Result<Json<CaseList>, ApiError> {
    let query = query.read()?;
    let after = query.cursor.as_deref().map(str::parse::<Place>).transpose()?;
    let limit = page_size(query.limit);
    let only = only(query.status.as_deref(), query.overdue)?;
    let mut tx = state.database.begin_scoped(&actor).await?;
    let (cases, next) = read::list(&mut tx, &actor, only, after, limit).await?;
    let entry = act(
        &actor,
        state.clock.now(),
        "list_cases",
        "user",
        actor.user.as_uuid(),
        request_id,
    );
    note(tx, actor.user.into(), &entry).await?;
    Ok(Json(CaseList {
        cases: cases.records,
        unreadable: cases.unreadable,
        next: next.as_ref().map(Place::to_string),
    }))
}

pub async fn get(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    Extension(RequestId(request_id)): Extension<RequestId>,
    Path(id): Path<String>,
) -> Result<Json<CaseView>, ApiError> {
    let id: CaseId = id.parse().map_err(|_| Refusal::NotFound)?;
    let mut tx = state.database.begin_scoped(&actor).await?;
    let case = read::find(&mut tx, &actor, id).await?.ok_or(Refusal::NotFound)?;
    let entry = act(
        &actor,
        state.clock.now(),
        "read_case",
        "case",
        id.as_uuid(),
        request_id,
    );
    note(tx, id.into(), &entry).await?;
    Ok(Json(case))
}

/// The whole record of a case, for admins.
pub async fn record(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    Extension(RequestId(request_id)): Extension<RequestId>,
    Path(id): Path<String>,
) -> Result<Json<AdminRecord>, ApiError> {
    let id: CaseId = id.parse().map_err(|_| Refusal::NotFound)?;
    let mut tx = state.database.begin_scoped(&actor).await?;
    if actor.role() != Role::Admin {
        // Who may not see the case learns no more than from the case itself.
        read::find(&mut tx, &actor, id).await?.ok_or(Refusal::NotFound)?;
        return Err(Refusal::Forbidden.into());
    }
    let record = admin_record::load(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
    let at = state.clock.now();
    let entry = act(&actor, at, "read_case_record", "case", id.as_uuid(), request_id);
    note(tx, id.into(), &entry).await?;
    Ok(Json(record))
}

/// The filter that the query asks for.
fn only(status: Option<&str>, overdue: bool) -> Result<Only, ApiError> {
    match (status, overdue) {
        (None, false) => Ok(Only::All),
        (None, true) => Ok(Only::Overdue),
        (Some(name), false) => CaseStatus::from_name(name)
            .map(Only::OpenIn)
            .ok_or(ApiError::BadRequest("not a status of a case")),
        (Some(_), true) => Err(ApiError::BadRequest("either status or overdue")),
    }
}

fn act(actor: &Actor, at: Timestamp, action: &str, entity: &str, entity_id: Uuid, request_id: String) -> Act {
    Act {
        actor: *actor,
        at,
        action: action.to_owned(),
        entity: entity.to_owned(),
        entity_id,
        outcome: "applied".to_owned(),
        request_id: Some(request_id),
        payload: None,
    }
}

async fn note(mut tx: Scoped, stream: StreamId, entry: &Act) -> Result<(), DatabaseError> {
    audit::append(tx.conn(), stream, entry).await?;
    tx.commit().await
}
