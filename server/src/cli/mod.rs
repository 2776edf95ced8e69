//! The command line: `mso serve | migrate | admin … | audit verify | demo-data`.
//!
//! The invariant: a password is never an argument, which every user of the machine could read. It comes from a
//! file, the environment or standard input.

mod admin;
mod audit;
mod demo_data;
mod log;
mod reach;
mod serve;

use std::io::Write;

use anyhow::Result;
use clap::{Parser, Subcommand};
use mso_server::database::Database;

/// The server of mso, a medical second opinion system.
#[derive(Debug, Parser)]
#[command(name = "mso", version, about)]
pub(crate) struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server until Ctrl-C or SIGTERM.
    Serve(serve::ServeArguments),
    /// Brings the database schema up to date.
    Migrate(reach::WhichDatabase),
    /// Sets up institutions, users, specialties and prices; ends and restores access.
    Admin(admin::AdminArguments),
    /// Checks that nothing of the audit log and of the chats' logs was changed in the database.
    Audit(audit::AuditArguments),
    /// Fills an empty database with the demo's users and a month of cases with real files.
    DemoData(demo_data::DemoDataArguments),
}

pub(crate) fn run(line: Line) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    match line.command {
        Command::Serve(arguments) => runtime.block_on(serve::run(arguments)),
        Command::Migrate(arguments) => runtime.block_on(migrate(&arguments)),
        Command::Admin(arguments) => runtime.block_on(admin::run(arguments)),
        Command::Audit(arguments) => runtime.block_on(audit::run(&arguments)),
        Command::DemoData(arguments) => runtime.block_on(demo_data::run(&arguments)),
    }
}

async fn migrate(arguments: &reach::WhichDatabase) -> Result<()> {
    let reached = arguments.reach().await?;
    Database::connect(&reached.connect).await?.migrate().await?;
    reached.leave().await
}

/// Prints a line for standard output, where a program may read it.
fn print_line(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Line::command().debug_assert();
    }
}
