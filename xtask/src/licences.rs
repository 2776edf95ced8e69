//! `deny.toml`, read and enforced without a tool that has to be compiled first.
//!
//! cargo-deny is the better judge and runs too if it is on the PATH. What it would say about licences, bans
//! and sources is always checked here from `cargo metadata`, so that the file is enforced on a machine that
//! has only cargo. Advisories need a database from the network and are left to cargo-deny. Only the keys
//! below are understood; an unknown key in a section that this module reads is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::workspace::{Workspace, capture, run};

/// Crates from any other source have not been reviewed.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

#[derive(Deserialize)]
struct Policy {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
    /// For cargo-deny only.
    #[serde(default, rename = "confidence-threshold")]
    _confidence_threshold: Option<f64>,
    #[serde(default, rename = "unused-allowed-license")]
    _unused_allowed_license: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bans {
    deny: Vec<Ban>,
    /// For cargo-deny only.
    #[serde(default, rename = "multiple-versions")]
    _multiple_versions: Option<String>,
    #[serde(default, rename = "wildcards")]
    _wildcards: Option<String>,
    #[serde(default, rename = "allow-wildcard-paths")]
    _allow_wildcard_paths: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
    /// The only crates that may depend on it directly.
    #[serde(default)]
    wrappers: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    dependencies: Vec<String>,
}

/// Fails and names each crate that `deny.toml` does not permit.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let policy = fs::read_to_string(workspace.path("deny.toml")).context("cannot read deny.toml")?;
    let policy: Policy = toml::from_str(&policy).context("deny.toml holds what is not understood here")?;
    // Considers only the platforms we support, not what a crate would need on Windows.
    let mut command = workspace.cargo();
    command.args(["metadata", "--format-version=1"]);
    for platform in PLATFORMS {
        command.args(["--filter-platform", platform]);
    }
    let metadata: Metadata = serde_json::from_str(&capture(&mut command)?)?;
    let refused = judge(&policy, &metadata);
    if !refused.is_empty() {
        bail!("deny.toml does not let in:\n  {}", refused.join("\n  "));
    }
    if capture(workspace.program("cargo-deny").arg("--version")).is_ok() {
        run(workspace
            .cargo()
            .args(["deny", "check", "licenses", "bans", "sources"]))?;
    }
    Ok(())
}

/// The same as `graph.targets` in deny.toml.
const PLATFORMS: [&str; 4] = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "aarch64-linux-android",
    "aarch64-apple-ios",
];

fn judge(policy: &Policy, metadata: &Metadata) -> Vec<String> {
    let used: BTreeSet<&str> = metadata
        .resolve
        .nodes
        .iter()
        .map(|node| node.id.as_str())
        .collect();
    let packages: BTreeMap<&str, &Package> = metadata
        .packages
        .iter()
        .filter(|package| used.contains(package.id.as_str()))
        .map(|package| (package.id.as_str(), package))
        .collect();
    let mut refused = Vec::new();
    for package in packages.values() {
        let Some(source) = &package.source else { continue }; // our own
        let title = format!("{} {}", package.name, package.version);
        if source != CRATES_IO {
            refused.push(format!("{title}: comes from {source}"));
        }
        let exceptions = policy
            .licenses
            .exceptions
            .iter()
            .filter(|exception| exception.name == package.name);
        let mut allowed: BTreeSet<&str> = policy.licenses.allow.iter().map(String::as_str).collect();
        allowed.extend(exceptions.flat_map(|exception| exception.allow.iter().map(String::as_str)));
        match &package.license {
            None => refused.push(format!("{title}: names no licence")),
            Some(expression) if !permits(expression, &allowed) => {
                refused.push(format!("{title}: licence {expression}"))
            }
            Some(_) => {}
        }
    }
    for node in &metadata.resolve.nodes {
        let Some(user) = packages.get(node.id.as_str()) else {
            continue;
        };
        for dependency in &node.dependencies {
            let Some(dependency) = packages.get(dependency.as_str()) else {
                continue;
            };
            let ban = policy.bans.deny.iter().find(|ban| ban.name == dependency.name);
            if let Some(ban) = ban.filter(|ban| !ban.wrappers.contains(&user.name)) {
                refused.push(format!(
                    "{} (used by {}): {}",
                    dependency.name, user.name, ban.reason
                ));
            }
        }
    }
    refused
}

/// Whether an SPDX expression can be satisfied with the allowed licences alone. `AND` binds tighter than
/// `OR`; the old `MIT/Apache-2.0` means `OR`.
fn permits(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    either(&mut rest, allowed).unwrap_or(false) && rest.is_empty()
}

fn either(words: &mut &[&str], allowed: &BTreeSet<&str>) -> Option<bool> {
    let mut holds = both(words, allowed)?;
    while words.first() == Some(&"OR") {
        *words = &words[1..];
        holds |= both(words, allowed)?;
    }
    Some(holds)
}

