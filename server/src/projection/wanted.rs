//! Which records a role sees at all, which are wanted, and how one is put on the wire.

use std::collections::BTreeMap;

use mso_core::actor::Role;
use mso_core::ids::StreamId;
use mso_core::protocol::cbor;
use mso_core::protocol::records::RecordKind;
use mso_core::protocol::sync::{RecordKey, WireRecord};
use serde::Serialize;
use serde_bytes::ByteBuf;
use uuid::Uuid;

use crate::database::DatabaseError;

/// Whether the role receives records of this kind at all.
#[must_use]
pub const fn sees(role: Role, kind: RecordKind) -> bool {
    match (role, kind) {
        (
            Role::Requester | Role::Provider,
            RecordKind::Case
            | RecordKind::Document
            | RecordKind::Recommendation
            | RecordKind::Specialty
            | RecordKind::Issue
            | RecordKind::Clarification
            | RecordKind::Feedback
            | RecordKind::Notification
            | RecordKind::ChatEntry,
        )
        | (
            Role::Requester,
            RecordKind::Patient | RecordKind::Invoice | RecordKind::Institution | RecordKind::Colleague,
        )
        | (Role::Provider, RecordKind::ServiceRecord | RecordKind::Provider) => true,
        (Role::Requester, RecordKind::ServiceRecord | RecordKind::Provider)
        | (
            Role::Provider,
            RecordKind::Patient | RecordKind::Invoice | RecordKind::Institution | RecordKind::Colleague,
        )
        | (Role::Admin | Role::System, _) => false,
    }
}

/// The requested ids by kind, without the kinds that the role does not see.
pub(super) struct Wanted(BTreeMap<RecordKind, Vec<Uuid>>);

impl Wanted {
    pub(super) fn of(role: Role, keys: &[RecordKey]) -> Self {
        let mut wanted = BTreeMap::<_, Vec<_>>::new();
        for key in keys {
            if let Some(kind) = RecordKind::from_name(&key.kind).filter(|kind| sees(role, *kind)) {
                wanted.entry(kind).or_default().push(key.id);
            }
        }
        Self(wanted)
    }

    /// `None` if there are none, so that no query is needed.
    pub(super) fn ids(&self, kind: RecordKind) -> Option<&[Uuid]> {
        self.0.get(&kind).map(Vec::as_slice)
    }
}

pub(super) fn wire<T: Serialize>(
    kind: RecordKind,
    id: Uuid,
    stream: impl Into<StreamId>,
    version: i64,
    body: &T,
) -> Result<WireRecord, DatabaseError> {
    let body = cbor::encode(body).map_err(|_| DatabaseError::Corrupt(kind.name()))?;
    Ok(WireRecord {
        key: RecordKey {
            kind: kind.name().to_owned(),
            id,
        },
        stream: stream.into(),
        version: u64::try_from(version).unwrap_or(0),
        body: ByteBuf::from(body),
    })
}
