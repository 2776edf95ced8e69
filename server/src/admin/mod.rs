//! The operations behind `mso admin`: an operator sets up institutions, users, experts, specialties, sellers
//! and prices. Tests call these functions too.
//!
//! Each operation runs as the server itself ([`Actor::SYSTEM`]) in one transaction ([`Change`]) with its feed
//! rows, memberships and audit entries. Records follow the rules of the admin commands (`mso_core::people`,
//! `mso_core::catalogue`) and are written the same way (`crate::people::write`). The invariant: every new
//! member of a stream gets a grant in the feed, so that a phone learns of it at its next sync.

mod catalogue;
pub mod demo;
mod invites;
mod list;
mod people;

use mso_core::actor::Actor;
use mso_core::command::Operation;
use mso_core::decision::Decision;
use mso_core::facts::{Context, Facts};
use mso_core::ids::StreamId;
use mso_core::refusal::Refusal;
use mso_core::text::Text;
use mso_core::time::Timestamp;
use uuid::Uuid;

use crate::audit::{self, Act};
use crate::database::{Database, DatabaseError, Scoped};
use crate::feed::Touched;
use crate::sessions::PasswordError;

pub use self::catalogue::{NewPrice, NewSeller, NewSpecialty};
pub use self::invites::{InviteLink, invites};
pub use self::list::{Listed, Listing, list};
pub use self::people::{NewInstitution, NewLicence, NewProvider, NewUser};

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A field has an invalid value.
    #[error("{field}: {problem}")]
    Invalid {
        field: &'static str,
        problem: &'static str,
    },
    /// The domain rules refuse the operation.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// A record with this unique value already exists.
    #[error("{what} is taken")]
    Taken { what: &'static str },
    /// It refers to a record that does not exist.
    #[error("there is no such {what}")]
    Unknown { what: &'static str },
}

/// One transaction of changes. Dropping it without [`Change::commit`] discards them.
#[derive(Debug)]
pub struct Change {
    tx: Scoped,
    now: Timestamp,
    touched: Touched,
}

impl Change {
    /// Begins a transaction as the server itself.
    pub async fn begin(database: &Database, now: Timestamp) -> Result<Self, AdminError> {
        Ok(Self {
            tx: database.begin_scoped(&Actor::SYSTEM).await?,
            now,
            touched: Touched::default(),
        })
    }

    /// Writes the feed and commits.
    pub async fn commit(mut self) -> Result<(), AdminError> {
        self.touched.write(self.tx.conn()).await?;
        Ok(self.tx.commit().await?)
    }

    /// Evaluates the rule of an admin command with the operator's authority.
    fn decide(&self, command: &impl Operation, facts: &Facts) -> Result<Decision, AdminError> {
        let ctx = Context {
            actor: Actor::SYSTEM,
            now: self.now,
            assignment_id: None,
        };
        command.decide(facts, &ctx).map_err(AdminError::Refused)
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

/// Translates a violated schema constraint. Checking beforehand instead would race.
fn refused(error: DatabaseError) -> AdminError {
    match error.constraint() {
        Some("institution_registration_unique") => AdminError::Taken {
            what: "the registration number",
        },
        Some("user_email_unique") => AdminError::Taken {
            what: "the e-mail address",
        },
        Some("seller_prefix_unique") => AdminError::Taken { what: "the prefix" },
        Some(
            "mso_user_institution_id_fkey"
            | "provider_affiliation_institution_id_fkey"
            | "price_institution_id_fkey",
        ) => AdminError::Unknown { what: "institution" },
        _ => error.into(),
    }
}

/// Text of 1 to `MAX` characters.
fn text<const MAX: usize>(field: &'static str, text: &str) -> Result<Text<1, MAX>, AdminError> {
    Text::new(text).map_err(|_| AdminError::Invalid {
        field,
        problem: "is empty, too long or no text",
    })
}

/// Parses a code of a public standard.
fn code<T: std::str::FromStr>(field: &'static str, text: &str) -> Result<T, AdminError> {
    text.parse().map_err(|_| AdminError::Invalid {
        field,
        problem: "is no code of its standard",
    })
}
