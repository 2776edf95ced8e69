//! People and organisations over HTTP: `/v1/institutions`, `/v1/users`, `/v1/providers`, `/v1/colleagues`,
//! `/v1/me`.
//!
//! Reads only; changes are commands. A route that a role may not use appears not to exist. Lists continue with
//! `cursor`, which is the `next` of the previous page.

use axum::Json;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mso_core::actor::{Acting, Actor, Role};
use mso_core::catalogue::Expert;
use mso_core::ids::{InstitutionId, ProviderId, UserId};
use mso_core::people::{Institution, ProviderProfile, User};
use mso_core::refusal::Refusal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::read;
use super::store::{self, Entry, Page};
use super::views::{
    AdminProvider, AdminUser, Colleague, OwnInstitution, OwnProfile, OwnUser, ProviderSummary,
};
use crate::State;
use crate::catalogue::store as catalogue;
use crate::database::Scoped;
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::list::{NOT_A_CURSOR, UrlQuery};
use crate::http::path::Id;

/// Default page size.
const PAGE: i64 = 100;
const LARGEST_PAGE: i64 = 500;

/// Query of a list.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    limit: Option<i64>,
    /// `next` of the previous page.
    cursor: Option<String>,
}

/// Response of `GET /v1/institutions`.
#[derive(Debug, Serialize)]
pub struct Institutions {
    institutions: Vec<Institution>,
    /// Records that are stored but cannot be read: an operator must mend them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Response of `GET /v1/users`.
#[derive(Debug, Serialize)]
pub struct Users {
    users: Vec<User>,
    /// Records that are stored but cannot be read: an operator must mend them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Response of `GET /v1/providers`.
#[derive(Debug, Serialize)]
pub struct Providers {
    providers: Vec<ProviderSummary>,
    /// Records that are stored but cannot be read: an operator must mend them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Response of `GET /v1/colleagues`.
#[derive(Debug, Serialize)]
pub struct Colleagues {
    colleagues: Vec<Colleague>,
}

/// All institutions, by name. Admins only.
pub async fn institutions(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    query: UrlQuery<ListQuery>,
) -> Result<Json<Institutions>, ApiError> {
    let mut tx = begin_as_admin(&state, &actor).await?;
    let page = page(query)?;
    let mut entries = store::list_institutions(tx.conn(), &page).await?;
    let next = cut(&mut entries, &page);
    let found = store::readable_institutions(tx.conn(), &entries).await?;
    tx.commit().await?;
    Ok(Json(Institutions {
        institutions: found.records,
        unreadable: found.unreadable,
        next,
    }))
}

/// One institution: any for admins, their own for requesters.
pub async fn institution(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    Id(id): Id<InstitutionId>,
) -> Result<Response, ApiError> {
    match actor.acting {
        Acting::Admin => {}
        Acting::Requester { institution } if institution == id => {}
        Acting::Requester { .. } | Acting::Provider { .. } | Acting::System => {
            return Err(Refusal::NotFound.into());
        }
    }
    let mut tx = state.database.begin_snapshot(&actor).await?;
    let institution = store::institution(tx.conn(), id)
        .await?
        .ok_or(Refusal::NotFound)?;
    tx.commit().await?;
    Ok(match actor.role() {
        Role::Admin => Json(institution).into_response(),
        Role::Requester | Role::Provider | Role::System => {
            Json(OwnInstitution::from(institution)).into_response()
        }
    })
}

/// All users, by email address. Admins only.
pub async fn users(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    query: UrlQuery<ListQuery>,
) -> Result<Json<Users>, ApiError> {
    let mut tx = begin_as_admin(&state, &actor).await?;
    let page = page(query)?;
    let mut entries = store::list_users(tx.conn(), &page).await?;
    let next = cut(&mut entries, &page);
    let found = store::readable_users(tx.conn(), &entries).await?;
    tx.commit().await?;
    Ok(Json(Users {
        users: found.records,
        unreadable: found.unreadable,
        next,
    }))
}

/// One user with their phones. Admins only.
pub async fn user(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    Id(id): Id<UserId>,
) -> Result<Json<AdminUser>, ApiError> {
    let mut tx = begin_as_admin(&state, &actor).await?;
    let user = store::user(tx.conn(), id).await?.ok_or(Refusal::NotFound)?;
    let devices = store::devices(tx.conn(), id).await?;
    tx.commit().await?;
    Ok(Json(AdminUser { user, devices }))
}

/// The caller's own user, with their phones.
pub async fn me(Shared(state): Shared<State>, Caller(actor): Caller) -> Result<Json<OwnUser>, ApiError> {
    // No role may read email addresses, not even its own user's, so the server reads this one row for the
    // caller.
    let mut tx = state.database.begin_snapshot(&Actor::SYSTEM).await?;
    let user = store::user(tx.conn(), actor.user)
        .await?
        .ok_or(Refusal::NotFound)?;
    let devices = store::devices(tx.conn(), actor.user).await?;
    tx.commit().await?;
    Ok(Json(OwnUser::of(user, devices)))
}

/// All experts, by name. Admins only.
pub async fn providers(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    query: UrlQuery<ListQuery>,
) -> Result<Json<Providers>, ApiError> {
    let mut tx = begin_as_admin(&state, &actor).await?;
    let page = page(query)?;
    let mut entries = store::list_providers(tx.conn(), &page).await?;
    let next = cut(&mut entries, &page);
    let profiles = store::readable_providers(tx.conn(), &entries).await?;
    let mut standings = catalogue::standings(tx.conn(), None, None).await?;
    tx.commit().await?;
    let now = state.clock.now();
    let summary = |profile: ProviderProfile| {
        let standing = standings.remove(&profile.id)?;
        let expert = Expert::of(&profile, standing, now);
        Some(ProviderSummary::of(profile, expert))
    };
    Ok(Json(Providers {
        providers: profiles.records.into_iter().filter_map(summary).collect(),
        unreadable: profiles.unreadable,
        next,
    }))
}

/// One expert: whole for admins and for the expert, the public part for the institutions the expert works for.
pub async fn provider(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    Id(id): Id<ProviderId>,
) -> Result<Response, ApiError> {
    let mut tx = state.database.begin_snapshot(&actor).await?;
    let answer = match actor.acting {
        Acting::Admin => {
            let profile = store::provider(tx.conn(), id).await?.ok_or(Refusal::NotFound)?;
            let standing = catalogue::standings(tx.conn(), None, Some(id)).await?.remove(&id);
            let standing = standing.ok_or(Refusal::NotFound)?;
            let expert = Expert::of(&profile, standing, state.clock.now());
            Json(AdminProvider {
                profile,
                open_cases: expert.open_cases,
                open_urgent: expert.open_urgent,
                on_leave: expert.on_leave,
                licensed: expert.licence_valid,
            })
            .into_response()
        }
        Acting::Provider { provider } if provider == id => {
            let profile = store::provider(tx.conn(), id).await?.ok_or(Refusal::NotFound)?;
            Json(OwnProfile::from(profile)).into_response()
        }
        Acting::Requester { institution } => {
            let public = read::public_provider(&mut tx, institution, id).await?;
            Json(public.ok_or(Refusal::NotFound)?).into_response()
        }
        Acting::Provider { .. } | Acting::System => return Err(Refusal::NotFound.into()),
    };
    tx.commit().await?;
    Ok(answer)
}

/// The users of the caller's institution, for the teams of cases. Requesters only.
pub async fn colleagues(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
) -> Result<Json<Colleagues>, ApiError> {
    let institution = actor.institution().ok_or(Refusal::NotFound)?;
    let mut tx = state.database.begin_snapshot(&actor).await?;
    let colleagues = read::colleagues(&mut tx, institution).await?;
    tx.commit().await?;
    Ok(Json(Colleagues { colleagues }))
}

/// A transaction for what only admins read. Other roles get "not found".
async fn begin_as_admin(state: &State, actor: &Actor) -> Result<Scoped, ApiError> {
    match actor.role() {
        Role::Admin => Ok(state.database.begin_snapshot(actor).await?),
        Role::Requester | Role::Provider | Role::System => Err(Refusal::NotFound.into()),
    }
}

/// Requests one entry more than shown, which tells whether there is another page.
fn page(query: UrlQuery<ListQuery>) -> Result<Page, ApiError> {
    let query = query.read()?;
    let after = query.cursor.as_deref().map(read_cursor).transpose()?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    Ok(Page {
        after,
        limit: Some(limit + 1),
    })
}

fn cut(entries: &mut Vec<Entry>, page: &Page) -> Option<String> {
    let shown = page.limit.and_then(|limit| usize::try_from(limit - 1).ok())?;
    if entries.len() <= shown {
        return None;
    }
    entries.truncate(shown);
    let (text, id) = entries.last()?;
    let mut bytes = id.as_bytes().to_vec();
    bytes.extend(text.as_bytes());
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

fn read_cursor(cursor: &str) -> Result<Entry, ApiError> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (id, text) = bytes.split_first_chunk::<16>()?;
        let text = std::str::from_utf8(text)
            .ok()
            .filter(|text| !text.contains('\0'))?;
        Some((text.to_owned(), Uuid::from_bytes(*id)))
    };
    read().ok_or(NOT_A_CURSOR)
}
