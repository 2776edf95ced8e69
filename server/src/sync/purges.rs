//! Purge orders that a phone reports as carried out, and those that a revoked phone still owes.
//!
//! The invariant: a device confirms only orders to its own parties, each once, and each confirmation is
//! audited.
//!
//! A revoked phone is ordered to delete every stream that its user reads. These orders are addressed to the user
//! and stand in no feed, so that the user's other phones and colleagues never receive them. They are made when
//! the phone asks, and made again only for a phone that has synced since it carried the last ones out.

use mso_core::actor::Actor;
use mso_core::ids::{DeviceId, PurgeId, StreamId};
use mso_core::protocol::sync::{MAX_PURGES, PurgeOrder, REASON_REVOKED};
use mso_core::time::Timestamp;
use uuid::Uuid;

use super::unconfirmed;
use crate::audit::{self, Act};
use crate::database::{Database, DatabaseError, from_timestamp};
use crate::feed::scope;

/// Stores that this device carried out the orders. Unknown and repeated orders are ignored.
pub(super) async fn confirm(
    database: &Database,
    actor: &Actor,
    device: DeviceId,
    ids: &[Uuid],
    now: Timestamp,
    request_id: &str,
) -> Result<(), DatabaseError> {
    let mut tx = database.begin_scoped(actor).await?;
    let confirmed = sqlx::query_scalar!(
        "insert into purge_confirmation (purge_id, device_id, confirmed_at)
         select id, $2, $3 from purge_order where id = any($1) and party = any($4)
         on conflict do nothing
         returning purge_id",
        ids,
        device.as_uuid(),
        from_timestamp(now),
        &scope::parties(actor),
    );
    let confirmed = confirmed.fetch_all(tx.conn()).await?;
    unconfirmed::settle(&mut tx, device, &confirmed, now).await?;
    for purge in confirmed {
        let act = Act {
            actor: *actor,
            at: now,
            action: "confirm_purge".to_owned(),
            entity: "purge_order".to_owned(),
            entity_id: purge,
            outcome: "applied".to_owned(),
            request_id: Some(request_id.to_owned()),
            payload: None,
        };
        audit::append(tx.conn(), actor.user.into(), &act).await?;
    }
    tx.commit().await
}

/// The orders that this phone of a user who is out has yet to carry out, at most [`MAX_PURGES`].
pub(super) async fn owed(
    database: &Database,
    actor: &Actor,
    device: DeviceId,
    now: Timestamp,
) -> Result<Vec<PurgeOrder>, DatabaseError> {
    let parties = scope::parties(actor);
    let (user, device) = (actor.user.as_uuid(), device.as_uuid());
    let most = i64::try_from(MAX_PURGES).unwrap_or(i64::MAX);
    // No role of a person may write purge orders.
    let mut tx = database.begin_scoped(&Actor::SYSTEM).await?;
    let streams = sqlx::query_file_scalar!(
        "src/sync/sql/find_streams_to_purge.sql",
        &parties,
        user,
        device,
        REASON_REVOKED,
        most,
    );
    let streams = streams.fetch_all(tx.conn()).await?;
    let ids: Vec<Uuid> = streams.iter().map(|_| PurgeId::generate(now).as_uuid()).collect();
    sqlx::query!(
        "insert into purge_order (id, party, stream, reason, created_at)
         select id, $3, stream, $4, $5 from unnest($1::uuid[], $2::uuid[]) as new (id, stream)",
        &ids,
        &streams,
        user,
        REASON_REVOKED,
        from_timestamp(now),
    )
    .execute(tx.conn())
    .await?;
    let orders = sqlx::query_file!(
        "src/sync/sql/list_owed_purges.sql",
        &parties,
        user,
        device,
        REASON_REVOKED,
        most,
    );
    let orders = orders.fetch_all(tx.conn()).await?;
    tx.commit().await?;
    let order = |id, stream, reason| PurgeOrder {
        id: PurgeId::from_uuid(id),
        stream: StreamId::from_uuid(stream),
        reason,
    };
    Ok(orders
        .into_iter()
        .map(|row| order(row.id, row.stream, row.reason))
        .collect())
}
