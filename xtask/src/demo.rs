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
    if phones::swift_obstacle(workspace).is_none() {
        phones::build_swift(workspace)?;
    }
    testdata::fetch(workspace)?;
    let mut story = workspace.program(workspace.built("mso-demo"));
    let error = story.envs(phones::environment(workspace)?).exec();
    Err(error).context("cannot start mso-demo")
}

/// The server with a month of demo data, until Ctrl-C.
pub(crate) fn serve(workspace: &Workspace, arguments: &[&str]) -> Result<ExitCode> {
    workspace.build()?;
    testdata::fetch(workspace)?;
    let mut month = workspace.program(workspace.built("mso"));
    month.arg("demo-data").args(of_database(arguments));
    month.arg("--files").arg(workspace.path(".testdata"));
    if !month.status().context("cannot start mso")?.success() {
        println!("serve: without the demo's month");
    }
    let mut server = workspace.program(workspace.built("mso"));
    // Replaces this process by the server, so that Ctrl-C and kill reach only the server.
    let error = server.args(["serve", "--demo"]).args(arguments).exec();
    Err(error).context("cannot start mso")
}

/// Those arguments of the server that say which database it uses.
fn of_database<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let mut kept = Vec::new();
    let mut rest = arguments.iter().copied();
    while let Some(argument) = rest.next() {
        if argument == "--data" || argument == "--database-url" {
            kept.push(argument);
            kept.extend(rest.next());
        } else if argument.starts_with("--data=") || argument.starts_with("--database-url=") {
            kept.push(argument);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_month_is_played_on_the_database_of_the_server() {
        let given = ["--listen", "127.0.0.1:0", "--data", "x", "--database-url=y"];
        assert_eq!(of_database(&given), ["--data", "x", "--database-url=y"]);
    }
}
