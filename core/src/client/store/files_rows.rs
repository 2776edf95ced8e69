//! The SQL of table `file`: the sealed files beside the database, and each file's key.
//!
//! Invariant: a row names a file that exists or, while it is downloading, may exist in part. A file
//! without a row is an orphan and may be deleted.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, params};

use super::outbox::Trouble;
use super::{StoreError, Stored};
use crate::crypto::Sha256Hash;
use crate::crypto::seal::FileKey;
use crate::documents::{DeclaredFile, DocumentKind, FileName};
use crate::ids::{CaseId, DocumentId, StreamId};
use crate::text::Line;
use crate::time::Timestamp;

named! {
    /// The transfer state of a file.
    pub enum FileState {
        /// Imported, but not sent with a case yet.
        Staged = "staged",
        /// To be sent as soon as the server knows the document.
        WaitingUpload = "waiting_upload",
        /// Upload in progress.
        Uploading = "uploading",
        /// Complete on the server; kept here too.
        Uploaded = "uploaded",
        /// To be downloaded.
        WaitingDownload = "waiting_download",
        /// Download in progress; partly present.
        Downloading = "downloading",
        /// Downloaded, and its hash verified.
        Present = "present",
    }
}

impl FileState {
    /// Whether it is still to be sent, and so may exist nowhere else.
    #[must_use]
    pub const fn is_to_send(self) -> bool {
        match self {
            Self::Staged | Self::WaitingUpload | Self::Uploading => true,
            Self::Uploaded | Self::WaitingDownload | Self::Downloading | Self::Present => false,
        }
    }
}

/// A row of table `file`.
#[derive(Debug, Clone)]
pub(crate) struct FileRow {
    pub(crate) document_id: DocumentId,
    pub(crate) size: u64,
    pub(crate) sha256: Sha256Hash,
    /// The file name inside the folder of sealed files.
    pub(crate) path: String,
    pub(crate) key: FileKey,
    pub(crate) state: FileState,
    /// Plaintext bytes that the receiving side is known to have.
    pub(crate) transferred: u64,
    /// The most bytes that it ever reached; beyond this it gets on.
    pub(crate) furthest: u64,
    pub(crate) attempts: u32,
    /// Why it does not get on.
    pub(crate) trouble: Option<Trouble>,
}

impl FileRow {
    /// Whether the server does not have the file yet, so that this may be the only copy.
    pub(crate) const fn is_to_send(&self) -> bool {
        self.state.is_to_send()
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
            state: FileState::from_name(&row.get::<_, String>("state")?)
                .ok_or(StoreError::Unreadable("file state"))?,
            transferred: count(row, "transferred")?,
            furthest: count(row, "furthest")?,
            attempts: row.get("attempts")?,
            trouble: Trouble::read(row)?,
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

/// The location of a sealed file, and its key.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    /// The file name inside the folder of sealed files.
    pub(crate) path: &'a str,
    pub(crate) key: &'a FileKey,
}

#[derive(Debug)]
pub(crate) struct NewFile<'a> {
    pub(crate) file: &'a DeclaredFile,
    pub(crate) case: Option<(CaseId, StreamId)>,
    pub(crate) place: Place<'a>,
    pub(crate) state: FileState,
    pub(crate) now: Timestamp,
}

/// Adds a row. Returns `false` and changes nothing if the document already has one.
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
        ":state": new.state.name(),
        ":created_at": new.now.unix_millis(),
    })?;
    Ok(added == 1)
}

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

/// A staged file in the form in which a command declares it. `None`: there is no such file, or it was
/// already sent with a case.
pub(crate) fn staged(conn: &Connection, document: DocumentId) -> Result<Option<DeclaredFile>, StoreError> {
    let sql = "select * from file where document_id = ?1 and state = 'staged'";
    let mut query = conn.prepare_cached(sql)?;
    query
        .query_and_then([Stored(document)], declared)?
        .next()
        .transpose()
}

/// The same, or a file that was sent with this case.
pub(crate) fn staged_or_of(
    conn: &Connection,
    document: DocumentId,
    case: CaseId,
) -> Result<Option<DeclaredFile>, StoreError> {
    let sql = "select * from file where document_id = ?1 and (state = 'staged' or case_id = ?2)";
    let mut query = conn.prepare_cached(sql)?;
    query
        .query_and_then([Stored(document.to_string()), Stored(case.to_string())], declared)?
        .next()
        .transpose()
}

/// All staged files, oldest first.
pub(crate) fn all_staged(conn: &Connection) -> Result<Vec<DeclaredFile>, StoreError> {
    conn.prepare_cached("select * from file where state = 'staged' order by created_at, document_id")?
        .query_and_then([], declared)?
        .collect()
}

