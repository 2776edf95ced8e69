//! What is handed from one step of the write path to the next.

use mso_core::cases::Case;
use mso_core::command::Command;
use mso_core::decision::Decision;
use mso_core::facts::{Context, Facts};

use crate::feed::Touched;

/// A decision and what led to it.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) ctx: &'a Context,
    pub(super) command: &'a Command,
    pub(super) facts: &'a Facts,
    pub(super) decision: &'a Decision,
}

/// What is being written: the case as it will be, and the streams touched.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) case: Option<Case>,
    pub(super) touched: Touched,
}
