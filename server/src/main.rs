//! The program `mso`: reads its arguments and calls the library. Nothing else.

#![forbid(unsafe_code)]

mod cli;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::run(cli::Line::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The causes on one line; a person reads it, not a debugger.
            let _ = writeln!(std::io::stderr(), "mso: {error:#}");
            ExitCode::FAILURE
        }
    }
}
