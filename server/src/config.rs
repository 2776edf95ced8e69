//! Settings that an operator passes as arguments or environment variables.
//!
//! The invariant: a secret is never printed, neither by `Debug` nor by `--help`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;

use mso_core::private::Private;

/// Log format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object per line, for log collectors.
    Json,
}

/// The settings of `mso serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Address to listen on. Port 0 picks any free port.
    #[arg(long, env = "MSO_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Folder for files, the server's secret and, without a database URL, the private database.
    #[arg(long = "data", env = "MSO_DATA", default_value = ".data")]
    pub data: PathBuf,
    /// PostgreSQL URL; without it the server runs a private cluster in the data folder.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_parser = private)]
    pub database_url: Option<Private<String>>,
    /// Secret of at least 32 characters from which tokens are derived; the same for all replicas.
    #[arg(long, env = "MSO_SECRET", hide_env_values = true, value_parser = private, conflicts_with = "secret_file")]
    pub secret: Option<Private<String>>,
    /// File that holds the secret. If neither is given, one is created in the data folder.
    #[arg(long, env = "MSO_SECRET_FILE")]
    pub secret_file: Option<PathBuf>,
    /// Log format.
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
