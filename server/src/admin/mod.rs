//! What an operator sets up before the first case, and later beside it: institutions, users, experts, specialties,
//! sellers, prices. The operations behind `mso admin`, as functions that tests use too.
//!
//! Everything here is done by the server itself ([`Actor::SYSTEM`]) in one transaction ([`Change`]) with its feed
//! rows, memberships and audit entries. Not here: cases and patients, which only commands change; the command line
//! (`src/cli`). The invariant: whoever is made a member of a stream finds a grant in the feed, so that a phone learns
//! of it whenever it asks.

mod catalogue;
pub mod demo;
mod list;
mod people;

use std::collections::BTreeMap;

use mso_core::actor::Actor;
use mso_core::ids::{PartyId, StreamId};
use mso_core::protocol::records::RecordKind;
use mso_core::protocol::sync::RecordKey;
use mso_core::text::Text;
use mso_core::time::Timestamp;
use uuid::Uuid;

use crate::audit::{self, Act};
use crate::database::{Database, DatabaseError, Scoped};
use crate::sessions::PasswordError;
use crate::sync::feed_write::{self, GRANT};

pub use self::catalogue::{NewPrice, NewSeller, NewSpecialty, specialty_id};
pub use self::list::{Listed, Listing, list};
pub use self::people::{NewInstitution, NewLicence, NewProvider, NewUser};

/// Why something was not set up.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The password cannot be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A field does not hold what it must.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What it must hold.
        problem: &'static str,
    },
    /// There is such a thing already.
    #[error("{what} is taken")]
    Taken {
        /// Which.
        what: &'static str,
    },
    /// It refers to something that does not exist.
    #[error("there is no such {what}")]
    Unknown {
        /// Which.
        what: &'static str,
    },
}

/// One transaction of changes. Dropped without [`Change::commit`], nothing happened.
#[derive(Debug)]
pub struct Change {
    tx: Scoped,
    now: Timestamp,
    touched: BTreeMap<StreamId, Vec<RecordKey>>,
}

impl Change {
    /// Begins one, as the server itself.
    pub async fn begin(database: &Database, now: Timestamp) -> Result<Self, AdminError> {
        Ok(Self {
            tx: database.begin_scoped(&Actor::SYSTEM).await?,
            now,
            touched: BTreeMap::new(),
        })
    }

    /// Writes the feed and makes it all lasting.
    pub async fn commit(mut self) -> Result<(), AdminError> {
        // In the order of stream ids, as every writer does.
        for (stream, keys) in &self.touched {
            feed_write::touch(self.tx.conn(), *stream, keys).await?;
        }
        Ok(self.tx.commit().await?)
    }

    fn touch(&mut self, stream: StreamId, kind: &str, id: Uuid) {
        self.touched.entry(stream).or_default().push(RecordKey {
            kind: kind.to_owned(),
            id,
        });
    }

    fn record(&mut self, stream: impl Into<StreamId>, kind: RecordKind, id: Uuid) {
        self.touch(stream.into(), kind.name(), id);
    }

    /// Lets the party read the stream, unless it does.
    async fn join(&mut self, party: PartyId, stream: StreamId) -> Result<(), AdminError> {
        let joined = sqlx::query!(
            "insert into membership (party, stream) select $1, $2
             where not exists (select from membership where party = $1 and stream = $2 and to_xid is null)",
            party.as_uuid(),
            stream.as_uuid(),
        );
        let joined = joined
            .execute(self.tx.conn())
            .await
            .map_err(DatabaseError::from)?;
        if joined.rows_affected() > 0 {
            // Own streams grant themselves: the feed is read by membership, not by what a phone has.
            self.touch(stream, GRANT, stream.as_uuid());
        }
        Ok(())
    }

    async fn audit(
        &mut self,
        stream: impl Into<StreamId>,
        action: &str,
        entity: &str,
        id: Uuid,
    ) -> Result<(), AdminError> {
        let act = Act {
            actor: Actor::SYSTEM,
            at: self.now,
            action: action.to_owned(),
            entity: entity.to_owned(),
            entity_id: id,
            outcome: "applied".to_owned(),
            request_id: None,
            payload: None,
        };
        audit::append(self.tx.conn(), stream.into(), &act).await?;
        Ok(())
    }
}

/// What a constraint of the schema means here. Asked instead of checks beforehand, which would race.
fn refused(error: sqlx::Error) -> AdminError {
    let error = DatabaseError::from(error);
    match error.constraint() {
        Some("user_email_unique") => AdminError::Taken {
            what: "the e-mail address",
        },
        Some("specialty_pkey" | "specialty_id_key") => AdminError::Taken {
            what: "the specialty",
        },
        Some("price_unique") => AdminError::Taken { what: "the price" },
        Some(
            "mso_user_institution_id_fkey"
            | "provider_affiliation_institution_id_fkey"
            | "price_institution_id_fkey",
        ) => AdminError::Unknown { what: "institution" },
        _ => error.into(),
    }
}

/// Text of 1 to `MAX` characters, in the one form that texts have here.
fn text<const MAX: usize>(field: &'static str, text: &str) -> Result<String, AdminError> {
    let text = Text::<1, MAX>::new(text);
    text.map(|text| text.as_str().to_owned())
        .map_err(|_| AdminError::Invalid {
            field,
            problem: "is empty, too long or no text",
        })
}
