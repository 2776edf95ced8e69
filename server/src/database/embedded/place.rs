//! The folders, lock and socket of a private cluster, and their creation.
//!
//! The invariant: the cluster's folder appears complete or not at all, because it is created beside its final
//! path and renamed.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use mso_core::crypto::Sha256Hash;
use sqlx::postgres::PgConnectOptions;

use super::programs::{Account, Programs, may_reach};
use super::{BOOTSTRAP_USER, Durability, EmbeddedError};

/// Only part of the socket's name: nothing listens on the network.
pub(super) const PORT: u16 = 5432;

/// `sun_path` holds 107 bytes; the socket's own name needs 18 of them.
const LONGEST_SOCKET_FOLDER: usize = 107 - 18;

/// The folders of one cluster.
#[derive(Debug)]
pub(super) struct Place {
    root: PathBuf,
    socket: PathBuf,
}

impl Place {
    /// Uses the data folder if the cluster's user can reach it; otherwise a folder in `/var/lib/mso`, named by
    /// the hash of the data folder's path.
    pub(super) fn of(data_dir: &Path, account: Option<Account>) -> Result<Self, EmbeddedError> {
        let name = Sha256Hash::of(data_dir.as_os_str().as_encoded_bytes()).to_string();
        let short = name.get(..16).unwrap_or(&name);
        let reachable = account.is_none_or(|account| may_reach(account, data_dir));
        let root = if reachable {
            data_dir.join("postgres")
        } else {
            let shared = Path::new("/var/lib/mso");
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o711)
                .create(shared)
                .map_err(files("make /var/lib/mso"))?;
            shared.join(short)
        };
        let inside = root.join("socket");
        let fits = inside.as_os_str().len() <= LONGEST_SOCKET_FOLDER;
        let socket = if fits {
            inside
        } else {
            Path::new("/tmp").join(format!("mso-{short}"))
        };
        Ok(Self { root, socket })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn cluster(&self) -> PathBuf {
        self.root.join("cluster")
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    pub(super) fn pid_file(&self) -> PathBuf {
        self.cluster().join("postmaster.pid")
    }

    /// The major version that created the cluster, if there is one.
    pub(super) fn made_by(&self) -> Option<u32> {
        fs::read_to_string(self.cluster().join("PG_VERSION"))
            .ok()?
            .trim()
            .parse()
            .ok()
    }

    pub(super) fn connect_options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.socket)
            .port(PORT)
            .username(BOOTSTRAP_USER)
            .database(database)
    }

    /// Arguments with which PostgreSQL's own programs connect.
    pub(super) fn client_arguments(&self) -> [String; 5] {
        let user = format!("--username={BOOTSTRAP_USER}");
        [
            "-h".into(),
            self.socket.display().to_string(),
            "-p".into(),
            PORT.to_string(),
            user,
        ]
    }

    /// Creates what is missing.
    pub(super) fn make(&self, programs: &Programs, durability: Durability) -> Result<(), EmbeddedError> {
        programs.private_folder(&self.root)?;
        programs.private_folder(&self.socket)?;
        if self.cluster().exists() {
            return Ok(());
        }
        // Left behind by a start that was killed halfway.
        let fresh = self.root.join("cluster.new");
        if fresh.exists() {
            fs::remove_dir_all(&fresh).map_err(files("remove a half-made cluster"))?;
        }
        let folder = fresh.display().to_string();
        let user = format!("--username={BOOTSTRAP_USER}");
        let mut arguments = vec![
            "-D",
            &folder,
            &user,
            "--encoding=UTF8",
            "--no-locale",
            "--data-checksums",
        ];
        arguments.extend(["--auth-local=trust", "--auth-host=reject"]);
        if durability == Durability::None {
            arguments.push("--no-sync");
        }
        programs.run("initdb", arguments)?;
        fs::rename(&fresh, self.cluster()).map_err(files("move the new cluster into place"))
    }
}

/// The canonical path of the data folder, which is created if missing. Other users may pass through it to the
/// cluster's own folder but not list it.
pub(super) fn data_folder(folder: &Path) -> Result<PathBuf, EmbeddedError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o711).create(folder);
    made.and_then(|()| folder.canonicalize())
        .map_err(files("make the data folder"))
}

/// A separate data folder for a test.
pub(super) fn temporary_folder() -> Result<PathBuf, EmbeddedError> {
    let mut random = [0u8; 8];
    getrandom::fill(&mut random).map_err(|error| files("draw a name")(error.into()))?;
    let folder = std::env::temp_dir().join(format!("mso-{:016x}", u64::from_ne_bytes(random)));
    data_folder(&folder)
}

/// Locks the data folder for this process.
pub(super) fn lock(data_dir: &Path) -> Result<File, EmbeddedError> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(data_dir.join("lock"));
    let file = file.map_err(files("make the lock file"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(EmbeddedError::InUse {
            data_dir: data_dir.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(files("lock the data folder")(source)),
    }
}

fn files(what: &'static str) -> impl FnOnce(std::io::Error) -> EmbeddedError {
    move |source| EmbeddedError::Files { what, source }
}
