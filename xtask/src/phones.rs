//! The two phone programs: how they are built and how a test starts them.
//!
//! A phone is a separate process, so that it can be killed, disconnected and restarted like a real one. It is
//! started by an executable in `target/phones/`: one path, without a command line to parse, whether the phone
//! runs on a JVM or, through `tools/swift.sh`, in a chroot. Standard input and output belong to the phone,
//! and nothing else is written to them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::{Workspace, capture, run};

/// Output of `android/pom.xml`; runs with `java -jar`.
const KOTLIN_JAR: &str = "android/phone/target/mso-phone.jar";
/// The executable product of the Swift package `ios`.
const SWIFT_PRODUCT: &str = "mso-phone";

/// The folder of the phone's library for the JVM.
pub(crate) fn library_folder(workspace: &Workspace) -> PathBuf {
    workspace.built("")
}

/// Maven on all JVM modules, with the path of the phone's library.
pub(crate) fn maven(workspace: &Workspace) -> Result<Command> {
    if !workspace.path("android/pom.xml").exists() {
        bail!("android/pom.xml is missing");
    }
    let mut command = workspace.program("mvn");
    command.args([
        "--batch-mode",
        "--no-transfer-progress",
        "--file",
        "android/pom.xml",
    ]);
    command.env("MSO_LIB_DIR", library_folder(workspace));
    Ok(command)
}

/// Builds the Kotlin phone without running its tests.
pub(crate) fn build_kotlin(workspace: &Workspace) -> Result<()> {
    run(maven(workspace)?.args(["--quiet", "-Dmaven.test.skip=true", "package"]))
}

/// `tools/swift.sh`, with the path of the phone's library. The library is alone in a folder: with
/// `libmso_ffi.a` beside it the linker might take that one, and would not notice when it is rebuilt.
pub(crate) fn swift(workspace: &Workspace) -> Result<Command> {
    let folder = swift_library_folder(workspace);
    fs::create_dir_all(&folder)?;
    let name = format!(
        "{}mso_ffi{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    );
    let (from, to) = (workspace.built(&name), folder.join(name));
    fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
    let mut command = workspace.program("tools/swift.sh");
    command.env("SWIFT_CHROOT_LIB", folder);
    Ok(command)
}

pub(crate) fn build_swift(workspace: &Workspace) -> Result<()> {
    run(swift(workspace)?.args(["build", "ios", "--product", SWIFT_PRODUCT]))
}

/// Why Swift cannot be used on this machine; `None` if it can.
pub(crate) fn swift_obstacle(workspace: &Workspace) -> Option<String> {
    let answer = capture(workspace.program("tools/swift.sh").arg("available"));
    answer
        .err()
        .map(|error| error.to_string().lines().last().unwrap_or_default().to_owned())
}

/// Environment variables for tests and demo. A phone that was not built is left out.
pub(crate) fn environment(workspace: &Workspace) -> Result<Vec<(&'static str, PathBuf)>> {
    let mut variables = vec![
        ("MSO_BIN", workspace.built("mso")),
        ("MSO_LIB_DIR", library_folder(workspace)),
        ("MSO_TESTDATA", workspace.path(".testdata")),
    ];
    let jar = workspace.path(KOTLIN_JAR);
    if jar.exists() {
        variables.push(("MSO_KOTLIN_PHONE", kotlin_launcher(workspace, &jar)?));
    }
    if swift_phone_exists(workspace) {
        variables.push(("MSO_SWIFT_PHONE", swift_launcher(workspace)?));
    }
    Ok(variables)
}

fn swift_library_folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("swift-lib")
}

fn swift_phone_exists(workspace: &Workspace) -> bool {
    let mut command = workspace.program("tools/swift.sh");
    workspace.path("ios/Package.swift").exists()
        && command
            .args(["built", "ios", SWIFT_PRODUCT])
            .status()
            .is_ok_and(|status| status.success())
}

fn kotlin_launcher(workspace: &Workspace, jar: &Path) -> Result<PathBuf> {
    // A small program, started often: the first compiler tier is enough, and class data is shared.
    let script = format!(
        "exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djna.library.path={} -jar {} \"$@\"\n",
        quoted(&library_folder(workspace)),
        quoted(jar),
    );
    launcher(workspace, "kotlin", &script)
}

fn swift_launcher(workspace: &Workspace) -> Result<PathBuf> {
    // The phone gets every MSO_ variable, and the temporary folder, where tests keep its store.
    let script = format!(
        "export SWIFT_CHROOT_LIB={}\n\
         export SWIFT_PASS_ENV=\"$(env | sed -n 's/^\\(MSO_[A-Z0-9_]*\\)=.*/\\1/p' | tr '\\n' ' ')${{SWIFT_PASS_ENV:-}}\"\n\
         export SWIFT_CHROOT_BIND=\"${{TMPDIR:-/tmp}}:${{SWIFT_CHROOT_BIND:-}}\"\n\
         exec {} run {} {SWIFT_PRODUCT} \"$@\"\n",
        quoted(&swift_library_folder(workspace)),
        quoted(&workspace.path("tools/swift.sh")),
        quoted(&workspace.path("ios")),
    );
    launcher(workspace, "swift", &script)
}

fn launcher(workspace: &Workspace, name: &str, script: &str) -> Result<PathBuf> {
    let folder = workspace.target.join("phones");
    fs::create_dir_all(&folder)?;
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}"))
        .with_context(|| format!("cannot write {}", path.display()))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

/// Quotes a path as one word of a shell command.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_one_word() {
        assert_eq!(quoted(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
