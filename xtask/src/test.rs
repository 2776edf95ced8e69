//! `cargo xtask test`: all checks and all tests of all languages, and one closing line with the true result.
//!
//! The table below is the order. A stage that fails is reported and counted, and the stages that do not need
//! it still run. The phones are built before the Rust tests, because scenarios start them as processes. In CI
//! nothing may be skipped: there a missing Swift, or a language in which no test ran, is a failure. CI reads
//! the last line, so nothing may be printed after it.

use std::fs;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::report::{Tally, junit_file, libtest, tampered, xctest};
use crate::workspace::{PACKAGES, Workspace, files_below, in_ci, run as run_command, watch};
use crate::{check, phones, testdata};

struct Stage {
    name: &'static str,
    what: &'static str,
    needs: &'static [&'static str],
    run: fn(&Workspace) -> Result<Outcome>,
}

const STAGES: &[Stage] = &[
    Stage {
        name: "check",
        what: "lints, docs, fences, queries, bindings, licences",
        needs: &[],
        run: checks,
    },
    Stage {
        name: "testdata",
        what: "real files from package registries",
        needs: &[],
        run: data,
    },
    Stage {
        name: "build",
        what: "server, phone library, Rust tests",
        needs: &[],
        run: build,
    },
    Stage {
        name: "kotlin",
        what: "bindings and state on the JVM; the Kotlin phone",
        needs: &["build"],
        run: kotlin,
    },
    Stage {
        name: "swift",
        what: "bindings and state in Swift; the Swift phone",
        needs: &["build"],
        run: swift,
    },
    Stage {
        name: "verifier",
        what: "the chat's formats, checked without the core's code",
        needs: &[],
        run: verifier,
    },
    Stage {
        name: "rust",
        what: "unit, API and scenario tests",
        needs: &["build", "testdata"],
        run: rust,
    },
];

/// What `--only` accepts besides the stages, and what must be built first for each.
const PARTS: &[(&str, Part)] = &[
    (
        "core",
        Part {
            packages: &["mso-core"],
            targets: &[],
            needs: &["testdata"],
        },
    ),
    (
        "ffi",
        Part {
            packages: &["mso-ffi"],
            targets: &[],
            needs: &[],
        },
    ),
    (
        "server",
        Part {
            packages: &["mso-server"],
            targets: &[],
            needs: &[],
        },
    ),
    (
        "xtask",
        Part {
            packages: &["xtask"],
            targets: &[],
            needs: &[],
        },
    ),
    (
        "scenarios",
        Part {
            packages: &[],
            targets: &["--test", "scenarios"],
            needs: &["testdata", "build"],
        },
    ),
];

/// Rust tests that can be run alone.
#[derive(Clone, Copy)]
struct Part {
    /// All tests of these packages; empty: of the workspace.
    packages: &'static [&'static str],
    targets: &'static [&'static str],
    needs: &'static [&'static str],
}

/// The Swift packages, dependencies first.
const SWIFT_PACKAGES: [&str; 2] = ["bindings/swift", "ios"];

enum Outcome {
    /// The stage succeeded and has no tests to count.
    Done,
    /// The stage ran tests; also what went wrong besides them.
    Tested(Tally, Vec<String>),
    /// The reason why the stage cannot run on this machine.
    Skipped(String),
}

struct Line {
    name: &'static str,
    took: Duration,
    verdict: String,
}

