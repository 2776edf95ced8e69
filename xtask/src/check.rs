//! `cargo xtask check`: every check of the code that does not run a test.
//!
//! One table. Each check is independent and can be run alone with `--only NAME`. All of them run even if an
//! early one fails, so that one run shows everything to fix. The cheap ones come first.

use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::workspace::{PACKAGES, Workspace, run};
use crate::{bindings, fence, licences, sql, statuses};

struct Check {
    name: &'static str,
    what: &'static str,
    run: fn(&Workspace) -> Result<()>,
}

const CHECKS: &[Check] = &[
    Check {
        name: "fmt",
        what: "rustfmt",
        run: fmt,
    },
    Check {
        name: "statuses",
        what: "no match on a case status or an operation outside core",
        run: statuses::check,
    },
    Check {
        name: "fence",
        what: "the domain stays pure, the server free of the phone's half",
        run: fence::check,
    },
    Check {
        name: "licences",
        what: "deny.toml: licences, bans, sources",
        run: licences::check,
    },
    Check {
        name: "sql",
        what: "server/.sqlx is what the queries and migrations say",
        run: sql::check,
    },
    Check {
        name: "clippy",
        what: "lints, warnings denied",
        run: clippy,
    },
    Check {
        name: "docs",
        what: "rustdoc, warnings denied",
        run: docs,
    },
    Check {
        name: "bindings",
        what: "bindings/ is what the library says",
        run: bindings::check,
    },
];

/// Runs every check and fails if any of them failed.
pub(crate) fn all(workspace: &Workspace) -> Result<()> {
    let mut failed = Vec::new();
    for check in CHECKS {
        if let Err(error) = one(workspace, check) {
            eprintln!("xtask: check `{}` failed: {error:#}", check.name);
            failed.push(check.name);
        }
    }
    if !failed.is_empty() {
        bail!(
            "not fine: {} (one alone: cargo xtask check --only NAME)",
            failed.join(", ")
        );
    }
    Ok(())
}

/// Runs the check called `name`.
pub(crate) fn only(workspace: &Workspace, name: &str) -> Result<()> {
    let check = CHECKS.iter().find(|check| check.name == name).with_context(|| {
        let names: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
        format!("no check `{name}`; there are: {}", names.join(", "))
    })?;
    one(workspace, check)
}

fn one(workspace: &Workspace, check: &Check) -> Result<()> {
    let start = Instant::now();
    eprintln!("== check {}: {}", check.name, check.what);
    (check.run)(workspace)?;
    eprintln!(
        "== check {}: fine ({:.1} s)",
        check.name,
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

fn fmt(workspace: &Workspace) -> Result<()> {
    run(workspace.cargo().args(["fmt", "--all", "--check"]))
}

fn clippy(workspace: &Workspace) -> Result<()> {
    run(workspace
        .cargo()
        .arg("clippy")
        .args(PACKAGES)
        .args(["--all-targets", "--", "-D", "warnings"]))
}

fn docs(workspace: &Workspace) -> Result<()> {
    run(workspace
        .cargo()
        .env("RUSTDOCFLAGS", "-D warnings")
        .arg("doc")
        .args(PACKAGES)
        .arg("--no-deps"))
}
