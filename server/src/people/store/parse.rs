//! Checked text and codes from their columns.

use mso_core::text::{Form, Text};

use crate::database::DatabaseError;

pub(super) fn text<const MIN: usize, const MAX: usize, F: Form>(
    stored: &str,
    column: &'static str,
) -> Result<Text<MIN, MAX, F>, DatabaseError> {
    Text::stored(stored).map_err(|_| DatabaseError::Corrupt(column))
}

pub(super) fn code<T: std::str::FromStr>(stored: &str, column: &'static str) -> Result<T, DatabaseError> {
    stored.parse().map_err(|_| DatabaseError::Corrupt(column))
}
