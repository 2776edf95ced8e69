//! The `mso` program: parses its arguments and calls the library.

#![forbid(unsafe_code)]

mod cli;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::run(cli::Line::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // All causes on one line, for a human reader.
            let _ = writeln!(std::io::stderr(), "mso: {error:#}");
            ExitCode::FAILURE
        }
    }
}
