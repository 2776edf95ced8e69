//! The tables of the chat: `log_rows` what is checked, `message_rows` what is shown.

pub(crate) mod log_rows;
pub(crate) mod message_rows;
