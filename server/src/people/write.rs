//! Writes people and organisations with everything that belongs to a change: rows, memberships, and what phones
//! must receive of it.
//!
//! Used by commands and by `mso admin` alike. The invariant: every new reader of a stream gets a grant in it,
//! and every change that a phone shows is noted in the stream that the phone reads.

use mso_core::catalogue::SpecialtySetting;
use mso_core::decision::{Decision, Effect, Event};
use mso_core::ids::{PartyId, StreamId};
use mso_core::people::{Institution, ProviderProfile, User};
use mso_core::protocol::records::RecordKind;
use mso_core::time::Timestamp;
use sqlx::PgConnection;

use super::store;
use crate::catalogue::{specialty_id, store as catalogue};
use crate::database::DatabaseError;
use crate::feed::Touched;
use crate::feed::write as feed_write;
use crate::sessions;

/// Writes an institution, new (`before` is `None`) or changed.
pub async fn institution(
    connection: &mut PgConnection,
    before: Option<&Institution>,
    after: &Institution,
    now: Timestamp,
    touched: &mut Touched,
) -> Result<(), DatabaseError> {
    if before.is_some() {
        store::update_institution(connection, after, now).await?;
    } else {
        store::insert_institution(connection, after, now).await?;
        begin_stream(connection, after.id.into(), after.id.into(), touched).await?;
    }
    touched.record(after.id, RecordKind::Institution, after.id.as_uuid());
    Ok(())
}

/// Writes a user, new or changed. The phones of a requester's colleagues show the requester by name.
pub async fn user(
    connection: &mut PgConnection,
    before: Option<&User>,
    after: &User,
    now: Timestamp,
    touched: &mut Touched,
) -> Result<(), DatabaseError> {
    if before.is_some() {
        store::update_user(connection, after, now).await?;
    } else {
        store::insert_user(connection, after, now).await?;
        let has_phone = after.position.institution().is_some() || after.position.provider().is_some();
        if has_phone {
            begin_stream(connection, after.id.into(), after.id.into(), touched).await?;
        }
    }
    note_colleague(after, touched);
    Ok(())
}

/// Notifies the colleagues' phones of a new or changed requester.
pub fn note_colleague(user: &User, touched: &mut Touched) {
    if let Some(institution) = user.position.institution() {
        touched.record(institution, RecordKind::Colleague, user.id.as_uuid());
    }
}

/// Writes an expert's profile, new or changed.
pub async fn provider(
    connection: &mut PgConnection,
    before: Option<&ProviderProfile>,
    after: &ProviderProfile,
    now: Timestamp,
    touched: &mut Touched,
) -> Result<(), DatabaseError> {
    store::save_provider(connection, before, after, now).await?;
    if before.is_none() {
        begin_stream(connection, after.id.into(), after.id.into(), touched).await?;
    }
    touched.record(after.id, RecordKind::Provider, after.id.as_uuid());
    Ok(())
}

/// Writes what a rule decided about a phone, and ends its sessions if that was decided. Only for transactions of the
/// server itself.
pub async fn device(
    connection: &mut PgConnection,
    decision: &Decision,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    for event in &decision.events {
        if let Event::Device(device) = event {
            store::update_device(connection, device).await?;
        }
    }
    for effect in &decision.effects {
        if let Effect::EndSessions(device) = effect {
            sessions::end_sessions_of_device(connection, *device, now).await?;
        }
    }
    Ok(())
}

/// Writes a specialty, new or changed.
pub async fn specialty(
    connection: &mut PgConnection,
    setting: &SpecialtySetting,
    touched: &mut Touched,
) -> Result<(), DatabaseError> {
    if catalogue::save_specialty(connection, setting).await? {
        touched.joined(StreamId::CATALOGUE);
    }
    let id = specialty_id(&setting.specialty.code);
    touched.record(StreamId::CATALOGUE, RecordKind::Specialty, id);
    Ok(())
}

/// Opens a party's own stream, with the party as its reader. Fails if the id already names a stream.
async fn begin_stream(
    connection: &mut PgConnection,
    party: PartyId,
    stream: StreamId,
    touched: &mut Touched,
) -> Result<(), DatabaseError> {
    feed_write::open(connection, stream, party).await?;
    touched.joined(stream);
    Ok(())
}