fn declared(row: &Row<'_>) -> Result<DeclaredFile, StoreError> {
    let (title, name): (String, String) = (row.get("title")?, row.get("name")?);
    Ok(DeclaredFile {
        document_id: row.get::<_, Stored<_>>("document_id")?.0,
        kind: DocumentKind::from_name(&row.get::<_, String>("kind")?)
            .ok_or(StoreError::Unreadable("kind"))?,
        title: Line::stored(&title).map_err(|_| StoreError::Unreadable("title"))?,
        // A file that an earlier version staged.
        file_name: FileName::cleaned(&name).map_err(|_| StoreError::Unreadable("name"))?,
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

/// Attaches a staged file to a case, so that it waits for upload. `false`: there is no such staged
/// file.
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

/// Detaches a file from a case, because the command that attached it was refused.
pub(crate) fn detach(tx: &Transaction<'_>, document: DocumentId) -> Result<(), StoreError> {
    let mut detach = tx.prepare_cached(
        "update file set case_id = null, stream = null, state = 'staged', transferred = 0, furthest = 0, attempts = 0,
                         trouble_code = null, trouble_reference = null, trouble_since = null
         where document_id = ?1 and state in ('waiting_upload', 'uploading')",
    )?;
    detach.execute([Stored(document)])?;
    Ok(())
}

/// Stages a file again whose document was withdrawn before it was sent. `document` is new: the server has the other.
pub(crate) fn stage_again(
    tx: &Transaction<'_>,
    withdrawn: DocumentId,
    document: DocumentId,
) -> Result<(), StoreError> {
    detach(tx, withdrawn)?;
    let mut rename = tx.prepare_cached("update file set document_id = ?2 where document_id = ?1")?;
    rename.execute(params![Stored(withdrawn), Stored(document)])?;
    Ok(())
}

/// Files to upload: those whose document the server has confirmed. Files that failed often and large
/// files come last, so that they do not hold up the others.
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

/// Files to download, in the same order.
pub(crate) fn to_download(conn: &Connection) -> Result<Vec<FileRow>, StoreError> {
    rows(
        conn,
        "select * from file where state in ('waiting_download', 'downloading')
         order by attempts, size - transferred, created_at",
        [],
    )
}

/// Records the progress of a transfer; beyond all earlier progress, its trouble is over. `false`: the row is gone, because the case has left this phone.
pub(crate) fn progress(
    tx: &Transaction<'_>,
    document: DocumentId,
    state: FileState,
    transferred: u64,
) -> Result<bool, StoreError> {
    let mut update = tx.prepare_cached(
        "update file set state = ?2, transferred = ?3, furthest = max(furthest, ?3),
                         trouble_code = iif(?3 > furthest, null, trouble_code),
                         trouble_reference = iif(?3 > furthest, null, trouble_reference),
                         trouble_since = iif(?3 > furthest, null, trouble_since)
         where document_id = ?1",
    )?;
    Ok(update.execute(params![Stored(document), state.name(), signed(transferred)])? == 1)
}

/// Records that a transfer is complete.
pub(crate) fn arrived(
    tx: &Transaction<'_>,
    document: DocumentId,
    state: FileState,
) -> Result<bool, StoreError> {
    let mut update = tx.prepare_cached(
        "update file set state = ?2, transferred = size, furthest = size, attempts = 0,
                         trouble_code = null, trouble_reference = null, trouble_since = null
         where document_id = ?1",
    )?;
    Ok(update.execute(params![Stored(document), state.name()])? == 1)
}

/// Records a failed attempt. The time of the first failure since the file last got on stays.
pub(crate) fn failed(
    tx: &Transaction<'_>,
    document: DocumentId,
    trouble: &Trouble,
) -> Result<(), StoreError> {
    let mut update = tx.prepare_cached(
        "update file set attempts = attempts + 1, trouble_code = ?2, trouble_reference = ?3,
                         trouble_since = coalesce(trouble_since, ?4)
         where document_id = ?1",
    )?;
    update.execute(params![
        Stored(document),
        trouble.code,
        trouble.reference,
        trouble.since.unix_millis()
    ])?;
    Ok(())
}

/// Restarts a download in another place and with another key. `false`: the row is gone.
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

/// Deletes a file's row and key. Returns the name of the file to delete after the commit.
pub(crate) fn delete(tx: &Transaction<'_>, document: DocumentId) -> Result<Option<String>, StoreError> {
    let mut delete = tx.prepare_cached("delete from file where document_id = ?1 returning path")?;
    Ok(delete
        .query_row([Stored(document)], |row| row.get(0))
        .optional()?)
}

/// Same, but only for a file that was not sent with a case.
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

/// What becomes of files that are still to be sent, and so exist nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsent {
    Stays,
    Goes,
}

/// Deletes the rows and keys of the files of a stream. Returns the names of the files to delete after
/// the commit.
pub(crate) fn delete_of_stream(
    tx: &Transaction<'_>,
    stream: StreamId,
    unsent: Unsent,
) -> Result<Vec<String>, StoreError> {
    let mut delete = tx.prepare_cached(
        "delete from file where stream = ?1
           and (?2 or state not in ('staged', 'waiting_upload', 'uploading')) returning path",
    )?;
    let paths = delete
        .query_map(params![Stored(stream), unsent == Unsent::Goes], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(paths)
}

/// The names of all files that have a row.
pub(crate) fn paths(conn: &Connection) -> Result<std::collections::BTreeSet<String>, StoreError> {
    let mut query = conn.prepare_cached("select path from file")?;
    let paths = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(paths)
}

/// Progress of the files in one direction, over all cases with files still waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TransferTotals {
    /// Files not transferred yet.
    pub waiting: u32,
    /// All files of these cases.
    pub files: u32,
    /// Bytes already transferred.
    pub transferred: u64,
    pub bytes: u64,
}

pub(crate) fn upload_totals(conn: &Connection) -> Result<TransferTotals, StoreError> {
    totals(conn, ["waiting_upload", "uploading", "uploaded"])
}

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

/// The number of files that exist only on this phone.
pub(crate) fn count_unsent(conn: &Connection) -> Result<u32, StoreError> {
    let sql = "select count(*) from file where state in ('staged', 'waiting_upload', 'uploading')";
    Ok(conn.query_row(sql, [], |row| row.get(0))?)
}
