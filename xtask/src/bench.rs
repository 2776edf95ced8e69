//! `cargo xtask bench`: builds the release profile, then runs the program `mso-bench`, which measures.

use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::workspace::{self, PACKAGES, Workspace};

/// Returns the program's exit status.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    workspace::run(workspace.cargo().args(["build", "--release"]).args(PACKAGES))?;
    let error = workspace
        .program(workspace.target.join("release/mso-bench"))
        .exec();
    Err(error).context("cannot start mso-bench")
}
