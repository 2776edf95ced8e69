//! What uploads and downloads share: the result of a pass over all files, and why one file failed. `engine.rs` decides when
//! to try again. Invariant: an error of one file stops that file only; an error of network or session stops the pass.

use crate::client::files::FileError;
use crate::client::observe::Changed;
use crate::client::session::CallError;
use crate::client::shared::Shared;
use crate::client::store::StoreError;
use crate::client::store::files as rows;
use crate::client::store::outbox::Trouble;
use crate::client::transport::TransportError;
use crate::ids::DocumentId;

/// The result of one pass over all waiting files.
#[derive(Debug, Default)]
pub(crate) struct TransferReport {
    /// Files transferred completely.
    pub(crate) files: usize,
    /// Plain bytes that the receiving side acknowledged.
    pub(crate) bytes: u64,
    /// Whether a file got further than ever before. One that begins anew again and again moves bytes and does not.
    pub(crate) advanced: bool,
    /// Files that failed; each row says why.
    pub(crate) failed: usize,
    /// The error that ended the pass early.
    pub(crate) stopped: Option<CallError>,
}

/// Why a file failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransferError {
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The file here cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The bytes do not have the declared hash.
    #[error("the bytes are not those that were declared")]
    HashMismatch,
    /// The server, or a box before it, refuses even the smallest piece.
    #[error("the smallest piece is too large")]
    PieceRefused,
    /// The server, or a box before it, takes neither PATCH nor a POST that stands for it.
    #[error("no method for sending is let through")]
    MethodRefused,
    /// The response violates the protocol.
    #[error("the server's answer makes no sense")]
    Protocol,
    /// The file's row is gone: its case left this phone.
    #[error("the file is no longer wanted")]
    Gone,
}

impl From<StoreError> for TransferError {
    fn from(error: StoreError) -> Self {
        Self::Call(error.into())
    }
}

impl From<TransportError> for TransferError {
    fn from(error: TransportError) -> Self {
        Self::Call(error.into())
    }
}

impl TransferError {
    /// As stored with the row. Codes only: they are shown in lists and sent with bug reports. What helps is in
    /// [`help`](crate::client::Trouble::help).
    fn code(&self) -> &str {
        match self {
            Self::Call(CallError::Problem { code, .. }) => code,
            Self::Call(CallError::Transport(TransportError::Unreachable)) => "unreachable",
            Self::Call(CallError::Transport(TransportError::Interrupted)) => "interrupted",
            Self::Call(CallError::Transport(TransportError::TimedOut)) => "timed_out",
            Self::Call(CallError::Transport(TransportError::Tls)) => "tls",
            Self::Call(CallError::Transport(TransportError::TooLong) | CallError::Unreadable)
            | Self::Protocol => "bad_answer",
            Self::Call(CallError::SignInNeeded | CallError::OtherUser) => "sign_in_needed",
            Self::Call(CallError::UpdateNeeded) => "update_needed",
            Self::Call(CallError::Key(_)) | Self::File(FileError::Key(_)) => "no_entropy",
            Self::Call(CallError::Store(_)) | Self::File(FileError::Store(_)) => "store",
            Self::File(FileError::Refused(refusal)) => refusal.code(),
            Self::File(FileError::NotHere) => "file_missing",
            Self::File(FileError::Damaged(_)) => "file_damaged",
            Self::File(FileError::Source(_) | FileError::Io(_)) => "disk",
            Self::HashMismatch => "hash_mismatch",
            Self::PieceRefused => "piece_refused",
            Self::MethodRefused => "method_refused",
            Self::Gone => "gone",
        }
    }

    /// The reference of the server's answer; empty if there is none.
    fn reference(&self) -> &str {
        if let Self::Call(CallError::Problem { reference, .. }) = self {
            reference
        } else {
            ""
        }
    }
}

impl TransferReport {
    /// Counts the result of one file, given as its row was before. Returns whether the pass goes on.
    pub(crate) fn count(
        &mut self,
        shared: &Shared,
        (document, furthest): (DocumentId, u64),
        ended: Result<(), TransferError>,
    ) -> bool {
        let error = match ended {
            Ok(()) => {
                self.files += 1;
                self.advanced = true;
                return true;
            }
            Err(TransferError::Gone) => return true,
            Err(error) => error,
        };
        self.failed += 1;
        tracing::info!(document.id = %document, error = error.code(), "a file did not get on");
        let trouble = Trouble {
            code: error.code().to_owned(),
            reference: error.reference().to_owned(),
            since: shared.now(),
        };
        let noted = shared.store().transaction(|tx| {
            rows::failed(tx, document, &trouble)?;
            let now = rows::row(tx, document)?;
            Ok::<_, StoreError>(now.is_some_and(|now| now.furthest > furthest))
        });
        self.advanced |= matches!(noted, Ok(true));
        shared
            .observers
            .notify([Changed::Document(document), Changed::SyncStatus]);
        self.stopped = match (error, noted) {
            (_, Err(store)) => Some(store.into()),
            (TransferError::Call(call), Ok(_)) => ends_the_pass(call),
            (
                TransferError::File(_)
                | TransferError::HashMismatch
                | TransferError::PieceRefused
                | TransferError::MethodRefused
                | TransferError::Protocol
                | TransferError::Gone,
                Ok(_),
            ) => None,
        };
        self.stopped.is_none()
    }
}

/// Returns the error if the next file would meet it too.
fn ends_the_pass(error: CallError) -> Option<CallError> {
    match error {
        CallError::Transport(
            TransportError::Unreachable | TransportError::TimedOut | TransportError::Tls,
        )
        | CallError::SignInNeeded
        | CallError::UpdateNeeded
        | CallError::OtherUser
        | CallError::Store(_) => Some(error),
        CallError::Transport(TransportError::Interrupted | TransportError::TooLong)
        | CallError::Problem { .. }
        | CallError::Unreadable
        | CallError::Key(_) => None,
    }
}
