//! The operations behind `mso admin`: an operator sets up institutions, users, experts, specialties, sellers
//! and prices, and ends or restores access. Tests call these functions too.
//!
//! Each operation runs as the server itself (`Actor::SYSTEM`) in one transaction ([`Change`]) with its feed
//! rows, memberships and audit entries. Records follow the rules of the admin commands (`mso_core::people`,
//! `mso_core::catalogue`) and are written the same way (`crate::people::write`). The invariant: every new
//! member of a stream gets a grant in the feed, so that a phone learns of it at its next sync.

mod access;
mod catalogue;
mod change;
pub mod demo;
mod error;
mod invites;
mod licences;
mod list;
mod people;

pub use self::access::Whom;
pub use self::catalogue::{NewPrice, NewSeller, NewSpecialty};
pub use self::change::Change;
pub use self::error::AdminError;
pub use self::invites::{InviteLink, invites};
pub use self::list::{Listed, Listing, list};
pub use self::people::{NewInstitution, NewLicence, NewProvider, NewUser};
