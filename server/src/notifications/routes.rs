//! `GET /v1/notifications`: the caller's own inbox, newest first.

use axum::Json;
use axum::extract::State as Shared;
use mso_core::notifications::Notification;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::store;
use crate::State;
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::list::{Place, UrlQuery, page_size};

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
    query: UrlQuery<InboxQuery>,
) -> Result<Json<Inbox>, ApiError> {
    let query = query.read()?;
    let after = query.cursor.as_deref().map(str::parse::<Place>).transpose()?;
    let limit = page_size(query.limit);
    let mut tx = state.database.begin_snapshot(&actor).await?;
    let (found, next) = store::inbox(tx.conn(), actor.user, query.unread, after, limit).await?;
    tx.commit().await?;
    Ok(Json(Inbox {
        notifications: found.records,
        unreadable: found.unreadable,
        next: next.as_ref().map(Place::to_string),
    }))
}
