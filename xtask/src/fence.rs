//! The fence between the pure domain, the phone's half and the server, as cargo sees it.
//!
//! `mso-core` without features is rules and wire types: no database, no network, no runtime. The phone's half
//! is behind its feature `client`, which the server must never enable. Cargo unifies features over the
//! selected packages, so each query here names a single package; for the whole workspace, cargo would show
//! the phone's half everywhere.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, bail};

use crate::workspace::{Workspace, capture, run};

struct Rule {
    package: &'static str,
    arguments: &'static [&'static str],
    forbidden: &'static [&'static str],
    because: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        package: "mso-core",
        arguments: &["--no-default-features"],
        forbidden: &[
            "axum",
            "hyper",
            "libsqlite3-sys",
            "reqwest",
            "rusqlite",
            "sqlx",
            "tokio",
            "uniffi",
        ],
        because: "rules are pure: they run in the server's transaction and on a phone alike",
    },
    Rule {
        package: "mso-server",
        arguments: &[],
        forbidden: &[
            "automerge",
            "hpke",
            "libsqlite3-sys",
            "mso-ffi",
            "rusqlite",
            "uniffi",
        ],
        because: "what sees chat in the clear must not be built into the server",
    },
];

/// A package that does contain SQLite: shows that the query would find it.
const HOLDS_SQLITE: &str = "mso-ffi";

/// Crates whose `lib.rs` forbids unsafe code.
const FORBIDS_UNSAFE: &[&str] = &["core/src/lib.rs", "server/src/lib.rs"];

/// Fails if a dependency crosses the fence, or if core does not compile without features.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut broken = Vec::new();
    for rule in RULES {
        broken.extend(crossings(
            rule,
            &dependencies(workspace, rule.package, rule.arguments)?,
        ));
    }
    if !dependencies(workspace, HOLDS_SQLITE, &[])?.contains("rusqlite") {
        broken.push(format!(
            "{HOLDS_SQLITE} shows no rusqlite: this check no longer sees what it should"
        ));
    }
    for file in FORBIDS_UNSAFE {
        let text = fs::read_to_string(workspace.path(file)).with_context(|| format!("cannot read {file}"))?;
        if !forbids_unsafe(&text) {
            broken.push(format!("{file} lacks #![forbid(unsafe_code)]"));
        }
    }
    if !broken.is_empty() {
        bail!("the fence is broken:\n  {}", broken.join("\n  "));
    }
    run(workspace
        .cargo()
        .args(["check", "-p", "mso-core", "--no-default-features"]))
}

fn dependencies(workspace: &Workspace, package: &str, arguments: &[&str]) -> Result<BTreeSet<String>> {
    let mut command = workspace.cargo();
    command.args([
        "tree", "-p", package, "-e", "normal", "--prefix", "none", "--format", "{p}",
    ]);
    Ok(names(&capture(command.args(arguments))?))
}

fn names(tree: &str) -> BTreeSet<String> {
    tree.lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

fn crossings(rule: &Rule, dependencies: &BTreeSet<String>) -> Vec<String> {
    let crossing = rule.forbidden.iter().filter(|name| dependencies.contains(**name));
    crossing
        .map(|name| format!("{} depends on {name}: {}", rule.package, rule.because))
        .collect()
}

fn forbids_unsafe(lib: &str) -> bool {
    lib.lines().any(|line| line.trim() == "#![forbid(unsafe_code)]")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAN: &str =
        "mso-server v0.1.0 (/x/server)\nmso-core v0.1.0 (/x/core)\nsqlx v0.9.0\nserde v1.0.1 (*)\n";

    fn server() -> &'static Rule {
        RULES.iter().find(|rule| rule.package == "mso-server").unwrap()
    }

    #[test]
    fn a_server_without_sqlite_is_inside_the_fence() {
        assert_eq!(crossings(server(), &names(CLEAN)), Vec::<String>::new());
    }

    #[test]
    fn a_server_that_switches_the_client_on_breaks_the_fence() {
        let tree = format!("{CLEAN}rusqlite v0.39.0\nlibsqlite3-sys v0.37.0\n");
        let broken = crossings(server(), &names(&tree));
        assert_eq!(broken.len(), 2, "{broken:?}");
        assert!(
            broken[1].starts_with("mso-server depends on rusqlite"),
            "{broken:?}"
        );
    }

    #[test]
    fn a_runtime_in_the_domain_breaks_the_fence() {
        let core = RULES.iter().find(|rule| rule.package == "mso-core").unwrap();
        assert_eq!(
            crossings(
                core,
                &names("mso-core v0.1.0\ntokio v1.52.0\ntokio-util v0.7.0\n")
            )
            .len(),
            1
        );
    }

    #[test]
    fn unsafe_code_is_forbidden_only_by_the_attribute_itself() {
        assert!(forbids_unsafe("//! doc\n\n#![forbid(unsafe_code)]\nmod a;\n"));
        assert!(!forbids_unsafe("//! doc\n// #![forbid(unsafe_code)]\n"));
        assert!(!forbids_unsafe("#![deny(unsafe_code)]\n"));
    }
}
