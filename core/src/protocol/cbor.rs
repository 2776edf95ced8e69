//! CBOR encoding and decoding, in one place.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Media type of sync requests and responses.
pub const MEDIA_TYPE: &str = "application/cbor";

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// The bytes are not the expected CBOR.
    #[error("not the cbor expected")]
    Decode,
    /// The value cannot be encoded as CBOR: a bug.
    #[error("value has no cbor form")]
    Encode,
}

pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, CborError> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).map_err(|_| CborError::Encode)?;
    Ok(bytes)
}

/// Decodes `bytes`; trailing bytes are an error.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CborError> {
    let mut rest = bytes;
    // The depth limit prevents input from exhausting the stack.
    let value =
        ciborium::de::from_reader_with_recursion_limit(&mut rest, 64).map_err(|_| CborError::Decode)?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(CborError::Decode)
    }
}
