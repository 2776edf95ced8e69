//! Who listens in this process, and what each has not been sent yet.
//!
//! Invariant: what waits for a listener is bounded, however slowly it reads: beyond that it is told to sync.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mso_core::ids::DeviceId;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use crate::feed::Touched;

/// Bytes of entries that may wait for one listener.
const MAX_WAITING: usize = 64 * 1024;

/// Words to other replicas that may wait. Beyond that they learn of a change when their phones next ask.
const MAX_OUTGOING: usize = 4_096;

/// What a committed transaction means for listeners.
#[derive(Debug, Clone, Default)]
pub struct News {
    /// The parties that read one of the streams that it changed.
    pub parties: BTreeSet<Uuid>,
    /// The entry of a chat that is all that changed for them.
    pub entry: Option<Shown>,
}

/// An entry of a chat as its readers are shown it, encoded by `mso_core::protocol::live`.
#[derive(Debug, Clone)]
pub enum Shown {
    Alike(Arc<str>),
    /// Each party with what is its own; whoever is not named is told to sync.
    Each(BTreeMap<Uuid, Arc<str>>),
}

impl Shown {
    fn to(&self, parties: &[Uuid]) -> Option<&Arc<str>> {
        match self {
            Self::Alike(entry) => Some(entry),
            Self::Each(entries) => parties.iter().find_map(|party| entries.get(party)),
        }
    }
}

impl News {
    /// Of a transaction that wrote this to the feed.
    #[must_use]
    pub fn of(touched: &Touched) -> Self {
        Self {
            parties: touched.readers().clone(),
            entry: None,
        }
    }
}

/// What a listener is to be sent next.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    pub changed: bool,
    pub entries: Vec<Arc<str>>,
}

/// All listeners of this process. Clones are the same hub.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

struct Shared {
    listeners: Mutex<Listeners>,
    outgoing: mpsc::Sender<BTreeSet<Uuid>>,
    /// Taken by the task that tells the other replicas.
    to_send: Mutex<Option<mpsc::Receiver<BTreeSet<Uuid>>>>,
}

#[derive(Default)]
struct Listeners {
    by_device: BTreeMap<DeviceId, Arc<Listener>>,
    by_party: BTreeMap<Uuid, BTreeSet<DeviceId>>,
    closed: bool,
}

struct Listener {
    parties: Vec<Uuid>,
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Default)]
struct State {
    waiting: Waiting,
    bytes: usize,
    ended: bool,
}

/// One phone's place in the hub, until it is dropped.
pub struct Listening {
    hub: Hub,
    device: DeviceId,
    listener: Arc<Listener>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Default for Hub {
    fn default() -> Self {
        let (outgoing, to_send) = mpsc::channel(MAX_OUTGOING);
        Self(Arc::new(Shared {
            listeners: Mutex::default(),
            outgoing,
            to_send: Mutex::new(Some(to_send)),
        }))
    }
}

impl Hub {
    /// Listens for these parties as this phone. Ends an earlier stream of the same phone.
    #[must_use]
    pub fn listen(&self, device: DeviceId, parties: Vec<Uuid>) -> Listening {
        let listener = Arc::new(Listener {
            parties,
            state: Mutex::default(),
            wake: Notify::new(),
        });
        let mut listeners = lock(&self.0.listeners);
        listeners.remove(device);
        if listeners.closed {
            listener.end();
        } else {
            for party in &listener.parties {
                listeners.by_party.entry(*party).or_default().insert(device);
            }
            listeners.by_device.insert(device, Arc::clone(&listener));
        }
        drop(listeners);
        Listening {
            hub: self.clone(),
            device,
            listener,
        }
    }

    /// Tells the listeners of this process and of the other replicas, all but the phone that caused it, which is answered.
    pub fn tell(&self, news: &News, by: Option<DeviceId>) {
        if news.parties.is_empty() {
            return;
        }
        self.tell_here(news, by);
        // If it is full, so many words are on their way that the other replicas are behind anyway.
        let _ = self.0.outgoing.try_send(news.parties.clone());
    }

    /// Tells the listeners of this process.
    pub(super) fn tell_here(&self, news: &News, by: Option<DeviceId>) {
        let listeners = lock(&self.0.listeners);
        let devices: BTreeSet<DeviceId> = news
            .parties
            .iter()
            .filter_map(|party| listeners.by_party.get(party))
            .flatten()
            .copied()
            .filter(|device| Some(*device) != by)
            .collect();
        for listener in devices
            .iter()
            .filter_map(|device| listeners.by_device.get(device))
        {
            listener.add(news.entry.as_ref().and_then(|entry| entry.to(&listener.parties)));
        }
    }

    /// Tells every listener of this process: words from elsewhere may have been lost.
    pub(super) fn tell_all_here(&self) {
        for listener in lock(&self.0.listeners).by_device.values() {
            listener.add(None);
        }
    }

    /// Ends all streams, and each that begins later: the server stops.
    pub fn close(&self) {
        let mut listeners = lock(&self.0.listeners);
        listeners.closed = true;
        for listener in std::mem::take(&mut listeners.by_device).into_values() {
            listener.end();
        }
        listeners.by_party.clear();
    }

