//! CBOR in and out, in one place, with one error each.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Media type of sync requests and answers.
pub const MEDIA_TYPE: &str = "application/cbor";

/// Bytes that are not the CBOR expected, or a value that has no CBOR form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// Not the CBOR expected.
    #[error("not the cbor expected")]
    Decode,
    /// No CBOR form: a bug.
    #[error("value has no cbor form")]
    Encode,
}

/// The bytes of a value.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, CborError> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).map_err(|_| CborError::Encode)?;
    Ok(bytes)
}

/// The value of these bytes: all of them, and nothing after.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CborError> {
    let mut rest = bytes;
    // Depth is bounded, so that no input can exhaust the stack.
    let value =
        ciborium::de::from_reader_with_recursion_limit(&mut rest, 64).map_err(|_| CborError::Decode)?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(CborError::Decode)
    }
}
