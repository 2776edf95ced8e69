//! The hash chain: each entry's hash covers the entry and the previous hash, so changing, dropping or
//! inserting an entry breaks every later one.

use super::entry::AuditEntry;
use crate::crypto::{Sha256Hash, Sha256Hasher};
use crate::protocol::cbor::CborError;

/// The `prev_hash` of the first entry of every stream.
pub const START: Sha256Hash = Sha256Hash::from_bytes([0; 32]);

/// An entry as stored, with the previous hash and its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chained {
    pub entry: AuditEntry,
    /// The previous entry's hash, or [`START`].
    pub prev_hash: Sha256Hash,
    /// [`link`] of `prev_hash` and `entry`.
    pub hash: Sha256Hash,
}

/// Why a chain is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An entry is missing, duplicated or from another stream.
    #[error("an entry is missing, doubled or of another stream")]
    Gap,
    /// `prev_hash` is not the hash of the previous entry.
    #[error("the entry does not follow the one before it")]
    Detached,
    /// The entry does not match its hash.
    #[error("the entry was changed")]
    Changed,
}

impl Fault {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Gap => "audit_gap",
            Self::Detached => "audit_detached",
            Self::Changed => "audit_changed",
        }
    }
}

/// The first entry at which a chain is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq}: {fault}")]
pub struct Broken {
    /// The sequence number expected at this position.
    pub seq: u64,
    pub fault: Fault,
}

/// The hash of an entry: SHA-256 of the previous hash followed by the entry's canonical bytes.
pub fn link(prev: &Sha256Hash, entry: &AuditEntry) -> Result<Sha256Hash, CborError> {
    let mut hasher = Sha256Hasher::default();
    hasher.update(prev.as_bytes());
    hasher.update(&entry.canonical()?);
    Ok(hasher.finish())
}

/// Verifies one stream's entries from the first one. Returns the sequence number and hash of the last
/// entry. Compare them with the stored head: this is the only way to detect entries truncated at the
/// end.
pub fn verify<'a>(entries: impl IntoIterator<Item = &'a Chained>) -> Result<(u64, Sha256Hash), Broken> {
    let mut end = (0, START);
    let mut stream = None;
    for chained in entries {
        let seq = end.0 + 1;
        let broken = |fault| Err(Broken { seq, fault });
        let entry = &chained.entry;
        if entry.seq != seq || *stream.get_or_insert(entry.stream) != entry.stream {
            return broken(Fault::Gap);
        }
        if chained.prev_hash != end.1 {
            return broken(Fault::Detached);
        }
        if link(&end.1, entry) != Ok(chained.hash) {
            return broken(Fault::Changed);
        }
        end = (seq, chained.hash);
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::actor::Role;
    use crate::ids::{StreamId, UserId};
    use crate::time::Timestamp;

    fn entry(seq: u64) -> AuditEntry {
        AuditEntry {
            at: Timestamp::from_unix_millis(1_795_000_000_000),
            seq,
            role: Role::Provider,
            user: UserId::SYSTEM,
            action: "accept_case".to_owned(),
            device: None,
            entity: "case".to_owned(),
            stream: StreamId::CATALOGUE,
            outcome: "applied".to_owned(),
            entity_id: Uuid::from_u128(7),
            request_id: None,
            payload_digest: None,
        }
    }

    fn chain(length: u64) -> Vec<Chained> {
        let mut prev_hash = START;
        let next = |seq| {
            let entry = entry(seq);
            let hash = link(&prev_hash, &entry).unwrap();
            let chained = Chained {
                entry,
                prev_hash,
                hash,
            };
            prev_hash = hash;
            chained
        };
        (1..=length).map(next).collect()
    }

    #[test]
    fn a_whole_chain_holds_to_its_head() {
        let chain = chain(5);
        assert_eq!(verify(&chain), Ok((5, chain[4].hash)));
        assert_eq!(verify(&[]), Ok((0, START)));
    }

    #[test]
    fn any_change_names_the_first_broken_entry() {
        let mut changed = chain(5);
        changed[2].entry.outcome = "not_found".to_owned();
        assert_eq!(
            verify(&changed),
            Err(Broken {
                seq: 3,
                fault: Fault::Changed
            })
        );

        let mut relinked = changed;
        relinked[2].hash = link(&relinked[2].prev_hash, &relinked[2].entry).unwrap();
        assert_eq!(
            verify(&relinked),
            Err(Broken {
                seq: 4,
                fault: Fault::Detached
            })
        );

        let mut dropped = chain(5);
        dropped.remove(1);
        assert_eq!(
            verify(&dropped),
            Err(Broken {
                seq: 2,
                fault: Fault::Gap
            })
        );
    }

    #[test]
    fn the_bytes_of_an_entry_are_deterministic_cbor() {
        // Names in the order of RFC 8949 4.2.1. A change here would break every existing chain.
        let bytes = entry(1).canonical().unwrap();
        let value: ciborium::Value = ciborium::from_reader(bytes.as_slice()).unwrap();
        let names: Vec<_> = value
            .as_map()
            .unwrap()
            .iter()
            .map(|(name, _)| name.as_text().unwrap())
            .collect();
        let mut sorted = names.clone();
        sorted.sort_by_key(|name| (name.len(), *name));
        assert_eq!(names, sorted);
        assert_eq!(names.len(), 12);
        let hash = link(&START, &entry(1)).unwrap().to_string();
        insta::assert_snapshot!(hash, @"48bc2c070f160cfd766daae7bc23e27659dfcd4ce8f067bd2affa31d5a1fce7d");
    }
}
