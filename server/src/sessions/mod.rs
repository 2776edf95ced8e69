//! Sessions: sign-in, enrolment of phones, tokens that expire and rotate, and authentication of callers.
//!
//! A session is the period for which one user is signed in. On a phone it belongs to an enrolled device, and
//! every request is signed with that device's key: a stolen token alone is useless. In a browser or program it
//! has no device and may not sync.
//!
//! - Access token: 32 random bytes, stored as their SHA-256, valid for 15 minutes.
//! - Refresh token: derived from the server's secret, the session and a generation ([`tokens`]), so that a lost
//!   reply can be repeated without storing the token.
//!
//! At most five devices of a user are active. One that signs out no longer counts, and at the limit the answer
//! names the devices, so that the same password may retire one of them (`enrol.rs`).
//!
//! The invariant: everything here runs as the system role, because the caller is not known yet; and every path
//! that fails for a wrong address or a wrong password costs the same and returns the same answer.

mod authenticate;
mod ending;
mod enrol;
mod passwords;
mod refresh;
mod retire;
pub mod routes;
mod sign_in;
mod store;
pub mod tokens;

pub use authenticate::{Known, SignedIn, authenticate, is_open, recognise};
pub use ending::{end_sessions_of_device, end_sessions_of_user};
pub use passwords::{PasswordError, Passwords};
pub use tokens::{SecretError, ServerSecret};
