//! `GET /v1/invoices`, `/v1/invoices/{id}` and `/v1/service-records`: JSON for admins, accountants and
//! integrators. Phones read through sync.
//!
//! Rows 47 and 52 of the matrix: an institution reads its own invoices and no service records, a provider their
//! own service records and no invoices. What a role may not read appears not to exist. Each read is audited: a
//! list in the reader's own stream, one invoice in the case's stream.

use axum::Json;
use axum::extract::{Extension, State as Shared};
use mso_core::actor::{Actor, Role};
use mso_core::ids::{CaseId, InvoiceId, ProviderId, StreamId};
use mso_core::invoices::{PaymentState, ServiceState};
use mso_core::refusal::Refusal;
use mso_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::records;
use super::services;
use crate::State;
use crate::audit::{self, Act};
use crate::database::{DatabaseError, Scoped};
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::list::{Place, UrlQuery, page_size};
use crate::http::path::Id;
use crate::http::request_id::RequestId;
use crate::projection::{InvoiceView, ServiceRecordView};

mso_core::named! {
    /// Verification state to filter by.
    enum VerificationState {
        Pending = "pending",
        Verified = "verified",
        Flagged = "flagged",
    }
}

mso_core::named! {
    /// Kind of invoice to filter by.
    enum InvoiceKind {
        Invoice = "invoice",
        CreditNote = "credit_note",
    }
}

/// Query of `GET /v1/invoices`.
#[derive(Debug, Deserialize)]
pub struct InvoiceQuery {
    verification: Option<VerificationState>,
    payment: Option<PaymentState>,
    kind: Option<InvoiceKind>,
    case_id: Option<CaseId>,
    limit: Option<i64>,
    /// `next` of the previous page.
    cursor: Option<String>,
}

/// Response of `GET /v1/invoices`.
#[derive(Debug, Serialize)]
pub struct InvoiceList {
    invoices: Vec<InvoiceView>,
    /// Records that are stored but cannot be read: an operator must mend them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Uuid>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Query of `GET /v1/service-records`.
#[derive(Debug, Deserialize)]
pub struct ServiceQuery {
    state: Option<ServiceState>,
    provider_id: Option<ProviderId>,
    limit: Option<i64>,
    /// `next` of the previous page.
    cursor: Option<String>,
}

/// Response of `GET /v1/service-records`.
#[derive(Debug, Serialize)]
pub struct ServiceList {
    service_records: Vec<ServiceRecordView>,
    /// Records that are stored but cannot be read: an operator must mend them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<Uuid>,
    /// Cursor of the next page; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The invoices in the caller's scope, newest first.
pub async fn list(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    Extension(request_id): Extension<RequestId>,
    query: UrlQuery<InvoiceQuery>,
) -> Result<Json<InvoiceList>, ApiError> {
    only(&actor, &[Role::Requester, Role::Admin])?;
    let query = query.read()?;
    let filter = records::Filter {
        verification: query.verification.map(VerificationState::name),
        payment: query.payment,
        credit_notes: query.kind.map(|kind| kind == InvoiceKind::CreditNote),
        case: query.case_id,
    };
    let after = query.cursor.as_deref().map(str::parse::<Place>).transpose()?;
    let mut tx = state.database.begin_scoped(&actor).await?;
    let (found, next) = records::list(tx.conn(), &actor, filter, after, page_size(query.limit)).await?;
    let read = Read {
        action: "list_invoices",
        entity: "user",
        id: actor.user.as_uuid(),
        stream: actor.user.into(),
    };
    note(tx, &actor, state.clock.now(), read, request_id).await?;
    Ok(Json(InvoiceList {
        invoices: found
            .records
            .into_iter()
            .filter_map(|invoice| InvoiceView::of(&actor, invoice))
            .collect(),
        unreadable: found.unreadable,
        next: next.as_ref().map(Place::to_string),
    }))
}

pub async fn get(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    Extension(request_id): Extension<RequestId>,
    Id(id): Id<InvoiceId>,
) -> Result<Json<InvoiceView>, ApiError> {
    let mut tx = state.database.begin_scoped(&actor).await?;
    let found = records::find(tx.conn(), &actor, id)
        .await?
        .ok_or(Refusal::NotFound)?;
    let read = Read {
        action: "read_invoice",
        entity: "invoice",
        id: id.as_uuid(),
        stream: found.invoice.case_id.into(),
    };
    let view = InvoiceView::of(&actor, found).ok_or(Refusal::NotFound)?;
    note(tx, &actor, state.clock.now(), read, request_id).await?;
    Ok(Json(view))
}

/// The service records in the caller's scope, newest first.
pub async fn list_services(
    Shared(state): Shared<State>,
    Caller(actor): Caller,
    Extension(request_id): Extension<RequestId>,
    query: UrlQuery<ServiceQuery>,
) -> Result<Json<ServiceList>, ApiError> {
    only(&actor, &[Role::Provider, Role::Admin])?;
    let query = query.read()?;
    let filter = services::Filter {
        state: query.state,
        provider: query.provider_id,
    };
    let after = query.cursor.as_deref().map(str::parse::<Place>).transpose()?;
    let mut tx = state.database.begin_scoped(&actor).await?;
    let (found, next) = services::list(tx.conn(), &actor, filter, after, page_size(query.limit)).await?;
    let read = Read {
        action: "list_service_records",
        entity: "user",
        id: actor.user.as_uuid(),
        stream: actor.user.into(),
    };
    note(tx, &actor, state.clock.now(), read, request_id).await?;
    Ok(Json(ServiceList {
        service_records: found
            .records
            .into_iter()
            .filter_map(|record| ServiceRecordView::of(&actor, record))
            .collect(),
        unreadable: found.unreadable,
        next: next.as_ref().map(Place::to_string),
    }))
}

/// Answers "not found" to every other role.
fn only(actor: &Actor, roles: &[Role]) -> Result<(), Refusal> {
    if roles.contains(&actor.role()) {
        Ok(())
    } else {
        Err(Refusal::NotFound)
    }
}

/// What was read, for the audit entry.
struct Read {
    action: &'static str,
    entity: &'static str,
    id: Uuid,
    stream: StreamId,
}

async fn note(
    mut tx: Scoped,
    actor: &Actor,
    at: Timestamp,
    read: Read,
    RequestId(request_id): RequestId,
) -> Result<(), DatabaseError> {
    let entry = Act {
        actor: *actor,
        at,
        action: read.action.to_owned(),
        entity: read.entity.to_owned(),
        entity_id: read.id,
        outcome: "applied".to_owned(),
        request_id: Some(request_id),
        payload: None,
    };
    audit::append(tx.conn(), read.stream, &entry).await?;
    tx.commit().await
}
