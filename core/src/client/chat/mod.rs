//! The phone's half of the chat: keys, sealing, documents. The formats that both sides check are in [`crate::chat`].
//!
//! | file | what |
//! |---|---|
//! | [`keys`] | this device's keys and its certificate; making and opening epochs |
//! | [`sealing`] | text into an envelope and back |
//! | [`change`] | the one operation that a change may hold, and who may write it |
//! | [`content`] | messages, edits, withdrawals, reactions and read marks as values |
//! | [`segment`] | a document of at most 500 messages |
//! | `receive` | from the log to the messages that are shown |
//! | `write` | from the user to what waits |
//! | `agenda`, `seal_waiting` | from what waits to the next request |
//! | `view` | what a screen shows |
//! | `transcript` | the chat for people outside of it |

pub(crate) mod agenda;
pub mod change;
pub mod content;
pub mod keys;
pub(crate) mod receive;
mod seal_waiting;
pub mod sealing;
pub mod segment;
pub mod transcript;
pub mod view;
pub(crate) mod write;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
