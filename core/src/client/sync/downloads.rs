//! Downloads: `GET /v1/documents/{id}/content`, sealed as it arrives, resumed at the last whole sealed chunk.
//!
//! The file itself says how far a download is: its complete chunks count, an incomplete last one is cut off. The rest is
//! requested with `Range`, under `If-Range` with the declared hash as the content's tag, so that two contents are never
//! joined. At the end the file is read back and its hash compared with the declared one.
//!
//! `apply.rs` plans downloads; `engine.rs` decides when to try again. Invariant: one key seals one content. Whenever the
//! bytes may differ from before, the file starts over under another key.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::path::Path;

use futures::TryStreamExt;

use super::transfers::{TransferError, TransferReport};
use super::uploads::hash_of;
use crate::client::files::{self, FileError};
use crate::client::observe::Changed;
use crate::client::session::{CallError, signed_send};
use crate::client::shared::{Cancel, Shared};
use crate::client::store::files::{self as rows, FileRow, FileState, Place};
use crate::client::transport::{HttpRequest, HttpResponse, Method};
use crate::crypto::seal::{CHUNK_BYTES, FileKey, SEALED_CHUNK_BYTES, SealError, Sealer, sealed_length};

/// Bytes between two updates of the progress.
const NOTE_BYTES: u64 = 256 * 1024;

/// How often a file may start over within one pass.
const BEGINNINGS: u32 = 2;

const PARTIAL_CONTENT: u16 = 206;
const RANGE_NOT_SATISFIABLE: u16 = 416;

/// Downloads every waiting file, one after the other.
pub(crate) async fn run(shared: &Shared, cancel: &Cancel) -> TransferReport {
    let mut report = TransferReport::default();
    let waiting = match shared.store().read(rows::to_download) {
        Ok(waiting) => waiting,
        Err(error) => {
            return TransferReport {
                stopped: Some(error.into()),
                ..report
            };
        }
    };
    for row in waiting {
        let before = (row.document_id, row.furthest);
        let received = &mut report.bytes;
        // Complete chunks are in the file, so cancelling in the middle of one loses 64 KiB at most.
        let ended = tokio::select! {
            biased;
            () = cancel.cancelled() => return report,
            ended = download(shared, row, received) => ended,
        };
        if !report.count(shared, before, ended) {
            break;
        }
    }
    report
}

/// How an attempt without an error ended.
#[derive(PartialEq, Eq)]
enum Ended {
    Whole,
    /// The content is not the declared one.
    Wrong,
}

async fn download(shared: &Shared, mut row: FileRow, received: &mut u64) -> Result<(), TransferError> {
    for _ in 0..BEGINNINGS {
        if attempt(shared, &row, received).await? == Ended::Whole {
            return arrived(shared, &row);
        }
        row = begin_anew(shared, row)?;
    }
    Err(TransferError::HashMismatch)
}

async fn attempt(shared: &Shared, row: &FileRow, received: &mut u64) -> Result<Ended, TransferError> {
    let path = shared.files_directory().join(&row.path);
    files::make_directory(shared).map_err(FileError::Io)?;
    let here = length(&path)?;
    if here != sealed_length(row.size) {
        let chunks = here.min(sealed_length(row.size)) / SEALED_CHUNK_BYTES;
        if fetch(shared, row, &path, chunks, received).await? == Ended::Wrong {
            return Ok(Ended::Wrong);
        }
    }
    match hash_of(shared, row).await {
        Ok(found) if found == row.sha256 => Ok(Ended::Whole),
        Ok(_) | Err(FileError::Damaged(SealError::Altered | SealError::Truncated)) => Ok(Ended::Wrong),
        Err(error) => Err(error.into()),
    }
}

