//! Connects to the database: by its URL, or else to the private cluster of the data folder, which is started if
//! no running server holds it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use mso_core::private::Private;
use mso_server::database::ConnectOptions;
use mso_server::database::embedded::{Durability, Embedded, EmbeddedError, Options};

/// Name of the database in a private cluster.
const DATABASE: &str = "mso";

/// Which database to use.
#[derive(Debug, Args)]
pub(super) struct WhichDatabase {
    /// The server's data folder, which holds its private database.
    #[arg(long = "data", env = "MSO_DATA", default_value = ".data", global = true)]
    data: PathBuf,
    /// PostgreSQL URL, instead of a private database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_parser = private, global = true)]
    database_url: Option<Private<String>>,
}

/// How to connect to the database, and the private cluster if this process must stop it.
pub(super) struct Reached {
    pub(super) connect: ConnectOptions,
    cluster: Option<Embedded>,
}

impl WhichDatabase {
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// Connects for a task during which no server may run on the data folder.
    pub(super) async fn hold(&self) -> Result<Reached> {
        Reached::hold(self.database_url.as_ref(), &self.data).await
    }

    /// Connects for a short task, with or without a running server.
    pub(super) async fn reach(&self) -> Result<Reached> {
        match &self.database_url {
            Some(url) => by_url(url),
            None => {
                let data = self.data.clone();
                tokio::task::spawn_blocking(move || beside_or_start(&data)).await?
            }
        }
    }
}

impl Reached {
    /// Connects for the lifetime of a server: no other process may hold the data folder.
    pub(super) async fn hold(url: Option<&Private<String>>, data: &Path) -> Result<Self> {
        match url {
            Some(url) => by_url(url),
            None => {
                let data = data.to_owned();
                tokio::task::spawn_blocking(move || Ok(start(&data)?)).await?
            }
        }
    }

    /// Stops the private cluster if this process holds it.
    pub(super) async fn leave(self) -> Result<()> {
        match self.cluster {
            Some(cluster) => Ok(tokio::task::spawn_blocking(move || cluster.stop()).await??),
            None => Ok(()),
        }
    }
}

fn by_url(url: &Private<String>) -> Result<Reached> {
    // The parser's message may quote the password.
    let connect = ConnectOptions::from_url(url.reveal())
        .ok()
        .context("DATABASE_URL is not a PostgreSQL address")?;
    Ok(Reached {
        connect,
        cluster: None,
    })
}

fn beside_or_start(data: &Path) -> Result<Reached> {
    if let Some(options) = Embedded::held_by_another(data, DATABASE)? {
        return Ok(Reached {
            connect: ConnectOptions::new(options),
            cluster: None,
        });
    }
    Ok(start(data)?)
}

fn start(data: &Path) -> Result<Reached, EmbeddedError> {
    let cluster = Embedded::start(&Options {
        data_dir: data.to_owned(),
        durability: Durability::Full,
    })?;
    cluster.ensure_database(DATABASE)?;
    Ok(Reached {
        connect: ConnectOptions::new(cluster.connect_options(DATABASE)),
        cluster: Some(cluster),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the form that clap asks for")]
fn private(text: &str) -> Result<Private<String>, std::convert::Infallible> {
    Ok(Private::new(text.to_owned()))
}
