//! The SQL of documents: what was declared for a case, and which files have arrived.
//!
//! Not here: bytes (`uploads.rs`, `objects.rs`).

use mso_core::crypto::Sha256Hash;
use mso_core::documents::{DeclaredFile, Document};
use mso_core::ids::{CaseId, DocumentId, UserId};
use mso_core::text::Text;
use mso_core::time::Timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::database::columns::{from_name, from_unsigned, to_name, to_unsigned};
use crate::database::{DatabaseError, from_timestamp, to_timestamp};

/// A document's row.
#[derive(Debug)]
#[expect(missing_docs, reason = "the columns explain themselves in the schema")]
pub struct DocumentRow {
    pub id: Uuid,
    pub case_id: Uuid,
    pub kind: String,
    pub title: String,
    pub file_name: String,
    pub media_type: String,
    pub size: i64,
    pub sha256: Vec<u8>,
    pub state: String,
    pub after_opinion: bool,
    pub declared_at: OffsetDateTime,
}

impl TryFrom<DocumentRow> for Document {
    type Error = DatabaseError;

    fn try_from(row: DocumentRow) -> Result<Self, DatabaseError> {
        let id = DocumentId::from_uuid(row.id);
        Ok(Self {
            id,
            case_id: CaseId::from_uuid(row.case_id),
            file: DeclaredFile {
                document_id: id,
                kind: from_name(&row.kind, "document.kind")?,
                title: Text::new(&row.title).map_err(|_| DatabaseError::Corrupt("document.title"))?,
                file_name: Text::new(&row.file_name)
                    .map_err(|_| DatabaseError::Corrupt("document.file_name"))?,
                media_type: row.media_type,
                size: to_unsigned(row.size, "document.size")?,
                sha256: Sha256Hash::try_from(row.sha256.as_slice())
                    .map_err(|_| DatabaseError::Corrupt("document.sha256"))?,
            },
            state: from_name(&row.state, "document.state")?,
            after_opinion: row.after_opinion,
            declared_at: to_timestamp(row.declared_at),
        })
    }
}

/// All documents of a case that was found in the caller's scope.
pub async fn of_case(connection: &mut PgConnection, case: CaseId) -> Result<Vec<Document>, DatabaseError> {
    let rows = sqlx::query_as!(
        DocumentRow,
        "select id, case_id, kind, title, file_name, media_type, size, sha256, state, after_opinion, declared_at
         from document where case_id = $1 order by declared_at, id",
        case.as_uuid(),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Document::try_from).collect()
}

/// Those of these ids that exist already, as far as the caller may see. A hidden one is found by `document_pkey`.
pub async fn existing(
    connection: &mut PgConnection,
    ids: &[DocumentId],
) -> Result<Vec<Document>, DatabaseError> {
    let ids: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query_as!(
        DocumentRow,
        "select id, case_id, kind, title, file_name, media_type, size, sha256, state, after_opinion, declared_at
         from document where id = any($1)",
        &ids,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Document::try_from).collect()
}

/// A declared document.
pub async fn insert(
    connection: &mut PgConnection,
    document: &Document,
    by: UserId,
) -> Result<(), DatabaseError> {
    sqlx::query_file!(
        "src/documents/sql/insert_document.sql",
        document.id.as_uuid(),
        document.case_id.as_uuid(),
        document.file.kind.name(),
        document.file.title.as_str(),
        document.file.file_name.as_str(),
        document.file.media_type,
        from_unsigned(document.file.size, "document.size")?,
        document.file.sha256.as_bytes().as_slice(),
        to_name(&document.state, "document.state")?,
        document.after_opinion,
        by.as_uuid(),
        from_timestamp(document.declared_at),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The file has arrived whole.
pub async fn set_stored(
    connection: &mut PgConnection,
    id: DocumentId,
    at: Timestamp,
) -> Result<(), DatabaseError> {
    let updated = sqlx::query!(
        "update document set state = 'stored', stored_at = $2 where id = $1",
        id.as_uuid(),
        from_timestamp(at),
    )
    .execute(connection)
    .await?;
    if updated.rows_affected() == 1 {
        Ok(())
    } else {
        Err(DatabaseError::Mismatch("document row not found".to_owned()))
    }
}
