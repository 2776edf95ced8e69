//! `mso demo-data`: fills a database with the demo's users and a month of cases.
//!
//! The invariant: no server runs on the data folder meanwhile, since its jobs would do at once what falls due later in the
//! story.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Args;
use mso_core::cases::CaseStatus;
use mso_core::time::{Clock, SystemClock, Timestamp};
use mso_server::State;
use mso_server::admin::demo;
use mso_server::config::{LogFormat, Settings};
use mso_server::database::Database;
use mso_server::demo_data::{self, Played};

use super::print_line;
use super::reach::{Reached, WhichDatabase};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// When the last day of the story ends, in hours UTC.
const LAST_HOUR: i64 = 8;

/// Arguments of `mso demo-data`.
#[derive(Debug, Args)]
pub(super) struct DemoDataArguments {
    #[command(flatten)]
    database: WhichDatabase,
    /// Folder of real .dcm, .pdf, .jpg and .png files to attach to cases; `cargo xtask testdata` makes one.
    #[arg(long)]
    files: PathBuf,
    /// The end of the month, RFC 3339; the last 08:00 UTC by default.
    #[arg(long)]
    until: Option<Timestamp>,
}

/// Plays the month, and says what there is.
pub(super) async fn run(arguments: &DemoDataArguments) -> Result<()> {
    let reached = arguments.database.hold().await?;
    let played = play(arguments, &reached).await;
    let left = reached
        .leave()
        .await
        .context("the private database was left running");
    let played = played.and_then(|played| left.map(|()| played))?;
    print(&played)
}

async fn play(arguments: &DemoDataArguments, reached: &Reached) -> Result<Played> {
    let database = Database::connect(&reached.connect).await?;
    database.migrate().await?;
    let settings = Settings {
        listen: ([127, 0, 0, 1], 0).into(),
        data: arguments.database.data().to_owned(),
        database_url: None,
        secret: None,
        secret_file: None,
        log_format: LogFormat::Text,
    };
    let state = State::open(&settings, database.clone(), Arc::new(SystemClock))?;
    let until = arguments.until.unwrap_or_else(|| last_morning(SystemClock.now()));
    let played = demo_data::play(&state, &arguments.files, until).await;
    database.close().await;
    Ok(played?)
}

/// 08:00 UTC of today, or of yesterday while it is earlier.
fn last_morning(now: Timestamp) -> Timestamp {
    let since = now.plus_hours(-LAST_HOUR).unix_millis();
    Timestamp::from_unix_millis(since - since.rem_euclid(DAY)).plus_hours(LAST_HOUR)
}

fn print(played: &Played) -> Result<()> {
    print_line(if played.is_new {
        "The demo's month was played. Cases:"
    } else {
        "The demo's month is there already; nothing was changed. Cases:"
    })?;
    for status in CaseStatus::ALL {
        let open = count(played, |known, closure| {
            known == status.name() && closure.is_none()
        });
        print_line(&format!("  {:<12} {open:>4}", status.name()))?;
    }
    let closed = count(played, |_, closure| closure.is_some());
    print_line(&format!("  {:<12} {closed:>4}", "closed"))?;
    print_line(&format!("Invoices and credit notes: {}", played.invoices))?;
    print_line(&format!("Users, all with the password {}:", demo::PASSWORD))?;
    for (email, what) in demo::USERS.iter().chain(&demo_data::USERS) {
        print_line(&format!("  {email:<28} {what}"))?;
    }
    Ok(())
}

fn count(played: &Played, is_meant: impl Fn(&str, Option<&str>) -> bool) -> i64 {
    let meant = played
        .cases
        .iter()
        .filter(|(status, closure, _)| is_meant(status, closure.as_deref()));
    meant.map(|(_, _, count)| count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_month_ends_on_the_last_morning() {
        for (now, morning) in [
            ("2026-11-23T08:00:00Z", "2026-11-23T08:00:00.000Z"),
            ("2026-11-23T07:59:59Z", "2026-11-22T08:00:00.000Z"),
            ("2026-11-23T23:10:00Z", "2026-11-23T08:00:00.000Z"),
        ] {
            assert_eq!(last_morning(now.parse().unwrap()).to_string(), morning);
        }
    }
}
