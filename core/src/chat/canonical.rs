//! The encoding of what is signed: CBOR (RFC 8949) maps with integer keys in ascending order, definite lengths and shortest
//! integers (section 4.2.1). A value has one spelling, and every other is refused: two parties who hash the same value hash
//! the same bytes.

use minicbor::{Decode, Encode};

use super::fault::ChatFault;

/// Encodes a value.
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to a vector cannot fail, and none of the values here refuses to be encoded.
    match minicbor::encode(value, &mut bytes) {
        Ok(()) => bytes,
        Err(_) => Vec::new(),
    }
}

/// Decodes a value whose bytes are exactly those that [`encode`] makes of it; otherwise [`ChatFault::Malformed`].
pub fn decode<T>(bytes: &[u8]) -> Result<T, ChatFault>
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    let value: T = minicbor::decode(bytes).map_err(|_| ChatFault::Malformed)?;
    if encode(&value) == bytes {
        Ok(value)
    } else {
        Err(ChatFault::Malformed)
    }
}

/// The first field of every body, whatever else is in it.
#[derive(Decode)]
#[cbor(map)]
struct Versioned {
    #[n(0)]
    version: u8,
}

/// Like [`decode`], of a body that begins with a version: another than ours is [`ChatFault::UnknownVersion`], whatever the
/// rest looks like.
pub fn decode_versioned<T>(bytes: &[u8]) -> Result<T, ChatFault>
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    let Versioned { version } = minicbor::decode(bytes).map_err(|_| ChatFault::Malformed)?;
    if version == super::VERSION {
        decode(bytes)
    } else {
        Err(ChatFault::UnknownVersion)
    }
}
