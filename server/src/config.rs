//! What an operator may set, by argument or environment.
//!
//! Not here: parsing of the command line (`main.rs`), limits of the protocol (constants beside their use). The
//! invariant: a secret is never printed, neither by `Debug` nor by `--help`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;

use mso_core::private::Private;

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// The settings of `mso serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Where to listen. Port 0 takes any free one.
    #[arg(long, env = "MSO_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Folder of files, of the server's secret and, without a database address, of the private database.
    #[arg(long = "data", env = "MSO_DATA", default_value = ".data")]
    pub data: PathBuf,
    /// PostgreSQL's address; without it the server runs a private cluster in the data folder.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_parser = private)]
    pub database_url: Option<Private<String>>,
    /// Secret of at least 32 characters that tokens are made with; the same for all replicas.
    #[arg(long, env = "MSO_SECRET", hide_env_values = true, value_parser = private, conflicts_with = "secret_file")]
    pub secret: Option<Private<String>>,
    /// File that holds the secret. Without either, one is made in the data folder.
    #[arg(long, env = "MSO_SECRET_FILE")]
    pub secret_file: Option<PathBuf>,
    /// How the log is written.
    #[arg(long, env = "MSO_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

fn private(text: &str) -> Result<Private<String>, Infallible> {
    Ok(Private::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        settings: Settings,
    }

    #[test]
    fn secrets_given_on_the_command_line_are_not_printed() {
        let line = [
            "mso",
            "--secret",
            "correct-horse",
            "--database-url",
            "postgres://u:hunter2@h/d",
        ];
        let settings = Line::parse_from(line).settings;
        let printed = format!("{settings:?}");
        assert!(
            !printed.contains("horse") && !printed.contains("hunter2"),
            "{printed}"
        );
    }
}
