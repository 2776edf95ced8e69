//! `POST /v1/commands`: one command as JSON, answered at once. For admins and integrators; phones use sync.

use axum::extract;
use axum::{Extension, Json};
use mso_core::command::{Command, CommandEnvelope};
use mso_core::crypto::Sha256Hash;
use mso_core::protocol::sync::{Outcome, SettledOutcome};
use mso_core::refusal::Refusal;
use serde::Deserialize;

use super::execute::execute;
use super::request::Request;
use crate::State;
use crate::http::auth::Caller;
use crate::http::body::JsonBytes;
use crate::http::error::ApiError;
use crate::http::request_id::RequestId;

/// Returns `applied` or `replayed`. A refusal, now or the first time, becomes a problem with the refusal's
/// code.
pub async fn create(
    extract::State(state): extract::State<State>,
    Caller(actor): Caller,
    Extension(request_id): Extension<RequestId>,
    JsonBytes(body): JsonBytes,
) -> Result<Json<Outcome>, ApiError> {
    let envelope = decode(&body)?;
    let request = Request {
        command_id: envelope.command_id,
        envelope,
        request_sha256: Sha256Hash::of(&body),
        request_id: Some(request_id.0),
    };
    applied(execute(&state, &actor, request).await?.outcome).map(Json)
}

/// The outcome of an applied command; any other becomes an error.
pub fn applied(outcome: Outcome) -> Result<Outcome, ApiError> {
    match outcome {
        Outcome::Applied
        | Outcome::Replayed {
            of: SettledOutcome::Applied,
        } => Ok(outcome),
        Outcome::Refused { refusal }
        | Outcome::Replayed {
            of: SettledOutcome::Refused { refusal },
        } => Err(refusal.into()),
        Outcome::Retry | Outcome::Held { .. } | Outcome::Unknown => Err(ApiError::Unavailable),
    }
}

fn decode(body: &[u8]) -> Result<CommandEnvelope, Refusal> {
    /// The part that even a command of an unknown type has.
    #[derive(Deserialize)]
    struct Named {
        r#type: String,
    }
    serde_json::from_slice(body).map_err(|_| match serde_json::from_slice::<Named>(body) {
        Ok(named) if !Command::NAMES.contains(&named.r#type.as_str()) => Refusal::UpgradeRequired,
        Ok(_) | Err(_) => Refusal::BadRequest,
    })
}
