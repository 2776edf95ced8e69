//! A pool of connections for each kind of actor, each under that actor's login role.

use std::time::Duration;

use mso_core::actor::Role;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgPool, Postgres};

use super::error::DatabaseError;
use super::roles::RoleSecret;
use super::{migrate, roles};

/// A connection that was idle for longer is tested before it is used. Each test is a round trip.
const UNTESTED: Duration = Duration::from_secs(1);

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
            // No statement here runs long enough for compiling it to pay.
            login = login.options([("jit", "off")]);
            login = match &options.secret {
                Some(secret) => login.password(&secret.password(name)),
                None => login,
            };
            PgPoolOptions::new()
                .max_connections(options.pool_size)
                .acquire_timeout(Duration::from_secs(4))
                .test_before_acquire(false)
                .before_acquire(|connection, about| {
                    Box::pin(async move {
                        if about.idle_for > UNTESTED {
                            connection.ping().await?;
                        }
                        Ok(true)
                    })
                })
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

    /// A connection of the server itself, outside of any transaction: for what a session holds, such as a lock.
    pub(crate) async fn session(&self) -> Result<PoolConnection<Postgres>, DatabaseError> {
        Ok(self.system.acquire().await?)
    }

    /// Connections of the server itself for notifications: one that listens, one that tells. Not of the pools, whose
    /// connections requests wait for.
    pub(crate) fn notifications(&self) -> PgPool {
        let options = self.system.connect_options();
        PgPoolOptions::new()
            .max_connections(2)
            .connect_lazy_with((*options).clone())
    }

    pub(super) const fn pool(&self, role: Role) -> &PgPool {
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
