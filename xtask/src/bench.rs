//! `cargo xtask bench`: builds the release profile, installs the systems that the chat is measured beside, then runs the
//! program `mso-bench`, which measures.
//!
//! The peers are installed in the target folder and never in the tree: `tests/peers` is copied there.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::workspace::{self, PACKAGES, Workspace, files_below, fresh_folder};

/// Returns the program's exit status.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    workspace::run(workspace.cargo().args(["build", "--release"]).args(PACKAGES))?;
    let mut bench = workspace.program(workspace.target.join("release/mso-bench"));
    let only = std::env::var("ONLY").unwrap_or_default();
    if only.is_empty() || only == "chat" {
        bench.env("MSO_PEERS", install_peers(workspace)?);
    }
    Err(bench.exec()).context("cannot start mso-bench")
}

/// Returns the folder. Packages are fetched again only when the lock has changed.
fn install_peers(workspace: &Workspace) -> Result<PathBuf> {
    let from = workspace.path("tests/peers");
    let folder = workspace.target.join("bench/peers");
    let lock = "package-lock.json";
    let installed = folder.join("installed.json");
    let is_installed =
        fs::read(&installed).is_ok_and(|old| fs::read(from.join(lock)).is_ok_and(|new| old == new));
    if !is_installed {
        fresh_folder(&folder)?;
    }
    copy_sources(&from, &folder)?;
    if !is_installed {
        // No package needs its script: those with C in them bring what they compiled to.
        let words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        workspace::run(workspace.program("npm").args(words).current_dir(&folder))?;
        fs::copy(folder.join(lock), &installed)?;
    }
    Ok(folder)
}

fn copy_sources(from: &Path, to: &Path) -> Result<()> {
    for name in files_below(from)? {
        // Somebody may have installed there by hand.
        if name.starts_with("node_modules") {
            continue;
        }
        let copy = to.join(&name);
        fs::create_dir_all(copy.parent().context("no parent")?)?;
        fs::copy(from.join(&name), &copy).with_context(|| format!("cannot copy {}", name.display()))?;
    }
    Ok(())
}
