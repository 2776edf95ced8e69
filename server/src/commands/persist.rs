//! Writes a decision: the changed records, the effects, the timeline and the feed, in the order that their rights
//! and references ask for.
//!
//! Not here: what is decided (`mso_core`) and how a record is stored (each domain's `store.rs`). The invariant: who
//! may read a stream is settled before anything is written that row-level security checks against it.

use mso_core::cases::{Case, CaseEvent};
use mso_core::command::Command;
use mso_core::decision::{Decision, Event};
use mso_core::facts::{Context, Facts};
use mso_core::patients::{Patient, PatientEvent};
use mso_core::protocol::records::RecordKind;
use sqlx::PgConnection;

use super::effects::{self, Phase};
use super::execute::ExecuteError;
use super::facts::Subject;
use crate::cases::store as cases;
use crate::documents::store as documents;
use crate::patients::store as patients;
use crate::sync::feed_write::Touched;

/// A decision and what led to it.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) ctx: &'a Context,
    pub(super) command: &'a Command,
    pub(super) facts: &'a Facts,
    pub(super) decision: &'a Decision,
}

/// What is being written: the case as it will be, and the streams touched.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) case: Option<Case>,
    pub(super) touched: Touched,
}

pub(super) async fn write(
    connection: &mut PgConnection,
    work: &Work<'_>,
    subject: Subject,
) -> Result<Touched, ExecuteError> {
    let (before, patient) = match subject {
        Subject::Case(case) => (case.map(|case| *case), None),
        Subject::Patient(patient) => (None, patient),
    };
    let mut draft = Draft {
        case: after(before.as_ref(), work.decision),
        ..Draft::default()
    };

    effects::perform(connection, work, &mut draft, Phase::Number).await?;
    write_case(connection, work, before.as_ref(), &mut draft).await?;
    effects::perform(connection, work, &mut draft, Phase::Scope).await?;
    for event in &work.decision.events {
        write_event(connection, work, event, patient.as_ref(), &mut draft.touched).await?;
    }
    effects::perform(connection, work, &mut draft, Phase::Record).await?;
    if let Some(case) = &draft.case
        && before.as_ref().is_none_or(|before| before.status != case.status)
    {
        cases::add_to_timeline(connection, case, work.ctx.now).await?;
    }
    draft.touched.write(connection).await?;
    Ok(draft.touched)
}

/// The case after all events of the decision.
fn after(before: Option<&Case>, decision: &Decision) -> Option<Case> {
    let events: Vec<&CaseEvent> = decision.events.iter().filter_map(case_event).collect();
    let submitted = events.iter().find_map(|event| submitted(event));
    let mut case = before.or(submitted)?.clone();
    case.apply_all(events);
    Some(case)
}

const fn case_event(event: &Event) -> Option<&CaseEvent> {
    match event {
        Event::Case(_, event) => Some(event),
        Event::PatientCreated(_)
        | Event::Patient(..)
        | Event::DocumentDeclared(_)
        | Event::DocumentStored(_) => None,
    }
}

fn submitted(event: &CaseEvent) -> Option<&Case> {
    match event {
        CaseEvent::Submitted(case) => Some(case),
        CaseEvent::BecameReady
        | CaseEvent::Assigned { .. }
        | CaseEvent::Reassigned { .. }
        | CaseEvent::Accepted { .. }
        | CaseEvent::ReviewStarted { .. }
        | CaseEvent::RecommendationSubmitted { .. } => None,
    }
}

/// Writes the case's own row, if an event changed it.
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
        Some(_) => cases::update(connection, case, work.ctx.now).await?,
    }
    draft.touched.record(case.id, RecordKind::Case, case.id.as_uuid());
    Ok(())
}

/// Writes the records beside the case that an event made or changed.
async fn write_event(
    connection: &mut PgConnection,
    work: &Work<'_>,
    event: &Event,
    patient: Option<&Patient>,
    touched: &mut Touched,
) -> Result<(), ExecuteError> {
    let (user, now) = (work.ctx.actor.user, work.ctx.now);
    match event {
        Event::PatientCreated(patient) => {
            patients::insert(connection, patient, user, now).await?;
            touched.record(patient.institution_id, RecordKind::Patient, patient.id.as_uuid());
        }
        Event::Patient(_, event) => {
            let patient = patient.ok_or(ExecuteError::Incomplete("the patient that changed"))?;
            write_patient(connection, work, patient, event).await?;
            touched.record(patient.institution_id, RecordKind::Patient, patient.id.as_uuid());
        }
        Event::DocumentDeclared(document) => {
            documents::insert(connection, document, user).await?;
            touched.record(document.case_id, RecordKind::Document, document.id.as_uuid());
        }
        Event::DocumentStored(id) => {
            let case = work.facts.case.known().and_then(Option::as_ref);
            let case = case.ok_or(ExecuteError::Incomplete("the case of a document"))?;
            documents::set_stored(connection, *id, now).await?;
            touched.record(case.id, RecordKind::Document, id.as_uuid());
        }
        Event::Case(_, event) => match event {
            CaseEvent::RecommendationSubmitted {
                recommendation,
                at: _,
            } => {
                cases::insert_recommendation(connection, recommendation).await?;
                let id = recommendation.id.as_uuid();
                touched.record(recommendation.case_id, RecordKind::Recommendation, id);
            }
            // These change the case's own row only.
            CaseEvent::Submitted(_)
            | CaseEvent::BecameReady
            | CaseEvent::Assigned { .. }
            | CaseEvent::Reassigned { .. }
            | CaseEvent::Accepted { .. }
            | CaseEvent::ReviewStarted { .. } => {}
        },
    }
    Ok(())
}

async fn write_patient(
    connection: &mut PgConnection,
    work: &Work<'_>,
    patient: &Patient,
    event: &PatientEvent,
) -> Result<(), ExecuteError> {
    let mut patient = patient.clone();
    patient.apply(event);
    Ok(patients::update(connection, &patient, work.ctx.now).await?)
}
