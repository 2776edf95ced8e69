//! `cargo xtask sql`: sqlx's data for the checked queries, `server/.sqlx`.
//!
//! The `query!` macros ask a migrated database about each query, and write the answer to `SQLX_OFFLINE_DIR`
//! if it is set; the folder must exist. All other builds use the committed data and need no database. Only
//! the library is compiled here: programs and tests use unchecked queries, or they would need data of their
//! own.
//!
//! Invariant: cargo must not consider the server already compiled, or no macro runs and no file is written;
//! it does not know that the macros read the environment. So this build has a target folder of its own, from
//! which the server is removed each time, and the ordinary build stays as it is.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::postgres::Cluster;
use crate::workspace::{Workspace, capture, differences, files_below, fresh_folder, run};

const COMMITTED: &str = "server/.sqlx";

/// Regenerates `server/.sqlx`.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let scratch = workspace.target.join("sqlx");
    ask(workspace, &scratch)?;
    let committed = workspace.path(COMMITTED);
    let changes = differences(&scratch, &committed)?;
    fresh_folder(&committed)?;
    let files = files_below(&scratch)?;
    for file in &files {
        fs::copy(scratch.join(file), committed.join(file))?;
    }
    println!("{COMMITTED}: {} queries, {} changed", files.len(), changes.len());
    Ok(())
}

/// Fails if `server/.sqlx` is not what [`write()`] would write.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let scratch = workspace.target.join("sqlx");
    ask(workspace, &scratch)?;
    let drift = differences(&scratch, &workspace.path(COMMITTED))?;
    if !drift.is_empty() {
        bail!(
            "{COMMITTED} is stale (run `cargo xtask sql` and commit it):\n  {}",
            drift.join("\n  ")
        );
    }
    Ok(())
}

/// Lets the macros write one file per query into `out`.
fn ask(workspace: &Workspace, out: &Path) -> Result<()> {
    fresh_folder(out)?;
    let cluster = Cluster::start()?;
    cluster.migrate(&workspace.path("server/migrations"))?;

    let target = workspace.target.join("sqlx-build");
    let cargo = |words: &[&str]| {
        let mut command = workspace.cargo();
        command
            .args(words)
            .args(["--quiet", "-p", "mso-server", "--target-dir"])
            .arg(&target);
        command
    };
    capture(&mut cargo(&["clean"]))?;
    run(cargo(&["check", "--lib"])
        .env("DATABASE_URL", cluster.url())
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", out))
}
