//! Writes a decision: the changed records, the effects, the timeline and the feed, in the order that rights
//! and references require.
//!
//! Decisions are made in `mso_core`; each domain's `store.rs` stores its records. The invariant: a new case is
//! written before what belongs to it, which row-level security checks against it; one that exists, after, because with the
//! expert's name the row loses what lets that expert write. Writes beyond the sender's own scope come last, under the role
//! for consequences (`docs/adr/0011`).

use mso_core::cases::{Case, CaseEvent};
use mso_core::decision::{Decision, Event};
use mso_core::protocol::records::RecordKind;
use sqlx::PgConnection;

use super::effects::{self, Phase};
use super::error::ExecuteError;
use super::facts::Subject;
use super::work::{Draft, Work};
use crate::cases::{after_done, quarantine, store as cases};
use crate::catalogue::store as catalogue;
use crate::database::DatabaseError;
use crate::documents::store as documents;
use crate::feed::Touched;
use crate::invoices::{records as invoices, services};
use crate::issues::store as issues;
use crate::notifications::store as notifications;
use crate::patients::store as patients;
use crate::people::write as people;

/// Writes the whole decision. Afterwards the connection keeps the role for consequences until the transaction
/// ends.
pub(super) async fn write(
    connection: &mut PgConnection,
    work: &Work<'_>,
    subject: Subject,
) -> Result<Touched, ExecuteError> {
    let before = subject.case.map(|case| *case);
    let mut draft = Draft {
        case: after(before.as_ref(), work.decision),
        ..Draft::default()
    };

    effects::perform(connection, work, &mut draft, Phase::Number).await?;
    // A new case comes before what refers to it; a case that may leave the sender's scope, after what the sender changed in it.
    if before.is_none() {
        write_case(connection, work, None, &mut draft).await?;
    }
    for event in &work.decision.events {
        write_event(connection, work, event, &mut draft.touched).await?;
    }
    if before.is_some() {
        write_case(connection, work, before.as_ref(), &mut draft).await?;
    }
    effects::perform(connection, work, &mut draft, Phase::Record).await?;
    if let Some(case) = &draft.case
        && before
            .as_ref()
            .is_none_or(|before| before.version != case.version)
    {
        cases::add_to_timeline(connection, case, work.command.name(), work.ctx).await?;
    }
    become_consequences(connection).await?;
    effects::perform(connection, work, &mut draft, Phase::Beyond).await?;
    draft.touched.write(connection).await?;
    Ok(draft.touched)
}

/// Switches to the role that may write beyond the sender's scope, until the transaction ends.
async fn become_consequences(connection: &mut PgConnection) -> Result<(), DatabaseError> {
    sqlx::query!("set local role mso_effects")
        .execute(connection)
        .await?;
    Ok(())
}

/// The case after all events of the decision.
fn after(before: Option<&Case>, decision: &Decision) -> Option<Case> {
    let events: Vec<&CaseEvent> = decision.events.iter().filter_map(Event::of_case).collect();
    let submitted = events.iter().find_map(|event| event.submitted());
    let mut case = before.or(submitted)?.clone();
    case.apply_all(events);
    Some(case)
}

/// Writes the case's row if an event changed it.
async fn write_case(
    connection: &mut PgConnection,
    work: &Work<'_>,
    before: Option<&Case>,
    draft: &mut Draft,
) -> Result<(), ExecuteError> {
    let Some(case) = &draft.case else { return Ok(()) };
    match before {
        None => cases::insert(connection, case).await?,
        Some(before) if before.version == case.version => return Ok(()),
        Some(before) => cases::update(connection, before, case, work.ctx.now).await?,
    }
    draft.touched.record(case.id, RecordKind::Case, case.id.as_uuid());
    Ok(())
}

/// Writes a record other than the case that an event created or changed.
async fn write_event(
    connection: &mut PgConnection,
    work: &Work<'_>,
    event: &Event,
    touched: &mut Touched,
) -> Result<(), ExecuteError> {
    let (user, now) = (work.ctx.actor.user, work.ctx.now);
    match event {
        // The case's row is written by `write_case`.
        Event::Case(..) => {}
        Event::Patient(after) => {
            let before = work.facts.patient.known().and_then(Option::as_ref);
            patients::write(connection, before, after, user, now, touched).await?;
        }
        Event::Document(document) => {
            documents::save(connection, document, user, now).await?;
            touched.record(document.case_id, RecordKind::Document, document.id.as_uuid());
        }
        Event::Issue(issue) => {
            issues::save(connection, issue, now).await?;
            touched.record(issue.case_id, RecordKind::Issue, issue.id.as_uuid());
        }
        Event::Recommendation(recommendation) => {
            cases::save_recommendation(connection, recommendation).await?;
            let id = recommendation.id.as_uuid();
            touched.record(recommendation.case_id, RecordKind::Recommendation, id);
        }
        Event::Clarification(clarification) => {
            after_done::save_clarification(connection, clarification, now).await?;
            let id = clarification.id.as_uuid();
            touched.record(clarification.case_id, RecordKind::Clarification, id);
        }
        Event::Feedback(feedback) => {
            after_done::save_feedback(connection, feedback, now).await?;
            touched.record(feedback.case_id, RecordKind::Feedback, feedback.id.as_uuid());
        }
        Event::Quarantine(kept) => quarantine::discard(connection, kept).await?,
        Event::NotificationRead(notification) => {
            notifications::set_read(connection, user, notification).await?;
            touched.record(user, RecordKind::Notification, notification.id.as_uuid());
        }
        Event::Invoice(invoice) => {
            invoices::update(connection, &work.ctx.actor, invoice).await?;
            touched.record(invoice.case_id, RecordKind::Invoice, invoice.id.as_uuid());
        }
        Event::ServiceRecord(record) => {
            services::update(connection, record).await?;
            touched.record(record.provider_id, RecordKind::ServiceRecord, record.id.as_uuid());
        }
        Event::Institution(after) => {
            let before = work.facts.institution.known().and_then(Option::as_ref);
            people::institution(connection, before, after, now, touched).await?;
        }
        Event::User(after) => {
            let before = work.facts.user.known().and_then(Option::as_ref);
            people::user(connection, before, after, now, touched).await?;
        }
        Event::Provider(after) => {
            let before = work.facts.provider.known().and_then(Option::as_ref);
            people::provider(connection, before, after, now, touched).await?;
        }
        Event::Device(device) => crate::people::store::update_device(connection, device).await?,
        Event::Specialty(setting) => people::specialty(connection, setting, touched).await?,
        Event::PriceList(version) => catalogue::insert_price_list(connection, version, now).await?,
    }
    Ok(())
}
