//! Conversions for columns that need more than a type mapping: enum names, and core types as jsonb.
//!
//! The invariant: the error for an unreadable value names only its column, never its content.

use mso_core::money::Currency;
use mso_core::names::Named;
use serde::{Deserialize, Serialize};

use super::DatabaseError;

/// Parses the stored name of an enum value.
pub fn from_name<T: Named>(name: &str, column: &'static str) -> Result<T, DatabaseError> {
    T::from_name(name).ok_or(DatabaseError::Corrupt(column))
}

/// Reads a core type from jsonb.
pub fn from_json<T: for<'de> Deserialize<'de>>(
    value: serde_json::Value,
    column: &'static str,
) -> Result<T, DatabaseError> {
    serde_json::from_value(value).map_err(|_| DatabaseError::Corrupt(column))
}

/// Writes a core type as jsonb.
pub fn to_json<T: Serialize>(value: &T, column: &'static str) -> Result<serde_json::Value, DatabaseError> {
    serde_json::to_value(value).map_err(|_| DatabaseError::Corrupt(column))
}

/// Reads a count or an amount in smallest units: `bigint` has no unsigned counterpart.
pub fn to_unsigned<T: TryFrom<i64>>(value: i64, column: &'static str) -> Result<T, DatabaseError> {
    T::try_from(value).map_err(|_| DatabaseError::Corrupt(column))
}

/// Converts an unsigned value for a `bigint` column.
pub fn from_unsigned<T: TryInto<i64>>(value: T, column: &'static str) -> Result<i64, DatabaseError> {
    value.try_into().map_err(|_| DatabaseError::Corrupt(column))
}

/// Parses a stored ISO 4217 currency code.
pub fn currency(code: &str) -> Result<Currency, DatabaseError> {
    Currency::from_code(code).ok_or(DatabaseError::Corrupt("currency"))
}
