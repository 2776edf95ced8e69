//! `GET /v1/patients`, `POST /v1/patients/search`, `GET /v1/patients/{id}`: for requesters' consoles and
//! admins. Phones read through sync and search their own store. Merged records are listed as their survivors,
//! and read by id as they are.
//!
//! The invariant: names and identifiers of patients never appear in a URL. Search terms are sent in a body, and
//! cursors are ids.

use axum::Json;
use axum::extract::State as Shared;
use mso_core::ids::{InstitutionId, PatientId};
use mso_core::patients::PatientQuery;
use mso_core::refusal::Refusal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::read::{self, Wanted};
use crate::State;
use crate::http::auth::Caller;
use crate::http::body::Json as JsonBody;
use crate::http::error::ApiError;
use crate::http::list::{UrlQuery, page_size};
use crate::http::path::Id;
use crate::projection::FullPatient;

/// Query of `GET /v1/patients`.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    /// Admins only: restricts the list to this institution.
    institution_id: Option<InstitutionId>,
    limit: Option<i64>,
    /// `next` of the previous page.
    cursor: Option<PatientId>,
}

/// Body of `POST /v1/patients/search`.
#[derive(Deserialize)]
pub struct Search {
    /// Prefixes of names, or a complete identifier.
    query: String,
    #[serde(flatten)]
    page: ListQuery,
}

/// Response of both.
#[derive(Debug, Serialize)]
pub struct PatientList {
    patients: Vec<FullPatient>,
    /// Records that are stored but cannot be read: an operator must mend them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Uuid>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<PatientId>,
}

/// The patients in the caller's scope, by name.
pub async fn list(
    shared: Shared<State>,
    caller: Caller,
    query: UrlQuery<ListQuery>,
) -> Result<Json<PatientList>, ApiError> {
    answer(shared, caller, None, &query.read()?).await
}

/// The patients in the caller's scope that match the search.
pub async fn search(
    shared: Shared<State>,
    caller: Caller,
    JsonBody(search): JsonBody<Search>,
) -> Result<Json<PatientList>, ApiError> {
    let query = PatientQuery::new(&search.query).ok_or(ApiError::BadRequest("nothing to look for"))?;
    answer(shared, caller, Some(&query), &search.page).await
}

async fn answer(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    query: Option<&PatientQuery>,
    page: &ListQuery,
) -> Result<Json<PatientList>, ApiError> {
    let wanted = Wanted {
        query,
        institution: page.institution_id,
        after: page.cursor,
        limit: page_size(page.limit),
    };
    let mut tx = state.database.begin_snapshot(&actor).await?;
    let found = read::list(&mut tx, &actor, &wanted).await?;
    tx.commit().await?;
    let (found, next) = found.ok_or(Refusal::NotFound)?;
    Ok(Json(PatientList {
        patients: found.records,
        unreadable: found.unreadable,
        next,
    }))
}

pub async fn get(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    Id(id): Id<PatientId>,
) -> Result<Json<FullPatient>, ApiError> {
    let mut tx = state.database.begin_snapshot(&actor).await?;
    let patient = read::find(&mut tx, &actor, id).await?;
    tx.commit().await?;
    Ok(Json(patient.ok_or(Refusal::NotFound)?))
}
