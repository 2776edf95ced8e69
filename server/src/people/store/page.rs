//! Pages of lists: which records stand on a page, before any of them is read. So one that cannot be read does not fail its
//! page, nor end the list.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::database::DatabaseError;

/// The record's place: the text by which the list is ordered, and its id.
pub type Entry = (String, Uuid);

/// A page of a list that is ordered by a text and, for equal texts, by id.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The last entry of the previous page.
    pub after: Option<Entry>,
    /// Maximum number of entries; `None` for all.
    pub limit: Option<i64>,
}

impl Page {
    /// The whole list.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    fn after_text(&self) -> Option<&str> {
        self.after.as_ref().map(|(text, _)| text.as_str())
    }

    fn after_id(&self) -> Option<Uuid> {
        self.after.as_ref().map(|(_, id)| *id)
    }
}

pub(super) fn ids_of(page: &[Entry]) -> Vec<Uuid> {
    page.iter().map(|(_, id)| *id).collect()
}

/// Institutions by name.
pub async fn list_institutions(
    connection: &mut PgConnection,
    page: &Page,
) -> Result<Vec<Entry>, DatabaseError> {
    let rows = sqlx::query!(
        "select id, name from institution where $1::text is null or (name, id) > ($1, $2::uuid)
         order by name, id limit $3",
        page.after_text(),
        page.after_id(),
        page.limit,
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.name, row.id)).collect())
}

/// Experts by name.
pub async fn list_providers(connection: &mut PgConnection, page: &Page) -> Result<Vec<Entry>, DatabaseError> {
    let rows = sqlx::query!(
        "select id, display_name from provider where $1::text is null or (display_name, id) > ($1, $2::uuid)
         order by display_name, id limit $3",
        page.after_text(),
        page.after_id(),
        page.limit,
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.display_name, row.id)).collect())
}

/// Users by email address, ignoring case.
pub async fn list_users(connection: &mut PgConnection, page: &Page) -> Result<Vec<Entry>, DatabaseError> {
    let rows = sqlx::query!(
        "select id, email from mso_user where $1::text is null or (lower(email), id) > (lower($1), $2::uuid)
         order by lower(email), id limit $3",
        page.after_text(),
        page.after_id(),
        page.limit,
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.email, row.id)).collect())
}
