//! Why the demo month cannot be played.
//!
//! The invariant: an error of a step names the command and the time, never a text of the case.

use std::path::PathBuf;

use mso_core::ids::CaseId;
use mso_core::protocol::cbor::CborError;
use mso_core::text::{Form, Text};
use mso_core::time::Timestamp;

use crate::admin::AdminError;
use crate::commands::ExecuteError;
use crate::database::DatabaseError;

/// Why the month was not played to its end.
#[derive(Debug, thiserror::Error)]
pub enum DemoDataError {
    #[error("the demo's users cannot be set up")]
    Admin(#[from] AdminError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("{command} at {at} failed")]
    Execute {
        command: &'static str,
        at: Timestamp,
        source: ExecuteError,
    },
    /// The story holds for a step another answer than the rules gave.
    #[error("{command} at {at} was answered with {code}")]
    Answered {
        command: &'static str,
        at: Timestamp,
        code: String,
    },
    /// A value of the tables does not fit its field.
    #[error("a value of the demo's tables is no {0}")]
    Value(&'static str),
    #[error("the command cannot be encoded")]
    Encode(#[from] CborError),
    #[error("the file {path} cannot be used")]
    File { path: PathBuf, source: std::io::Error },
    #[error("{0} has no usable .dcm, .pdf, .jpg or .png file: run cargo xtask testdata")]
    NoFiles(PathBuf),
    #[error("a file cannot be stored")]
    Store(#[source] std::io::Error),
    #[error("nobody signs in as {0}")]
    Nobody(String),
    #[error("case {0} has no invoice")]
    NoInvoice(CaseId),
    /// Cases of the month would have no price.
    #[error("the database was set up at {0}, after the month begins: use another data folder")]
    TooYoung(Timestamp),
}

/// A text of the tables in the form of its field.
pub(super) fn text<const MIN: usize, const MAX: usize, F: Form>(
    field: &'static str,
    content: &str,
) -> Result<Text<MIN, MAX, F>, DemoDataError> {
    Text::new(content).map_err(|_| DemoDataError::Value(field))
}
