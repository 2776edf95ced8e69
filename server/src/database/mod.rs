//! Access to PostgreSQL: a login role and pool for each kind of actor, and transactions that carry the actor.
//!
//! The invariant: the pools are private to this module, so nothing reads or writes records without
//! [`Database::begin_scoped`] or [`Database::begin_snapshot`], and row-level security always knows the actor.
//!
//! # Roles
//!
//! - `mso_owner` (no login) owns the tables. Only migrations act as this role.
//! - `mso_requester`, `mso_provider`, `mso_admin`, `mso_system`: the login roles, one for each [`Role`], each
//!   with its own pool. Statements and idle transactions time out after 5 s.
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
mod roles;
mod scope;
mod time;

use std::time::Duration;

use mso_core::actor::Role;
use sqlx::ConnectOptions as _;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

pub use self::error::DatabaseError;
pub use self::roles::RoleSecret;
pub use self::scope::Scoped;
pub use self::time::{date_from, date_to, from_timestamp, to_timestamp};

/// How to connect to the database.
#[derive(Clone)]
pub struct ConnectOptions {
    bootstrap: PgConnectOptions,
    secret: Option<RoleSecret>,
    pool_size: u32,
}

impl ConnectOptions {
    /// Connects as the login that may migrate and create roles. The passwords of the login roles derive from
    /// its password, so that replicas agree; without one (a private cluster behind a socket) they have none.
    #[must_use]
    pub fn new(bootstrap: PgConnectOptions) -> Self {
        let secret = bootstrap
            .to_url_lossy()
            .password()
            .map(|password| RoleSecret::new(password.as_bytes()));
        Self {
            bootstrap,
            secret,
            pool_size: 8,
        }
    }

    /// Parses a `DATABASE_URL`.
    pub fn from_url(url: &str) -> Result<Self, DatabaseError> {
        Ok(Self::new(url.parse().map_err(|_| DatabaseError::Options)?))
    }

    /// Derives the passwords of the login roles from this secret instead.
    #[must_use]
    pub fn with_role_secret(mut self, secret: &[u8]) -> Self {
        self.secret = Some(RoleSecret::new(secret));
        self
    }

    /// Limits the number of connections for each kind of actor.
    #[must_use]
    pub const fn with_pool_size(mut self, connections: u32) -> Self {
        self.pool_size = connections;
        self
    }
}

impl std::fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConnectOptions(..)")
    }
}

/// The database, with a pool for each kind of actor.
#[derive(Clone)]
pub struct Database {
    options: ConnectOptions,
    requester: PgPool,
    provider: PgPool,
    admin: PgPool,
    system: PgPool,
}

impl Database {
    /// Creates the pools. They connect on first use, so an empty database can be migrated in between.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, DatabaseError> {
        let pool = |role: Role| {
            let name = roles::login(role);
            let mut login = options.bootstrap.clone().username(name).application_name("mso");
            login = match &options.secret {
                Some(secret) => login.password(&secret.password(name)),
                None => login,
            };
            PgPoolOptions::new()
                .max_connections(options.pool_size)
                .acquire_timeout(Duration::from_secs(4))
                .connect_lazy_with(login)
        };
        Ok(Self {
            options: options.clone(),
            requester: pool(Role::Requester),
            provider: pool(Role::Provider),
            admin: pool(Role::Admin),
            system: pool(Role::System),
        })
    }

    /// Applies pending migrations and sets the passwords of the login roles. Safe to run beside other replicas.
    pub async fn migrate(&self) -> Result<(), DatabaseError> {
        migrate::run(&self.options.bootstrap, self.options.secret.as_ref()).await
    }

    /// Checks that the database responds.
    pub async fn ping(&self) -> Result<(), DatabaseError> {
        sqlx::query_scalar!("select 1 as \"one!\"")
            .fetch_one(&self.system)
            .await?;
        Ok(())
    }

    /// Closes all connections when the server stops.
    pub async fn close(&self) {
        for pool in [&self.requester, &self.provider, &self.admin, &self.system] {
            pool.close().await;
        }
    }

    const fn pool(&self, role: Role) -> &PgPool {
        match role {
            Role::Requester => &self.requester,
            Role::Provider => &self.provider,
            Role::Admin => &self.admin,
            Role::System => &self.system,
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Database(..)")
    }
}
