//! `GET /v1/notifications`: the caller's own inbox, newest first.

use axum::Json;
use axum::extract::{Query, State as Shared};
use mso_core::notifications::Notification;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::store::{self, InboxPlace};
use crate::State;
use crate::http::auth::Caller;
use crate::http::error::ApiError;

/// Default page size.
const PAGE: i64 = 50;
const LARGEST_PAGE: i64 = 200;

/// Query of `GET /v1/notifications`.
#[derive(Debug, Deserialize)]
pub struct InboxQuery {
    limit: Option<i64>,
    /// Restricts the list to unread notifications.
    #[serde(default)]
    unread: bool,
    /// `next` of the previous page.
    cursor: Option<String>,
}

/// Response of `GET /v1/notifications`.
#[derive(Debug, Serialize)]
pub struct Inbox {
    notifications: Vec<Notification>,
    /// Records that are stored but cannot be read: an operator must mend them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Uuid>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The caller's own notifications, newest first.
pub async fn list(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    query: Result<Query<InboxQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Inbox>, ApiError> {
    let Query(query) = query.map_err(|_| ApiError::BadRequest("not the query expected"))?;
    let after = query.cursor.as_deref().map(place).transpose()?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let mut tx = state.database.begin_snapshot(&actor).await?;
    let (found, last) = store::inbox(tx.conn(), actor.user, query.unread, after, limit).await?;
    tx.commit().await?;
    Ok(Json(Inbox {
        notifications: found.records,
        unreadable: found.unreadable,
        next: last.map(|(at, id)| format!("{at}_{id}")),
    }))
}

/// Parses a cursor: `2026-11-23T10:00:00.000Z_<id>`
fn place(text: &str) -> Result<InboxPlace, ApiError> {
    let malformed = ApiError::BadRequest("not a cursor of this list");
    let (at, id) = text.split_once('_').ok_or(malformed.clone())?;
    let at = at.parse().map_err(|_| malformed.clone())?;
    Ok((at, id.parse().map_err(|_| malformed)?))
}
