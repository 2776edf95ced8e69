//! Opening, migrating and wiping the database.
//!
//! The wrapped root (`root.wrapped`) is synced to disk before the database is created. So a database
//! without it, or with one that does not open it, never means a new phone but a lost key. That is an
//! error; a new database is never created silently.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::{Store, StoreError};
use crate::client::key_vault::{KeyVault, StoreKey, VaultError};
use crate::time::Timestamp;

/// Prepared statements that a connection keeps; more than there are in this folder.
const STATEMENTS_KEPT: usize = 256;

const DATABASE: &str = "store.db";
const WRAPPED_ROOT: &str = "root.wrapped";
/// Locked while a workspace has the folder open.
const LOCK: &str = "workspace.lock";
/// Exists while a wipe is in progress, so that an interrupted wipe is finished when the workspace is
/// opened next.
const WIPE_MARK: &str = "wipe.pending";

/// All released migrations, in order; `user_version` is the number applied.
const MIGRATIONS: [&str; 14] = [
    include_str!("../../../migrations/001_first_light.sql"),
    include_str!("../../../migrations/002_whole_case.sql"),
    include_str!("../../../migrations/003_patients.sql"),
    include_str!("../../../migrations/004_nothing_lost.sql"),
    include_str!("../../../migrations/005_missing_records.sql"),
    include_str!("../../../migrations/006_stuck_files.sql"),
    include_str!("../../../migrations/007_made_once.sql"),
    include_str!("../../../migrations/008_patient_terms.sql"),
    include_str!("../../../migrations/009_lists.sql"),
    include_str!("../../../migrations/010_fewer_pages.sql"),
    include_str!("../../../migrations/011_notifications.sql"),
    include_str!("../../../migrations/012_forms.sql"),
    include_str!("../../../migrations/013_chat.sql"),
    include_str!("../../../migrations/014_chat_sending.sql"),
];

/// Why the store was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The key no longer matches, or is gone: the phone must be enrolled again. Nothing was deleted.
    #[error("the store's key was invalidated")]
    KeyInvalidated,
    /// The vault provides no key at present.
    #[error("the vault gives no key")]
    Vault(#[source] VaultError),
    /// Another workspace has the folder open.
    #[error("the folder is in use")]
    InUse,
    /// The database was written by a newer app.
    #[error("the store was written by a newer app")]
    NewerSchema,
    /// This build would write plaintext.
    #[error("the database is not encrypted")]
    NotEncrypted,
    /// The folder cannot be read or written.
    #[error("the workspace's folder cannot be used")]
    Folder(#[from] io::Error),
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<VaultError> for OpenError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::KeyInvalidated => Self::KeyInvalidated,
            VaultError::Unavailable => Self::Vault(error),
        }
    }
}

/// Locks the folder until the file is closed: two workspaces in one folder would delete each other's files.
pub(crate) fn lock(directory: &Path) -> Result<File, OpenError> {
    fs::create_dir_all(directory)?;
    let file = File::create(directory.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse),
        // A platform without locks.
        Err(TryLockError::Error(error)) if matches!(error.kind(), io::ErrorKind::Unsupported) => Ok(file),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Opens the database in this folder, or creates it if there is none.
pub(crate) fn open(directory: &Path, vault: &dyn KeyVault) -> Result<Store, OpenError> {
    fs::create_dir_all(directory)?;
    let path = directory.join(DATABASE);
    let wrapped_path = directory.join(WRAPPED_ROOT);
    let exists = path.try_exists()?;
    let key = match read_if_there(&wrapped_path)? {
        Some(wrapped) => StoreKey::of_root(&vault.unwrap_root(Some(wrapped))?.root),
        None if exists => return Err(OpenError::KeyInvalidated),
        None => {
            let made = vault.unwrap_root(None)?;
            write_durably(&wrapped_path, &made.wrapped)?;
            StoreKey::of_root(&made.root)
        }
    };
    let mut conn = Connection::open(&path)?;
    unlock(&conn, &key)?;
    migrate(&mut conn)?;
    check_header(&path)?;
    let reader = Connection::open(&path)?;
    unlock(&reader, &key)?;
    reader.pragma_update(None, "query_only", "ON")?;
    Ok(Store::of(conn, reader))
}

fn unlock(conn: &Connection, key: &StoreKey) -> Result<(), OpenError> {
    // Failures are reported by the return value, not on the app's standard error.
    conn.execute_batch("pragma cipher_log_level = none")?;
    // SQLCipher accepts a raw key only as text inside the pragma; 64 hexadecimal digits cannot break
    // out of it.
    let pragma = zeroize::Zeroizing::new(format!("x'{}'", key.hex()));
    conn.pragma_update(None, "key", pragma.as_str())?;
    let cipher: Result<String, _> = conn.query_row("pragma cipher_version", [], |row| row.get(0));
    if cipher.map_or(true, |version| version.is_empty()) {
        return Err(OpenError::NotEncrypted);
    }
    // The first read decrypts the first page, so this is where a wrong key shows.
    match conn.query_row("select count(*) from sqlite_schema", [], |row| {
        row.get::<_, i64>(0)
    }) {
        Ok(_) => {}
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
            return Err(OpenError::KeyInvalidated);
        }
        Err(error) => return Err(error.into()),
    }
    // One command alone runs some thirty different statements.
    conn.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // A plan that may depend on a value, such as a limit, would else be made anew each time.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "secure_delete", "ON")?;
    conn.pragma_update(None, "foreign_keys", "ON")?;
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    // Apple's fsync leaves bytes in the drive's cache, and SQLite uses plain fsync by default.
    conn.pragma_update(None, "fullfsync", "ON")?;
    conn.pragma_update(None, "checkpoint_fullfsync", "ON")?;
    Ok(())
}

