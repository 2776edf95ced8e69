//! `/v1/specialties`, `/v1/price-lists`, and the experts for a case: `/v1/cases/{id}/candidates`.
//!
//! The core orders the experts and finds the objections to each ([`mso_core::catalogue::rank`]); this module
//! loads and presents them. A route that a role may not use appears not to exist.

use axum::Json;
use axum::extract::State as Shared;
use mso_core::actor::{Actor, Role};
use mso_core::cases::{Case, Findings, OverridableRule};
use mso_core::catalogue::{
    Candidate, Place, PriceListVersion, Ranked, Score, SpecialtySetting, Standing, Wishes, rank,
};
use mso_core::ids::{CaseId, PatientId, PriceListId, ProviderId};
use mso_core::people::Language;
use mso_core::refusal::Refusal;
use mso_core::text::Line;
use mso_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::store;
use crate::State;
use crate::cases::store as cases;
use crate::database::{DatabaseError, Scoped};
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::list::{NOT_A_CURSOR, UrlQuery};
use crate::http::path::Id;
use crate::people::store::{self as people, Page};

const PAGE: usize = 20;
const LARGEST_PAGE: usize = 100;

/// Response of `GET /v1/specialties`.
#[derive(Debug, Serialize)]
pub struct Specialties {
    specialties: Vec<SpecialtyView>,
    /// Records that are stored but cannot be read: an operator must mend them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Uuid>,
}

#[derive(Debug, Serialize)]
struct SpecialtyView {
    code: String,
    display: String,
    active: bool,
}

/// Response of `GET /v1/price-lists`.
#[derive(Debug, Serialize)]
pub struct PriceLists {
    price_lists: Vec<PriceListVersion>,
    /// Records that are stored but cannot be read: an operator must mend them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Uuid>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<PriceListId>,
}

/// Query of `GET /v1/price-lists`.
#[derive(Debug, Deserialize)]
pub struct PriceListsQuery {
    limit: Option<usize>,
    /// `next` of the previous page.
    cursor: Option<PriceListId>,
}

/// The specialties: all for admins, the active ones for other roles.
pub async fn specialties(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
) -> Result<Json<Specialties>, ApiError> {
    let mut tx = state.database.begin_snapshot(&actor).await?;
    let all = store::specialty_settings(tx.conn()).await?;
    tx.commit().await?;
    let specialties = all
        .records
        .into_iter()
        .filter(|setting| setting.active || actor.role() == Role::Admin)
        .map(|setting| {
            let SpecialtySetting { specialty, active } = setting;
            SpecialtyView {
                code: specialty.code.into(),
                display: specialty.display.as_str().to_owned(),
                active,
            }
        });
    Ok(Json(Specialties {
        specialties: specialties.collect(),
        unreadable: all.unreadable,
    }))
}

/// The versions of the price list, oldest first. Admins only.
pub async fn price_lists(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    query: UrlQuery<PriceListsQuery>,
) -> Result<Json<PriceLists>, ApiError> {
    admins_only(&actor)?;
    let query = query.read()?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let mut tx = state.database.begin_snapshot(&actor).await?;
    let (found, next) = store::readable_price_lists(tx.conn(), query.cursor, limit).await?;
    tx.commit().await?;
    Ok(Json(PriceLists {
        price_lists: found.records,
        unreadable: found.unreadable,
        next,
    }))
}

/// Query of `GET /v1/cases/{case_id}/candidates`.
#[derive(Debug, Deserialize)]
pub struct CandidatesQuery {
    limit: Option<usize>,
    /// `next` of the previous page.
    cursor: Option<String>,
}

