//! The SQL of table `file`: what rests beside the database, and each file's key.
//!
//! Not here: the files themselves (`client/files.rs`). The invariant: a row names a file that is there, or (while it
//! is downloading) may be there in part; a file that no row names is an orphan and may be deleted.

use std::fmt;
use std::str::FromStr;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, params};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as ValueError;

use super::{StoreError, Stored};
use crate::crypto::Sha256Hash;
use crate::crypto::seal::FileKey;
use crate::documents::{DeclaredFile, DocumentKind};
use crate::ids::{CaseId, DocumentId, StreamId};
use crate::text::Text;
use crate::time::Timestamp;

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// Where a file is on its way.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum FileState {
            $($(#[$doc])* $name,)+
        }

        impl fmt::Display for FileState {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)+
                })
            }
        }

        impl FromStr for FileState {
            type Err = StoreError;

            fn from_str(text: &str) -> Result<Self, StoreError> {
                match text {
                    $($text => Ok(Self::$name),)+
                    _ => Err(StoreError::Unreadable("file state")),
                }
            }
        }
    };
}

states! {
    /// Taken in; sent with no case yet.
    Staged = "staged",
    /// To be sent as soon as the server knows the document.
    WaitingUpload = "waiting_upload",
    /// On its way to the server.
    Uploading = "uploading",
    /// With the server, whole; kept here too.
    Uploaded = "uploaded",
    /// To be fetched.
    WaitingDownload = "waiting_download",
    /// On its way from the server; here in part.
    Downloading = "downloading",
    /// Fetched and hash-checked.
    Present = "present",
}

/// A file as its row says.
#[derive(Debug, Clone)]
pub(crate) struct FileRow {
    pub(crate) document_id: DocumentId,
    pub(crate) size: u64,
    pub(crate) sha256: Sha256Hash,
    /// Name inside the folder of files.
    pub(crate) path: String,
    pub(crate) key: FileKey,
    pub(crate) state: FileState,
    /// Plain bytes that the receiving side has for sure.
    pub(crate) transferred: u64,
    pub(crate) attempts: u32,
    /// Why the last attempt failed: a code, never content.
    pub(crate) last_error: Option<String>,
}

impl FileRow {
    /// Whether the server does not have it yet, so that it may exist nowhere else.
    pub(crate) const fn is_to_send(&self) -> bool {
        match self.state {
            FileState::Staged | FileState::WaitingUpload | FileState::Uploading => true,
            FileState::Uploaded
            | FileState::WaitingDownload
            | FileState::Downloading
            | FileState::Present => false,
        }
    }

    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let key: Vec<u8> = row.get("key")?;
        let key = zeroize::Zeroizing::new(key);
        Ok(Self {
            document_id: row.get::<_, Stored<_>>("document_id")?.0,
            size: count(row, "size")?,
            sha256: row.get::<_, Stored<_>>("sha256")?.0,
            path: row.get("path")?,
            key: FileKey::from_bytes(&key).map_err(|_| StoreError::Unreadable("file key"))?,
            state: row.get::<_, String>("state")?.parse()?,
            transferred: count(row, "transferred")?,
            attempts: row.get("attempts")?,
            last_error: row.get("last_error")?,
        })
    }
}

// SQLite's integers are signed.
fn count(row: &Row<'_>, column: &'static str) -> Result<u64, StoreError> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(|_| StoreError::Unreadable(column))
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn rows(conn: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<Vec<FileRow>, StoreError> {
    conn.prepare_cached(sql)?
        .query_and_then(params, FileRow::read)?
        .collect()
}

/// Where a sealed file rests, and what opens it.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    /// Name inside the folder of files.
    pub(crate) path: &'a str,
    pub(crate) key: &'a FileKey,
}

/// A new row.
#[derive(Debug)]
pub(crate) struct NewFile<'a> {
    pub(crate) file: &'a DeclaredFile,
    pub(crate) case: Option<(CaseId, StreamId)>,
    pub(crate) place: Place<'a>,
    pub(crate) state: FileState,
    pub(crate) now: Timestamp,
}

/// Adds a row; one of that document that is there already stays as it is (`false`).
pub(crate) fn insert(tx: &Transaction<'_>, new: &NewFile<'_>) -> Result<bool, StoreError> {
    let mut insert = tx.prepare_cached(
        "insert into file (document_id, case_id, stream, kind, title, name, media_type, size, sha256, path, key,
                           state, created_at)
         values (:document_id, :case_id, :stream, :kind, :title, :name, :media_type, :size, :sha256, :path, :key,
                 :state, :created_at)
         on conflict (document_id) do nothing",
    )?;
    let added = insert.execute(named_params! {
        ":document_id": Stored(new.file.document_id),
        ":case_id": new.case.map(|(case, _)| Stored(case)),
        ":stream": new.case.map(|(_, stream)| Stored(stream)),
        ":kind": new.file.kind.name(),
        ":title": new.file.title.as_str(),
        ":name": new.file.file_name.as_str(),
        ":media_type": new.file.media_type,
        ":size": signed(new.file.size),
        ":sha256": Stored(new.file.sha256),
        ":path": new.place.path,
        ":key": new.place.key.as_bytes().as_slice(),
        ":state": new.state.to_string(),
        ":created_at": new.now.unix_millis(),
    })?;
    Ok(added == 1)
}

