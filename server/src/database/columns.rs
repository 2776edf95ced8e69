//! Values that take more than a type to go into a column and come out: names of enums, and core types as jsonb.
//!
//! The invariant: a value that cannot be read names its column only, never its content.

use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use serde::{Deserialize, Serialize};

use super::DatabaseError;

/// The enum value of this stored name.
pub fn from_name<T: for<'de> Deserialize<'de>>(name: &str, column: &'static str) -> Result<T, DatabaseError> {
    let name: StrDeserializer<'_, Error> = name.into_deserializer();
    T::deserialize(name).map_err(|_| DatabaseError::Corrupt(column))
}

/// The name that an enum value is stored as: the one on the wire.
pub fn to_name<T: Serialize>(value: &T, column: &'static str) -> Result<String, DatabaseError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        Ok(_) | Err(_) => Err(DatabaseError::Corrupt(column)),
    }
}

/// The core type of this stored jsonb.
pub fn from_json<T: for<'de> Deserialize<'de>>(
    value: serde_json::Value,
    column: &'static str,
) -> Result<T, DatabaseError> {
    serde_json::from_value(value).map_err(|_| DatabaseError::Corrupt(column))
}

/// The jsonb of a core type.
pub fn to_json<T: Serialize>(value: &T, column: &'static str) -> Result<serde_json::Value, DatabaseError> {
    serde_json::to_value(value).map_err(|_| DatabaseError::Corrupt(column))
}

/// A count or a number of smallest units: `bigint` has no unsigned sister.
pub fn to_unsigned<T: TryFrom<i64>>(value: i64, column: &'static str) -> Result<T, DatabaseError> {
    T::try_from(value).map_err(|_| DatabaseError::Corrupt(column))
}

/// The same, the other way.
pub fn from_unsigned<T: TryInto<i64>>(value: T, column: &'static str) -> Result<i64, DatabaseError> {
    value.try_into().map_err(|_| DatabaseError::Corrupt(column))
}
