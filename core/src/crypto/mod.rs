//! The only module that names a cipher, a hash or a signature scheme. `protocol::signature` decides how
//! requests are signed; `client::files` decides how files are stored.

mod encoding;
mod hash;
#[cfg(feature = "client")]
pub mod hpke;
mod keys;
mod mac;
#[cfg(feature = "client")]
pub mod message;
#[cfg(feature = "client")]
pub mod seal;

pub use hash::{HashError, Sha256Hash, Sha256Hasher};
pub use keys::{KeyError, PublicKey, Signature, SigningKey};
pub use mac::hmac_sha256;
