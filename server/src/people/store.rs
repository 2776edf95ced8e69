//! Reads of experts' profiles.

use mso_core::ids::ProviderId;
use serde::Serialize;

use crate::database::{DatabaseError, Scoped};

/// An expert, as an admin who assigns needs to see one.
#[derive(Debug, Serialize)]
pub(super) struct ProviderSummary {
    id: ProviderId,
    display_name: String,
    specialties: Vec<String>,
    open_cases: i64,
    max_open: i32,
    accepting: bool,
    active: bool,
}

/// All experts, by name.
pub(super) async fn list_providers(tx: &mut Scoped) -> Result<Vec<ProviderSummary>, DatabaseError> {
    let rows = sqlx::query_file!("src/people/sql/list_providers.sql")
        .fetch_all(tx.conn())
        .await?;
    let summaries = rows.into_iter().map(|row| ProviderSummary {
        id: ProviderId::from_uuid(row.id),
        display_name: row.display_name,
        specialties: row.specialties,
        open_cases: row.open_cases,
        max_open: row.max_open,
        accepting: row.accepting,
        active: row.active,
    });
    Ok(summaries.collect())
}
