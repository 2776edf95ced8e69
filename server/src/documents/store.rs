//! The SQL of documents: which files were declared for a case, and which have arrived.

use mso_core::crypto::Sha256Hash;
use mso_core::documents::{DeclaredFile, Document};
use mso_core::ids::{CaseId, DocumentId, UserId};
use mso_core::text::Text;
use mso_core::time::Timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::database::columns::{from_json, from_name, from_unsigned, to_json, to_unsigned};
use crate::database::{DatabaseError, from_timestamp, to_timestamp};

#[derive(Debug)]
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
    pub of_submission: bool,
    pub declared_at: OffsetDateTime,
    pub declared_by: Uuid,
    pub pages: Option<i32>,
    pub captured_at: Option<OffsetDateTime>,
    pub body_site: Option<String>,
    pub sequence: Option<i32>,
    pub replaces: Option<Uuid>,
    pub scan: String,
    pub struck: Option<serde_json::Value>,
    pub version: i64,
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
                title: Text::stored(&row.title).map_err(|_| DatabaseError::Corrupt("document.title"))?,
                file_name: Text::stored(&row.file_name)
                    .map_err(|_| DatabaseError::Corrupt("document.file_name"))?,
                media_type: row.media_type,
                size: to_unsigned(row.size, "document.size")?,
                sha256: Sha256Hash::try_from(row.sha256.as_slice())
                    .map_err(|_| DatabaseError::Corrupt("document.sha256"))?,
                pages: row.pages.and_then(|pages| u32::try_from(pages).ok()),
                captured_at: row.captured_at.map(to_timestamp),
                body_site: row
                    .body_site
                    .map(|site| Text::stored(&site).map_err(|_| DatabaseError::Corrupt("document.body_site")))
                    .transpose()?,
                sequence: row.sequence.and_then(|sequence| u32::try_from(sequence).ok()),
                replaces: row.replaces.map(DocumentId::from_uuid),
            },
            state: from_name(&row.state, "document.state")?,
            after_opinion: row.after_opinion,
            of_submission: row.of_submission,
            declared_at: to_timestamp(row.declared_at),
            declared_by: Some(UserId::from_uuid(row.declared_by)),
            scan: from_name(&row.scan, "document.scan")?,
            struck: row
                .struck
                .map(|struck| from_json(struck, "document.struck"))
                .transpose()?,
            version: to_unsigned(row.version, "document.version")?,
        })
    }
}

/// All documents of a case. The case must have been found in the caller's scope.
pub async fn of_case(connection: &mut PgConnection, case: CaseId) -> Result<Vec<Document>, DatabaseError> {
    let rows = sqlx::query_as!(
        DocumentRow,
        "select id, case_id, kind, title, file_name, media_type, size, sha256, state, after_opinion, of_submission, declared_at,
                declared_by, pages, captured_at, body_site, sequence, replaces, scan, struck, version
         from document where case_id = $1 order by declared_at, id",
        case.as_uuid(),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Document::try_from).collect()
}

/// Those of these ids that exist already and that the caller may see. A hidden one violates `document_pkey`
/// on insert.
pub async fn existing(
    connection: &mut PgConnection,
    ids: &[DocumentId],
) -> Result<Vec<Document>, DatabaseError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query_as!(
        DocumentRow,
        "select id, case_id, kind, title, file_name, media_type, size, sha256, state, after_opinion, of_submission, declared_at,
                declared_by, pages, captured_at, body_site, sequence, replaces, scan, struck, version
         from document where id = any($1)",
        &ids,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Document::try_from).collect()
}

/// Saves the document. Its first version must be new.
pub async fn save(
    connection: &mut PgConnection,
    document: &Document,
    by: UserId,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    if document.version == 1 {
        insert(connection, document, by).await
    } else {
        update(connection, document, now).await
    }
}

async fn insert(connection: &mut PgConnection, document: &Document, by: UserId) -> Result<(), DatabaseError> {
    let file = &document.file;
    let number = |number: Option<u32>| number.and_then(|number| i32::try_from(number).ok());
    sqlx::query_file!(
        "src/documents/sql/insert_document.sql",
        document.id.as_uuid(),
        document.case_id.as_uuid(),
        file.kind.name(),
        file.title.as_str(),
        file.file_name.as_str(),
        file.media_type,
        from_unsigned(file.size, "document.size")?,
        file.sha256.as_bytes().as_slice(),
        document.state.name(),
        document.after_opinion,
        by.as_uuid(),
        from_timestamp(document.declared_at),
        number(file.pages),
        file.captured_at.map(from_timestamp),
        file.body_site.as_ref().map(Text::as_str),
        number(file.sequence),
        file.replaces.map(DocumentId::as_uuid),
        document.of_submission,
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn update(
    connection: &mut PgConnection,
    document: &Document,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let struck = document
        .struck
        .as_ref()
        .map(|struck| to_json(struck, "document.struck"));
    let updated = sqlx::query!(
        "update document
         set state = $2, scan = $3, struck = $4, version = $5, after_opinion = $7,
             stored_at = case when $2 = 'stored' then coalesce(stored_at, $6) else stored_at end
         where id = $1 and version < $5",
        document.id.as_uuid(),
        document.state.name(),
        document.scan.name(),
        struck.transpose()?,
        from_unsigned(document.version, "document.version")?,
        from_timestamp(now),
        document.after_opinion,
    )
    .execute(connection)
    .await?;
    DatabaseError::one(updated.rows_affected(), "document")
}
