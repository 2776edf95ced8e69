//! The phone's half of the chat: keys, sealing, documents. The formats that both sides check are in [`crate::chat`].
//!
//! | file | what |
//! |---|---|
//! | [`keys`] | this device's keys and its certificate; making and opening epochs |
//! | [`sealing`] | text into an envelope and back |
//! | [`change`] | the one operation that a change may hold, and who may write it |
//! | [`content`] | messages, edits, withdrawals, reactions and read marks as values |
//! | `receive` | from the log to the messages that are shown |
//! | [`segment`] | a document of at most 500 messages |

pub mod change;
pub mod content;
pub mod keys;
#[cfg_attr(not(test), expect(dead_code, reason = "the sync does not deliver logs yet"))]
pub(crate) mod receive;
pub mod sealing;
pub mod segment;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
