//! `cargo xtask bindings`: generates the committed Kotlin and Swift bindings of `ffi`.
//!
//! They are committed so that app developers need no Rust, and so that a change of the interface is visible
//! in review as apps see it. The generated code is not edited: UniFFI's output is moved byte for byte to
//! where Maven and SwiftPM look for it. The generator reads the *unstripped* library; a stripped one has no
//! metadata and yields empty bindings.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::workspace::{Workspace, differences, files_below, fresh_folder, run};

const KOTLIN: &str = "bindings/kotlin/generated";
const SWIFT: &str = "bindings/swift/Sources/MsoCoreGenerated";
/// SwiftPM requires a source file in a C target: it is written by hand and is beside `include`.
const HEADER: &str = "bindings/swift/Sources/mso_ffiFFI/include";

/// The committed folders. Each is generated completely.
const FOLDERS: [&str; 3] = [KOTLIN, SWIFT, HEADER];

pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let fresh = generate(workspace)?;
    for folder in FOLDERS {
        let (from, to) = (fresh.join(folder), workspace.path(folder));
        let changes = differences(&from, &to)?;
        fresh_folder(&to)?;
        for file in files_below(&from)? {
            copy(&from.join(&file), &to.join(&file))?;
        }
        println!("{folder}: {} files changed", changes.len());
        if folder == SWIFT && !changes.is_empty() {
            // SwiftPM does not always rebuild a package when the layout of a type in another one changes.
            run(workspace.program("tools/swift.sh").arg("clean"))?;
        }
    }
    Ok(())
}

/// Fails if the committed bindings are not what [`write()`] would write.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let fresh = generate(workspace)?;
    let mut drift = Vec::new();
    for folder in FOLDERS {
        let found = differences(&fresh.join(folder), &workspace.path(folder))?;
        drift.extend(
            found
                .into_iter()
                .map(|difference| format!("{difference} (in {folder})")),
        );
    }
    if !drift.is_empty() {
        bail!(
            "the bindings are stale (run `cargo xtask bindings` and commit them):\n  {}",
            drift.join("\n  ")
        );
    }
    Ok(())
}

/// Generates into the target folder, in the layout of the repository.
fn generate(workspace: &Workspace) -> Result<PathBuf> {
    workspace.build()?;
    run(workspace.cargo().args(["build", "-p", "mso-uniffi-bindgen"]))?;
    let library = workspace.built(&format!(
        "{}mso_ffi{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    ));
    let out = workspace.target.join("bindings");
    fresh_folder(&out)?;

    for language in ["kotlin", "swift"] {
        // The generator calls `cargo metadata` in its working folder to find ffi/uniffi.toml.
        let mut bindgen = workspace.program(workspace.built("uniffi-bindgen"));
        bindgen
            .arg("generate")
            .arg(&library)
            .args(["--language", language, "--no-format"]);
        run(bindgen.arg("--out-dir").arg(out.join("raw").join(language)))?;
    }

    let (kotlin, swift) = (out.join("raw/kotlin"), out.join("raw/swift"));
    for file in files_below(&kotlin)? {
        copy(&kotlin.join(&file), &out.join(KOTLIN).join(&file))?;
    }
    copy(
        &swift.join("MsoCoreGenerated.swift"),
        &out.join(SWIFT).join("MsoCoreGenerated.swift"),
    )?;
    copy(
        &swift.join("mso_ffiFFI.h"),
        &out.join(HEADER).join("mso_ffiFFI.h"),
    )?;
    // SwiftPM finds a module map only under this name.
    copy(
        &swift.join("mso_ffiFFI.modulemap"),
        &out.join(HEADER).join("module.modulemap"),
    )?;
    Ok(out)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().context("a file without a folder")?)?;
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}
