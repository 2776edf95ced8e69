//! Writes the bytes of an upload to disk.
//!
//! Memory use stays flat: a chunk is written before the next is read. The invariant: what was written counts,
//! however the request ends, and no offset is reported that is not on disk; so a broken connection costs only
//! what was in flight. The work runs in its own task: the web server drops a handler when its connection dies,
//! and a half-done write must not be dropped.

use std::fs::TryLockError;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use futures::StreamExt;
use mso_core::actor::Actor;
use mso_core::documents::DocumentState;
use mso_core::ids::DocumentId;
use mso_core::refusal::Refusal;
use tokio::io::AsyncWriteExt;

use super::access::{Declared, to_upload};
use super::complete::complete;
use super::writers::Turn;
use crate::State;
use crate::http::error::ApiError;

/// Maximum number of bytes in one PATCH.
const MAX_PATCH: u64 = 64 * 1024 * 1024;
/// A connection that sends no byte for this long counts as broken.
const IDLE: Duration = Duration::from_secs(60);

/// An upload whose turn is held: no other request reads or writes it.
pub(super) struct Upload {
    declared: Declared,
    turn: Turn,
}

/// What a PATCH declares about itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patch {
    pub(super) offset: u64,
    pub(super) length: Option<u64>,
}

/// Why reading stopped.
enum Ended {
    /// The end of the body or of the file.
    Whole,
    /// More bytes than one PATCH may carry.
    TooLong,
    /// The connection broke.
    Cut,
    /// No byte arrived for too long.
    Idle,
    /// Another request asked for the turn.
    Asked,
}

/// Discards what has arrived of an upload, once nobody writes it in this process. `false`: somebody still does.
pub(crate) async fn discard(state: &State, id: DocumentId) -> std::io::Result<bool> {
    let Some(_turn) = state.writers.turn(id).await else {
        return Ok(false);
    };
    state.objects.remove_part(id).await?;
    Ok(true)
}

impl Upload {
    /// Takes the turn of an upload that belongs to the caller.
    pub(super) async fn open(state: &State, actor: &Actor, id: DocumentId) -> Result<Self, ApiError> {
        // Check the owner first: a stranger must not disturb the writer.
        to_upload(state, actor, id).await?;
        let turn = state.writers.turn(id).await.ok_or(ApiError::UploadLocked)?;
        // Load it again: the previous writer may have completed it.
        let declared = to_upload(state, actor, id).await?;
        if declared.state == DocumentState::Withdrawn {
            state.objects.remove_part(id).await?;
            return Err(Refusal::DocumentWithdrawn.into());
        }
        Ok(Self { declared, turn })
    }

    fn is_stored(&self) -> bool {
        self.declared.state == DocumentState::Stored
    }

    pub(super) const fn length(&self) -> u64 {
        self.declared.size
    }

    /// The offset that is durably on disk. If the last byte is there but the server stopped before completing
    /// the upload, this completes it.
    pub(super) async fn offset(&self, state: &State) -> Result<u64, ApiError> {
        if self.is_stored() {
            return Ok(self.declared.size);
        }
        let length = state.objects.synced_length(self.declared.id).await?;
        if length >= self.declared.size {
            complete(state, &self.declared).await?;
        }
        Ok(length)
    }

    /// Like [`Upload::offset`], but an upload with the wrong hash restarts at 0.
    pub(super) async fn offset_after_check(&self, state: &State) -> Result<u64, ApiError> {
        match self.offset(state).await {
            Err(ApiError::HashMismatch) => Ok(0),
            offset => offset,
        }
    }

    /// Discards what arrived so far. `false`: the file is already stored, and stays.
    pub(super) async fn forget(&self, state: &State) -> Result<bool, ApiError> {
        if !self.is_stored() {
            state.objects.remove_part(self.declared.id).await?;
        }
        Ok(!self.is_stored())
    }

    /// Appends the body, and completes the upload with its last byte. Returns the new offset.
    pub(super) async fn append(self, state: &State, patch: Patch, body: Body) -> Result<u64, ApiError> {
        let offset = self.offset(state).await?;
        if patch.offset != offset {
            return Err(ApiError::OffsetMismatch);
        }
        let missing = self.declared.size - offset;
        if patch.length.is_some_and(|length| length > missing.min(MAX_PATCH)) {
            return Err(ApiError::PayloadTooLarge);
        }
        if missing == 0 {
            return Ok(offset);
        }
        let mut file = open_locked(state.objects.part(self.declared.id)).await?;
        let (written, ended) = self.write(&mut file, body.into_data_stream(), missing).await;
        file.flush().await?;
        file.sync_data().await?;
        // Unlocks explicitly: a child process that is being spawned may hold a copy of the handle for a moment.
        file.into_std().await.unlock()?;
        if written == missing {
            complete(state, &self.declared).await?;
            return Ok(self.declared.size);
        }
        match ended? {
            Ended::Whole => Ok(offset + written),
            Ended::TooLong => Err(ApiError::PayloadTooLarge),
            Ended::Cut => Err(ApiError::BadRequest("the body broke off")),
            Ended::Idle => Err(ApiError::RequestTimeout),
            Ended::Asked => Err(ApiError::UploadLocked),
        }
    }

    async fn write(
        &self,
        file: &mut tokio::fs::File,
        mut body: BodyDataStream,
        missing: u64,
    ) -> (u64, std::io::Result<Ended>) {
        let asked = self.turn.asked_to_stop();
        tokio::pin!(asked);
        let limit = missing.min(MAX_PATCH);
        let mut written = 0;
        loop {
            if written == missing {
                return (written, Ok(Ended::Whole));
            }
            let next = tokio::select! {
                // Data that has arrived is written before the turn is given up, so that it need not be sent
                // again.
                biased;
                next = tokio::time::timeout(IDLE, body.next()) => next,
                () = &mut asked => return (written, Ok(Ended::Asked)),
            };
            let chunk: Bytes = match next {
                Err(_) => return (written, Ok(Ended::Idle)),
                Ok(None) => return (written, Ok(Ended::Whole)),
                Ok(Some(Err(_))) => return (written, Ok(Ended::Cut)),
                Ok(Some(Ok(chunk))) => chunk,
            };
            let room = usize::try_from(limit - written).unwrap_or(usize::MAX);
            let taken = chunk.slice(..chunk.len().min(room));
            if let Err(error) = file.write_all(&taken).await {
                return (written, Err(error));
            }
            written += taken.len() as u64;
            if taken.len() < chunk.len() && written < missing {
                return (written, Ok(Ended::TooLong));
            }
        }
    }
}

/// Opens the part file for appending, locked against every other writer in this or another process.
async fn open_locked(part: std::path::PathBuf) -> Result<tokio::fs::File, ApiError> {
    let opened = tokio::task::spawn_blocking(move || {
        let file = std::fs::OpenOptions::new().append(true).create(true).open(part)?;
        let locked = file.try_lock();
        Ok::<_, std::io::Error>((file, locked))
    });
    let (file, locked) = opened.await??;
    match locked {
        Ok(()) => Ok(tokio::fs::File::from_std(file)),
        Err(TryLockError::WouldBlock) => Err(ApiError::UploadLocked),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}
