//! `cargo xtask demo` and `cargo xtask serve`: build what is needed, then run it. The demo itself is the
//! program `mso-demo`.

use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{phones, testdata};

/// The main job on real files. Returns the demo's exit status.
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
    // Replaces this process by the server, so that Ctrl-C and kill reach only the server.
    let error = server.args(["serve", "--demo"]).args(arguments).exec();
    Err(error).context("cannot start mso")
}