fn migrate(conn: &mut Connection) -> Result<(), OpenError> {
    let taken: u32 = conn.query_row("pragma user_version", [], |row| row.get(0))?;
    let mut known = 0_u32;
    for sql in MIGRATIONS {
        known += 1;
        if known > taken {
            let tx = conn.transaction()?;
            tx.execute_batch(sql)?;
            tx.pragma_update(None, "user_version", known)?;
            tx.commit()?;
        }
    }
    if taken > known {
        Err(OpenError::NewerSchema)
    } else {
        Ok(())
    }
}

/// For tests: an empty database in memory, not encrypted.
#[cfg(test)]
pub(crate) fn in_memory() -> Connection {
    let mut conn = Connection::open_in_memory().expect("a database in memory");
    migrate(&mut conn).expect("the migrations");
    conn
}

fn check_header(path: &Path) -> Result<(), OpenError> {
    let mut header = [0; 15];
    // A database whose content is still entirely in its log has no first page yet, and cannot be a
    // plain one.
    match File::open(path)?.read_exact(&mut header) {
        Ok(()) if &header == b"SQLite format 3" => Err(OpenError::NotEncrypted),
        Ok(()) => Ok(()),
        Err(error) if matches!(error.kind(), io::ErrorKind::UnexpectedEof) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the file atomically and syncs it to disk before returning.
fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let mut file = File::create(&partial)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    sync_folder(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Deletes the database, key and files of this folder. The store must be closed. If interrupted at any
/// point, [`finish_wipe`] completes it before the folder is used again.
pub(crate) fn wipe(directory: &Path, files: &Path, vault: &dyn KeyVault) -> io::Result<()> {
    let mark = directory.join(WIPE_MARK);
    write_durably(&mark, b"")?;
    // The key first: without it the rest is unreadable.
    vault.wipe();
    for name in [WRAPPED_ROOT, DATABASE, "store.db-wal", "store.db-shm"] {
        remove_if_there(fs::remove_file(directory.join(name)))?;
    }
    remove_if_there(fs::remove_dir_all(files))?;
    sync_folder(&mark)?;
    fs::remove_file(&mark)?;
    sync_folder(&mark)
}

/// What a folder holds, as far as it can be told without its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreRemains {
    /// Size of the database, in bytes.
    pub database_bytes: u64,
    /// Sealed clinical files, sent or not.
    pub sealed_files: u32,
    /// When the database was last written.
    pub changed_at: Option<Timestamp>,
}

/// What [`wipe`] would delete.
pub(crate) fn remains(directory: &Path, files: &Path) -> io::Result<StoreRemains> {
    let mut remains = StoreRemains::default();
    for name in [DATABASE, "store.db-wal"] {
        let Ok(found) = fs::metadata(directory.join(name)) else {
            continue;
        };
        remains.database_bytes += found.len();
        let changed = found.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let changed = Timestamp::from_unix_millis(i64::try_from(changed.as_millis()).unwrap_or(i64::MAX));
        remains.changed_at = remains.changed_at.max(Some(changed));
    }
    if files.try_exists()? {
        remains.sealed_files = u32::try_from(fs::read_dir(files)?.count()).unwrap_or(u32::MAX);
    }
    Ok(remains)
}

/// Finishes a wipe that was interrupted.
pub(crate) fn finish_wipe(directory: &Path, files: &Path, vault: &dyn KeyVault) -> io::Result<()> {
    if directory.join(WIPE_MARK).try_exists()? {
        wipe(directory, files, vault)
    } else {
        Ok(())
    }
}

fn remove_if_there(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound) => Ok(()),
        other => other,
    }
}