/// The row of a document.
pub(crate) fn row(conn: &Connection, document: DocumentId) -> Result<Option<FileRow>, StoreError> {
    Ok(rows(
        conn,
        "select * from file where document_id = ?1",
        [Stored(document)],
    )?
    .pop())
}

/// The files of a case, oldest first.
pub(crate) fn of_case(conn: &Connection, case: CaseId) -> Result<Vec<FileRow>, StoreError> {
    rows(
        conn,
        "select * from file where case_id = ?1 order by created_at, document_id",
        [Stored(case)],
    )
}

/// A staged file in the form that a command declares it in. `None`: no such file, or it went with a case before.
pub(crate) fn staged(conn: &Connection, document: DocumentId) -> Result<Option<DeclaredFile>, StoreError> {
    let sql = "select * from file where document_id = ?1 and state = 'staged'";
    let mut query = conn.prepare_cached(sql)?;
    query
        .query_and_then([Stored(document)], declared)?
        .next()
        .transpose()
}

fn declared(row: &Row<'_>) -> Result<DeclaredFile, StoreError> {
    let text = |column: &'static str| {
        Text::new(&row.get::<_, String>(column)?).map_err(|_| StoreError::Unreadable(column))
    };
    let kind: String = row.get("kind")?;
    let kind: Result<_, ValueError> = DocumentKind::deserialize(kind.into_deserializer());
    Ok(DeclaredFile {
        document_id: row.get::<_, Stored<_>>("document_id")?.0,
        kind: kind.map_err(|_| StoreError::Unreadable("kind"))?,
        title: text("title")?,
        file_name: text("name")?,
        media_type: row.get("media_type")?,
        size: count(row, "size")?,
        sha256: row.get::<_, Stored<_>>("sha256")?.0,
        pages: None,
        captured_at: None,
        body_site: None,
        sequence: None,
        replaces: None,
    })
}

/// Puts a staged file into a case: from now on it waits to be sent. `false`: no such staged file.
pub(crate) fn attach(
    tx: &Transaction<'_>,
    document: DocumentId,
    case: CaseId,
    stream: StreamId,
) -> Result<bool, StoreError> {
    let mut attach = tx.prepare_cached(
        "update file set case_id = ?2, stream = ?3, state = 'waiting_upload'
         where document_id = ?1 and state = 'staged'",
    )?;
    Ok(attach.execute(params![Stored(document), Stored(case), Stored(stream)])? == 1)
}

/// Takes a file out of a case again, because the command that put it there was refused.
pub(crate) fn detach(tx: &Transaction<'_>, document: DocumentId) -> Result<(), StoreError> {
    let mut detach = tx.prepare_cached(
        "update file set case_id = null, stream = null, state = 'staged', transferred = 0, attempts = 0, last_error = null
         where document_id = ?1 and state in ('waiting_upload', 'uploading')",
    )?;
    detach.execute([Stored(document)])?;
    Ok(())
}

/// Files to send: those whose document the server has confirmed. What failed often, and what is long, comes last, so
/// that it holds nobody else up.
pub(crate) fn to_upload(conn: &Connection) -> Result<Vec<FileRow>, StoreError> {
    rows(
        conn,
        "select file.* from file
         where state in ('waiting_upload', 'uploading')
           and exists (select 1 from record where kind = 'document' and id = document_id)
         order by attempts, size - transferred, created_at",
        [],
    )
}

/// Files to fetch, in the same order.
pub(crate) fn to_download(conn: &Connection) -> Result<Vec<FileRow>, StoreError> {
    rows(
        conn,
        "select * from file where state in ('waiting_download', 'downloading')
         order by attempts, size - transferred, created_at",
        [],
    )
}

/// Notes how far a file has come. `false`: its row is gone, because the case left this phone meanwhile.
pub(crate) fn progress(
    tx: &Transaction<'_>,
    document: DocumentId,
    state: FileState,
    transferred: u64,
) -> Result<bool, StoreError> {
    let mut update =
        tx.prepare_cached("update file set state = ?2, transferred = ?3 where document_id = ?1")?;
    Ok(update.execute(params![Stored(document), state.to_string(), signed(transferred)])? == 1)
}

