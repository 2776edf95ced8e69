//! `cargo xtask COMMAND`: how this project is checked, tested, demonstrated and kept up to date.
//!
//! It contains the order of the steps and the programs that perform them, but no product logic and no
//! assertions about the product. `make` offers the same commands under short names.

mod bench;
mod bindings;
mod check;
mod demo;
mod fence;
mod icd10;
mod licences;
mod phones;
mod postgres;
mod report;
mod sql;
mod statuses;
mod test;
mod testdata;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::workspace::Workspace;

const HELP: &str = "\
cargo xtask COMMAND

  check [--only NAME]   formatting, lints, docs, fences, queries, bindings, licences; no tests
  test                  check, then every test of every language; ends with the sum
  test --only NAME      core, ffi, server, xtask, scenarios, kotlin, swift, rust, or part of a Rust test's name
  demo                  the main job on real files, with real phones and a real server
  bench                 measures the release build and writes target/bench/results.json; ONLY=name runs one
  serve [ARG...]        the server with demo users, until Ctrl-C
  bindings [--check]    write the Kotlin and Swift bindings (or compare them)
  sql [--check]         write the data of the checked queries to server/.sqlx (or compare it)
  testdata              fetch the real files that demo and tests use into .testdata/
  icd10                 make the ICD-10 lists in core/data/icd10 anew";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["check"] => check::all(&workspace)?,
        ["check", "--only", name] => check::only(&workspace, name)?,
        ["test"] => return test::run(&workspace),
        ["test", "--only", name] => return test::only(&workspace, name),
        ["demo"] => return demo::demo(&workspace),
        ["bench"] => return bench::run(&workspace),
        ["serve", rest @ ..] => return demo::serve(&workspace, rest),
        ["bindings"] => bindings::write(&workspace)?,
        ["bindings", "--check"] => bindings::check(&workspace)?,
        ["sql"] => sql::write(&workspace)?,
        ["sql", "--check"] => sql::check(&workspace)?,
        ["testdata"] => testdata::fetch(&workspace)?,
        ["icd10"] => icd10::write(&workspace)?,
        [] | ["help" | "--help" | "-h"] => println!("{HELP}"),
        _ => bail!("no such command: {}\n\n{HELP}", words.join(" ")),
    }
    Ok(ExitCode::SUCCESS)
}
