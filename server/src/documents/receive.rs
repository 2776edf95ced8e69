//! Bytes of an upload on their way to disk.
//!
//! Memory stays flat: a chunk is written before the next is read. The invariant: what was written counts, whatever
//! ends the request, and no offset is told that is not on disk; so a connection that is cut costs only what was in
//! flight. The work is a task of its own: the web server drops a handler when its connection dies, and a write half
//! done must not be dropped.

use std::fs::TryLockError;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use futures::StreamExt;
use mso_core::actor::Actor;
use mso_core::ids::DocumentId;
use tokio::io::AsyncWriteExt;

use super::access::{Declared, to_upload};
use super::complete::complete;
use super::writers::Turn;
use crate::State;
use crate::http::error::ApiError;

/// Most bytes that one PATCH may bring.
const MAX_PATCH: u64 = 64 * 1024 * 1024;
/// After so long without a byte a connection counts as cut.
const IDLE: Duration = Duration::from_secs(60);

/// An upload in one's turn: nobody else looks at it or writes to it.
pub(super) struct Upload {
    declared: Declared,
    turn: Turn,
}

/// What a PATCH says about itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patch {
    pub(super) offset: u64,
    pub(super) length: Option<u64>,
}

/// Why no more is read.
enum Ended {
    /// The body is at its end, or the file is.
    Whole,
    /// More than one PATCH may bring.
    TooLong,
    /// The connection broke.
    Cut,
    /// Nothing came for too long.
    Idle,
    /// Another request asks for the turn.
    Asked,
}

impl Upload {
    /// Takes the turn of an upload that is the caller's.
    pub(super) async fn open(state: &State, actor: &Actor, id: DocumentId) -> Result<Self, ApiError> {
        // First whether it is the caller's: a stranger must not disturb the writer.
        to_upload(state, actor, id).await?;
        let turn = state.writers.turn(id).await.ok_or(ApiError::UploadLocked)?;
        // Then again: the writer before may have completed it.
        Ok(Self {
            declared: to_upload(state, actor, id).await?,
            turn,
        })
    }

    /// The declared length.
    pub(super) const fn length(&self) -> u64 {
        self.declared.size
    }

    /// Where the upload stands, for certain. One whose last byte is there but which was not completed, because the
    /// server stopped in between, is completed now.
    pub(super) async fn offset(&self, state: &State) -> Result<u64, ApiError> {
        if self.declared.stored {
            return Ok(self.declared.size);
        }
        let length = state.objects.synced_length(self.declared.id).await?;
        if length >= self.declared.size {
            complete(state, &self.declared).await?;
        }
        Ok(length)
    }

    /// Like [`Upload::offset`], where a file that turned out wrong simply starts again.
    pub(super) async fn offset_after_check(&self, state: &State) -> Result<u64, ApiError> {
        match self.offset(state).await {
            Err(ApiError::HashMismatch) => Ok(0),
            offset => offset,
        }
    }

    /// Forgets what arrived so far. `false`: the file is stored, and stays.
    pub(super) async fn forget(&self, state: &State) -> Result<bool, ApiError> {
        if !self.declared.stored {
            state.objects.remove_part(self.declared.id).await?;
        }
        Ok(!self.declared.stored)
    }

    /// Appends what the body brings, and completes the upload with its last byte. Answers the new offset.
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
        // Said aloud: a process that is being started may hold a copy of the handle for a moment.
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
                // What has arrived is taken before the turn is given away: it need not be sent again then.
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

/// The part file, to append to; nobody else in this or another process has it.
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
