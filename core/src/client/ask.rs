//! Asks the server: one request of sync, and the next page of a long pull while the one before is applied.

use std::pin::Pin;

use futures::FutureExt;
use futures::future::{BoxFuture, MaybeDone, maybe_done};

use super::error::WorkspaceError;
use super::freshness::Asking;
use super::session::{self, CallError};
use super::shared::Shared;
use super::store::outbox::TOO_LARGE;
use super::transport::{HttpRequest, Method};
use crate::protocol::sync::{PurgesOwed, SyncRequest, SyncResponse};
use crate::protocol::{cbor, compression};
use crate::refusal::Refusal;

const SYNC_PATH: &str = "/v1/sync";

/// The server's own code for a request over its limit.
const PAYLOAD_TOO_LARGE: &str = "payload_too_large";

/// Maximum response size.
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;

/// How often others on the engine's thread have their turn, so that a request leaves the phone before the thread is busy.
const TURNS: u32 = 8;

/// A request on its way.
pub(super) struct Question<'a> {
    request: SyncRequest,
    pub(super) asked: Asking,
    answer: MaybeDone<BoxFuture<'a, Result<SyncResponse, Asked>>>,
}

impl<'a> Question<'a> {
    pub(super) fn new(shared: &'a Shared, request: SyncRequest, asked: Asking) -> Self {
        let sent = request.clone();
        let answer = async move { ask(shared, &sent).await };
        Self {
            request,
            asked,
            answer: maybe_done(answer.boxed()),
        }
    }

    pub(super) fn is_of(&self, request: &SyncRequest) -> bool {
        self.request == *request
    }

    /// Gets on as far as it can without waiting.
    pub(super) async fn go_on(&mut self) {
        for _ in 0..TURNS {
            let _ = futures::poll!(&mut self.answer);
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn answer(mut self) -> Result<SyncResponse, Asked> {
        (&mut self.answer).await;
        let none = || {
            Asked::Failed(WorkspaceError::Bug {
                reference: "sync_answer",
            })
        };
        Pin::new(&mut self.answer)
            .take_output()
            .unwrap_or_else(|| Err(none()))
    }
}

/// The request that follows if there is nothing to push then: the next page.
pub(super) fn next_page(request: &SyncRequest, response: &SyncResponse) -> Option<SyncRequest> {
    (response.more && response.reset.is_none() && !response.push_only).then(|| SyncRequest {
        proto: request.proto,
        device: request.device,
        cursor: Some(response.cursor.clone()),
        push: Vec::new(),
        chat: Vec::new(),
        purged: Vec::new(),
        missing: Vec::new(),
        max_bytes: request.max_bytes,
        push_only: false,
    })
}

/// Why there is no response.
pub(super) enum Asked {
    /// The server, or something before it, does not take a request of this size.
    TooLarge {
        by_server: bool,
    },
    /// The phone was revoked, or its user may not act: all that it holds must go.
    Revoked(PurgesOwed),
    Failed(WorkspaceError),
}

impl From<Asked> for WorkspaceError {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Failed(error) => error,
            Asked::Revoked(_) => Self::SignInNeeded,
            Asked::TooLarge { .. } => Self::Server {
                code: TOO_LARGE.to_owned(),
                reference: String::new(),
            },
        }
    }
}

impl From<CallError> for Asked {
    fn from(error: CallError) -> Self {
        Self::Failed(error.into())
    }
}

async fn ask(shared: &Shared, request: &SyncRequest) -> Result<SyncResponse, Asked> {
    let body = cbor::encode(request).map_err(|_| {
        Asked::Failed(WorkspaceError::Bug {
            reference: "sync_request",
        })
    })?;
    let request = HttpRequest::new(Method::Post, SYNC_PATH)
        .header("accept", cbor::MEDIA_TYPE)
        .header("accept-encoding", compression::ZSTD);
    let request = match compression::compress(&body) {
        Some(compressed) => request
            .header("content-encoding", compression::ZSTD)
            .content(cbor::MEDIA_TYPE, compressed),
        None => request.content(cbor::MEDIA_TYPE, body),
    };
    let response = match session::signed_send(shared, request).await {
        Err(CallError::Problem {
            status: 413, code, ..
        }) => {
            let by_server = code == PAYLOAD_TOO_LARGE;
            return Err(Asked::TooLarge { by_server });
        }
        Err(CallError::Problem { code, body, .. }) if code == Refusal::ActorRevoked.code() => {
            let owed = serde_json::from_slice(&body).unwrap_or(PurgesOwed { purge: Vec::new() });
            return Err(Asked::Revoked(owed));
        }
        response => response.map_err(|error| Asked::Failed(refused_session(error)))?,
    };
    let compressed = response.header_value("content-encoding") == Some(compression::ZSTD);
    let bytes = response.bytes(ANSWER_LIMIT).await.map_err(CallError::from)?;
    let decoded = if compressed {
        let content = compression::decompress(&bytes, ANSWER_LIMIT).map_err(|_| CallError::Unreadable)?;
        cbor::decode(&content)
    } else {
        cbor::decode(&bytes)
    };
    Ok(decoded.map_err(|_| CallError::Unreadable)?)
}

/// A request refused for lack of a session even after a refresh means that the session has ended.
pub(super) fn refused_session(error: CallError) -> WorkspaceError {
    match error {
        // A password does not help against a wrong clock either.
        CallError::Problem {
            status: 401, code, ..
        } if code != session::SIGNATURE_EXPIRED => WorkspaceError::SignInNeeded,
        CallError::Problem { .. }
        | CallError::Transport(_)
        | CallError::SignInNeeded
        | CallError::UpdateNeeded
        | CallError::OtherUser
        | CallError::Unreadable
        | CallError::Key(_)
        | CallError::Store(_) => error.into(),
    }
}