/// Response of `GET /v1/cases/{case_id}/candidates`.
#[derive(Debug, Serialize)]
pub struct Candidates {
    candidates: Vec<CandidateView>,
    /// Experts whose stored profile cannot be read: an operator must mend it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Uuid>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// An expert, with the arguments for and against an assignment.
#[derive(Debug, Serialize)]
struct CandidateView {
    provider_id: ProviderId,
    display_name: Line<1, 300>,
    /// Sum of all parts of the score.
    total: u32,
    score: Score,
    languages: Vec<Language>,
    open_cases: u32,
    max_open: u32,
    open_urgent: u32,
    max_urgent: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_available: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    median_turnaround_minutes: Option<i64>,
    /// Rules that an admin may override with a reason.
    warnings: Vec<OverridableRule>,
    /// Refusals that cannot be overridden.
    blockers: Vec<&'static str>,
}

impl From<Ranked> for CandidateView {
    fn from(ranked: Ranked) -> Self {
        let Ranked {
            candidate,
            score,
            findings: Findings { blockers, warnings },
        } = ranked;
        let Candidate {
            expert,
            display_name,
            offered: _,
            languages,
            next_available,
            median_turnaround_millis,
        } = candidate;
        Self {
            provider_id: expert.provider_id,
            display_name,
            total: score.total(),
            score,
            languages,
            open_cases: expert.open_cases,
            max_open: expert.max_open,
            open_urgent: expert.open_urgent,
            max_urgent: expert.max_urgent,
            next_available,
            median_turnaround_minutes: median_turnaround_millis.map(|millis| millis / 60_000),
            warnings,
            blockers: blockers.iter().map(Refusal::code).collect(),
        }
    }
}

/// The experts for a case, in the order in which to ask them. Admins only.
pub async fn candidates(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    Id(id): Id<CaseId>,
    query: UrlQuery<CandidatesQuery>,
) -> Result<Json<Candidates>, ApiError> {
    admins_only(&actor)?;
    let query = query.read()?;
    let after = query.cursor.map(|cursor| cursor.parse::<Place>()).transpose();
    let after = after.map_err(|_| NOT_A_CURSOR)?;
    let case = case(&state, &actor, id).await?;
    let (ranked, unreadable) = ranked(&state, &actor, &case).await?;

    let limit = query.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let mut rest: Vec<Ranked> = ranked
        .into_iter()
        .filter(|ranked| after.is_none_or(|after| ranked.place() > after))
        .collect();
    let more = rest.len() > limit;
    rest.truncate(limit);
    let next = rest.last().filter(|_| more).map(|last| last.place().to_string());
    Ok(Json(Candidates {
        candidates: rest.into_iter().map(CandidateView::from).collect(),
        unreadable,
        next,
    }))
}

fn admins_only(actor: &Actor) -> Result<(), Refusal> {
    match actor.role() {
        Role::Admin => Ok(()),
        Role::Requester | Role::Provider | Role::System => Err(Refusal::NotFound),
    }
}

/// The case. Its row is locked only while it is read.
async fn case(state: &State, actor: &Actor, id: CaseId) -> Result<Case, ApiError> {
    let mut tx = state.database.begin_scoped(actor).await?;
    let case = cases::lock(tx.conn(), actor, id).await?;
    tx.commit().await?;
    Ok(case.ok_or(Refusal::NotFound)?)
}

async fn ranked(
    state: &State,
    actor: &Actor,
    case: &Case,
) -> Result<(Vec<Ranked>, Vec<Uuid>), DatabaseError> {
    let now = state.clock.now();
    let mut tx = state.database.begin_snapshot(actor).await?;
    let everyone = people::list_providers(tx.conn(), &Page::all()).await?;
    let profiles = people::readable_providers(tx.conn(), &everyone).await?;
    let standings = store::standings(tx.conn(), Some(case.id), None).await?;
    let turnarounds = store::median_turnarounds(tx.conn()).await?;
    let institution = match people::institution(tx.conn(), case.institution_id).await {
        // Only its language is asked for, which is a wish.
        Err(error) if error.is_unreadable() => None,
        found => found?,
    };
    let wishes = Wishes {
        patient: preferred_language(&mut tx, case.patient_id).await?,
        institution: institution.map(|institution| institution.details.language),
    };
    tx.commit().await?;
    let candidates = profiles.records.iter().filter_map(|profile| {
        let standing: Standing = *standings.get(&profile.id)?;
        let turnaround = turnarounds.get(&profile.id).copied();
        Some(Candidate::of(profile, standing, turnaround, now))
    });
    Ok((
        rank(candidates.collect(), case, &wishes, now),
        profiles.unreadable,
    ))
}

/// The patient's language, if the record holds a valid one.
async fn preferred_language(tx: &mut Scoped, patient: PatientId) -> Result<Option<Language>, DatabaseError> {
    let stored = sqlx::query_scalar!(
        "select preferred_language from patient where id = $1",
        patient.as_uuid()
    );
    let stored = stored.fetch_optional(tx.conn()).await?.flatten();
    Ok(stored.and_then(|tag| Language::new(&tag).ok()))
}
