//! How many messages a phone holds, counted anew for each chat that changed, as a screen would read it.
//!
//! The listener only says which chat changed; a thread of its own reads. Invariant: a wait is over only after what it waits
//! for was read from the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mso_core::client::chat::view::{ChatMessage, MessageState};
use mso_core::client::{ChangeListener, Changed, Subscription, Workspace};
use mso_core::ids::CaseId;
use serde_json::{Value, json};

use crate::clock;

const PATIENCE: Duration = Duration::from_secs(170);
/// More than any chat of the benchmark has.
const PAGE: u32 = 200;

/// What one chat holds.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    messages: usize,
    /// Of these, on this phone only.
    waiting: usize,
}

/// The counts, and the moment of the last one.
#[derive(Default)]
struct Counts {
    by_case: BTreeMap<CaseId, Count>,
    total: Count,
    at: f64,
}

struct Shared {
    workspace: Weak<Workspace>,
    counts: Mutex<Counts>,
    counted: Condvar,
}

pub(crate) struct Held {
    workspace: Arc<Workspace>,
    cases: Vec<CaseId>,
    shared: Arc<Shared>,
    changes: Sender<CaseId>,
    subscription: Option<Subscription>,
}

struct Listener(Sender<CaseId>);

impl ChangeListener for Listener {
    fn changed(&self, change: Changed) {
        if let Changed::Chat(case) = change {
            // The counting thread ends with its phone; then nobody asks any more.
            let _ended = self.0.send(case);
        }
    }
}

impl Held {
    /// Counts what these chats hold, and from now on what changes.
    pub(crate) fn of(workspace: &Arc<Workspace>, cases: &[CaseId]) -> Result<Self> {
        let shared = Arc::new(Shared {
            workspace: Arc::downgrade(workspace),
            counts: Mutex::default(),
            counted: Condvar::new(),
        });
        let (changes, changed) = channel();
        let counting = Arc::clone(&shared);
        std::thread::spawn(move || counting.count_changes(&changed));
        let mut held = Self {
            workspace: Arc::clone(workspace),
            cases: cases.to_owned(),
            shared,
            changes,
            subscription: None,
        };
        held.resume(&cases.iter().copied().collect())?;
        Ok(held)
    }

    /// Reads nothing until [`Self::resume`].
    pub(crate) fn pause(&mut self) {
        drop(self.subscription.take());
    }

    /// Counts these chats, and those that change from now on.
    pub(crate) fn resume(&mut self, cases: &BTreeSet<CaseId>) -> Result<()> {
        let listener = Listener(self.changes.clone());
        self.subscription = Some(self.workspace.subscribe(Arc::new(listener)));
        for case in cases {
            self.shared.count(&self.workspace, *case)?;
        }
        Ok(())
    }

    /// Waits for this many messages; returns when they were there.
    pub(crate) fn reached(&self, messages: usize) -> Result<f64> {
        self.wait(|total| total.messages >= messages)
    }

    /// Waits until the server has everything; returns when the phone knew it.
    pub(crate) fn settled(&self) -> Result<f64> {
        self.wait(|total| total.waiting == 0)
    }

    /// Waits; who waits in vain says what the phone knows of its line.
    fn wait(&self, satisfied: impl Fn(Count) -> bool) -> Result<f64> {
        let status = || format!("the phone says {:?}", self.workspace.sync_status());
        self.shared.wait(satisfied).with_context(status)
    }

    /// When something was counted last.
    pub(crate) fn last_change(&self) -> f64 {
        self.shared.lock().at
    }

    /// Reads everything anew: the number of messages and the sum over their texts.
    pub(crate) fn all(&self) -> Result<Value> {
        let (mut messages, mut checksum) = (0_usize, 0_u64);
        for case in &self.cases {
            for text in page(&self.workspace, *case)?
                .into_iter()
                .filter_map(|message| message.text)
            {
                messages += 1;
                checksum = (checksum + u64::from(hash(&text))) % (1 << 48);
            }
        }
        Ok(json!({"messages": messages, "checksum": checksum, "appointments": 0}))
    }
}

/// FNV-1a.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |state, byte| {
        (state ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

fn page(workspace: &Workspace, case: CaseId) -> Result<Vec<ChatMessage>> {
    Ok(workspace.chat_messages(case, None, PAGE)?)
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count_changes(&self, changed: &Receiver<CaseId>) {
        while let Ok(case) = changed.recv() {
            // What came meanwhile is read once.
            let cases: BTreeSet<_> = std::iter::once(case).chain(changed.try_iter()).collect();
            let Some(workspace) = self.workspace.upgrade() else {
                return;
            };
            for case in cases {
                // A chat that cannot be read has no new messages; who waits for them runs out of patience.
                drop(self.count(&workspace, case));
            }
        }
    }

    fn count(&self, workspace: &Workspace, case: CaseId) -> Result<()> {
        // Under the lock, so that an older page never replaces a newer one.
        let mut counts = self.lock();
        let messages = page(workspace, case)?;
        let waiting = |message: &&ChatMessage| matches!(message.state, MessageState::Waiting);
        let count = Count {
            messages: messages.len(),
            waiting: messages.iter().filter(waiting).count(),
        };
        let before = counts.by_case.insert(case, count).unwrap_or_default();
        counts.total = Count {
            messages: counts.total.messages + count.messages - before.messages,
            waiting: counts.total.waiting + count.waiting - before.waiting,
        };
        counts.at = clock::now();
        self.counted.notify_all();
        Ok(())
    }

    fn wait(&self, satisfied: impl Fn(Count) -> bool) -> Result<f64> {
        let deadline = Instant::now() + PATIENCE;
        let mut counts = self.lock();
        while !satisfied(counts.total) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("waited in vain; there are {:?}", counts.total);
            }
            counts = self
                .counted
                .wait_timeout(counts, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        Ok(counts.at)
    }
}
