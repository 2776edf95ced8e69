//! What every request handler shares: the database, the clock, the files, the secrets of sessions.
//!
//! Not here: anything that belongs to one request, or that a second replica would have to know.

use std::path::Path;
use std::sync::Arc;

use mso_core::time::Clock;

use crate::config::Settings;
use crate::database::Database;
use crate::documents::{Objects, Writers};
use crate::sessions::{PasswordError, Passwords, SecretError, ServerSecret};

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub struct State {
    /// The one way to PostgreSQL.
    pub database: Database,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Files of cases.
    pub objects: Objects,
    /// Who writes which upload just now.
    pub writers: Writers,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// What refresh tokens are made with.
    pub secret: ServerSecret,
}

/// The server's folder or secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made or written.
    #[error("the data folder cannot be used")]
    Folder(#[from] std::io::Error),
    /// The secret cannot be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// No password can be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
}

impl State {
    /// Opens folder and secret as the settings say.
    pub fn open(settings: &Settings, database: Database, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        std::fs::create_dir_all(&settings.data)?;
        Ok(Self {
            database,
            clock,
            objects: Objects::open(&settings.data.join("objects"))?,
            writers: Writers::default(),
            passwords: Passwords::new()?,
            secret: secret(settings, &settings.data)?,
        })
    }
}

fn secret(settings: &Settings, data: &Path) -> Result<ServerSecret, SecretError> {
    match (&settings.secret, &settings.secret_file) {
        (Some(text), _) => ServerSecret::new(text.reveal()),
        (None, Some(file)) => ServerSecret::read(file),
        (None, None) => ServerSecret::read_or_make(&data.join("secret")),
    }
}
