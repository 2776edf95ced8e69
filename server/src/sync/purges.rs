//! Purge orders that a phone reports as carried out.
//!
//! The invariant: a device confirms only orders to its own parties, each once, and each confirmation is
//! audited.

use mso_core::actor::Actor;
use mso_core::ids::DeviceId;
use mso_core::time::Timestamp;
use uuid::Uuid;

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
    for purge in confirmed.fetch_all(tx.conn()).await? {
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
