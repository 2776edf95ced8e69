//! Completes an upload: the whole file is hashed, kept and marked as stored, in this order.
//!
//! The invariant: the part file is removed last. Until the document is marked as stored, the part stays
//! whole, so that after an interruption the next request repeats the work. The command's id and content are
//! the same each time, so it takes effect once.

use mso_core::actor::Actor;
use mso_core::command::{Command, CommandEnvelope};
use mso_core::crypto::Sha256Hash;
use mso_core::documents::MarkDocumentStored;
use mso_core::ids::{CommandId, DocumentId};
use mso_core::protocol::sync::{Outcome, SettledOutcome};
use mso_core::time::Timestamp;

use super::access::Declared;
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
    state.objects.keep(declared.id, sha256).await?;
    let executed = execute(state, &Actor::SYSTEM, command(declared, state.clock.now())).await?;
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

fn command(declared: &Declared, now: Timestamp) -> Request {
    let (command_id, request_sha256) = identity(declared.id, declared.sha256);
    let command = Command::MarkDocumentStored(MarkDocumentStored {
        case_id: declared.case_id,
        document_id: declared.id,
        sha256: declared.sha256,
    });
    let envelope = CommandEnvelope {
        command_id,
        command,
        assignment_id: None,
        base_version: None,
        device_seq: None,
        issued_at: now,
        depends_on: Vec::new(),
    };
    Request {
        command_id,
        envelope,
        request_sha256,
        request_id: None,
    }
}

/// Id and hash of the command: the same for the same file, however often it is completed.
fn identity(document: DocumentId, sha256: Sha256Hash) -> (CommandId, Sha256Hash) {
    let hash = Sha256Hash::of(format!("mark_document_stored {document} {sha256}").as_bytes());
    let (first, _) = hash
        .as_bytes()
        .split_first_chunk::<16>()
        .unwrap_or((&[0; 16], &[]));
    let id = uuid::Builder::from_custom_bytes(*first).into_uuid();
    (CommandId::from_uuid(id), hash)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_same_file_is_completed_by_the_same_command() {
        let document = DocumentId::from_uuid(Uuid::from_u128(7));
        let (id, hash) = identity(document, Sha256Hash::of(b"a"));
        assert_eq!((id, hash), identity(document, Sha256Hash::of(b"a")));
        assert_ne!((id, hash), identity(document, Sha256Hash::of(b"b")));
    }
}
