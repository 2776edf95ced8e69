//! Brings the schema up to date and sets the passwords of the login roles.
//!
//! Runs as the bootstrap login, on a connection of its own.

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use super::error::DatabaseError;
use super::roles::{LOGINS, RoleSecret};

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Serialises changes of roles: they belong to the cluster, and PostgreSQL rejects concurrent changes of one
/// role.
const ROLES_LOCK: i64 = 0x6d73_6f5f_726f_6c65;

pub(super) async fn run(
    bootstrap: &PgConnectOptions,
    secret: Option<&RoleSecret>,
) -> Result<(), DatabaseError> {
    let mut connection = bootstrap.connect().await?;
    MIGRATOR
        .run(&mut connection)
        .await
        .map_err(|error| DatabaseError::Migrate(error.to_string()))?;
    if let Some(secret) = secret {
        set_passwords(&mut connection, secret).await?;
    }
    Ok(connection.close().await?)
}

async fn set_passwords(connection: &mut PgConnection, secret: &RoleSecret) -> Result<(), DatabaseError> {
    let mut transaction = connection.begin().await?;
    sqlx::query!("select pg_advisory_xact_lock($1)", ROLES_LOCK)
        .fetch_one(&mut *transaction)
        .await?;
    for login in LOGINS {
        // `alter role` takes no parameters, so name and password are passed as settings of this transaction.
        let password = secret.password(login);
        sqlx::query!(
            "select set_config('mso.login', $1, true) as login, set_config('mso.password', $2, true) as password",
            login,
            password,
        )
        .fetch_one(&mut *transaction)
        .await?;
        sqlx::query(
            "do $$ begin execute format('alter role %I password %L', current_setting('mso.login'), \
             current_setting('mso.password')); end $$",
        )
        .execute(&mut *transaction)
        .await?;
    }
    Ok(transaction.commit().await?)
}
