//! What requesters may read about people: colleagues, and the public part of experts who work on their cases.

use mso_core::cases::CaseStatus;
use mso_core::ids::{InstitutionId, ProviderId, UserId};

use super::views::{Colleague, PublicProvider};
use crate::database::{DatabaseError, Scoped};

/// The users of one institution, ordered by name.
pub(super) async fn colleagues(
    tx: &mut Scoped,
    institution: InstitutionId,
) -> Result<Vec<Colleague>, DatabaseError> {
    let rows = sqlx::query!(
        "select id, display_name, status from mso_user where institution_id = $1 order by display_name, id",
        institution.as_uuid()
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    Ok(rows
        .into_iter()
        .map(|row| Colleague {
            id: UserId::from_uuid(row.id),
            display_name: row.display_name,
            active: row.status == "active",
        })
        .collect())
}

/// The public part of an expert who works or worked on a case of the institution, once the case's status
/// reveals the expert (D-12).
pub(super) async fn public_provider(
    tx: &mut Scoped,
    institution: InstitutionId,
    provider: ProviderId,
) -> Result<Option<PublicProvider>, DatabaseError> {
    let statuses = sqlx::query!(
        "select distinct status, resume_status from mso_case where institution_id = $1 and provider_id = $2",
        institution.as_uuid(),
        provider.as_uuid(),
    );
    let shown = statuses.fetch_all(tx.conn()).await?.iter().any(|row| {
        let resume_status = row.resume_status.as_deref().and_then(CaseStatus::from_name);
        CaseStatus::from_name(&row.status).is_some_and(|status| status.is_accepted(resume_status))
    });
    if !shown {
        return Ok(None);
    }
    let row = sqlx::query!(
        r#"select p.id, p.display_name, p.title, p.languages,
                  array(select s.code from provider_specialty s
                        where s.provider_id = p.id and s.removed_at is null order by s.ordinal, s.code) as "specialties!"
           from provider p where p.id = $1"#,
        provider.as_uuid(),
    );
    let row = row.fetch_optional(tx.conn()).await?;
    Ok(row.map(|row| PublicProvider {
        id: ProviderId::from_uuid(row.id),
        display_name: row.display_name,
        title: row.title,
        specialties: row.specialties,
        languages: row.languages,
    }))
}
