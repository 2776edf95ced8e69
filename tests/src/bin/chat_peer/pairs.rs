//! One side of many pairs: phones that stay online, write at set moments, and note when the other's messages can be read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use mso_core::client::{ChangeListener, Changed, Subscription, Workspace};
use mso_core::ids::CaseId;
use serde_json::{Value, json};

use crate::clock;
use crate::requests::Job;

/// Messages that are read after a change. They stand in the order in which they were written, so one that came late is not the
/// newest; between two changes a pair gets fewer.
const NEWEST: u32 = 20;

/// When each message was readable first, by its id.
type Moments = Arc<Mutex<BTreeMap<String, f64>>>;

fn lock(moments: &Moments) -> MutexGuard<'_, BTreeMap<String, f64>> {
    moments.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) struct Pairs {
    phones: Vec<Phone>,
    sent: Moments,
    received: Moments,
}

struct Phone {
    workspace: Arc<Workspace>,
    case: CaseId,
    _subscription: Subscription,
}

struct Listener {
    workspace: Weak<Workspace>,
    case: CaseId,
    received: Moments,
    /// The thread that writes: what it changes is this side's own.
    writer: ThreadId,
}

impl ChangeListener for Listener {
    fn changed(&self, change: Changed) {
        if change != Changed::Chat(self.case) || std::thread::current().id() == self.writer {
            return;
        }
        let Some(workspace) = self.workspace.upgrade() else {
            return;
        };
        let Ok(messages) = workspace.chat_messages(self.case, None, NEWEST) else {
            return;
        };
        let at = clock::now();
        let mut received = lock(&self.received);
        for message in messages.into_iter().filter(|message| !message.is_own) {
            received.entry(message.id).or_insert(at);
        }
    }
}

impl Pairs {
    /// Opens a phone on each store and goes online with all.
    pub(crate) fn open(port: u16, stores: &[PathBuf], cases: &[CaseId]) -> Result<Self> {
        let received = Moments::default();
        let mut phones = Vec::new();
        for (store, case) in stores.iter().zip(cases) {
            let workspace = crate::open(store, port)?;
            let listener = Listener {
                workspace: Arc::downgrade(&workspace),
                case: *case,
                received: Arc::clone(&received),
                writer: std::thread::current().id(),
            };
            let subscription = workspace.subscribe(Arc::new(listener));
            workspace.go_online()?;
            phones.push(Phone {
                workspace,
                case: *case,
                _subscription: subscription,
            });
        }
        Ok(Self {
            phones,
            sent: Moments::default(),
            received,
        })
    }

    /// Writes each message when it is due, whether or not the last one has arrived.
    pub(crate) fn live(&self, jobs: &[Job]) -> Result<Value> {
        for job in jobs {
            let phone = self.phones.get(job.pair).context("no such pair")?;
            let left = job.due - clock::now();
            if left > 0.0 {
                std::thread::sleep(Duration::from_secs_f64(left / 1_000.0));
            }
            let at = clock::now();
            let id = phone
                .workspace
                .write_message(phone.case, &job.message.text, None)?;
            lock(&self.sent).insert(id, at);
        }
        Ok(json!({}))
    }

    /// Waits until this many messages of the other side can be read, then says what is known of all.
    pub(crate) fn received(&self, count: usize, within_ms: u64) -> Result<Value> {
        let deadline = Instant::now() + Duration::from_millis(within_ms);
        while lock(&self.received).len() < count && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        let list = |moments: &Moments| -> Vec<Value> {
            lock(moments).iter().map(|(id, at)| json!([id, at])).collect()
        };
        Ok(json!({"sent": list(&self.sent), "received": list(&self.received)}))
    }

    pub(crate) fn close(self) {
        for phone in self.phones {
            phone.workspace.close();
        }
    }
}