/// Runs every stage. The exit status is success only if all of them succeeded.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let mut total = Tally::default();
    let mut failed: Vec<&str> = Vec::new();
    let mut lines = Vec::new();
    for stage in STAGES {
        println!("\n==== {}: {}", stage.name, stage.what);
        let start = Instant::now();
        let verdict = match stage.needs.iter().find(|need| failed.contains(need)) {
            Some(need) => {
                failed.push(stage.name);
                format!("not run: it needs `{need}`")
            }
            None => match (stage.run)(workspace) {
                Ok(Outcome::Done) => "fine".to_owned(),
                Ok(Outcome::Skipped(why)) => format!("SKIPPED: {why}"),
                Ok(Outcome::Tested(tally, troubles)) => {
                    total += tally;
                    // These are not tests, but reporting "0 failed" would be false.
                    total.failed += troubles.len() as u64;
                    if tally.failed > 0 || !troubles.is_empty() {
                        failed.push(stage.name);
                    }
                    std::iter::once(tally.to_string())
                        .chain(troubles)
                        .collect::<Vec<_>>()
                        .join("; ")
                }
                Err(error) => {
                    eprintln!("xtask: {} failed: {error:#}", stage.name);
                    failed.push(stage.name);
                    total.failed += 1;
                    format!("FAILED: {}", error.to_string().lines().next().unwrap_or_default())
                }
            },
        };
        lines.push(Line {
            name: stage.name,
            took: start.elapsed(),
            verdict,
        });
    }
    println!("\n==== minutes");
    for line in &lines {
        println!(
            "{:>9}  {:>5.1}  {}",
            line.name,
            line.took.as_secs_f64() / 60.0,
            line.verdict
        );
    }
    let all: Duration = lines.iter().map(|line| line.took).sum();
    println!("{:>9}  {:>5.1}\n", "all", all.as_secs_f64() / 60.0);
    println!("{total}");
    Ok(if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs one stage, one part of the Rust tests, or every Rust test whose name contains `name`, after building
/// what it needs.
pub(crate) fn only(workspace: &Workspace, name: &str) -> Result<ExitCode> {
    let stage = STAGES.iter().find(|stage| stage.name == name);
    let part = PARTS
        .iter()
        .find(|(part, _)| *part == name)
        .map(|(_, part)| *part);
    let needs = match (stage, part) {
        (Some(stage), _) => stage.needs,
        (None, Some(part)) => part.needs,
        (None, None) => &["testdata"],
    };
    for need in needs {
        let stage = STAGES.iter().find(|stage| stage.name == *need);
        let stage = stage.with_context(|| format!("no stage `{need}`"))?;
        (stage.run)(workspace)?;
    }
    let start = Instant::now();
    let outcome = match (stage, part) {
        (Some(stage), _) => (stage.run)(workspace)?,
        (None, Some(part)) => {
            let mut command = workspace.cargo();
            command.arg("test");
            if part.packages.is_empty() {
                command.args(PACKAGES);
            }
            for package in part.packages {
                command.args(["-p", package]);
            }
            cargo_test(workspace, command.args(part.targets))?
        }
        (None, None) => {
            let mut command = workspace.cargo();
            cargo_test(workspace, command.arg("test").args(PACKAGES).arg(name))?
        }
    };
    println!("\n{name}: {:.1} min", start.elapsed().as_secs_f64() / 60.0);
    let (tally, troubles) = match outcome {
        Outcome::Done => return Ok(ExitCode::SUCCESS),
        Outcome::Skipped(why) => bail!("skipped: {why}"),
        Outcome::Tested(tally, troubles) => (tally, troubles),
    };
    println!("{tally}");
    for trouble in &troubles {
        println!("FAILED: {trouble}");
    }
    if tally.ran() == 0 {
        let known: Vec<_> = STAGES
            .iter()
            .map(|stage| stage.name)
            .chain(PARTS.iter().map(|(part, _)| *part))
            .collect();
        bail!(
            "no test ran; `{name}` is neither part of a test's name nor one of: {}",
            known.join(", ")
        );
    }
    Ok(if tally.failed == 0 && troubles.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn checks(workspace: &Workspace) -> Result<Outcome> {
    check::all(workspace)?;
    Ok(Outcome::Done)
}

fn data(workspace: &Workspace) -> Result<Outcome> {
    testdata::fetch(workspace)?;
    Ok(Outcome::Done)
}

fn build(workspace: &Workspace) -> Result<Outcome> {
    run_command(workspace.cargo().arg("build").args(PACKAGES).arg("--all-targets"))?;
    Ok(Outcome::Done)
}

fn rust(workspace: &Workspace) -> Result<Outcome> {
    cargo_test(workspace, workspace.cargo().arg("test").args(PACKAGES))
}

fn cargo_test(workspace: &Workspace, command: &mut Command) -> Result<Outcome> {
    command
        .arg("--no-fail-fast")
        .envs(phones::environment(workspace)?);
    let mut tally = Tally::default();
    let fine = watch(command, |line| tally += libtest(line).unwrap_or_default())?;
    Ok(counted(tally, fine, "cargo test"))
}

fn kotlin(workspace: &Workspace) -> Result<Outcome> {
    let reports = || -> Result<Vec<_>> {
        let mut found = Vec::new();
        for folder in ["android", "bindings/kotlin"] {
            let files = files_below(&workspace.path(folder))?
                .into_iter()
                .map(|file| workspace.path(folder).join(file));
            found.extend(files.filter(|file| {
                let in_reports = file
                    .parent()
                    .is_some_and(|parent| parent.ends_with("target/surefire-reports"));
                in_reports && file.extension().is_some_and(|end| end == "xml")
            }));
        }
        Ok(found)
    };
    // Maven keeps the report of a removed test class; it would be counted again.
    for old in reports()? {
        fs::remove_file(old)?;
    }
    // A failing test must not prevent the tests of later modules or the build of the phone.
    let fine = watch(
        phones::maven(workspace)?.args(["-Dmaven.test.failure.ignore=true", "verify"]),
        |_| {},
    )?;
    let mut tally = Tally::default();
    for report in reports()? {
        tally += junit_file(&report)?;
    }
    Ok(counted(tally, fine, "mvn verify"))
}

fn verifier(workspace: &Workspace) -> Result<Outcome> {
    run_command(
        workspace
            .program("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(workspace.path("tests/verifier")),
    )?;
    let node = |arguments: &[&str]| {
        let mut command = workspace.program("tests/verifier/run.sh");
        command.args(arguments);
        command
    };
    let vectors = "../../docs/chat-vectors.json";
    let mut tally = Tally::default();
    let accepted = watch(&mut node(&["verify.mjs", "vectors", vectors]), |_| {})?;
    if accepted {
        tally.passed += 1;
    } else {
        tally.failed += 1;
    }
    let noticed = watch(&mut node(&["tamper.mjs", vectors]), |line| {
        tally += tampered(line).unwrap_or_default()
    })?;
    Ok(counted(tally, accepted && noticed, "the verifier"))
}

fn swift(workspace: &Workspace) -> Result<Outcome> {
    if let Some(why) = phones::swift_obstacle(workspace) {
        if in_ci() {
            bail!("in CI nothing is skipped: {why}");
        }
        let packages = SWIFT_PACKAGES.join(" and ");
        return Ok(Outcome::Skipped(format!(
            "tests of {packages}, and scenarios with a Swift phone ({why})"
        )));
    }
    let mut tally = Tally::default();
    let mut troubles = Vec::new();
    for package in SWIFT_PACKAGES {
        if let Err(error) = run_command(phones::swift(workspace)?.args(["lint", package])) {
            troubles.push(error.to_string());
        }
        let (tested, trouble) = swift_package(workspace, package)?;
        tally += tested;
        troubles.extend(trouble);
    }
    if let Err(error) = phones::build_swift(workspace) {
        troubles.push(error.to_string());
    }
    Ok(Outcome::Tested(tally, troubles))
}

fn swift_package(workspace: &Workspace, package: &str) -> Result<(Tally, Option<String>)> {
    let report = workspace
        .target
        .join(format!("swift-{}.xml", package.replace('/', "-")));
    // Swift Testing writes a file beside it, with an addition to the name.
    let swift_testing =
        report.with_file_name(format!("swift-{}-swift-testing.xml", package.replace('/', "-")));
    if swift_testing.exists() {
        fs::remove_file(&swift_testing)?;
    }
    let mut command = phones::swift(workspace)?;
    command.args(["test", package, "--xunit-output"]).arg(&report);
    command.env("SWIFT_CHROOT_BIND", &workspace.target);
    let mut tally = Tally::default();
    let fine = watch(&mut command, |line| tally += xctest(line).unwrap_or_default())?;
    if swift_testing.exists() {
        tally += junit_file(&swift_testing)?;
    }
    Ok((
        tally,
        trouble(tally, fine, in_ci(), &format!("swift test {package}")),
    ))
}

fn counted(tally: Tally, fine: bool, runner: &str) -> Outcome {
    Outcome::Tested(tally, trouble(tally, fine, in_ci(), runner).into_iter().collect())
}

/// What a runner's exit status says beyond the tests that were counted.
fn trouble(tally: Tally, fine: bool, in_ci: bool, runner: &str) -> Option<String> {
    if !fine && tally.failed == 0 {
        return Some(format!("{runner} FAILED although no test did"));
    }
    (in_ci && tally.ran() == 0).then(|| format!("{runner} ran no test, and this is CI"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_needs_only_earlier_ones() {
        for (index, stage) in STAGES.iter().enumerate() {
            for need in stage.needs {
                assert!(
                    STAGES[..index].iter().any(|earlier| earlier.name == *need),
                    "{} needs {need}",
                    stage.name
                );
            }
        }
    }

    #[test]
    fn every_part_has_a_name_of_its_own_and_needs_stages() {
        for (name, part) in PARTS {
            assert!(STAGES.iter().all(|stage| stage.name != *name), "{name}");
            for need in part.needs {
                assert!(
                    STAGES.iter().any(|stage| stage.name == *need),
                    "{name} needs {need}"
                );
            }
        }
    }

    fn tally(passed: u64, failed: u64) -> Tally {
        Tally {
            passed,
            failed,
            skipped: 0,
        }
    }

    #[test]
    fn a_runner_that_fails_without_a_failing_test_is_trouble() {
        assert!(trouble(tally(3, 0), false, false, "cargo test").is_some());
    }

    #[test]
    fn a_failing_test_is_counted_once() {
        assert_eq!(trouble(tally(3, 1), false, true, "cargo test"), None);
    }

    #[test]
    fn a_language_without_tests_is_trouble_in_ci_alone() {
        assert!(trouble(tally(0, 0), true, true, "mvn verify").is_some());
        assert_eq!(trouble(tally(0, 0), true, false, "mvn verify"), None);
    }
}
