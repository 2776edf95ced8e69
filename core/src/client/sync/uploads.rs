//! Uploads: tus 1.0 over the sealed files, resumed at the byte that the server has durably stored.
//!
//! For each file: `POST /v1/uploads` creates the upload under its document's id (repeatable), `HEAD` returns the offset,
//! and one `PATCH` after the other sends the rest. After any failure the offset is requested again, so a lost connection, a
//! killed phone and a lost response are handled alike. What a box on the way does not take is sent in another form: smaller,
//! or as a POST that stands for the PATCH.
//!
//! Commands declare documents; `engine.rs` decides when to try again; `piece.rs` says how large a piece is. Invariant: a lost
//! connection costs at most the piece on its way, because each is sent after the previous one was acknowledged, and the
//! server acknowledges only what it has stored durably.

use std::io::{Read, Seek, SeekFrom};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use tokio::time::Instant;

use super::piece::Appending;
use super::transfers::{TransferError, TransferReport};
use crate::client::files::{self, FileError, PlainFile};
use crate::client::observe::Changed;
use crate::client::session::{CallError, signed_send, without_code};
use crate::client::shared::{Cancel, Shared};
use crate::client::store::files::{self as rows, FileRow, FileState};
use crate::client::transport::{HttpRequest, HttpResponse, Method, TransportError};
use crate::protocol::uploads::{
    CHECKSUM_MISMATCH, METHOD_OVERRIDE, OFFSET_MEDIA_TYPE, TUS_VERSION, UPLOADS_PATH,
};

/// The ways to append: [`Appending`].
const METHODS: u32 = 2;

/// How often an upload may be corrected within one pass: created again, offset requested again, started over.
const CORRECTIONS: u32 = 3;

const BAD_REQUEST: u16 = 400;
const FORBIDDEN: u16 = 403;
const NOT_FOUND: u16 = 404;
const METHOD_NOT_ALLOWED: u16 = 405;
const REQUEST_TIMEOUT: u16 = 408;
const CONFLICT: u16 = 409;
const GONE: u16 = 410;
const TOO_LARGE: u16 = 413;
const NOT_IMPLEMENTED: u16 = 501;
const GATEWAY_TIMEOUT: u16 = 504;

/// Uploads every waiting file, one after the other.
pub(crate) async fn run(shared: &Shared, cancel: &Cancel) -> TransferReport {
    let mut report = TransferReport::default();
    let waiting = match shared.store().read(rows::to_upload) {
        Ok(waiting) => waiting,
        Err(error) => {
            return TransferReport {
                stopped: Some(error.into()),
                ..report
            };
        }
    };
    shared.pieces().begin_pass();
    for row in waiting {
        let sent = &mut report.bytes;
        // Every acknowledged piece is recorded at once, so cancelling loses nothing.
        let ended = tokio::select! {
            biased;
            () = cancel.cancelled() => return report,
            ended = upload(shared, &row, sent) => ended,
        };
        if !report.count(shared, (row.document_id, row.furthest), ended) {
            break;
        }
    }
    report
}

async fn upload(shared: &Shared, row: &FileRow, sent: &mut u64) -> Result<(), TransferError> {
    let path = shared.files_directory().join(&row.path);
    let mut plain = files::open_sealed(&path, &row.key, row.size)?;
    let (mut corrections, mut methods_refused) = (0, 0);
    let mut offset = None;
    if row.state == FileState::WaitingUpload {
        create(shared, row).await?;
    }
    loop {
        let at = match offset {
            Some(at) => at,
            None => match stored(shared, row).await {
                Ok(at) => at,
                Err(error) => {
                    correct(&mut corrections, shared, row, error).await?;
                    continue;
                }
            },
        };
        note(shared, row, at)?;
        if at == row.size {
            return arrived(shared, row);
        }
        offset = match append(shared, row, &mut plain, at).await {
            Ok(next) => {
                *sent += next - at;
                methods_refused = 0;
                Some(next)
            }
            Err(Unsent::Form(Form::Size)) => None,
            Err(Unsent::Form(Form::Method)) => {
                methods_refused += 1;
                shared.pieces().change_appending();
                if methods_refused == METHODS {
                    return Err(TransferError::MethodRefused);
                }
                None
            }
            Err(Unsent::Failed(error)) => {
                correct(&mut corrections, shared, row, error).await?;
                None
            }
        };
    }
}

/// Corrects what can be corrected; returns other errors.
async fn correct(
    corrections: &mut u32,
    shared: &Shared,
    row: &FileRow,
    error: TransferError,
) -> Result<(), TransferError> {
    *corrections += 1;
    match status(&error) {
        Some(NOT_FOUND | GONE) if *corrections <= CORRECTIONS => create(shared, row).await,
        Some(CONFLICT) if *corrections <= CORRECTIONS => Ok(()),
        // The server dropped the upload because its hash is wrong: an error in transit, unless the file here is damaged.
        Some(CHECKSUM_MISMATCH) if *corrections <= CORRECTIONS => {
            check(shared, row).await?;
            note(shared, row, 0)?;
            create(shared, row).await
        }
        Some(CHECKSUM_MISMATCH) => Err(TransferError::HashMismatch),
        Some(_) | None => Err(error),
    }
}

fn status(error: &TransferError) -> Option<u16> {
    if let TransferError::Call(CallError::Problem { status, .. }) = error {
        Some(*status)
    } else {
        None
    }
}

fn address(row: &FileRow) -> String {
    format!("{UPLOADS_PATH}/{}", row.document_id)
}

fn request(method: Method, path: String) -> HttpRequest {
    HttpRequest::new(method, path).header("tus-resumable", TUS_VERSION)
}

