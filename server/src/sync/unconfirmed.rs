//! Phones that have not confirmed a purge order in time: found and told to admins once, and listed until they have.
//!
//! A phone that is not online locks what it holds of a case after `LEASE_DAYS`, so only then is an order late. An order is
//! checked once; what comes of it is one row for each phone that had not carried it out. The invariant: a phone leaves the
//! list in the transaction that confirms the order, or a later one about the same stream.

use axum::Json;
use axum::extract::State as Shared;
use mso_core::actor::{Actor, Role};
use mso_core::ids::{CaseId, DeviceId, PurgeId, UserId};
use mso_core::notifications::{Audience, NotificationKind, Notify};
use mso_core::protocol::sync::REASON_REVOKED;
use mso_core::refusal::Refusal;
use mso_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::State;
use crate::audit::{self, Act};
use crate::database::{DatabaseError, Scoped, from_timestamp, to_timestamp};
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::list::{NOT_A_CURSOR, UrlQuery, last_of_full, page_size};
use crate::notifications::store as notifications;

/// For how long a phone may show a case without having synced, in days.
const LEASE_DAYS: i64 = 14;
/// Orders of one transaction.
const BATCH: i64 = 100;

/// Checks every order whose time is over, and tells the admins of each that a phone has not confirmed.
pub async fn report(state: &State) -> Result<(), DatabaseError> {
    let now = state.clock.now();
    loop {
        let mut tx = state.database.begin_scoped(&Actor::SYSTEM).await?;
        // Locked against a confirmation, which refers to the order: each sees what the other wrote.
        let late = sqlx::query_scalar!(
            "select id from purge_order where checked_at is null and created_at <= $1
             order by created_at, id limit $2 for update",
            from_timestamp(now.plus_hours(-LEASE_DAYS * 24)),
            BATCH,
        );
        let late = late.fetch_all(tx.conn()).await?;
        if late.is_empty() {
            return tx.commit().await;
        }
        report_late(&mut tx, &late, now).await?;
        tx.commit().await?;
    }
}

async fn report_late(tx: &mut Scoped, late: &[Uuid], now: Timestamp) -> Result<(), DatabaseError> {
    let rows = sqlx::query_file!(
        "src/sync/sql/insert_unconfirmed_purges.sql",
        late,
        from_timestamp(now),
        REASON_REVOKED,
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    for row in rows {
        let case = CaseId::from_uuid(row.case_id);
        let notify = Notify::case(Audience::Admins, NotificationKind::PurgeUnconfirmed, case);
        notifications::insert(tx.conn(), &notify, Actor::SYSTEM.user, now).await?;
        let act = Act {
            actor: Actor::SYSTEM,
            at: now,
            action: "report_unconfirmed_purge".to_owned(),
            entity: "purge_order".to_owned(),
            entity_id: row.purge_id,
            outcome: "applied".to_owned(),
            request_id: None,
            payload: None,
        };
        audit::append(tx.conn(), case.into(), &act).await?;
    }
    let checked = sqlx::query!(
        "update purge_order set checked_at = $2 where id = any($1)",
        late,
        from_timestamp(now),
    );
    checked.execute(tx.conn()).await?;
    Ok(())
}

/// Stores that the phone, which has just confirmed these orders, owes them no longer, nor earlier ones about the same
/// streams: it skipped those if it was away while the case was taken and given back.
pub(super) async fn settle(
    tx: &mut Scoped,
    device: DeviceId,
    confirmed: &[Uuid],
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let settled = sqlx::query!(
        "update unconfirmed_purge u set confirmed_at = $3
         from purge_order late, purge_order done
         where u.device_id = $2 and u.confirmed_at is null and late.id = u.purge_id and done.id = any($1)
           and done.stream = late.stream and done.created_at >= late.created_at",
        confirmed,
        device.as_uuid(),
        from_timestamp(now),
    );
    settled.execute(tx.conn()).await?;
    Ok(())
}

/// Query of `GET /v1/unconfirmed-purges`.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    limit: Option<i64>,
    /// `next` of the previous page.
    cursor: Option<String>,
}

/// Response of `GET /v1/unconfirmed-purges`.
#[derive(Debug, Serialize)]
pub struct UnconfirmedPurges {
    purges: Vec<UnconfirmedPurge>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A phone that may still hold a case which it was ordered to delete.
#[derive(Debug, Serialize)]
struct UnconfirmedPurge {
    purge_id: PurgeId,
    case_id: CaseId,
    /// Why the case was taken: how the assignment ended.
    reason: String,
    ordered_at: Timestamp,
    reported_at: Timestamp,
    user_id: UserId,
    device_id: DeviceId,
    /// Name of the phone, as its owner gave it.
    device_name: String,
    /// `None` if it never synced.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sync_at: Option<Timestamp>,
    /// `None` unless the phone was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
}

/// The orders that a phone has not confirmed in time, newest report first. Admins only.
pub async fn list(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    query: UrlQuery<ListQuery>,
) -> Result<Json<UnconfirmedPurges>, ApiError> {
    match actor.role() {
        Role::Admin => {}
        Role::Requester | Role::Provider | Role::System => return Err(Refusal::NotFound.into()),
    }
    let query = query.read()?;
    let after = query.cursor.as_deref().map(place).transpose()?;
    let limit = page_size(query.limit);
    let mut tx = state.database.begin_snapshot(&actor).await?;
    let rows = sqlx::query_file!(
        "src/sync/sql/list_unconfirmed_purges.sql",
        after.map(|(at, ..)| from_timestamp(at)),
        after.map(|(_, purge, _)| purge),
        after.map(|(.., device)| device),
        limit,
    );
    let rows = rows.fetch_all(tx.conn()).await.map_err(DatabaseError::from)?;
    tx.commit().await?;
    let next = last_of_full(&rows, limit).map(|last| {
        let at = to_timestamp(last.reported_at);
        format!("{at}_{}_{}", last.purge_id, last.device_id)
    });
    let purges = rows.into_iter().map(|row| UnconfirmedPurge {
        purge_id: PurgeId::from_uuid(row.purge_id),
        case_id: CaseId::from_uuid(row.case_id),
        reason: row.reason,
        ordered_at: to_timestamp(row.ordered_at),
        reported_at: to_timestamp(row.reported_at),
        user_id: UserId::from_uuid(row.user_id),
        device_id: DeviceId::from_uuid(row.device_id),
        device_name: row.device_name,
        last_sync_at: row.last_sync_at.map(to_timestamp),
        revoked_at: row.revoked_at.map(to_timestamp),
    });
    Ok(Json(UnconfirmedPurges {
        purges: purges.collect(),
        next,
    }))
}

/// Parses a cursor: `2026-11-23T10:00:00.000Z_<purge>_<device>`
fn place(text: &str) -> Result<(Timestamp, Uuid, Uuid), ApiError> {
    let read = || {
        let (at, ids) = text.split_once('_')?;
        let (purge, device) = ids.split_once('_')?;
        Some((at.parse().ok()?, purge.parse().ok()?, device.parse().ok()?))
    };
    read().ok_or(NOT_A_CURSOR)
}
