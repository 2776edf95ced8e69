//! A chat document. Everything stands on its root; one put is one change.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{AutoCommit, Change, ROOT, ReadDoc, ScalarValue, Value};

use super::change::{ChatKey, actor};
use crate::chat::ChatFault;
use crate::ids::DeviceId;

/// Messages of a segment, after which the next one begins.
pub const MAX_MESSAGES: usize = 500;

/// A loaded document.
pub struct Segment(AutoCommit);

impl Segment {
    /// An empty document, written to by this device.
    #[must_use]
    pub fn new(device_id: DeviceId) -> Self {
        Self(AutoCommit::new().with_actor(actor(device_id)))
    }

    /// Loads what [`Segment::save`] returned.
    pub fn load(bytes: &[u8], device_id: DeviceId) -> Result<Self, ChatFault> {
        let document = AutoCommit::load(bytes).map_err(|_| ChatFault::Malformed)?;
        Ok(Self(document.with_actor(actor(device_id))))
    }

    /// Writes as another device from here on.
    #[cfg(test)]
    pub(super) fn write_as(&mut self, device_id: DeviceId) {
        self.0.set_actor(actor(device_id));
    }

    #[must_use]
    pub fn save(&mut self) -> Vec<u8> {
        self.0.save()
    }

    /// Applies changes of others, all at once: one at a time would cost the document's size each.
    pub fn apply(&mut self, changes: Vec<Change>) -> Result<(), ChatFault> {
        self.0
            .apply_changes_batch(changes)
            .map_err(|_| ChatFault::Malformed)
    }

    /// Writes a value, and returns the bytes of the change that did it.
    pub fn put(&mut self, key: &ChatKey, value: Vec<u8>) -> Result<Vec<u8>, ChatFault> {
        let put = self.0.put(ROOT, key.to_string(), ScalarValue::Bytes(value));
        put.map_err(|_| ChatFault::Malformed)?;
        self.0.commit_with(CommitOptions::default().with_time(0));
        let change = self.0.get_last_local_change().ok_or(ChatFault::Malformed)?;
        Ok(change.raw_bytes().to_vec())
    }

    /// The value under a key that all replicas agree on.
    #[must_use]
    pub fn get(&self, key: &ChatKey) -> Option<Vec<u8>> {
        match self.0.get(ROOT, key.to_string()) {
            Ok(Some((Value::Scalar(value), _))) => value.as_bytes().map(<[u8]>::to_vec),
            Ok(Some((Value::Object(_), _)) | None) | Err(_) => None,
        }
    }

    /// Number of keys, of all kinds.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.0.length(ROOT)
    }
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Segment(..)")
    }
}
