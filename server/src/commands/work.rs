//! What is handed from one step of the write path to the next.

use mso_core::cases::Case;
use mso_core::command::Command;
use mso_core::decision::Decision;
use mso_core::facts::{Context, Facts};

use super::error::ExecuteError;
use crate::feed::Touched;

/// A decision and what led to it.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) ctx: &'a Context,
    pub(super) command: &'a Command,
    pub(super) facts: &'a Facts,
    pub(super) decision: &'a Decision,
}

/// What is being written: the case as it will be, if the command is about one, and the streams touched.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) case: Option<Case>,
    pub(super) touched: Touched,
}

impl Draft {
    /// The case, for effects that only rules of a case decide.
    pub(super) fn case(&mut self) -> Result<&mut Case, ExecuteError> {
        self.case
            .as_mut()
            .ok_or(ExecuteError::Incomplete("the case of an effect"))
    }
}
