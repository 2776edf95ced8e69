//! A private PostgreSQL cluster for a server without a `DATABASE_URL`: created with the system's binaries,
//! started and stopped with mso.
//!
//! It listens on one Unix socket in a folder that only its own user may enter, never on the network. That
//! folder is the only access control; every connection through it is trusted. The machine's own cluster is
//! never touched. PostgreSQL refuses to run as root: if mso runs as root, the cluster belongs to `postgres` (or
//! `nobody`) and is placed where that user can reach it. After a kill -9 of mso the orphaned cluster keeps
//! running; the next start adopts it or, if it has died too, starts it again (PostgreSQL recovers by itself).
//!
//! Everything here blocks: from async code use `tokio::task::spawn_blocking`. The invariant: an [`Embedded`]
//! holds the lock of its data folder, so two servers never share one.

mod place;
mod postmaster;
mod programs;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use sqlx::postgres::PgConnectOptions;

use self::place::Place;
use self::programs::Programs;

/// The superuser that migrates and creates the other roles.
pub const BOOTSTRAP_USER: &str = "mso_bootstrap";

/// Whether commits survive a power failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// They do. Always used, except in tests.
    Full,
    /// They do not: nothing is forced to disk, which is faster.
    None,
}

/// Where the cluster is and how durable it is.
#[derive(Debug, Clone)]
pub struct Options {
    /// mso's data folder. The cluster is created inside it if its user can reach it.
    pub data_dir: PathBuf,
    pub durability: Durability,
}

/// Why no private cluster is available.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    #[error(
        "no PostgreSQL of version 15 or newer is installed: install it (Debian, Ubuntu: `apt-get install postgresql`), or name a database by DATABASE_URL"
    )]
    NotInstalled,
    /// The cluster was created by a version that is not installed.
    #[error(
        "the data folder's database was made by PostgreSQL {version}, which is not installed: install postgresql-{version}"
    )]
    OtherVersion { version: u32 },
    /// mso runs as root, and there is no account to run the cluster as.
    #[error("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` to run it")]
    NoAccount,
    #[error("another mso serve uses the data folder {}", data_dir.display())]
    InUse { data_dir: PathBuf },
    /// A folder that must be private has another owner or lets other users in.
    #[error("{} must be a folder that only its owner, the database's user, may enter", folder.display())]
    Exposed { folder: PathBuf },
    /// A file system operation failed.
    #[error("cannot {what}")]
    Files {
        /// The operation; completes "cannot …".
        what: &'static str,
        #[source]
        source: io::Error,
    },
    /// A PostgreSQL program failed.
    #[error("{program} failed: {complaint}")]
    Program {
        program: &'static str,
        /// Its standard error.
        complaint: String,
    },
    #[error("the database did not start; the end of {}:\n{tail}", log.display())]
    NotStarted {
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },
    #[error("the database did not stop in time")]
    NotStopped,
    /// A database name with characters other than `a-z`, `0-9` and `_`, or not 1 to 63 bytes long.
    #[error("not a database name")]
    Name,
}

/// A running private cluster. Dropping it stops the cluster if possible.
#[derive(Debug)]
pub struct Embedded {
    place: Place,
    programs: Programs,
    running: Running,
    // Held for the lifetime of this value; the system releases it however the process ends.
    _lock: fs::File,
    // Closing it makes the guardian of a temporary cluster clean up.
    _guardian: Option<ChildStdin>,
}

#[derive(Debug)]
enum Running {
    Started(Child),
    Adopted,
    Stopped,
}

impl Embedded {
    /// Starts the cluster of this data folder, creating it the first time. Adopts it if it is still running
    /// after its server was killed.
    pub fn start(options: &Options) -> Result<Self, EmbeddedError> {
        let account = programs::account()?;
        let data_dir = place::data_folder(&options.data_dir)?;
        let lock = place::lock(&data_dir)?;
        let place = Place::of(&data_dir, account)?;
        let programs = Programs::find(account, place.made_by())?;
        place.make(&programs, options.durability)?;
        let running = if postmaster::adopt(&place, &programs)? {
            Running::Adopted
        } else {
            Running::Started(postmaster::start(&place, &programs, options.durability)?)
        };
        Ok(Self {
            place,
            programs,
            running,
            _lock: lock,
            _guardian: None,
        })
    }

    /// A cluster for tests, in the system's temporary folder. When this process ends, in whatever way, a
    /// waiting shell stops and removes the cluster.
    pub fn temporary() -> Result<Self, EmbeddedError> {
        let data_dir = place::temporary_folder()?;
        let options = Options {
            data_dir,
            durability: Durability::None,
        };
        let mut embedded = Self::start(&options)?;
        embedded._guardian = Some(embedded.guardian(&options.data_dir)?);
        Ok(embedded)
    }

