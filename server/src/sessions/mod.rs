//! Sessions: signing in, enrolling a phone, tokens that end and rotate, and who calls.
//!
//! A session is a signed-in period of one user. On a phone it belongs to an enrolled device, and every request is
//! signed with that device's key: a stolen token alone opens nothing. In a browser or program it has no device and
//! may not sync.
//!
//! - Access token: 32 random bytes, stored as their SHA-256, 15 minutes.
//! - Refresh token: made from the server's secret, the session and a generation ([`tokens`]), so that a reply that
//!   was lost can be given again without storing the token.
//!
//! The invariant: everything here runs as the system role, because nobody is known yet; and every path that fails
//! for a wrong address or a wrong password costs the same and says the same.

mod authenticate;
mod enrol;
mod passwords;
mod refresh;
pub mod routes;
mod sign_in;
mod store;
pub mod tokens;

pub use authenticate::{Known, SignedIn, authenticate, recognise};
pub use passwords::{PasswordError, Passwords};
pub use tokens::{SecretError, ServerSecret};
