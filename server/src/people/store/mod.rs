//! The SQL of people and organisations, one file per record.
//!
//! The invariant: rows become the core's types here and are validated on the way, so that no other module reads
//! a column.

mod devices;
mod institutions;
mod invites;
mod providers;
mod users;

use mso_core::text::Text;
use uuid::Uuid;

use crate::database::DatabaseError;

pub use self::devices::{devices, lock_device, update_device};
pub use self::institutions::{
    deadlines, insert_institution, institution, institution_is_active, institutions, lock_institution,
    update_institution,
};
pub use self::invites::{Waiting, invite, lock_invite, set_password, spend_invite, waiting_invites};
pub use self::providers::{lock_provider, provider, providers, save_provider};
pub use self::users::{insert_user, lock_active_admins, lock_user, team_candidate, update_user, user, users};

/// A page of a list that is ordered by a text and, for equal texts, by id.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The last entry of the previous page.
    pub after: Option<(String, Uuid)>,
    /// Maximum number of entries; `None` for all.
    pub limit: Option<i64>,
}

impl Page {
    /// The whole list.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    fn after_text(&self) -> Option<&str> {
        self.after.as_ref().map(|(text, _)| text.as_str())
    }

    fn after_id(&self) -> Option<Uuid> {
        self.after.as_ref().map(|(_, id)| *id)
    }
}

fn text<const MIN: usize, const MAX: usize>(
    stored: &str,
    column: &'static str,
) -> Result<Text<MIN, MAX>, DatabaseError> {
    Text::new(stored).map_err(|_| DatabaseError::Corrupt(column))
}

fn code<T: std::str::FromStr>(stored: &str, column: &'static str) -> Result<T, DatabaseError> {
    stored.parse().map_err(|_| DatabaseError::Corrupt(column))
}
