//! Reads of cases over the API, newest first, each as the caller's role may see it
//! ([`crate::projection`]).
//!
//! The invariant: a case outside the caller's scope appears not to exist.

use futures::FutureExt;
use mso_core::actor::{Acting, Actor};
use mso_core::cases::CaseStatus;
use mso_core::ids::CaseId;
use serde::Serialize;
use uuid::Uuid;

use crate::database::{DatabaseError, Readable, Scoped, from_timestamp, readable, to_timestamp};
use crate::http::list::{Place, last_of_full};
use crate::projection::admin::{self, AdminCase};
use crate::projection::{ProviderCase, RequesterCase, load_provider_cases, load_requester_cases};

/// A case as the caller's role sees it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum CaseView {
    /// For the institution that requested the opinion.
    Requester(Box<RequesterCase>),
    /// For the assigned expert.
    Provider(Box<ProviderCase>),
    Admin(Box<AdminCase>),
}

impl CaseView {
    const fn id(&self) -> CaseId {
        match self {
            Self::Requester(case) => case.id(),
            Self::Provider(case) => case.id(),
            Self::Admin(case) => case.id(),
        }
    }
}

/// Which cases of the scope are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Only {
    All,
    /// Open ones in this status.
    OpenIn(CaseStatus),
    /// Open ones in which something is overdue.
    Overdue,
}

/// The next cases in the caller's scope after a position, newest first, and the position of the next page.
pub(super) async fn list(
    tx: &mut Scoped,
    actor: &Actor,
    only: Only,
    after: Option<Place>,
    limit: i64,
) -> Result<(Readable<Uuid, CaseView>, Option<Place>), DatabaseError> {
    let places = places(tx, actor, only, after, limit).await?;
    let next = last_of_full(&places, limit).copied();
    let ids: Vec<Uuid> = places.iter().map(|place| place.id).collect();
    let actor = *actor;
    let mut cases = readable(tx, &ids, move |tx, ids| {
        async move { load(tx, &actor, ids).await }.boxed()
    })
    .await?;
    cases
        .records
        .sort_by_key(|case| ids.iter().position(|id| *id == case.id().as_uuid()));
    Ok((cases, next))
}

/// The next places of the list. Each kind of list has an index that yields them in order.
async fn places(
    tx: &mut Scoped,
    actor: &Actor,
    only: Only,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Place>, DatabaseError> {
    let at = after.map(|place| from_timestamp(place.at));
    let id = after.map(|place| place.id);
    let (status, overdue) = match only {
        Only::All => (None, false),
        Only::OpenIn(status) => (Some(status.name()), false),
        Only::Overdue => (None, true),
    };
    /// Runs the query and reads the places from its rows.
    macro_rules! places {
        ($query:expr) => {{
            let rows = $query.fetch_all(tx.conn()).await?;
            let places = rows.into_iter().map(|row| Place {
                at: to_timestamp(row.submitted_at),
                id: row.id,
            });
            Ok(places.collect())
        }};
    }
    match (actor.acting, only) {
        (Acting::Requester { institution }, _) => places!(sqlx::query_file!(
            "src/cases/sql/list_cases.sql",
            Some(institution.as_uuid()),
            at,
            id,
            limit,
            status,
            overdue
        )),
        (Acting::Provider { provider }, _) => places!(sqlx::query_file!(
            "src/cases/sql/list_cases_of_expert.sql",
            provider.as_uuid(),
            at,
            id,
            limit,
            status,
            overdue
        )),
        (Acting::Admin, Only::All) => places!(sqlx::query_file!(
            "src/cases/sql/list_cases.sql",
            None::<Uuid>,
            at,
            id,
            limit,
            status,
            overdue
        )),
        (Acting::Admin, Only::OpenIn(status)) => places!(sqlx::query_file!(
            "src/cases/sql/list_cases_in_status.sql",
            at,
            id,
            limit,
            status.name()
        )),
        (Acting::Admin, Only::Overdue) => {
            places!(sqlx::query_file!(
                "src/cases/sql/list_overdue_cases.sql",
                at,
                id,
                limit
            ))
        }
        (Acting::System, _) => Ok(Vec::new()),
    }
}

/// The case, if it is in the caller's scope.
pub(super) async fn find(
    tx: &mut Scoped,
    actor: &Actor,
    id: CaseId,
) -> Result<Option<CaseView>, DatabaseError> {
    Ok(load(tx, actor, &[id.as_uuid()]).await?.pop())
}

async fn load(tx: &mut Scoped, actor: &Actor, ids: &[Uuid]) -> Result<Vec<CaseView>, DatabaseError> {
    Ok(match actor.acting {
        Acting::Requester { institution } => {
            let cases = load_requester_cases(tx, institution, ids).await?;
            cases
                .into_iter()
                .map(|case| CaseView::Requester(Box::new(case)))
                .collect()
        }
        Acting::Provider { provider } => {
            let cases = load_provider_cases(tx, provider, ids).await?;
            cases
                .into_iter()
                .map(|case| CaseView::Provider(Box::new(case)))
                .collect()
        }
        Acting::Admin => {
            let cases = admin::load_cases(tx, ids).await?;
            cases
                .into_iter()
                .map(|case| CaseView::Admin(Box::new(case)))
                .collect()
        }
        Acting::System => Vec::new(),
    })
}
