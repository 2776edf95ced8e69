//! When the engine's next cycle begins: at once if something is to be sent, soon if that can wait a little, else when it is
//! time to ask the server again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::shared::Shared;
use super::store::chat::outbox_rows;
use super::store::{StoreError, files, outbox};
use super::sync_report::SyncReport;
use crate::protocol::sync::IDLE_MILLIS;

/// What can wait a little, so that several of it go in one request.
#[derive(Debug, Default)]
pub(crate) struct Soon {
    by: Mutex<Option<Instant>>,
    moved: Notify,
}

impl Soon {
    /// The next cycle begins within this time. An earlier time stays.
    pub(crate) fn within(&self, time: Duration) {
        let at = Instant::now() + time;
        let mut by = self.by.lock().unwrap_or_else(PoisonError::into_inner);
        if by.is_none_or(|by| at < by) {
            *by = Some(at);
            drop(by);
            self.moved.notify_one();
        }
    }

    /// The live stream has ended: the phone asks by itself, at a time of its own within a poll's delay, since all phones may
    /// have lost their streams at once.
    pub(crate) fn on_its_own(&self) {
        let most = u64::from(IDLE_MILLIS);
        self.within(Duration::from_millis(
            getrandom::u64().unwrap_or(most) % (most + 1),
        ));
    }

    /// A cycle begins, which sends everything.
    pub(crate) fn begun(&self) {
        *self.by.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn by(&self) -> Option<Instant> {
        *self.by.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rest after a cycle that went well. While the live stream tells of every change, a phone that has nothing to send, and
/// from which the server holds nothing back, asks seldom.
pub(crate) fn after(shared: &Shared, report: &SyncReport) -> Duration {
    let follows = shared.progress().freshness.follows;
    if follows && report.next_after_ms >= IDLE_MILLIS && !is_anything_left(shared).unwrap_or(true) {
        return shared.pace.longest_rest;
    }
    shared.pace.rest(report.next_after_ms)
}

/// Whether something waits that the server did not take.
fn is_anything_left(shared: &Shared) -> Result<bool, StoreError> {
    shared.store().read(|conn| {
        Ok(outbox::count(conn)? > 0 || outbox_rows::count(conn)? > 0 || files::count_unsent(conn)? > 0)
    })
}

/// Waits for the next cycle, at most for this time.
pub(crate) async fn until_next(shared: &Shared, rest: Duration) {
    let poll = Instant::now() + rest;
    loop {
        let due = shared.soon.by().map_or(poll, |by| poll.min(by));
        tokio::select! {
            biased;
            () = shared.wake.notified() => return,
            () = shared.soon.moved.notified() => {}
            () = tokio::time::sleep_until(due) => {
                if due == poll {
                    shared.progress().freshness.needs_pull();
                }
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::chat::change::{ChatKey, Stamp};
    use crate::client::testing::server::Server;
    use crate::client::testing::store_and_files::open;
    use crate::ids::{CaseId, DeviceId};

    /// Milliseconds until the next cycle.
    async fn waited(shared: &Shared, report: &SyncReport) -> u128 {
        let begun = Instant::now();
        until_next(shared, after(shared, report)).await;
        shared.soon.begun();
        begun.elapsed().as_millis()
    }

    #[tokio::test(start_paused = true)]
    async fn what_can_wait_goes_together_and_does_not_wait_for_the_next_poll() {
        let folder = tempfile::tempdir().unwrap();
        let shared = open(folder.path(), &Server::new());
        let idle = SyncReport {
            next_after_ms: IDLE_MILLIS,
            ..SyncReport::default()
        };
        assert_eq!(waited(&shared, &idle).await, 30_000);
        shared.soon.within(Duration::from_secs(5));
        let again = async {
            tokio::time::sleep(Duration::from_secs(4)).await;
            shared.soon.within(Duration::from_secs(5));
        };
        let (waited_for, ()) = tokio::join!(waited(&shared, &idle), again);
        assert_eq!(waited_for, 5_000);
        shared.soon.within(Duration::from_secs(5));
        shared.wake.notify_one();
        assert_eq!(waited(&shared, &idle).await, 0);
        assert_eq!(waited(&shared, &idle).await, 30_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_phone_that_follows_the_live_stream_asks_seldom_until_it_ends_or_something_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let shared = open(folder.path(), &Server::new());
        let report = |next_after_ms| SyncReport {
            next_after_ms,
            ..SyncReport::default()
        };
        shared.progress().freshness.follows = true;
        assert_eq!(waited(&shared, &report(IDLE_MILLIS)).await, 300_000);
        // What is held back was told of before it can be read.
        assert_eq!(waited(&shared, &report(15_000)).await, 15_000);
        let ends = async {
            tokio::time::sleep(Duration::from_secs(100)).await;
            shared.soon.on_its_own();
        };
        let idle = report(IDLE_MILLIS);
        let (waited_for, ()) = tokio::join!(waited(&shared, &idle), ends);
        assert!((100_000..=130_000).contains(&waited_for), "{waited_for}");
        shared
            .store()
            .transaction(|tx| {
                let key = ChatKey::Message(Stamp::new(1, DeviceId::generate(shared.now()), [0; 4]));
                outbox_rows::insert(
                    tx,
                    CaseId::generate(shared.now()),
                    (&key, b"left"),
                    None,
                    shared.now(),
                )
            })
            .unwrap();
        assert_eq!(waited(&shared, &idle).await, 30_000);
    }
}
