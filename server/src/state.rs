//! State shared by all request handlers: the database, the clock, the files and the session secrets.
//!
//! Nothing here may belong to one request, or be something that a second replica would have to know.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mso_core::protocol::live::HEARTBEAT;
use mso_core::time::Clock;

use crate::config::Settings;
use crate::database::Database;
use crate::documents::{Objects, Writers};
use crate::feed::Watermark;
use crate::live::Hub;
use crate::sessions::{PasswordError, Passwords, SecretError, ServerSecret};

/// Shorter than phones and proxies wait for an answer.
const PUSH_TIME: Duration = Duration::from_secs(5);

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub struct State {
    pub database: Database,
    pub clock: Arc<dyn Clock>,
    /// Files of cases.
    pub objects: Objects,
    /// Which uploads are being written in this process.
    pub writers: Writers,
    pub passwords: Passwords,
    /// The secret from which tokens are derived.
    pub secret: ServerSecret,
    /// The oldest open transaction, which holds back the feed.
    pub watermark: Watermark,
    /// The phones that are told at once.
    pub live: Hub,
    /// After how long without a word a live stream says that it is there, and looks whether it still may be.
    pub heartbeat: Duration,
    /// How long one sync may execute commands. A phone sends the others again.
    pub push_time: Duration,
}

/// Why the server's folder or secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be created or written.
    #[error("the data folder cannot be used")]
    Folder(#[from] std::io::Error),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Password(#[from] PasswordError),
}

impl State {
    /// Opens the data folder and the secret given by the settings.
    pub fn open(settings: &Settings, database: Database, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        std::fs::create_dir_all(&settings.data)?;
        Ok(Self {
            database,
            clock,
            objects: Objects::open(&settings.data.join("objects"))?,
            writers: Writers::default(),
            passwords: Passwords::new()?,
            secret: secret(settings, &settings.data)?,
            watermark: Watermark::default(),
            live: Hub::default(),
            heartbeat: HEARTBEAT,
            push_time: PUSH_TIME,
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
