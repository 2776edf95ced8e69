//! Data passed between the steps of the write path.

use mso_core::cases::Case;
use mso_core::command::Command;
use mso_core::decision::Decision;
use mso_core::facts::{Context, Facts};

use super::error::ExecuteError;
use crate::feed::Touched;

/// A decision and its inputs.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) ctx: &'a Context,
    pub(super) command: &'a Command,
    pub(super) facts: &'a Facts,
    pub(super) decision: &'a Decision,
}

/// The state of a write in progress: the case as it will be, if the command is about one, and the streams
/// touched.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) case: Option<Case>,
    pub(super) touched: Touched,
}

impl Draft {
    /// The case, for effects that only case rules produce.
    pub(super) fn case(&mut self) -> Result<&mut Case, ExecuteError> {
        self.case
            .as_mut()
            .ok_or(ExecuteError::Incomplete("the case of an effect"))
    }
}
