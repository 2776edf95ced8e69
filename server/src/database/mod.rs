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
//! The actor's role selects the pool and so the login role. The message that begins the transaction also makes four
//! settings, for this transaction only: `mso.user`, `mso.institution` (a requester's), `mso.provider` (an expert's)
//! and `mso.parties`, the parties whose streams the actor reads: for requesters and providers the user, the
//! institution or provider, and everyone; for admins and the system none. Policies read them through SQL functions:
//! `acting_user()`, `acting_institution()`, `acting_provider()`, `acting_parties()`. Without the settings all return
//! null, and no policy matches any row.
//!
//! # What is checked
//!
//! `migrations/0013_rights.sql` holds all of it, and says how a new table gets its rights. Grants say which tables and
//! columns a role may use, policies say which rows. What may change is granted column by column; whatever identifies a
//! row or its parties, and what was signed, issued, audited or told, nobody may change. Deletes are granted only on
//! `access_token` (system) and `patient_identifier` (all but providers).
//!
//! - Requesters: rows of their institution, and rows of its cases. Providers: the cases that they are live members of
//!   (`to_seq is null`), and rows of those. Both: rows of their own user, rows of the streams that they are members of, and
//!   a few tables that all signed-in users may read.
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
//! jobs, feed rows and audit entries, and store the answer of the acting user's command, each only in cases that the
//! acting party has to do with; only an admin's or the server's login starts assignments and grants cases to experts. It may
//! read only what this needs: of users, cases and assignments a few columns.

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
