//! One writer per upload: which request has the turn, and how the next one gets it.
//!
//! A phone that changes networks leaves a connection behind that the server considers alive for minutes, and
//! reconnects at once. So a later request asks the current writer to stop and waits briefly; what the current
//! writer has written counts. Between replicas that share a folder, the lock on the part file decides.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use mso_core::ids::DocumentId;
use tokio::sync::{Notify, OwnedMutexGuard};

/// How long the next writer waits for the current one to stop.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Slot {
    turn: Arc<tokio::sync::Mutex<()>>,
    waiting: AtomicUsize,
    stop: Notify,
}

/// The uploads that are being written in this process.
#[derive(Clone, Default)]
pub struct Writers(Arc<Mutex<HashMap<DocumentId, Weak<Slot>>>>);

/// The exclusive right to read or write an upload. It ends when this is dropped.
pub(super) struct Turn {
    slot: Arc<Slot>,
    _guard: OwnedMutexGuard<()>,
}

impl Writers {
    /// Takes the turn, from another request if necessary; `None` if that one does not stop in time.
    pub(super) async fn turn(&self, id: DocumentId) -> Option<Turn> {
        self.turn_within(id, PATIENCE).await
    }

    async fn turn_within(&self, id: DocumentId, patience: Duration) -> Option<Turn> {
        let slot = self.slot(id);
        let waiting = Waiting::announce(&slot);
        let guard = tokio::time::timeout(patience, slot.turn.clone().lock_owned())
            .await
            .ok()?;
        drop(waiting);
        Some(Turn { slot, _guard: guard })
    }

    fn slot(&self, id: DocumentId) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|_, slot| slot.strong_count() > 0);
        let slot = slots.get(&id).and_then(Weak::upgrade).unwrap_or_default();
        slots.insert(id, Arc::downgrade(&slot));
        slot
    }
}

impl Turn {
    /// Waits until another request asks for the turn; returns at once if one already has.
    pub(super) async fn asked_to_stop(&self) {
        let asked = self.slot.stop.notified();
        tokio::pin!(asked);
        // Registers before reading the count, so that no request is missed that asks afterwards.
        asked.as_mut().enable();
        if self.slot.waiting.load(Ordering::SeqCst) == 0 {
            asked.await;
        }
    }
}

/// Counts a waiting request, for as long as it waits.
struct Waiting<'a>(&'a Slot);

impl<'a> Waiting<'a> {
    fn announce(slot: &'a Slot) -> Self {
        slot.waiting.fetch_add(1, Ordering::SeqCst);
        slot.stop.notify_waiters();
        Self(slot)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl std::fmt::Debug for Writers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writers(..)")
    }
}

#[cfg(test)]
mod tests {
    use mso_core::time::Timestamp;

    use super::*;

    #[tokio::test]
    async fn a_later_writer_gets_the_turn_once_the_earlier_one_heard_of_it() {
        let writers = Writers::default();
        let id = DocumentId::generate(Timestamp::from_unix_millis(1));
        let first = writers.turn(id).await.unwrap();
        let writing = tokio::spawn(async move { first.asked_to_stop().await });
        tokio::task::yield_now().await;
        assert!(writers.turn(id).await.is_some());
        writing.await.unwrap();
        let other = DocumentId::generate(Timestamp::from_unix_millis(2));
        assert!(writers.turn(other).await.is_some());
        assert_eq!(writers.0.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let writers = Writers::default();
        let id = DocumentId::generate(Timestamp::from_unix_millis(1));
        let _first = writers.turn(id).await.unwrap();
        assert!(writers.turn_within(id, Duration::from_millis(10)).await.is_none());
    }
}
