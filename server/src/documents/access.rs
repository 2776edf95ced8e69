//! Finds a file and checks that the caller may access it, before any byte is transferred.
//!
//! The invariant: a file that the caller may not access appears not to exist. The queries filter by themselves,
//! with row-level security as a second safeguard.

use mso_core::actor::{Actor, Role};
use mso_core::crypto::Sha256Hash;
use mso_core::documents::{DocumentState, Scan};
use mso_core::ids::{CaseId, DocumentId};
use mso_core::refusal::Refusal;

use crate::State;
use crate::audit::{self, Act};
use crate::database::DatabaseError;
use crate::database::columns::from_name;
use crate::http::error::ApiError;
use crate::http::request_id::RequestId;

/// A file that may be uploaded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declared {
    pub(super) id: DocumentId,
    pub(super) case_id: CaseId,
    pub(super) size: u64,
    pub(super) sha256: Sha256Hash,
    pub(super) state: DocumentState,
}

/// A file that may be downloaded.
#[derive(Debug, Clone)]
pub(super) struct Content {
    pub(super) media_type: String,
    pub(super) size: u64,
    pub(super) sha256: Sha256Hash,
}

fn size(stored: i64) -> Result<u64, DatabaseError> {
    u64::try_from(stored).map_err(|_| DatabaseError::Corrupt("document.size"))
}

fn sha256(stored: &[u8]) -> Result<Sha256Hash, DatabaseError> {
    Sha256Hash::try_from(stored).map_err(|_| DatabaseError::Corrupt("document.sha256"))
}

/// The file to upload: declared for a case of the caller's institution.
pub(super) async fn to_upload(state: &State, actor: &Actor, id: DocumentId) -> Result<Declared, ApiError> {
    let institution = actor.institution().ok_or(Refusal::Forbidden)?;
    let mut tx = state.database.begin_scoped(actor).await?;
    let row = sqlx::query!(
        "select d.case_id, d.size, d.sha256, d.state from document d join mso_case c on c.id = d.case_id
         where d.id = $1 and c.institution_id = $2",
        id.as_uuid(),
        institution.as_uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    tx.commit().await?;
    let row = row.ok_or(Refusal::NotFound)?;
    Ok(Declared {
        id,
        case_id: CaseId::from_uuid(row.case_id),
        size: size(row.size)?,
        sha256: sha256(&row.sha256)?,
        state: from_name(&row.state, "document.state")?,
    })
}

/// Whether the document, which exists, was withdrawn.
pub(crate) async fn is_withdrawn(state: &State, id: DocumentId) -> Result<bool, DatabaseError> {
    let mut tx = state.database.begin_snapshot(&Actor::SYSTEM).await?;
    let state = sqlx::query_scalar!("select state from document where id = $1", id.as_uuid());
    let state = state.fetch_optional(tx.conn()).await?;
    tx.commit().await?;
    Ok(state.is_some_and(|state| state == DocumentState::Withdrawn.name()))
}

/// The file to download: stored, and of the caller's institution or of a case that the caller is assigned to;
/// any file for an admin. `document_infected` for a file that nobody may download.
///
/// Each read is audited in the case's chain.
pub(super) async fn to_read(
    state: &State,
    actor: &Actor,
    id: DocumentId,
    request: &RequestId,
) -> Result<Content, ApiError> {
    let every = actor.role() == Role::Admin;
    let mut tx = state.database.begin_scoped(actor).await?;
    let row = sqlx::query_file!(
        "src/documents/sql/find_content.sql",
        id.as_uuid(),
        actor.institution().map(|id| id.as_uuid()),
        actor.provider().map(|id| id.as_uuid()),
        every
    )
    .fetch_optional(tx.conn())
    .await?;
    let row = row.ok_or(Refusal::NotFound)?;
    if row.scan == Scan::Infected.name() {
        return Err(Refusal::DocumentInfected.into());
    }
    let act = Act {
        actor: *actor,
        at: state.clock.now(),
        action: "read_document".to_owned(),
        entity: "document".to_owned(),
        entity_id: id.as_uuid(),
        outcome: "applied".to_owned(),
        request_id: Some(request.0.clone()),
        payload: None,
    };
    audit::append(tx.conn(), CaseId::from_uuid(row.case_id).into(), &act).await?;
    tx.commit().await?;
    Ok(Content {
        media_type: row.media_type,
        size: size(row.size)?,
        sha256: sha256(&row.sha256)?,
    })
}
