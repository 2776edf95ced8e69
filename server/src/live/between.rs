//! Several replicas on one database behave as one: each tells the others which parties have something new.
//!
//! `NOTIFY` from a connection of its own, outside of every transaction that writes: notifying transactions commit one after
//! the other, cluster-wide. At most twenty times a second, the parties in one payload; a payload holds less than 8,000 bytes
//! and no content (PostgreSQL, "NOTIFY").

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use uuid::Uuid;

use super::{Hub, News};
use crate::State;
use crate::database::DatabaseError;

const CHANNEL: &str = "mso_live";

/// Shortest time between two notifications.
const APART: Duration = Duration::from_millis(50);

/// Parties in one payload, 32 characters and a separator each.
const MAX_PARTIES: usize = 200;
const _: () = assert!(
    16 + MAX_PARTIES * 33 < 8_000,
    "PostgreSQL takes no larger payload"
);

/// Time until another attempt, when the database cannot be reached.
const RETRY: Duration = Duration::from_secs(1);

/// Tells and hears until the process ends.
pub async fn run(state: State) {
    let Some(mut outgoing) = state.live.outgoing() else {
        return;
    };
    let own = format!("{:016x}", getrandom::u64().unwrap_or_default());
    let pool = state.database.notifications();
    let telling = async {
        while let Some(mut parties) = outgoing.recv().await {
            while let Ok(more) = outgoing.try_recv() {
                parties.extend(more);
            }
            if let Err(error) = notify(&pool, &own, parties).await {
                tracing::warn!(%error, "the other replicas were not told");
            }
            tokio::time::sleep(APART).await;
        }
    };
    tokio::join!(hear(&pool, &state.live, &own), telling);
}

async fn notify(pool: &PgPool, own: &str, parties: BTreeSet<Uuid>) -> Result<(), DatabaseError> {
    let parties: Vec<String> = parties
        .into_iter()
        .map(|party| party.simple().to_string())
        .collect();
    for some in parties.chunks(MAX_PARTIES) {
        let payload = format!("{own} {}", some.join(" "));
        sqlx::query!("select pg_notify($1, $2)", CHANNEL, payload)
            .execute(pool)
            .await?;
    }
    Ok(())
}

async fn hear(pool: &PgPool, hub: &Hub, own: &str) {
    loop {
        if let Err(error) = hear_until_cut(pool, hub, own).await {
            tracing::warn!(%error, "the other replicas are not heard");
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn hear_until_cut(pool: &PgPool, hub: &Hub, own: &str) -> Result<(), DatabaseError> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    // What was said before is lost.
    hub.tell_all_here();
    while let Some(notification) = listener.try_recv().await? {
        if let Some(parties) = parties_of(notification.payload(), own) {
            let news = News { parties, entry: None };
            hub.tell_here(&news, None);
        }
    }
    Ok(())
}

/// The parties that another replica names; `None` if this one said it itself.
fn parties_of(payload: &str, own: &str) -> Option<BTreeSet<Uuid>> {
    let (replica, parties) = payload.split_once(' ')?;
    let parties = parties.split(' ').filter_map(|party| Uuid::parse_str(party).ok());
    (replica != own).then(|| parties.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_does_not_listen_to_itself() {
        let party = Uuid::from_u128(7);
        let payload = format!("aa {} nonsense", party.simple());
        assert_eq!(parties_of(&payload, "bb"), Some(BTreeSet::from([party])));
        assert_eq!(parties_of(&payload, "aa"), None);
        assert_eq!(parties_of("aa", "bb"), None);
    }
}
