//! `WorkspaceError`: errors that an app can act on, and the only conversion from the phone's internal
//! errors.
//!
//! Invariant: an error contains no patient text and no key, at any depth of its sources.

use super::files::FileError;
use super::key_vault::VaultError;
use super::session::CallError;
use super::store::{OpenError, StoreError};
use super::transport::TransportError;
use crate::protocol::sessions::{CountedDevice, DeviceLimit};
use crate::refusal::Refusal;

/// The server's code for a sign-in of one phone too many.
const TOO_MANY_DEVICES: &str = "too_many_devices";

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// The domain refused it, as far as the phone can determine.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// The input is invalid.
    #[error("{field} is not valid: {reason}")]
    Invalid {
        /// The field as named on the wire.
        field: &'static str,
        /// The problem as a code.
        reason: &'static str,
    },
    /// The user has the maximum number of phones: one of these must be given up.
    #[error("too many devices")]
    TooManyDevices {
        /// The one least recently used first.
        devices: Vec<CountedDevice>,
    },
    /// Another workspace has this folder open.
    #[error("the folder is in use")]
    InUse,
    /// Nobody is signed in, or the server requires the password again.
    #[error("sign-in needed")]
    SignInNeeded,
    /// The server cannot be reached at present.
    #[error("offline")]
    Offline,
    /// The server or the store requires a newer app.
    #[error("a newer app is needed")]
    UpdateNeeded,
    /// The phone's storage failed.
    #[error("storage failed: {code}")]
    Storage {
        /// What failed: `database`, `disk_full`, `unreadable`, `closed`, `folder`, `not_encrypted`, `file`.
        code: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The key vault provided no key.
    #[error("the key vault gives no key")]
    Vault(#[from] VaultError),
    /// There is no such entity on this phone.
    #[error("not found")]
    NotFound,
    /// The server responded with an error.
    #[error("the server answered {code}")]
    Server {
        /// The stable code.
        code: String,
        /// The reference to quote to support.
        reference: String,
    },
    /// A bug in this program.
    #[error("a bug: {reference}")]
    Bug {
        /// The reference to quote to support.
        reference: &'static str,
    },
}

impl WorkspaceError {
    /// A short stable code, for `SyncStatus` and logs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Invalid { .. } => "invalid",
            Self::TooManyDevices { .. } => TOO_MANY_DEVICES,
            Self::InUse => "in_use",
            Self::SignInNeeded => "sign_in_needed",
            Self::Offline => "offline",
            Self::UpdateNeeded => "update_needed",
            Self::Storage { code, .. } => code,
            Self::Vault(_) => "vault",
            Self::NotFound => "not_found",
            Self::Server { code, .. } => code,
            Self::Bug { .. } => "bug",
        }
    }
}

impl From<StoreError> for WorkspaceError {
    fn from(error: StoreError) -> Self {
        let full = |error: &rusqlite::Error| error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull);
        let code = match &error {
            StoreError::Sqlite(inner) if full(inner) => "disk_full",
            StoreError::Sqlite(_) => "database",
            StoreError::Unreadable(_) => "unreadable",
            StoreError::Closed => "closed",
        };
        Self::Storage {
            code,
            source: Box::new(error),
        }
    }
}

impl From<OpenError> for WorkspaceError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::KeyInvalidated => Self::Vault(VaultError::KeyInvalidated),
            OpenError::Vault(inner) => Self::Vault(inner),
            OpenError::NewerSchema => Self::UpdateNeeded,
            OpenError::InUse => Self::InUse,
            OpenError::NotEncrypted => Self::Storage {
                code: "not_encrypted",
                source: Box::new(error),
            },
            OpenError::Folder(_) => Self::Storage {
                code: "folder",
                source: Box::new(error),
            },
            OpenError::Store(inner) => inner.into(),
        }
    }
}

impl From<FileError> for WorkspaceError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Refused(refusal) => Self::Refused(refusal),
            FileError::NotHere => Self::NotFound,
            FileError::Store(inner) => inner.into(),
            FileError::Key(_) => Self::Bug {
                reference: "no_entropy",
            },
            FileError::Source(_) => Self::Invalid {
                field: "path",
                reason: "unreadable",
            },
            FileError::Io(ref inner) if matches!(inner.kind(), std::io::ErrorKind::StorageFull) => {
                Self::Storage {
                    code: "disk_full",
                    source: Box::new(error),
                }
            }
            FileError::Damaged(_) | FileError::Io(_) => Self::Storage {
                code: "file",
                source: Box::new(error),
            },
        }
    }
}

impl From<CallError> for WorkspaceError {
    fn from(error: CallError) -> Self {
        let bad_answer = || Self::Server {
            code: "bad_answer".to_owned(),
            reference: String::new(),
        };
        match error {
            CallError::Problem { code, body, .. } if code == TOO_MANY_DEVICES => {
                let limit = serde_json::from_slice(&body).unwrap_or(DeviceLimit { devices: Vec::new() });
                Self::TooManyDevices {
                    devices: limit.devices,
                }
            }
            CallError::Problem {
                status: _,
                code,
                reference,
                body: _,
            } => Self::Server { code, reference },
            CallError::Transport(
                TransportError::Unreachable
                | TransportError::Interrupted
                | TransportError::TimedOut
                | TransportError::Tls,
            ) => Self::Offline,
            CallError::Transport(TransportError::TooLong) | CallError::Unreadable => bad_answer(),
            CallError::SignInNeeded => Self::SignInNeeded,
            CallError::UpdateNeeded => Self::UpdateNeeded,
            CallError::OtherUser => Self::Invalid {
                field: "email",
                reason: "other_user",
            },
            CallError::Key(_) => Self::Bug {
                reference: "no_entropy",
            },
            CallError::Store(inner) => inner.into(),
        }
    }
}
