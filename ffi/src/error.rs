//! The one place where inner errors become what an app can act on.

use mso_core::client::{VaultError, WorkspaceError};
use mso_core::ids::PatientId;
use mso_core::refusal::RefusalRecord;
use mso_core::text::TextError;

use crate::records::CountedDevice;
use crate::views::each;

/// What an app can do something about. Codes are stable; texts are the app's own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum MsoError {
    /// The rules say no: show the code's text and what to do now.
    #[error("refused: {code}")]
    Refused {
        /// The stable code.
        code: String,
        /// The field concerned, where there is one; the first of several.
        field: Option<String>,
        /// With `patient_exists`: the patient to use instead.
        existing: Option<PatientId>,
    },
    /// A field's content was not taken.
    #[error("invalid: {field}")]
    Invalid {
        /// The field as named in the record.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody is signed in, or the session ended.
    #[error("sign in needed")]
    SignInNeeded,
    /// Address or password are wrong.
    #[error("sign-in failed")]
    SignInFailed,
    /// This needs a network and there is none.
    #[error("offline")]
    Offline,
    /// The server speaks a newer protocol.
    #[error("update needed")]
    UpdateNeeded,
    /// There is no such thing on this phone.
    #[error("not found")]
    NotFound,
    /// The user has as many phones as one may have: give one of these up with `sign_in_replacing`.
    #[error("too many devices")]
    TooManyDevices {
        /// The one least recently used first.
        devices: Vec<CountedDevice>,
    },
    /// Another workspace has the folder open.
    #[error("already open")]
    AlreadyOpen,
    /// The key to the store is gone: enrol again, after `erase_store`.
    #[error("the store's key is not available")]
    KeyLost,
    /// The store cannot be read or written.
    #[error("storage broken")]
    StorageBroken {
        /// What to quote when asking for help.
        reference: String,
    },
    /// The server failed.
    #[error("server: {code}")]
    Server {
        /// The stable code.
        code: String,
        /// What to quote when asking for help.
        reference: String,
    },
    /// A fault of ours.
    #[error("bug: {reference}")]
    Bug {
        /// What to quote when asking for help.
        reference: String,
    },
}

impl From<WorkspaceError> for MsoError {
    fn from(error: WorkspaceError) -> Self {
        match error {
            WorkspaceError::Refused(refusal) => {
                let RefusalRecord {
                    code,
                    field,
                    fields,
                    existing,
                } = RefusalRecord::from(&refusal);
                Self::Refused {
                    code,
                    field: field.or_else(|| fields.into_iter().next()),
                    existing,
                }
            }
            WorkspaceError::Invalid { field, reason } => Self::Invalid {
                field: field.to_owned(),
                reason: reason.to_owned(),
            },
            WorkspaceError::TooManyDevices { devices } => Self::TooManyDevices {
                devices: each(devices),
            },
            WorkspaceError::InUse => Self::AlreadyOpen,
            WorkspaceError::SignInNeeded => Self::SignInNeeded,
            WorkspaceError::Offline => Self::Offline,
            WorkspaceError::UpdateNeeded => Self::UpdateNeeded,
            WorkspaceError::NotFound => Self::NotFound,
            WorkspaceError::Vault(VaultError::KeyInvalidated) => Self::KeyLost,
            WorkspaceError::Vault(VaultError::Unavailable) => Self::StorageBroken {
                reference: "vault".to_owned(),
            },
            WorkspaceError::Storage { code, source: _ } => Self::StorageBroken {
                reference: code.to_owned(),
            },
            WorkspaceError::Server { code, reference } if code == "sign_in_failed" => {
                drop(reference);
                Self::SignInFailed
            }
            WorkspaceError::Server { code, reference } => Self::Server { code, reference },
            WorkspaceError::Bug { reference } => Self::Bug {
                reference: reference.to_owned(),
            },
        }
    }
}

impl MsoError {
    /// A field whose text was not taken.
    pub(crate) fn text(field: &'static str) -> impl FnOnce(TextError) -> Self {
        move |error| {
            let reason = match error {
                TextError::TooShort { min: _ } => "too_short",
                TextError::TooLong { max: _ } => "too_long",
                TextError::ControlCharacter => "control_character",
            };
            Self::Invalid {
                field: field.to_owned(),
                reason: reason.to_owned(),
            }
        }
    }

    /// A field whose form is not the one asked for.
    pub(crate) fn malformed(field: &'static str) -> Self {
        Self::Invalid {
            field: field.to_owned(),
            reason: "malformed".to_owned(),
        }
    }
}
