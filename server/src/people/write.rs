//! Writing people and organisations with all that belongs to it: rows, memberships, and what of it phones must hear.
//!
//! Used by commands and by `mso admin` alike. The invariant: whoever is made a reader of a stream finds a grant in it,
//! and every change that a phone shows is noted in the stream that the phone reads.

use mso_core::catalogue::SpecialtySetting;
use mso_core::ids::{PartyId, StreamId};
use mso_core::people::{Institution, ProviderProfile, User};
use mso_core::protocol::records::RecordKind;
use mso_core::time::Timestamp;
use sqlx::PgConnection;

use super::store;
use crate::catalogue::{specialty_id, store as catalogue};
use crate::database::DatabaseError;
use crate::sync::feed_write::{self, Touched};

/// An institution, new (`before` is none) or changed.
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

/// A user, new or changed. The colleagues' phones know a requester by name.
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

/// Tells the colleagues' phones of a requester who is new or changed.
pub fn note_colleague(user: &User, touched: &mut Touched) {
    if let Some(institution) = user.position.institution() {
        touched.record(institution, RecordKind::Colleague, user.id.as_uuid());
    }
}

/// An expert's profile, new or changed.
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

/// A specialty, new or changed.
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

/// A party's own stream begins, with the party as its reader. Fails where the id names a stream already.
async fn begin_stream(
    connection: &mut PgConnection,
    party: PartyId,
    stream: StreamId,
    touched: &mut Touched,
) -> Result<(), DatabaseError> {
    feed_write::open(connection, stream).await?;
    feed_write::join(connection, party, stream).await?;
    touched.joined(stream);
    Ok(())
}
