//! Access to PostgreSQL: a login role and pool for each kind of actor, and transactions that carry the actor.
//!
//! The invariant: the pools are private to this module, so nothing reads or writes records without
//! [`Database::begin_scoped`] or [`Database::begin_snapshot`], and row-level security always knows the actor.
//!
//! # Roles
//!
//! - `mso_owner` (no login) owns the tables. Only migrations act as this role.
//! - `mso_requester`, `mso_provider`, `mso_admin`, `mso_system`: the login roles, one for each
//!   [`Role`](mso_core::actor::Role), each with its own pool. Statements and idle transactions time out after
//!   5 s.
//! - `mso_effects` (no login): the role for consequences. The login roles are members, but `noinherit`: they
//!   have its rights only after `set role`.
//!
//! The bootstrap login of [`ConnectOptions`] migrates and sets passwords, on a connection of its own.
//!
//! # How a transaction gets its identity
//!
//! The actor's role selects the pool and so the login role. The first statement makes two settings, for this
//! transaction only: `mso.user`, the user's id, and `mso.parties`, the parties whose streams the actor reads.
//! For requesters and providers these are the user, the institution or provider, and everyone; for admins and
//! the system there are none. Policies read them through the SQL functions `acting_user()` and
//! `acting_parties()`. Without the settings both return null, and no policy matches any row.
//!
//! # What is checked
//!
//! Grants say which tables and columns a role may use, policies say which rows. Deletes are granted only on
//! `access_token` (system) and `patient_identifier` (all but providers).
//!
//! - Requesters and providers: rows of streams in which one of their parties has a live membership (`to_xid
//!   is null`), rows of their own party, rows of their own user, and a few tables that all signed-in users
//!   may read.
//! - Admins and the system: with few exceptions, all rows of the tables granted to them, if a user is set.
//!
//! This is a second safeguard: queries filter by the caller's party themselves.
//!
//! # Consequences
//!
//! An accepted command may affect other parties: a requester who withdraws a case ends the expert's
//! assignment, and an expert who declines loses the stream that the same transaction must still write to.
//! Facts are read, the rule decides, and the sender's own records are written under the login role. Then
//! `commands/persist.rs` runs `set local role mso_effects`, which lasts until the transaction ends
//! (docs/adr/0011). That role may start and end assignments and memberships, add purge orders, notifications,
//! jobs, feed rows and audit entries, and store the answer of the acting user's command. It may read only
//! what this needs: of users, cases and assignments a few columns.

pub mod columns;
pub mod embedded;
mod error;
mod migrate;
mod pools;
mod readable;
mod roles;
mod scope;
mod time;

pub use self::error::DatabaseError;
pub use self::pools::{ConnectOptions, Database};
pub use self::readable::{Readable, readable, sort_readable};
pub use self::roles::RoleSecret;
pub use self::scope::Scoped;
pub use self::time::{date_from, date_to, from_timestamp, to_timestamp};
