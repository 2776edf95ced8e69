//! Who may take part in a case's chat, by the case as it is. The roster says who can read; this says whose items the server
//! takes at all, from the moment at which the case changes.

use mso_core::actor::{Acting, Actor};
use mso_core::cases::CaseStatus;
use mso_core::chat::Side;
use mso_core::ids::{AssignmentId, CaseId, UserId};
use sqlx::PgConnection;

use crate::database::DatabaseError;
use crate::database::columns::from_name;

/// What a case says about its chat.
#[derive(Debug)]
pub(super) struct Participants {
    pub(super) team: Vec<UserId>,
    /// The assignment of the expert who has accepted the case.
    pub(super) accepted: Option<AssignmentId>,
    is_over: bool,
    side: Option<Side>,
}

impl Participants {
    /// The side on which the actor takes part; `None` if the actor does not.
    pub(super) const fn side(&self) -> Option<Side> {
        self.side
    }

    /// Whether nothing more may be written: the case is closed, or its window is.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }
}

/// Reads who takes part in the case's chat, and whether the actor does; `None` if there is no such case.
pub(super) async fn participants(
    connection: &mut PgConnection,
    actor: &Actor,
    case_id: CaseId,
) -> Result<Option<Participants>, DatabaseError> {
    let row = sqlx::query!(
        "select institution_id, team, provider_id, assignment_id, status, resume_status,
           closure is not null or window_closed as \"is_over!\"
         from mso_case where id = $1 for share",
        case_id.as_uuid(),
    );
    let Some(row) = row.fetch_optional(connection).await? else {
        return Ok(None);
    };
    let status: CaseStatus = from_name(&row.status, "mso_case.status")?;
    let resumes = row
        .resume_status
        .as_deref()
        .map(|name| from_name(name, "mso_case.resume_status"));
    let is_accepted = status.is_accepted(resumes.transpose()?);
    let team: Vec<UserId> = row.team.into_iter().map(UserId::from_uuid).collect();
    let side = match actor.acting {
        Acting::Requester { institution } if institution.as_uuid() == row.institution_id => {
            team.contains(&actor.user).then_some(Side::Requester)
        }
        Acting::Provider { provider } if row.provider_id == Some(provider.as_uuid()) && is_accepted => {
            Some(Side::Expert)
        }
        Acting::Requester { .. } | Acting::Provider { .. } | Acting::Admin | Acting::System => None,
    };
    Ok(Some(Participants {
        team,
        accepted: row
            .assignment_id
            .filter(|_| is_accepted)
            .map(AssignmentId::from_uuid),
        is_over: row.is_over,
        side,
    }))
}
