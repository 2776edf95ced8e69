//! Completes an upload: the whole file is hashed, kept and marked as stored, in this order.
//!
//! The invariant: the part file is removed last. Until the document is marked as stored, the part stays
//! whole, so that after an interruption the next request repeats the work. The command's id and content are
//! the same each time, so it takes effect once.

use mso_core::actor::Actor;
use mso_core::command::Command;
use mso_core::documents::MarkDocumentStored;
use mso_core::protocol::sync::{Outcome, SettledOutcome};
use mso_core::refusal::Refusal;
use mso_core::time::Timestamp;

use super::access::{self, Declared};
use crate::State;
use crate::commands::Request;
use crate::commands::execute::execute;
use crate::http::error::ApiError;

/// Stores a file whose last byte has arrived. The caller must hold the upload's turn.
pub(super) async fn complete(state: &State, declared: &Declared) -> Result<(), ApiError> {
    let sha256 = state.objects.hash_part(declared.id).await?;
    if sha256 != declared.sha256 {
        tracing::warn!(document.id = %declared.id, "an upload is not what was declared; it starts again");
        state.objects.remove_part(declared.id).await?;
        return Err(ApiError::HashMismatch);
    }
    // It may have been withdrawn since this request began; the store keeps only what belongs to a document.
    if access::is_withdrawn(state, declared.id).await? {
        state.objects.remove_part(declared.id).await?;
        return Err(Refusal::DocumentWithdrawn.into());
    }
    state.objects.keep(declared.id, sha256).await?;
    let executed = execute(state, &Actor::SYSTEM, stored(declared, state.clock.now())).await?;
    match executed.outcome {
        Outcome::Applied
        | Outcome::Replayed {
            of: SettledOutcome::Applied,
        } => {}
        Outcome::Refused { refusal }
        | Outcome::Replayed {
            of: SettledOutcome::Refused { refusal },
        } => {
            return Err(refusal.into());
        }
        Outcome::Retry | Outcome::Held { .. } | Outcome::Unknown => return Err(ApiError::Unavailable),
    }
    state.objects.remove_part(declared.id).await?;
    tracing::info!(document.id = %declared.id, bytes = declared.size, "a file is stored");
    Ok(())
}

fn stored(declared: &Declared, now: Timestamp) -> Request {
    let command = Command::MarkDocumentStored(MarkDocumentStored {
        case_id: declared.case_id,
        document_id: declared.id,
        sha256: declared.sha256,
    });
    Request::of_server(command, &format!("{} {}", declared.id, declared.sha256), now)
}
