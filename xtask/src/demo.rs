//! `cargo xtask demo` and `cargo xtask serve`: build what is needed, then become it.
//!
//! The story itself is the program `mso-demo`; nothing of it is told here.

use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{phones, testdata};

/// The main job on real files; the exit status is the story's.
pub(crate) fn demo(workspace: &Workspace) -> Result<ExitCode> {
    workspace.build()?;
    phones::build_kotlin(workspace)?;
    testdata::fetch(workspace)?;
    let mut story = workspace.program(workspace.built("mso-demo"));
    let error = story.envs(phones::environment(workspace)?).exec();
    Err(error).context("cannot start mso-demo")
}

/// The server with demo users, until Ctrl-C.
pub(crate) fn serve(workspace: &Workspace, arguments: &[&str]) -> Result<ExitCode> {
    workspace.build()?;
    let mut server = workspace.program(workspace.built("mso"));
    // Becoming the server, rather than waiting for it, lets Ctrl-C and kill reach it alone.
    let error = server.args(["serve", "--demo"]).args(arguments).exec();
    Err(error).context("cannot start mso")
}
