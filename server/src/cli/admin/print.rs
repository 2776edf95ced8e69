//! What `mso admin` prints and does not change: lists and invitation links.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};
use mso_core::time::Timestamp;
use mso_server::admin::{Listing, invites, list};
use mso_server::database::Database;
use mso_server::sessions::ServerSecret;

use crate::cli::print_line;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum What {
    Institutions,
    Users,
    Providers,
    Specialties,
    Sellers,
    Prices,
}

/// The secret must be the one the server runs with: each link is derived from it.
#[derive(Debug, Args)]
pub(super) struct Invites {
    /// URL of the page that accepts the link's token.
    #[arg(long, default_value = "http://localhost:8080")]
    base_url: String,
    /// File that holds the server's secret (else MSO_SECRET, else the one in the data folder).
    #[arg(long, env = "MSO_SECRET_FILE")]
    secret_file: Option<PathBuf>,
}

pub(super) async fn print(database: &Database, what: What) -> Result<()> {
    let listing = match what {
        What::Institutions => Listing::Institutions,
        What::Users => Listing::Users,
        What::Providers => Listing::Providers,
        What::Specialties => Listing::Specialties,
        What::Sellers => Listing::Sellers,
        What::Prices => Listing::Prices,
    };
    for line in list(database, listing).await? {
        print_line(&format!("{}\t{}", line.id, line.words.join("\t")))?;
    }
    Ok(())
}

pub(super) async fn print_invites(
    database: &Database,
    which: &Invites,
    data: &Path,
    now: Timestamp,
) -> Result<()> {
    let secret = match (&which.secret_file, std::env::var("MSO_SECRET")) {
        (Some(file), _) => ServerSecret::read(file)?,
        (None, Ok(text)) => ServerSecret::new(&text)?,
        (None, Err(_)) => ServerSecret::read(&data.join("secret"))?,
    };
    for invite in invites(database, &secret, now).await? {
        let link = format!("{}/invite#{}", which.base_url.trim_end_matches('/'), invite.token);
        print_line(&format!("{}\t{}\t{link}", invite.email, invite.expires_at))?;
    }
    Ok(())
}
