//! Finds PostgreSQL's programs on this machine and the account that may run them, and runs them.
//!
//! The invariant: every program runs with an environment of its own, so that a `PGHOST` or `PGDATA` of the
//! caller never leads to the machine's own cluster.

use std::ffi::OsStr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use super::EmbeddedError;

/// The oldest PostgreSQL version that the schema supports.
const OLDEST: u32 = 15;

/// An unprivileged user: PostgreSQL refuses to run as root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// One installed version, and the account its programs run as (`None`: the user who runs mso).
#[derive(Debug, Clone)]
pub(super) struct Programs {
    folder: PathBuf,
    account: Option<Account>,
}

impl Programs {
    /// Finds the newest installed version or, if the cluster exists, the version that created it.
    pub(super) fn find(account: Option<Account>, made_by: Option<u32>) -> Result<Self, EmbeddedError> {
        let mut found: Vec<(u32, PathBuf)> = folders()
            .into_iter()
            .filter(|folder| {
                ["postgres", "initdb", "pg_ctl", "createdb", "psql"]
                    .iter()
                    .all(|p| folder.join(p).is_file())
            })
            .filter_map(|folder| version(&folder).map(|version| (version, folder)))
            .filter(|(version, _)| made_by.map_or(*version >= OLDEST, |made_by| made_by == *version))
            .collect();
        found.sort();
        match (found.pop(), made_by) {
            (Some((_, folder)), _) => Ok(Self { folder, account }),
            (None, Some(version)) => Err(EmbeddedError::OtherVersion { version }),
            (None, None) => Err(EmbeddedError::NotInstalled),
        }
    }

    /// Prepares a command for one of the programs.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join(program));
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C")
            .current_dir("/");
        if let Some(Account { uid, gid }) = self.account {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Runs a program to completion. Returns its standard output, or its standard error as an error.
    pub(super) fn run<I, S>(&self, program: &'static str, arguments: I) -> Result<String, EmbeddedError>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let output = self.command(program).args(arguments).output();
        let output = output.map_err(|source| EmbeddedError::Files {
            what: "run PostgreSQL's programs",
            source,
        })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(EmbeddedError::Program { program, complaint })
    }

    /// Creates a folder that only the cluster's user may enter. An existing folder must already be private.
    pub(super) fn private_folder(&self, folder: &Path) -> Result<(), EmbeddedError> {
        let failed = |source| EmbeddedError::Files {
            what: "make the database's folder",
            source,
        };
        match fs::DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => match self.account {
                Some(Account { uid, gid }) => chown(folder, Some(uid), Some(gid)).map_err(failed),
                None => Ok(()),
            },
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let there = fs::symlink_metadata(folder).map_err(failed)?;
                // A short name in /tmp can be guessed, and a user who created the folder first could open it
                // again later.
                let owner = self.account.map_or_else(own_uid, |account| Ok(account.uid))?;
                if there.is_dir() && there.uid() == owner && there.mode() & 0o077 == 0 {
                    return Ok(());
                }
                Err(EmbeddedError::Exposed {
                    folder: folder.to_owned(),
                })
            }
            Err(error) => Err(failed(error)),
        }
    }
}

/// The account to run the cluster as; `None` if this process does not run as root.
pub(super) fn account() -> Result<Option<Account>, EmbeddedError> {
    if own_uid()? != 0 {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd");
    let accounts = accounts.map_err(|source| EmbeddedError::Files {
        what: "read the list of users",
        source,
    })?;
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| in_passwd(&accounts, name))
        .map(Some)
        .ok_or(EmbeddedError::NoAccount)
}

fn own_uid() -> Result<u32, EmbeddedError> {
    let failed = |source| EmbeddedError::Files {
        what: "ask who runs this",
        source,
    };
    let said = Command::new("id").arg("-u").output().map_err(failed)?;
    let uid = String::from_utf8_lossy(&said.stdout).trim().parse();
    uid.map_err(|_| failed(io::ErrorKind::InvalidData.into()))
}

/// Whether this account may traverse every folder down to this one.
pub(super) fn may_reach(account: Account, folder: &Path) -> bool {
    folder.ancestors().all(|step| {
        fs::metadata(step).is_ok_and(|there| {
            let bit = match there {
                _ if there.uid() == account.uid => 0o100,
                _ if there.gid() == account.gid => 0o010,
                _ => 0o001,
            };
            there.mode() & bit != 0
        })
    })
}

fn in_passwd(accounts: &str, name: &str) -> Option<Account> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { uid, gid })
    })
}

/// Folders that may hold the programs: Debian's and Red Hat's, the output of `pg_config`, and the search path.
fn folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for (parent, prefix) in [("/usr/lib/postgresql", ""), ("/usr", "pgsql-")] {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        let versions = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
        folders.extend(versions.map(|entry| entry.path().join("bin")));
    }
    if let Ok(said) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&said.stdout).trim()));
    }
    folders.extend(env::var_os("PATH").iter().flat_map(env::split_paths));
    folders
}

/// The major version: `postgres (PostgreSQL) 15.14 (Debian …)` is 15.
fn version(folder: &Path) -> Option<u32> {
    let said = Command::new(folder.join("postgres"))
        .arg("--version")
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let number = said.split_whitespace().nth(2)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\npostgres2:x:7:8::/:\npostgres:x:101:104:,,,:/var:/bin/sh\nbad:x\n";
        assert_eq!(
            in_passwd(accounts, "postgres"),
            Some(Account { uid: 101, gid: 104 })
        );
        assert_eq!(in_passwd(accounts, "bad"), None);
        assert_eq!(in_passwd(accounts, "nobody"), None);
    }

    #[test]
    fn a_folder_that_somebody_else_made_is_not_taken_for_private() {
        let folder = tempfile::tempdir().unwrap();
        let theirs = folder.path().join("socket");
        fs::DirBuilder::new().mode(0o700).create(&theirs).unwrap();
        let programs = Programs {
            folder: PathBuf::new(),
            account: None,
        };
        programs.private_folder(&theirs).unwrap();
        // Only root can change the owner.
        if chown(&theirs, Some(12_345), None).is_ok() {
            let refused = programs.private_folder(&theirs).unwrap_err();
            assert!(matches!(refused, EmbeddedError::Exposed { .. }), "{refused}");
        }
    }
}
