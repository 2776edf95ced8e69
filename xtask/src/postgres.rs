//! A private PostgreSQL cluster that lives as long as the value that holds it.
//!
//! Only for queries at build time (`cargo xtask sql`); the server and its tests have a cluster of their own.
//! It listens on a Unix socket in a folder that only its user may enter, never on the network, and never
//! touches the machine's own cluster. PostgreSQL refuses to run as root, so root runs it as `postgres`, or as
//! `nobody` if there is no such user.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::{capture, files_below};

/// A running cluster; dropping it stops the server and removes its folder.
pub(crate) struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    user: Option<&'static str>,
}

impl Cluster {
    /// Creates and starts a cluster. None of its data outlives the run, so nothing is synced to disk.
    pub(crate) fn start() -> Result<Self> {
        let programs = programs()?;
        let folder = env::temp_dir().join(format!("mso-xtask-postgres-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let user = unprivileged_user();
        // From here on, an error removes the folder.
        let cluster = Self {
            folder,
            programs,
            user,
        };
        if let Some(user) = user {
            capture(Command::new("chown").arg(user).arg(&cluster.folder))?;
        }
        capture(Command::new("chmod").arg("0700").arg(&cluster.folder))?;
        let data = cluster.data();
        capture(
            cluster
                .program("initdb")
                .args([
                    "--username=postgres",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--no-locale",
                    "--no-sync",
                ])
                .arg("-D")
                .arg(&data),
        )?;
        let settings = format!(
            "-c listen_addresses= -c unix_socket_directories='{}' -c fsync=off -c full_page_writes=off -c synchronous_commit=off",
            cluster.folder.display()
        );
        let log = cluster.folder.join("log");
        capture(
            cluster
                .program("pg_ctl")
                .args(["start", "-w", "-t", "60", "-o", &settings])
                .arg("-D")
                .arg(&data)
                .arg("-l")
                .arg(&log),
        )
        .with_context(|| fs::read_to_string(&log).unwrap_or_default())?;
        Ok(cluster)
    }

    /// A URL for sqlx, as the cluster's superuser.
    pub(crate) fn url(&self) -> String {
        format!(
            "postgres://postgres@localhost/postgres?host={}",
            self.folder.display()
        )
    }

    /// Applies every `*.sql` file of a folder in the order of their names, each in one transaction.
    pub(crate) fn migrate(&self, migrations: &Path) -> Result<()> {
        for file in files_below(migrations)?
            .iter()
            .filter(|file| file.extension().is_some_and(|end| end == "sql"))
        {
            let sql = fs::read_to_string(migrations.join(file))?;
            let script = self.folder.join("migration.sql");
            fs::write(&script, sql)?;
            capture(
                Command::new(self.programs.join("psql"))
                    .args([
                        "-X",
                        "-q",
                        "--single-transaction",
                        "-v",
                        "ON_ERROR_STOP=1",
                        "-U",
                        "postgres",
                        "-d",
                        "postgres",
                    ])
                    .arg("-h")
                    .arg(&self.folder)
                    .arg("-f")
                    .arg(&script),
            )
            .with_context(|| format!("migration {} failed", file.display()))?;
        }
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A program of this PostgreSQL, run as the cluster's user.
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={user}"))
                    .arg(format!("--regid={}", group_of(user)))
                    .arg("--clear-groups")
                    .arg(path);
                command
            }
            None => Command::new(path),
        };
        // pg_ctl needs a working folder that its user may enter.
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.data().join("postmaster.pid").exists() {
            let stop = capture(
                self.program("pg_ctl")
                    .args(["stop", "-w", "-m", "immediate"])
                    .arg("-D")
                    .arg(self.data()),
            );
            if let Err(error) = stop {
                eprintln!("xtask: {error:#}");
            }
        }
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("xtask: cannot remove {}: {error}", self.folder.display());
        }
    }
}

/// The newest server binaries: Debian's folders first, which are not on the PATH.
fn programs() -> Result<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .filter(|(_, folder)| folder.join("initdb").exists())
        .collect();
    found.sort();
    let path = env::var_os("PATH").unwrap_or_default();
    found
        .pop()
        .map(|(_, folder)| folder)
        .or_else(|| env::split_paths(&path).find(|folder| folder.join("initdb").exists()))
        .context("no PostgreSQL server binaries (initdb, pg_ctl) found; tools/setup.sh installs them")
}

/// The user that runs the cluster if we are root; `None` if we may run it ourselves.
fn unprivileged_user() -> Option<&'static str> {
    let identity = |arguments: &[&str]| capture(Command::new("id").args(arguments)).ok();
    (identity(&["-u"])?.trim() == "0").then(|| {
        if identity(&["-u", "postgres"]).is_some() {
            "postgres"
        } else {
            "nobody"
        }
    })
}

fn group_of(user: &str) -> String {
    capture(Command::new("id").args(["-g", user]))
        .map_or_else(|_| "nogroup".to_owned(), |group| group.trim().to_owned())
}
