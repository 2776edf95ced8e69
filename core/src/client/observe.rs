//! Notifies screens of changes: ids only, so that no stale or private data is in a callback. Listeners read again through
//! `queries.rs`. Invariant: listeners are called without any lock held, so that they may call the workspace and unsubscribe.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::command::Aggregate;
use crate::ids::{CaseId, DocumentId, PatientId};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Changed {
    /// A case or one of its parts.
    Case(CaseId),
    Patient(PatientId),
    /// A document or its transfer.
    Document(DocumentId),
    Notices,
    /// The list of notifications.
    Notifications,
    /// The chat of a case.
    Chat(CaseId),
    /// Outbox, transfers or the engine's state.
    SyncStatus,
    Catalogue,
    /// The institution's invoices.
    Invoices,
    /// The provider's service records.
    ServiceRecords,
    /// The session, the user's institution or profile, or the colleagues.
    Session,
}

impl Changed {
    /// The record that a command is about.
    pub(crate) const fn of(aggregate: Aggregate) -> Self {
        match aggregate {
            Aggregate::Case(id) => Self::Case(id),
            Aggregate::Patient(id) => Self::Patient(id),
            Aggregate::Notification(_) => Self::Notifications,
            Aggregate::Institution(_) | Aggregate::User(_) | Aggregate::Provider(_) => Self::Session,
            Aggregate::Catalogue => Self::Catalogue,
            Aggregate::Invoice(_) => Self::Invoices,
            Aggregate::ServiceRecord(_) => Self::ServiceRecords,
        }
    }
}

/// Receives changes.
pub trait ChangeListener: Send + Sync {
    /// Called on the thread that made the change, after the commit. Must return quickly.
    fn changed(&self, change: Changed);
}

#[derive(Default)]
struct Listeners {
    next: u64,
    by_id: BTreeMap<u64, Arc<dyn ChangeListener>>,
}

/// The subscribed listeners.
#[derive(Default)]
pub(crate) struct Observers(Mutex<Listeners>);

impl Observers {
    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a listener, until the subscription is dropped.
    pub(crate) fn subscribe(self: &Arc<Self>, listener: Arc<dyn ChangeListener>) -> Subscription {
        let mut listeners = self.listeners();
        let id = listeners.next;
        listeners.next += 1;
        listeners.by_id.insert(id, listener);
        Subscription {
            observers: Arc::downgrade(self),
            id,
        }
    }

    /// Notifies every listener, once per change.
    pub(crate) fn notify(&self, changes: impl IntoIterator<Item = Changed>) {
        let changes: BTreeSet<Changed> = changes.into_iter().collect();
        if changes.is_empty() {
            return;
        }
        let listeners: Vec<_> = self.listeners().by_id.values().cloned().collect();
        for listener in listeners {
            for change in &changes {
                // An exception in an app's callback arrives as a panic. It must neither end the engine's thread nor make a
                // command that is on disk look like one that failed.
                if catch_unwind(AssertUnwindSafe(|| listener.changed(*change))).is_err() {
                    tracing::error!(?change, "a listener panicked");
                }
            }
        }
    }
}

/// Dropping it ends the calls to the listener.
#[must_use = "dropping the subscription ends it"]
pub struct Subscription {
    observers: Weak<Observers>,
    id: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(observers) = self.observers.upgrade() {
            let removed = observers.listeners().by_id.remove(&self.id);
            // The lock is released before the listener itself is dropped: that may run the app's code.
            drop(removed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<Changed>>);

    impl ChangeListener for Heard {
        fn changed(&self, change: Changed) {
            self.0.lock().unwrap().push(change);
        }
    }

    #[test]
    fn a_listener_hears_each_change_once_until_its_subscription_is_dropped() {
        let observers = Arc::new(Observers::default());
        let heard = Arc::new(Heard::default());
        let subscription = observers.subscribe(heard.clone());
        observers.notify([Changed::Notices, Changed::SyncStatus, Changed::Notices]);
        assert_eq!(*heard.0.lock().unwrap(), [Changed::Notices, Changed::SyncStatus]);
        drop(subscription);
        observers.notify([Changed::Notices]);
        assert_eq!(heard.0.lock().unwrap().len(), 2);
    }

    struct Thrower;

    impl ChangeListener for Thrower {
        fn changed(&self, _change: Changed) {
            panic!("an exception of the app's");
        }
    }

    #[test]
    fn a_listener_that_throws_stops_neither_the_caller_nor_the_other_listeners() {
        let observers = Arc::new(Observers::default());
        let _thrower = observers.subscribe(Arc::new(Thrower));
        let heard = Arc::new(Heard::default());
        let _subscription = observers.subscribe(heard.clone());
        observers.notify([Changed::Notices, Changed::SyncStatus]);
        assert_eq!(heard.0.lock().unwrap().len(), 2);
    }

    struct Leaver(Mutex<Option<Subscription>>);

    impl ChangeListener for Leaver {
        fn changed(&self, _change: Changed) {
            self.0.lock().unwrap().take();
        }
    }

    #[test]
    fn a_listener_may_unsubscribe_while_it_is_called() {
        let observers = Arc::new(Observers::default());
        let leaver = Arc::new(Leaver(Mutex::new(None)));
        let subscription = observers.subscribe(leaver.clone());
        *leaver.0.lock().unwrap() = Some(subscription);
        observers.notify([Changed::Notices]);
        assert!(observers.listeners().by_id.is_empty());
    }
}
