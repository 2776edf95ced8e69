//! The phone's database: SQLite encrypted by SQLCipher, opened with a raw key. All SQL of the phone
//! lives in this folder, one file per family of tables.
//!
//! Invariant: a committed transaction survives a killed process and a power loss
//! (`synchronous = FULL`), and nothing is stored in plaintext. Plain SQLite would silently ignore
//! `PRAGMA key`, so opening checks that the cipher is active and that the file does not start like a
//! plain database.

pub(crate) mod chat;
pub(crate) mod drafts;
pub(crate) mod files_rows;
pub(crate) mod forms;
pub(crate) mod lists;
pub(crate) mod notices;
mod open;
pub(crate) mod outbox;
pub(crate) mod records;
pub(crate) mod session_rows;
pub(crate) mod settings;
pub(crate) mod settled;
pub(crate) mod streams;
pub(crate) mod terms;

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use open::StoreRemains;
#[cfg(test)]
pub(crate) use open::in_memory;
pub(crate) use open::{OpenError, finish_wipe, lock, open, remains, wipe};
pub(crate) use {files_rows as files, session_rows as session};

/// Why a store operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite failed: disk full, locked, damaged.
    #[error("the store does not answer")]
    Sqlite(#[from] rusqlite::Error),
    /// A stored value is not one that this build writes.
    #[error("the store holds an unreadable {0}")]
    Unreadable(&'static str),
    #[error("the store is closed")]
    Closed,
}

/// The open database. Only this folder accesses its connections.
///
/// One connection writes. Another only reads, so that a screen never waits for a transaction of the sync: it sees what was
/// committed when it began.
#[derive(Default)]
pub(crate) struct Store {
    writer: Mutex<Option<Connection>>,
    reader: Mutex<Option<Connection>>,
}

fn lock_of(conn: &Mutex<Option<Connection>>) -> MutexGuard<'_, Option<Connection>> {
    conn.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// A store whose operations all fail with [`StoreError::Closed`].
    pub(crate) fn closed() -> Self {
        Self::default()
    }

    fn of(writer: Connection, reader: Connection) -> Self {
        Self {
            writer: Mutex::new(Some(writer)),
            reader: Mutex::new(Some(reader)),
        }
    }

    /// Waits for running operations; all later ones fail.
    pub(crate) fn close(&self) {
        self.adopt(Self::closed());
    }

    /// Continues with another store's connections in place of its own.
    pub(crate) fn adopt(&self, other: Self) {
        let (mut writer, mut reader) = (lock_of(&self.writer), lock_of(&self.reader));
        *writer = lock_of(&other.writer).take();
        *reader = lock_of(&other.reader).take();
    }

    /// Runs `f` in a transaction. Commits, synced to disk, if `f` returns `Ok`; otherwise rolls back.
    pub(crate) fn transaction<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = lock_of(&self.writer);
        let conn = conn.as_mut().ok_or(StoreError::Closed)?;
        let tx = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        let done = f(&tx)?;
        tx.commit().map_err(StoreError::from)?;
        Ok(done)
    }

    /// Reads from one snapshot of the database.
    pub(crate) fn read<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let conn = lock_of(&self.reader);
        let conn = conn.as_ref().ok_or(StoreError::Closed)?;
        // All statements of one screen see the same snapshot. A read-only transaction has nothing to
        // commit.
        let tx = conn.unchecked_transaction().map_err(StoreError::from)?;
        f(&tx)
    }

    /// The findings of SQLite's check of the whole file, and rows with a dangling foreign key. `ok` if
    /// there are none.
    pub(crate) fn integrity_check(&self) -> Result<String, StoreError> {
        self.read(|conn| {
            let mut findings: Vec<String> = conn
                .prepare("pragma integrity_check")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let broken: Vec<String> = conn
                .prepare("pragma foreign_key_check")?
                .query_map([], |row| row.get::<_, String>(0))?
                .collect::<Result<_, _>>()?;
            findings.extend(
                broken
                    .into_iter()
                    .map(|table| format!("foreign key broken in {table}")),
            );
            Ok(findings.join("\n"))
        })
    }
}

/// A value stored in its text form: ids, hashes.
pub(super) struct Stored<T>(pub(super) T);

impl<T: FromStr> FromSql for Stored<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value
            .as_str()?
            .parse()
            .map(Self)
            .map_err(|_| FromSqlError::InvalidType)
    }
}

impl<T: fmt::Display> ToSql for Stored<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_string().into())
    }
}

#[cfg(test)]
mod tests;
