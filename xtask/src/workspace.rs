//! Paths of the workspace, and how other programs are started.
//!
//! Every command runs from the workspace's root, and every error names the command line that failed.
//! Invariant: clippy, build, docs and tests all select [`PACKAGES`]. Cargo unifies features over the selected
//! packages, so any other selection compiles half of the dependencies again.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// All packages except the bindings generator, which is slow to build, has nothing to test, and would enable
/// `uniffi`'s command line inside the phone's library.
pub(crate) const PACKAGES: [&str; 3] = ["--workspace", "--exclude", "mso-uniffi-bindgen"];

pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever the user's settings place it.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Queries cargo for both folders.
    pub(crate) fn find() -> Result<Self> {
        let mut command = Command::new(cargo_program());
        command.args(["metadata", "--no-deps", "--format-version=1"]);
        if let Some(dir) = env::var_os("CARGO_MANIFEST_DIR") {
            command.current_dir(dir);
        }
        let metadata: Value = serde_json::from_str(&capture(&mut command)?)?;
        let path = |key: &str| {
            metadata[key]
                .as_str()
                .map(PathBuf::from)
                .context("cargo metadata changed its form")
        };
        Ok(Self {
            root: path("workspace_root")?,
            target: path("target_directory")?,
        })
    }

    /// Cargo, to run in the root, with the versions of `Cargo.lock` and no others.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(cargo_program());
        command.arg("--locked").current_dir(&self.root);
        command
    }

    /// Any program, to run in the root.
    pub(crate) fn program(&self, name: impl Into<OsString>) -> Command {
        let mut command = Command::new(name.into());
        command.current_dir(&self.root);
        command
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// An artifact of the dev profile, such as `mso` or `libmso_ffi.so`.
    pub(crate) fn built(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }

    /// Builds the libraries and programs of the dev profile: the server `mso`, `mso-demo`, and the phone's
    /// library (unstripped, as the bindings generator needs it).
    pub(crate) fn build(&self) -> Result<()> {
        run(self.cargo().arg("build").args(PACKAGES))
    }
}

fn cargo_program() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Runs a command to its end, with output to the terminal; an exit status other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", line(command));
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs a command to its end and returns its standard output; on failure the error contains the output.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        bail!(
            "`{}` failed ({})\n{}",
            line(command),
            output.status,
            String::from_utf8_lossy(&said).trim_end()
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` did not answer in UTF-8", line(command)))
}

/// Runs a command to its end, passes each line of standard output to `see` after printing it, and returns
/// whether the exit status was 0.
pub(crate) fn watch(command: &mut Command, mut see: impl FnMut(&str)) -> Result<bool> {
    eprintln!("$ {}", line(command));
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    let stdout = child.stdout.take().context("no standard output")?;
    for bytes in BufReader::new(stdout).split(b'\n') {
        let text = String::from_utf8_lossy(&bytes?).into_owned();
        println!("{text}");
        see(&text);
    }
    Ok(child.wait()?.success())
}

/// The command line as a person would type it: the program by its name, without its folder.
pub(crate) fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// All files below `folder`, relative to it and sorted; none if the folder does not exist.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(dir) = folders.pop() {
        if !dir.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path)
            } else {
                found.push(path.strip_prefix(folder)?.to_path_buf())
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Removes a folder with its contents and creates it again.
pub(crate) fn fresh_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

/// How `actual` differs from `expected`, one line per file; empty if they are equal.
pub(crate) fn differences(expected: &Path, actual: &Path) -> Result<Vec<String>> {
    let (wanted, found) = (files_below(expected)?, files_below(actual)?);
    let mut lines = Vec::new();
    for file in &wanted {
        if !found.contains(file) {
            lines.push(format!("missing: {}", file.display()));
        } else if fs::read(expected.join(file))? != fs::read(actual.join(file))? {
            lines.push(format!("differs: {}", file.display()));
        }
    }
    lines.extend(
        found
            .iter()
            .filter(|file| !wanted.contains(file))
            .map(|file| format!("extra:   {}", file.display())),
    );
    Ok(lines)
}

/// Whether this run is CI, where nothing may be skipped.
pub(crate) fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}
