//! The other records of a case besides files and opinions, and each user's inbox: issues, clarifications,
//! feedback, notifications.
//!
//! Stored complete as JSON; fields that a role may not see are removed here. The invariants: no phone
//! receives an admin's name or the text of a removed issue; a requester's learns no expert from an issue; an expert reads
//! feedback only if it was shared, and no request of another expert to be released.

use mso_core::actor::{Actor, Role};
use mso_core::cases::{Clarification, Feedback};
use mso_core::issues::{Issue, IssueState};
use mso_core::protocol::records::RecordKind;
use mso_core::protocol::sync::WireRecord;
use sqlx::types::Json;
use uuid::Uuid;

use super::wanted::{Wanted, wire};
use crate::database::columns::from_unsigned;
use crate::database::{DatabaseError, Scoped};
use crate::notifications::store as notifications;

/// The wanted records, of cases that the actor currently reads.
pub(super) async fn load(
    tx: &mut Scoped,
    actor: &Actor,
    wanted: &Wanted,
) -> Result<Vec<WireRecord>, DatabaseError> {
    let mut records = Vec::new();
    if let Some(ids) = wanted.ids(RecordKind::Issue) {
        records.extend(load_issues(tx, actor, ids).await?);
    }
    if let Some(ids) = wanted.ids(RecordKind::Clarification) {
        records.extend(load_clarifications(tx, actor, ids).await?);
    }
    if let Some(ids) = wanted.ids(RecordKind::Feedback) {
        records.extend(load_feedback(tx, actor, ids).await?);
    }
    if let Some(ids) = wanted.ids(RecordKind::Notification) {
        for notification in notifications::of_user(tx.conn(), actor.user, ids).await? {
            let version = 1 + i64::from(notification.read_at.is_some());
            let id = notification.id.as_uuid();
            records.push(wire(
                RecordKind::Notification,
                id,
                actor.user,
                version,
                &notification,
            )?);
        }
    }
    Ok(records)
}

/// An issue as a phone of this role may show it: a requester does not learn from it who an expert is (D-12).
fn for_phones(mut issue: Issue, reader: Role) -> Issue {
    let hidden = match issue.author_role {
        Role::Admin | Role::System => true,
        Role::Provider => reader == Role::Requester,
        Role::Requester => false,
    };
    if hidden {
        issue.author = None;
    }
    match &mut issue.state {
        IssueState::Open | IssueState::Answered => {}
        IssueState::Resolved { by, .. } => *by = None,
        IssueState::Deleted { by, .. } => {
            *by = None;
            issue.text = None;
            issue.history.clear();
            issue.wanted_items.clear();
        }
    }
    issue
}

async fn load_issues(tx: &mut Scoped, actor: &Actor, ids: &[Uuid]) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query_scalar!(
        r#"select i.record as "record: Json<Issue>" from issue i join mso_case c on c.id = i.case_id
           where i.id = any($1)
             and (c.institution_id = $2 or (c.provider_id = $3 and (i.kind <> 'release' or i.author = $4)))"#,
        ids,
        actor.institution().map(|own| own.as_uuid()),
        actor.provider().map(|own| own.as_uuid()),
        actor.user.as_uuid(),
    );
    let issues = rows
        .fetch_all(tx.conn())
        .await?
        .into_iter()
        .map(|Json(issue)| for_phones(issue, actor.role()));
    issues
        .map(|issue| {
            let version = from_unsigned(issue.version, "issue.version")?;
            wire(
                RecordKind::Issue,
                issue.id.as_uuid(),
                issue.case_id,
                version,
                &issue,
            )
        })
        .collect()
}

async fn load_clarifications(
    tx: &mut Scoped,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query_scalar!(
        r#"select q.record as "record: Json<Clarification>" from clarification q join mso_case c on c.id = q.case_id
           where q.id = any($1) and (c.institution_id = $2 or c.provider_id = $3)"#,
        ids,
        actor.institution().map(|own| own.as_uuid()),
        actor.provider().map(|own| own.as_uuid()),
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|Json(asked)| {
            let version = from_unsigned(asked.version, "clarification.version")?;
            wire(
                RecordKind::Clarification,
                asked.id.as_uuid(),
                asked.case_id,
                version,
                &asked,
            )
        })
        .collect()
}

async fn load_feedback(
    tx: &mut Scoped,
    actor: &Actor,
    ids: &[Uuid],
) -> Result<Vec<WireRecord>, DatabaseError> {
    let rows = sqlx::query_scalar!(
        r#"select f.record as "record: Json<Feedback>" from feedback f join mso_case c on c.id = f.case_id
           where f.id = any($1)
             and (f.institution_id = $2 or (c.provider_id = $3 and f.shared_with_provider))"#,
        ids,
        actor.institution().map(|own| own.as_uuid()),
        actor.provider().map(|own| own.as_uuid()),
    );
    let rows = rows.fetch_all(tx.conn()).await?;
    rows.into_iter()
        .map(|Json(given)| {
            let version = from_unsigned(given.version, "feedback.version")?;
            wire(
                RecordKind::Feedback,
                given.id.as_uuid(),
                given.case_id,
                version,
                &given,
            )
        })
        .collect()
}
