//! The private chat of a case: what is signed, what is sealed, and in which order it happened.
//!
//! Nobody but the participants can read a chat, and nobody can become a participant unseen; the server keeps the order and
//! a hash chain over it, and may shrink the set of readers but never grow it. The formats are described for outsiders in
//! `docs/chat-encryption.md`, which has test vectors.
//!
//! | file | what |
//! |---|---|
//! | [`labels`] | the prefixes of everything that is signed or hashed |
//! | [`canonical`] | the one encoding: CBOR with integer keys; other spellings of the same value are refused |
//! | [`signed`] | exact bytes with an Ed25519 signature |
//! | [`certificate`] | a device's keys, signed by its user's identity |
//! | [`roster`] | who may read: rows signed by participants, and the state that they add up to |
//! | [`epoch`] | a key of the case, wrapped to the devices of the roster |
//! | [`envelope`] | one message: header, commitment, chain, signature |
//! | [`log`] | the order of all of these, hashed into a chain |
//! | [`stored`] | what a store keeps of it between two entries |
//! | [`fault`] | what can be wrong, each with a code of its own |
//!
//! Both sides run this: the server before it stores something, each phone on everything that it receives. Sealing and
//! opening exist only on phones (`client::chat`).

pub mod canonical;
pub mod certificate;
pub mod envelope;
pub mod epoch;
pub mod fault;
pub mod labels;
pub mod log;
pub mod roster;
pub mod signed;
pub mod stored;

#[cfg(test)]
mod tests;

pub use certificate::{DeviceCertificate, KemKeys, Suite};
pub use envelope::{Content, Envelope, Header, SegmentId};
pub use epoch::{EpochHead, EpochRecord, Recipient, Wrap};
pub use fault::ChatFault;
pub use log::{Appended, ChainHead, Entry, EntryKind, Log, LogHead, Payload};
pub use roster::{Change, Member, Removal, Roster, RosterRow, RowKind, Side};
pub use signed::{Signed, SignedBody};
pub use stored::LogState;

/// Version of every format in this module.
pub const VERSION: u8 = 1;