    /// What the other replicas are to be told; `None` if somebody takes care of it already.
    pub(super) fn outgoing(&self) -> Option<mpsc::Receiver<BTreeSet<Uuid>>> {
        lock(&self.0.to_send).take()
    }
}

impl Listeners {
    fn remove(&mut self, device: DeviceId) {
        let Some(listener) = self.by_device.remove(&device) else {
            return;
        };
        for party in &listener.parties {
            if let Some(devices) = self.by_party.get_mut(party) {
                devices.remove(&device);
                if devices.is_empty() {
                    self.by_party.remove(party);
                }
            }
        }
        listener.end();
    }
}

impl Listener {
    fn add(&self, entry: Option<&Arc<str>>) {
        let mut state = lock(&self.state);
        match entry {
            Some(entry) if state.bytes + entry.len() <= MAX_WAITING => {
                state.bytes += entry.len();
                state.waiting.entries.push(Arc::clone(entry));
            }
            Some(_) => {
                state.waiting.entries.clear();
                state.waiting.changed = true;
            }
            None => state.waiting.changed = true,
        }
        drop(state);
        self.wake.notify_one();
    }

    fn end(&self) {
        lock(&self.state).ended = true;
        self.wake.notify_one();
    }
}

impl Listening {
    /// Waits until there is something to send. `None`: the stream is over.
    pub async fn next(&self) -> Option<Waiting> {
        loop {
            {
                let mut state = lock(&self.listener.state);
                if state.ended {
                    return None;
                }
                let waiting = std::mem::take(&mut state.waiting);
                state.bytes = 0;
                if waiting != Waiting::default() {
                    return Some(waiting);
                }
            }
            self.listener.wake.notified().await;
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut listeners = lock(&self.hub.0.listeners);
        // Unless a later stream of the phone has taken its place.
        let is_own = listeners
            .by_device
            .get(&self.device)
            .is_some_and(|listener| Arc::ptr_eq(listener, &self.listener));
        if is_own {
            listeners.remove(self.device);
        }
    }
}

#[cfg(test)]
mod tests {
    use mso_core::time::Timestamp;

    use super::*;

    fn device() -> DeviceId {
        DeviceId::generate(Timestamp::from_unix_millis(1_800_000_000_000))
    }

    fn news(party: Uuid, entry: Option<&str>) -> News {
        News {
            parties: BTreeSet::from([party]),
            entry: entry.map(|entry| Shown::Alike(Arc::from(entry))),
        }
    }

    #[tokio::test]
    async fn whoever_listens_for_a_party_is_told_except_who_caused_it() {
        let (hub, party, other) = (Hub::default(), Uuid::from_u128(1), Uuid::from_u128(2));
        let (one, two, three) = (device(), device(), device());
        let first = hub.listen(one, vec![party]);
        let second = hub.listen(two, vec![party, other]);
        let third = hub.listen(three, vec![other]);
        hub.tell(&news(party, Some("entry")), Some(one));
        let waiting = second.next().await.unwrap();
        assert_eq!((waiting.changed, waiting.entries.len()), (false, 1));
        for silent in [&first, &third] {
            let next = tokio::time::timeout(std::time::Duration::from_millis(20), silent.next());
            assert!(next.await.is_err());
        }
        drop(second);
        assert_eq!(lock(&hub.0.listeners).by_party[&party].len(), 1);
    }

    #[tokio::test]
    async fn each_party_is_shown_its_own_and_whoever_has_none_is_told_to_sync() {
        let (hub, institution) = (Hub::default(), Uuid::from_u128(1));
        let (one, two, three) = (Uuid::from_u128(2), Uuid::from_u128(3), Uuid::from_u128(4));
        let listening = [one, two, three].map(|user| hub.listen(device(), vec![institution, user]));
        let entries = BTreeMap::from([(one, Arc::from("of one")), (two, Arc::from("of two"))]);
        let news = News {
            parties: BTreeSet::from([one, two, three]),
            entry: Some(Shown::Each(entries)),
        };
        hub.tell(&news, None);
        let mut waiting = Vec::new();
        for listening in &listening {
            let Waiting { changed, entries } = listening.next().await.unwrap();
            waiting.push((
                changed,
                entries.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ));
        }
        let of = |text: &str| (false, vec![text.to_owned()]);
        assert_eq!(waiting, [of("of one"), of("of two"), (true, Vec::new())]);
    }

    #[tokio::test]
    async fn a_phone_that_does_not_read_is_told_to_sync() {
        let (hub, party) = (Hub::default(), Uuid::from_u128(1));
        let listening = hub.listen(device(), vec![party]);
        let large = "x".repeat(MAX_WAITING / 2);
        for _ in 0..3 {
            hub.tell(&news(party, Some(&large)), None);
        }
        let waiting = listening.next().await.unwrap();
        assert_eq!((waiting.changed, waiting.entries.len()), (true, 0));
    }

    #[tokio::test]
    async fn a_second_stream_of_a_phone_ends_the_first_and_a_stop_ends_all() {
        let (hub, party, device) = (Hub::default(), Uuid::from_u128(1), device());
        let first = hub.listen(device, vec![party]);
        let second = hub.listen(device, vec![party]);
        assert_eq!(first.next().await, None);
        drop(first);
        hub.tell(&news(party, None), None);
        assert!(second.next().await.unwrap().changed);
        hub.close();
        assert_eq!(second.next().await, None);
        assert_eq!(hub.listen(device, vec![party]).next().await, None);
    }
}
