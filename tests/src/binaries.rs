//! Finds the built programs: through environment variables, else in the folder of the running program.
//!
//! | variable | what |
//! |---|---|
//! | `MSO_BIN` | the server, `mso` |
//! | `MSO_KOTLIN_PHONE` | the Kotlin phone; else the one that `cargo xtask` built last |
//! | `MSO_SWIFT_PHONE` | the Swift phone; likewise |
//! | `MSO_TESTDATA` | folder of real files, `.testdata` |

use std::path::PathBuf;

use anyhow::{Context, Result};

fn beside(name: &str) -> Result<PathBuf> {
    let mut folder = std::env::current_exe().context("own path")?;
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    let path = folder.join(name);
    anyhow::ensure!(
        path.exists(),
        "{} is not built: cargo build --workspace",
        path.display()
    );
    Ok(path)
}

pub fn mso() -> Result<PathBuf> {
    given("MSO_BIN").map_or_else(|| beside("mso"), Ok)
}

/// The phone written in Rust, for tests in which it is killed.
pub fn rust_phone() -> Result<PathBuf> {
    beside("mso-phone")
}

fn given(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable)
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
}

/// The launcher that `cargo xtask` writes into the target folder.
fn built_last(phone: &str) -> Option<PathBuf> {
    let path = beside("mso").ok()?.parent()?.parent()?.join("phones").join(phone);
    path.exists().then_some(path)
}

/// The Kotlin phone's program, if it was built.
#[must_use]
pub fn kotlin_phone() -> Option<PathBuf> {
    given("MSO_KOTLIN_PHONE").or_else(|| built_last("kotlin"))
}

/// The Swift phone's program, if it was built.
#[must_use]
pub fn swift_phone() -> Option<PathBuf> {
    given("MSO_SWIFT_PHONE").or_else(|| built_last("swift"))
}

/// The verifier of chats in another language (`tests/verifier/`).
#[must_use]
pub fn verifier() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/verifier/run.sh"))
}

/// The folder of real files (`cargo xtask testdata`).
pub fn testdata() -> Result<PathBuf> {
    let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.testdata"));
    let path = given("MSO_TESTDATA").unwrap_or_else(default);
    anyhow::ensure!(path.exists(), "no test data: run cargo xtask testdata");
    path.canonicalize().context("test data folder")
}
