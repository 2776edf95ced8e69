//! Performs effects: what an accepted command causes beyond the records that its events change.
//!
//! The invariant: an effect runs in its phase. Numbers are drawn before the row that carries them is written,
//! and what reaches beyond the sender's own records comes last.

use mso_core::cases::Case;
use mso_core::decision::Effect;
use mso_core::ids::{CaseId, InvoiceId};
use mso_core::invoices::InvoiceAmounts;
use mso_core::protocol::records::RecordKind;
use mso_core::time::Timestamp;
use sqlx::PgConnection;

use super::error::ExecuteError;
use super::work::{Draft, Work};
use crate::cases::{assignments, store as cases};
use crate::feed::write as feed;
use crate::invoices::services;
use crate::invoices::store::{self as invoices, NewInvoice, Quote};
use crate::jobs::queue;
use crate::notifications::store as notifications;
use crate::people::store as people;
use crate::sessions;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Before the case is written.
    Number,
    /// After the other records, in the order that the rule lists them.
    Record,
    /// Last, under the role for consequences (`mso_effects`): writes beyond the sender's own scope.
    Beyond,
}

const fn phase(effect: &Effect) -> Phase {
    match effect {
        Effect::DrawCaseNumber => Phase::Number,
        Effect::FreezeQuote
        | Effect::MoveAssignment { .. }
        | Effect::Invite(_)
        | Effect::IssueInvoice
        | Effect::IssueFurtherInvoice(_)
        | Effect::RecordService { .. } => Phase::Record,
        // In the order that the rule lists them: the old assignment ends before the new one begins.
        Effect::EndAssignment { .. }
        | Effect::StartAssignment { .. }
        | Effect::GrantToInstitution(_)
        | Effect::GrantToProvider(_)
        | Effect::RevokeFromProvider { .. }
        | Effect::EndSessions(_)
        | Effect::Notify(_)
        | Effect::Queue(_) => Phase::Beyond,
    }
}

pub(super) async fn perform(
    connection: &mut PgConnection,
    work: &Work<'_>,
    draft: &mut Draft,
    now: Phase,
) -> Result<(), ExecuteError> {
    for effect in work.decision.effects.iter().filter(|effect| phase(effect) == now) {
        perform_one(connection, work, draft, effect).await?;
    }
    Ok(())
}

async fn perform_one(
    connection: &mut PgConnection,
    work: &Work<'_>,
    draft: &mut Draft,
    effect: &Effect,
) -> Result<(), ExecuteError> {
    let now = work.ctx.now;
    match effect {
        Effect::Notify(notify) => {
            for (user, id) in notifications::insert(connection, notify, work.ctx.actor.user, now).await? {
                draft.touched.record(user, RecordKind::Notification, id.as_uuid());
            }
        }
        Effect::Queue(job) => queue::add(connection, job, now).await?,
        Effect::Invite(user) => people::invite(connection, *user, now).await?,
        Effect::EndSessions(device) => sessions::end_sessions_of_device(connection, *device, now).await?,
        Effect::DrawCaseNumber => draft.case()?.number = Some(cases::draw_number(connection, now).await?),
        Effect::GrantToInstitution(institution) => {
            let case = draft.case()?.id;
            // The stream must be new, so that a case cannot take over an existing one.
            feed::open(connection, case.into(), (*institution).into()).await?;
            draft.touched.grant(*institution, case);
        }
        Effect::GrantToProvider(provider) => {
            let case = draft.case()?.id;
            feed::join(connection, (*provider).into(), case.into()).await?;
            draft.touched.grant(*provider, case);
        }
        Effect::RevokeFromProvider { provider, reason } => {
            let stream = draft.case()?.id.into();
            let order = feed::revoke(connection, (*provider).into(), stream, reason.name(), now).await?;
            draft.touched.purge(*provider, order);
        }
        Effect::StartAssignment { assignment, reason } => {
            assignments::start(connection, assignment, reason.as_ref()).await?;
        }
        Effect::MoveAssignment { id, state, at } => {
            assignments::move_to(connection, *id, *state, *at).await?;
        }
        Effect::EndAssignment { id, reason, text, at } => {
            assignments::end(connection, *id, *reason, text.as_ref(), *at).await?;
        }
        Effect::FreezeQuote => freeze_quote(connection, work, draft.case()?).await?,
        Effect::IssueInvoice => {
            let id = issue_invoice(connection, draft.case()?, now).await?;
            let case = draft.case()?.id;
            draft.touched.record(case, RecordKind::Invoice, id.as_uuid());
        }
        Effect::IssueFurtherInvoice(further) => {
            let earlier = work.facts.invoice.known().and_then(Option::as_ref);
            let earlier = earlier.ok_or(ExecuteError::Incomplete("the earlier invoice"))?;
            invoices::issue_further(connection, earlier, further, now).await?;
            draft
                .touched
                .record(further.case_id, RecordKind::Invoice, further.id.as_uuid());
        }
        Effect::RecordService { provider } => {
            let case = draft.case()?;
            let quote = quote(connection, case.id).await?;
            let id = services::record(connection, case, *provider, &quote, now).await?;
            draft
                .touched
                .record(*provider, RecordKind::ServiceRecord, id.as_uuid());
        }
    }
    Ok(())
}

async fn issue_invoice(
    connection: &mut PgConnection,
    case: &Case,
    now: Timestamp,
) -> Result<InvoiceId, ExecuteError> {
    let quote = quote(connection, case.id).await?;
    let amounts = InvoiceAmounts::of_quote(&quote.service_code, &quote.price)?;
    let currency = amounts.gross.currency.code();
    let seller = invoices::seller_for(connection, currency).await?;
    let seller = seller.ok_or_else(|| ExecuteError::NoSeller {
        currency: currency.to_owned(),
    })?;
    let invoice = NewInvoice {
        case,
        seller: &seller,
        amounts: &amounts,
        now,
    };
    Ok(invoices::issue(connection, &invoice).await?)
}

async fn freeze_quote(
    connection: &mut PgConnection,
    work: &Work<'_>,
    case: &Case,
) -> Result<(), ExecuteError> {
    let price = work
        .facts
        .price
        .known()
        .and_then(Option::as_ref)
        .ok_or(ExecuteError::Incomplete("a price"))?;
    Ok(invoices::freeze_quote(connection, case.id, case.request.service_type, price).await?)
}

async fn quote(connection: &mut PgConnection, case: CaseId) -> Result<Quote, ExecuteError> {
    invoices::quote(connection, case)
        .await?
        .ok_or(ExecuteError::Incomplete("the quote of a case"))
}