/// Notes that a file came to the end of its way.
pub(crate) fn arrived(
    tx: &Transaction<'_>,
    document: DocumentId,
    state: FileState,
) -> Result<bool, StoreError> {
    let mut update = tx.prepare_cached(
        "update file set state = ?2, transferred = size, attempts = 0, last_error = null where document_id = ?1",
    )?;
    Ok(update.execute(params![Stored(document), state.to_string()])? == 1)
}

/// Notes a failed attempt.
pub(crate) fn failed(tx: &Transaction<'_>, document: DocumentId, error: &str) -> Result<(), StoreError> {
    let mut update =
        tx.prepare_cached("update file set attempts = attempts + 1, last_error = ?2 where document_id = ?1")?;
    update.execute(params![Stored(document), error])?;
    Ok(())
}

/// Begins a download anew, in another place and under another key. `false`: the row is gone.
pub(crate) fn begin_anew(
    tx: &Transaction<'_>,
    document: DocumentId,
    place: &Place<'_>,
) -> Result<bool, StoreError> {
    let mut update = tx.prepare_cached(
        "update file set path = ?2, key = ?3, state = 'waiting_download', transferred = 0 where document_id = ?1",
    )?;
    Ok(update.execute(params![
        Stored(document),
        place.path,
        place.key.as_bytes().as_slice()
    ])? == 1)
}

/// Forgets a file and its key; answers the name of what is to be deleted once this is committed.
pub(crate) fn delete(tx: &Transaction<'_>, document: DocumentId) -> Result<Option<String>, StoreError> {
    let mut delete = tx.prepare_cached("delete from file where document_id = ?1 returning path")?;
    Ok(delete
        .query_row([Stored(document)], |row| row.get(0))
        .optional()?)
}

/// The same, only while it went with no case.
pub(crate) fn delete_staged(
    tx: &Transaction<'_>,
    document: DocumentId,
) -> Result<Option<String>, StoreError> {
    let mut delete =
        tx.prepare_cached("delete from file where document_id = ?1 and state = 'staged' returning path")?;
    Ok(delete
        .query_row([Stored(document)], |row| row.get(0))
        .optional()?)
}

/// Forgets all files of a stream and their keys; answers the names of what is to be deleted once this is committed.
pub(crate) fn delete_of_stream(tx: &Transaction<'_>, stream: StreamId) -> Result<Vec<String>, StoreError> {
    let mut delete = tx.prepare_cached("delete from file where stream = ?1 returning path")?;
    let paths = delete
        .query_map([Stored(stream)], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(paths)
}

/// The names of all files that rows know.
pub(crate) fn paths(conn: &Connection) -> Result<std::collections::BTreeSet<String>, StoreError> {
    let mut query = conn.prepare_cached("select path from file")?;
    let paths = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(paths)
}

/// How far the files of one direction have come, over all cases that still wait for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TransferTotals {
    /// Files that are not through yet.
    pub waiting: u32,
    /// All files of the same cases.
    pub files: u32,
    /// Bytes that are through.
    pub transferred: u64,
    /// All bytes.
    pub bytes: u64,
}

/// What is being sent.
pub(crate) fn upload_totals(conn: &Connection) -> Result<TransferTotals, StoreError> {
    totals(conn, ["waiting_upload", "uploading", "uploaded"])
}

/// What is being fetched.
pub(crate) fn download_totals(conn: &Connection) -> Result<TransferTotals, StoreError> {
    totals(conn, ["waiting_download", "downloading", "present"])
}

fn totals(conn: &Connection, states: [&str; 3]) -> Result<TransferTotals, StoreError> {
    let mut query = conn.prepare_cached(
        "select count(*) filter (where state <> ?3) as waiting, count(*) as files,
                coalesce(sum(case when state = ?3 then size else min(transferred, size) end), 0) as transferred,
                coalesce(sum(size), 0) as bytes
         from file
         where state in (?1, ?2, ?3) and case_id in (select case_id from file where state in (?1, ?2))",
    )?;
    query
        .query_and_then(states, |row| {
            Ok(TransferTotals {
                waiting: row.get("waiting")?,
                files: row.get("files")?,
                transferred: count(row, "transferred")?,
                bytes: count(row, "bytes")?,
            })
        })?
        .next()
        .unwrap_or(Ok(TransferTotals::default()))
}

/// How many files exist nowhere but here.
pub(crate) fn count_unsent(conn: &Connection) -> Result<u32, StoreError> {
    let sql = "select count(*) from file where state in ('staged', 'waiting_upload', 'uploading')";
    Ok(conn.query_row(sql, [], |row| row.get(0))?)
}
