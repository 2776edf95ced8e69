//! The SQL of people and organisations, one file per record.
//!
//! The invariant: rows become the core's types here and are validated on the way, so that no other module reads
//! a column.

mod devices;
mod institutions;
mod invites;
mod page;
mod parse;
mod providers;
mod users;

pub use self::devices::{devices, lock_device, update_device};
pub use self::institutions::{
    deadlines, insert_institution, institution, institution_is_active, lock_institution,
    readable_institutions, update_institution,
};
pub use self::invites::{Waiting, invite, lock_invite, set_password, spend_invite, waiting_invites};
pub use self::page::{Entry, Page, list_institutions, list_providers, list_users};
pub use self::providers::{lock_provider, provider, readable_providers, save_provider};
pub use self::users::{
    insert_user, lock_active_admins, lock_user, readable_users, team_candidate, update_user, user,
    user_of_email,
};
