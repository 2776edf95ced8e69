//! The only place that names a cipher, a hash or a signature scheme.
//!
//! Not here: which request is signed how (`protocol::signature`) and what rests in which file (`client::files`).

mod hash;
mod keys;
mod mac;
#[cfg(feature = "client")]
pub mod seal;

pub use hash::{HashError, Sha256Hash, Sha256Hasher};
pub use keys::{KeyError, PublicKey, Signature, SigningKey};
pub use mac::hmac_sha256;