    /// How to reach a cluster held by another process, such as a running server; `None` if no process holds it.
    pub fn held_by_another(
        data_dir: &Path,
        database: &str,
    ) -> Result<Option<PgConnectOptions>, EmbeddedError> {
        let account = programs::account()?;
        let data_dir = place::data_folder(data_dir)?;
        match place::lock(&data_dir) {
            Ok(_) => Ok(None),
            Err(EmbeddedError::InUse { data_dir }) => {
                let place = Place::of(&data_dir, account)?;
                postmaster::wait_for_ready(&place)?;
                Ok(Some(place.connect_options(database)))
            }
            Err(other) => Err(other),
        }
    }

    fn guardian(&self, data_dir: &Path) -> Result<ChildStdin, EmbeddedError> {
        use std::os::unix::process::CommandExt;

        // Immediate shutdown: data that is discarded need not be flushed. The postmaster exits when its pid
        // file is gone.
        let script = r#"cat > /dev/null; kill -QUIT "$(head -n 1 "$1/postmaster.pid")" 2> /dev/null; sleep 1; rm -rf "$2" "$3""#;
        let child = Command::new("sh")
            .args(["-c", script, "guardian"])
            .arg(self.place.cluster())
            .args([self.place.root(), data_dir])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        let failed = |source| EmbeddedError::Files {
            what: "start a shell",
            source,
        };
        child
            .map_err(failed)?
            .stdin
            .take()
            .ok_or_else(|| failed(io::ErrorKind::BrokenPipe.into()))
    }

    /// How to connect to one of its databases as the superuser.
    #[must_use]
    pub fn connect_options(&self, database: &str) -> PgConnectOptions {
        self.place.connect_options(database)
    }

    /// Creates a database of this name unless it exists.
    pub fn ensure_database(&self, name: &str) -> Result<(), EmbeddedError> {
        let query = ["-d", "postgres", "-XAt", "-c", "select datname from pg_database"];
        let there = self.programs.run(
            "psql",
            self.place
                .client_arguments()
                .iter()
                .map(String::as_str)
                .chain(query),
        )?;
        if there.lines().any(|line| line == name) {
            return Ok(());
        }
        self.create(&[checked(name)?])
    }

    /// Creates a database as a copy of another, which must have no open connections.
    pub fn clone_database(&self, template: &str, name: &str) -> Result<(), EmbeddedError> {
        self.create(&["-T", checked(template)?, checked(name)?])
    }

    /// Drops a database if it exists, and ends the connections to it.
    pub fn drop_database(&self, name: &str) -> Result<(), EmbeddedError> {
        let client = self.place.client_arguments();
        let what = ["--if-exists", "--force", checked(name)?];
        self.programs
            .run("dropdb", client.iter().map(String::as_str).chain(what))?;
        Ok(())
    }

    fn create(&self, arguments: &[&str]) -> Result<(), EmbeddedError> {
        let client = self.place.client_arguments();
        self.programs.run(
            "createdb",
            client.iter().map(String::as_str).chain(arguments.iter().copied()),
        )?;
        Ok(())
    }

    /// Stops the cluster: open transactions are rolled back, everything is written to disk.
    pub fn stop(mut self) -> Result<(), EmbeddedError> {
        self.stop_now()
    }

    /// Leaves the cluster running, as a kill -9 of this process would. The caller must reap the child, as init
    /// would.
    #[cfg(test)]
    fn forget(mut self) -> Running {
        std::mem::replace(&mut self.running, Running::Stopped)
    }

    fn stop_now(&mut self) -> Result<(), EmbeddedError> {
        match std::mem::replace(&mut self.running, Running::Stopped) {
            Running::Stopped => Ok(()),
            Running::Adopted => postmaster::stop(&self.place, &self.programs),
            Running::Started(mut child) => {
                let stopped = postmaster::stop(&self.place, &self.programs);
                // Whether it stopped now or had died before, the child must be reaped.
                if stopped.is_ok() || matches!(child.try_wait(), Ok(Some(_))) {
                    let _ = child.wait();
                    return Ok(());
                }
                stopped
            }
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if let Err(error) = self.stop_now() {
            tracing::warn!(%error, "the private database was left running");
        }
    }
}

fn checked(name: &str) -> Result<&str, EmbeddedError> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if (1..=63).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(name)
    } else {
        Err(EmbeddedError::Name)
    }
}
