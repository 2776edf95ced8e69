//! Why an operation of the operator fails, and what input it takes.

use mso_core::refusal::Refusal;
use mso_core::text::{Form, Text};

use crate::database::DatabaseError;
use crate::sessions::PasswordError;

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A field has an invalid value.
    #[error("{field}: {problem}")]
    Invalid {
        field: &'static str,
        problem: &'static str,
    },
    /// The domain rules refuse the operation.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// A record with this unique value already exists.
    #[error("{what} is taken")]
    Taken { what: &'static str },
    /// It refers to a record that does not exist.
    #[error("there is no such {what}")]
    Unknown { what: &'static str },
}

/// Translates a violated schema constraint. Checking beforehand instead would race.
pub(super) fn refused(error: DatabaseError) -> AdminError {
    match error.constraint() {
        Some("institution_registration_unique") => AdminError::Taken {
            what: "the registration number",
        },
        Some("user_email_unique") => AdminError::Taken {
            what: "the e-mail address",
        },
        Some("seller_prefix_unique") => AdminError::Taken { what: "the prefix" },
        Some(
            "mso_user_institution_id_fkey"
            | "provider_affiliation_institution_id_fkey"
            | "price_institution_id_fkey",
        ) => AdminError::Unknown { what: "institution" },
        _ => error.into(),
    }
}

/// Text of 1 to `MAX` characters.
pub(super) fn text<const MAX: usize, F: Form>(
    field: &'static str,
    text: &str,
) -> Result<Text<1, MAX, F>, AdminError> {
    Text::new(text).map_err(|_| AdminError::Invalid {
        field,
        problem: "is empty, too long or no text",
    })
}

/// Parses a code of a public standard.
pub(super) fn code<T: std::str::FromStr>(field: &'static str, text: &str) -> Result<T, AdminError> {
    text.parse().map_err(|_| AdminError::Invalid {
        field,
        problem: "is no code of its standard",
    })
}
