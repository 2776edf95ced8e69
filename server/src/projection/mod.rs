//! Records as each role may read them: one struct per role and record, with each field named. A field that is
//! not named here cannot leave the server.
//!
//! Phones decode them as the types of `mso_core::protocol::records`, and a test decodes each projection as
//! that type. Which streams a caller reads is in [`crate::feed::scope`]. The invariant: every query filters
//! by the caller's party itself, with row-level security as a second safeguard.

pub mod admin;
mod hanging;
mod money;
mod patient;
mod provider;
mod requester;
mod shared;

use std::collections::BTreeMap;

use mso_core::actor::{Acting, Actor, Role};
use mso_core::ids::StreamId;
use mso_core::protocol::cbor;
use mso_core::protocol::records::RecordKind;
use mso_core::protocol::sync::{RecordKey, WireRecord};
use serde::Serialize;
use serde_bytes::ByteBuf;
use uuid::Uuid;

use crate::database::{DatabaseError, Scoped};

pub use self::money::{InvoiceView, ServiceRecordView};
pub use self::patient::FullPatient;
pub use self::provider::{ProviderCase, load_cases as load_provider_cases};
pub use self::requester::{RequesterCase, load_cases as load_requester_cases};

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
            | RecordKind::Notification,
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

/// The named records as of this transaction, as far as the actor may read them. Missing and hidden ones are
/// left out. Empty for admins, who read through the API instead.
pub async fn load(
    tx: &mut Scoped,
    actor: &Actor,
    keys: &[RecordKey],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let wanted = Wanted::of(actor.role(), keys);
    let mut records = match actor.acting {
        Acting::Requester { institution } => requester::load(tx, institution, &wanted).await?,
        Acting::Provider { provider } => provider::load(tx, provider, &wanted).await?,
        Acting::Admin | Acting::System => return Ok(Vec::new()),
    };
    records.extend(hanging::load(tx, actor, &wanted).await?);
    Ok(records)
}

/// The requested ids by kind, without the kinds that the role does not see.
struct Wanted(BTreeMap<RecordKind, Vec<Uuid>>);

impl Wanted {
    fn of(role: Role, keys: &[RecordKey]) -> Self {
        let mut wanted = BTreeMap::<_, Vec<_>>::new();
        for key in keys {
            if let Some(kind) = RecordKind::from_name(&key.kind).filter(|kind| sees(role, *kind)) {
                wanted.entry(kind).or_default().push(key.id);
            }
        }
        Self(wanted)
    }

    /// `None` if there are none, so that no query is needed.
    fn ids(&self, kind: RecordKind) -> Option<&[Uuid]> {
        self.0.get(&kind).map(Vec::as_slice)
    }
}

fn wire<T: Serialize>(
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
