//! Records as each role may read them: one struct per role and record, with each field named. A field that is
//! not named here cannot leave the server.
//!
//! Phones decode them as the types of `mso_core::protocol::records`, and a test decodes each projection as
//! that type. Which streams a caller reads is in [`crate::feed::scope`]. The invariant: every query filters
//! by the caller's party itself, with row-level security as a second safeguard.

pub mod admin;
pub mod admin_record;
mod chat;
mod hanging;
mod money;
mod patient;
mod provider;
mod requester;
mod shared;
mod wanted;

use futures::FutureExt;
use mso_core::actor::{Acting, Actor};
use mso_core::protocol::records::RecordKind;
use mso_core::protocol::sync::{RecordKey, WireRecord};

use self::wanted::Wanted;
use crate::database::{DatabaseError, Readable, Scoped, readable};

pub use self::money::{InvoiceView, ServiceRecordView};
pub use self::patient::FullPatient;
pub use self::provider::{ProviderCase, load_cases as load_provider_cases};
pub use self::requester::{RequesterCase, load_cases as load_requester_cases};
pub use self::wanted::sees;

/// The named records as of this transaction, as far as the actor may read them. Missing and hidden ones are
/// left out, unreadable ones are named. Empty for admins, who read through the API instead.
pub async fn load(
    tx: &mut Scoped,
    actor: &Actor,
    keys: &[RecordKey],
) -> Result<Readable<RecordKey, WireRecord>, DatabaseError> {
    let actor = *actor;
    readable(tx, keys, move |tx, keys| {
        async move { load_all(tx, &actor, keys).await }.boxed()
    })
    .await
}

async fn load_all(
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
    if let Some(ids) = wanted.ids(RecordKind::ChatEntry) {
        records.extend(chat::load_entries(tx, ids).await?);
    }
    Ok(records)
}