/// Downloads what follows this many complete chunks.
async fn fetch(
    shared: &Shared,
    row: &FileRow,
    path: &Path,
    chunks: u64,
    received: &mut u64,
) -> Result<Ended, TransferError> {
    let from = chunks * CHUNK_BYTES;
    note(shared, row, from)?;
    let answer = match signed_send(shared, request(row, from)).await {
        Err(CallError::Problem {
            status: RANGE_NOT_SATISFIABLE,
            ..
        }) => return Ok(Ended::Wrong),
        answer => answer?,
    };
    if answer.header_value("etag").is_some_and(|tag| tag != etag(row)) {
        return Err(TransferError::HashMismatch);
    }
    if !begins_at(&answer, from) {
        // The whole content instead of the rest: the content differs, or the server does not support ranges.
        return Ok(Ended::Wrong);
    }
    let mut sealer = Sealer::resume(open_behind(path, chunks)?, &row.key, chunks);
    let (mut at, mut noted) = (from, from);
    let mut body = answer.body;
    loop {
        let piece = match body.try_next().await {
            Ok(Some(piece)) => piece,
            Ok(None) => break,
            Err(error) => {
                // What is kept counts, however little came since the last update.
                note(shared, row, at / CHUNK_BYTES * CHUNK_BYTES)?;
                return Err(error.into());
            }
        };
        at += piece.len() as u64;
        if at > row.size {
            return Ok(Ended::Wrong);
        }
        sealer.append(&piece).map_err(FileError::from)?;
        *received += piece.len() as u64;
        if at - noted >= NOTE_BYTES {
            note(shared, row, at)?;
            noted = at;
        }
    }
    if at < row.size {
        return Err(TransferError::Protocol);
    }
    sealer
        .finish()
        .and_then(|file| file.sync_all())
        .map_err(FileError::from)?;
    // The name must survive a power loss too: a row in state "present" is not checked again.
    File::open(shared.files_directory())
        .and_then(|folder| folder.sync_all())
        .map_err(FileError::Io)?;
    Ok(Ended::Whole)
}

fn etag(row: &FileRow) -> String {
    format!("\"{}\"", row.sha256)
}

fn request(row: &FileRow, from: u64) -> HttpRequest {
    let request = HttpRequest::new(Method::Get, format!("/v1/documents/{}/content", row.document_id));
    if from == 0 {
        return request;
    }
    request
        .header("range", format!("bytes={from}-"))
        .header("if-range", etag(row))
}

fn begins_at(answer: &HttpResponse, from: u64) -> bool {
    if answer.status != PARTIAL_CONTENT {
        return from == 0;
    }
    answer
        .header_value("content-range")
        .is_some_and(|range| range.starts_with(&format!("bytes {from}-")))
}

fn length(path: &Path) -> Result<u64, FileError> {
    match fs::metadata(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound) => Ok(0),
        found => Ok(found?.len()),
    }
}

/// Opens the file for writing after its complete chunks.
fn open_behind(path: &Path, chunks: u64) -> Result<File, FileError> {
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    file.set_len(chunks * SEALED_CHUNK_BYTES)?;
    file.seek(SeekFrom::End(0))?;
    Ok(file)
}

/// Starts another file under another key and deletes the old one.
fn begin_anew(shared: &Shared, row: FileRow) -> Result<FileRow, TransferError> {
    let (path, key) = (
        files::new_name().map_err(FileError::Key)?,
        FileKey::generate().map_err(FileError::Key)?,
    );
    let place = Place {
        path: &path,
        key: &key,
    };
    let begun = shared
        .store()
        .transaction(|tx| rows::begin_anew(tx, row.document_id, &place))?;
    files::delete_sealed(shared, [row.path.clone()]);
    if begun {
        Ok(FileRow { path, key, ..row })
    } else {
        Err(TransferError::Gone)
    }
}

fn note(shared: &Shared, row: &FileRow, at: u64) -> Result<(), TransferError> {
    let noted = shared
        .store()
        .transaction(|tx| rows::progress(tx, row.document_id, FileState::Downloading, at))?;
    shared.observers.notify([Changed::Document(row.document_id)]);
    if noted { Ok(()) } else { gone(shared, row) }
}

fn arrived(shared: &Shared, row: &FileRow) -> Result<(), TransferError> {
    let noted = shared
        .store()
        .transaction(|tx| rows::arrived(tx, row.document_id, FileState::Present))?;
    shared
        .observers
        .notify([Changed::Document(row.document_id), Changed::SyncStatus]);
    if noted { Ok(()) } else { gone(shared, row) }
}

/// The case left this phone during the download.
fn gone(shared: &Shared, row: &FileRow) -> Result<(), TransferError> {
    files::delete_sealed(shared, [row.path.clone()]);
    Err(TransferError::Gone)
}

#[cfg(test)]
mod tests;