async fn create(shared: &Shared, row: &FileRow) -> Result<(), TransferError> {
    let metadata = format!("document_id {}", STANDARD.encode(row.document_id.to_string()));
    let request = request(Method::Post, UPLOADS_PATH.to_owned())
        .header("upload-length", row.size.to_string())
        .header("upload-metadata", metadata);
    signed_send(shared, request).await?;
    note(shared, row, 0)
}

/// The number of bytes that the server has stored.
async fn stored(shared: &Shared, row: &FileRow) -> Result<u64, TransferError> {
    let answer = signed_send(shared, request(Method::Head, address(row))).await?;
    offset(&answer)
        .filter(|offset| *offset <= row.size)
        .ok_or(TransferError::Protocol)
}

/// Why a piece was not sent.
enum Unsent {
    /// Not taken in this form, but perhaps in another.
    Form(Form),
    Failed(TransferError),
}

/// What of its form is not taken.
enum Form {
    /// The next one is smaller.
    Size,
    Method,
}

impl<E: Into<TransferError>> From<E> for Unsent {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Sends the next piece; returns the server's new offset.
async fn append(shared: &Shared, row: &FileRow, plain: &mut PlainFile, at: u64) -> Result<u64, Unsent> {
    let pieces = *shared.pieces();
    let piece = piece(plain, at, pieces.size())?;
    let bytes = piece.len() as u64;
    let request = match pieces.appending() {
        Appending::Patch => request(Method::Patch, address(row)),
        Appending::OverPost => {
            request(Method::Post, address(row)).header(METHOD_OVERRIDE, Method::Patch.name())
        }
    };
    let request = request
        .header("upload-offset", at.to_string())
        .content(OFFSET_MEDIA_TYPE, piece);
    let begun = Instant::now();
    let answer = match signed_send(shared, request).await {
        Ok(answer) => answer,
        Err(error) => return Err(unsent(shared, error, bytes)),
    };
    let next = offset(&answer)
        .filter(|next| *next > at && *next <= row.size)
        .ok_or(TransferError::Protocol)?;
    shared.pieces().acknowledged(next - at, begun.elapsed());
    Ok(next)
}

/// Learns from the failure of a piece of this many bytes.
fn unsent(shared: &Shared, error: CallError, bytes: u64) -> Unsent {
    match &error {
        CallError::Transport(TransportError::Interrupted | TransportError::TimedOut)
        | CallError::Problem {
            status: REQUEST_TIMEOUT | GATEWAY_TIMEOUT,
            ..
        } => shared.pieces().interrupted(),
        CallError::Problem {
            status: TOO_LARGE, ..
        } => {
            return if shared.pieces().too_large(bytes) {
                Unsent::Form(Form::Size)
            } else {
                TransferError::PieceRefused.into()
            };
        }
        CallError::Problem { status, code, .. } if refuses_method(*status, code) => {
            return Unsent::Form(Form::Method);
        }
        CallError::Problem { .. }
        | CallError::Transport(TransportError::Unreachable | TransportError::Tls | TransportError::TooLong)
        | CallError::SignInNeeded
        | CallError::UpdateNeeded
        | CallError::OtherUser
        | CallError::Unreadable
        | CallError::Key(_)
        | CallError::Store(_) => {}
    }
    error.into()
}

/// Whether the method may be the reason. The server itself refuses with these only what has a code of its own.
fn refuses_method(status: u16, code: &str) -> bool {
    match status {
        METHOD_NOT_ALLOWED | NOT_IMPLEMENTED => true,
        BAD_REQUEST | FORBIDDEN => code == without_code(status),
        _ => false,
    }
}

fn piece(plain: &mut PlainFile, at: u64, size: u64) -> Result<Bytes, FileError> {
    let mut piece = Vec::new();
    plain.seek(SeekFrom::Start(at))?;
    plain.take(size).read_to_end(&mut piece)?;
    Ok(piece.into())
}

fn offset(answer: &HttpResponse) -> Option<u64> {
    answer.header_value("upload-offset")?.trim().parse().ok()
}

/// Whether the file here still has the declared hash.
async fn check(shared: &Shared, row: &FileRow) -> Result<(), TransferError> {
    let found = hash_of(shared, row).await?;
    if found == row.sha256 {
        Ok(())
    } else {
        Err(TransferError::HashMismatch)
    }
}

/// Reads a whole sealed file, off the network's threads.
pub(super) async fn hash_of(shared: &Shared, row: &FileRow) -> Result<crate::crypto::Sha256Hash, FileError> {
    let (path, key, size) = (
        shared.files_directory().join(&row.path),
        row.key.clone(),
        row.size,
    );
    let read = tokio::task::spawn_blocking(move || files::hash(files::open_sealed(&path, &key, size)?));
    read.await
        .unwrap_or_else(|stopped| Err(FileError::Io(stopped.into())))
}

fn note(shared: &Shared, row: &FileRow, offset: u64) -> Result<(), TransferError> {
    let noted = shared
        .store()
        .transaction(|tx| rows::progress(tx, row.document_id, FileState::Uploading, offset))?;
    shared.observers.notify([Changed::Document(row.document_id)]);
    if noted { Ok(()) } else { Err(TransferError::Gone) }
}

fn arrived(shared: &Shared, row: &FileRow) -> Result<(), TransferError> {
    shared
        .store()
        .transaction(|tx| rows::arrived(tx, row.document_id, FileState::Uploaded))?;
    shared
        .observers
        .notify([Changed::Document(row.document_id), Changed::SyncStatus]);
    Ok(())
}

#[cfg(test)]
mod tests;