fn both(words: &mut &[&str], allowed: &BTreeSet<&str>) -> Option<bool> {
    let mut holds = one(words, allowed)?;
    while words.first() == Some(&"AND") {
        *words = &words[1..];
        holds &= one(words, allowed)?;
    }
    Some(holds)
}

fn one(words: &mut &[&str], allowed: &BTreeSet<&str>) -> Option<bool> {
    let (first, rest) = words.split_first()?;
    *words = rest;
    if *first == "(" {
        let holds = either(words, allowed)?;
        let (close, rest) = words.split_first()?;
        *words = rest;
        return (*close == ")").then_some(holds);
    }
    // `Apache-2.0 WITH LLVM-exception` is a licence of its own.
    if let ["WITH", exception, rest @ ..] = *words {
        *words = rest;
        return Some(allowed.contains(format!("{first} WITH {exception}").as_str()));
    }
    Some(allowed.contains(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"
        [graph]
        targets = ["x86_64-unknown-linux-gnu"]
        [licenses]
        allow = ["MIT", "Apache-2.0"]
        exceptions = [{ crate = "roots", allow = ["CDLA-Permissive-2.0"] }]
        [bans]
        deny = [{ crate = "openssl-sys", wrappers = ["libsqlite3-sys"], reason = "one TLS" }]
    "#;

    fn verdict(crates: &str, nodes: &str) -> Vec<String> {
        let policy: Policy = toml::from_str(POLICY).unwrap();
        let json = format!(r#"{{"packages": [{crates}], "resolve": {{"nodes": [{nodes}]}}}}"#);
        judge(&policy, &serde_json::from_str(&json).unwrap())
    }

    fn package(name: &str, license: &str, source: &str) -> String {
        format!(
            r#"{{"id": "{name}", "name": "{name}", "version": "1.0.0", "license": {license}, "source": {source}}}"#
        )
    }

    fn node(name: &str, dependencies: &str) -> String {
        format!(r#"{{"id": "{name}", "dependencies": [{dependencies}]}}"#)
    }

    fn crates_io() -> String {
        format!("\"{CRATES_IO}\"")
    }

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        let allowed = BTreeSet::from(["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"]);
        for fine in [
            "MIT",
            "MIT OR GPL-3.0",
            "MIT/Apache-2.0",
            "(GPL-3.0 OR MIT) AND Apache-2.0",
            "GPL-3.0 OR MIT AND Apache-2.0",
        ] {
            assert!(permits(fine, &allowed), "{fine}");
        }
        assert!(permits("Apache-2.0 WITH LLVM-exception", &allowed));
        for bad in [
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT OR Apache-2.0) AND Zlib",
            "MIT WITH GCC-exception",
            "",
            "(MIT",
            "MIT MIT",
        ] {
            assert!(!permits(bad, &allowed), "{bad}");
        }
    }

    #[test]
    fn a_licence_outside_the_list_is_refused() {
        let crates = [
            package("good", "\"MIT\"", &crates_io()),
            package("bad", "\"AGPL-3.0\"", &crates_io()),
        ]
        .join(",");
        assert_eq!(
            verdict(&crates, &[node("good", ""), node("bad", "")].join(",")),
            ["bad 1.0.0: licence AGPL-3.0"]
        );
        assert_eq!(
            verdict(&package("none", "null", &crates_io()), &node("none", "")),
            ["none 1.0.0: names no licence"]
        );
    }

    #[test]
    fn an_exception_holds_for_its_crate_alone() {
        let with = |name| {
            verdict(
                &package(name, "\"CDLA-Permissive-2.0\"", &crates_io()),
                &node(name, ""),
            )
        };
        assert_eq!(with("roots"), Vec::<String>::new());
        assert_eq!(with("other").len(), 1);
    }

    #[test]
    fn a_crate_from_elsewhere_is_refused() {
        let refused = verdict(
            &package("fork", "\"MIT\"", "\"git+ssh://somewhere/fork\""),
            &node("fork", ""),
        );
        assert_eq!(refused, ["fork 1.0.0: comes from git+ssh://somewhere/fork"]);
    }

    #[test]
    fn a_banned_crate_is_let_in_through_its_wrapper_alone() {
        let crates = ["openssl-sys", "libsqlite3-sys", "other"]
            .map(|name| package(name, "\"MIT\"", &crates_io()))
            .join(",");
        let through = |user| {
            verdict(
                &crates,
                &[node(user, "\"openssl-sys\""), node("openssl-sys", "")].join(","),
            )
        };
        assert_eq!(through("libsqlite3-sys"), Vec::<String>::new());
        assert_eq!(through("other"), ["openssl-sys (used by other): one TLS"]);
    }

    #[test]
    fn a_key_that_is_not_understood_is_an_error() {
        assert!(
            toml::from_str::<Policy>(
                &POLICY.replace("allow = [\"MIT\"", "copyleft = \"deny\"\nallow = [\"MIT\"")
            )
            .is_err()
        );
    }
}
