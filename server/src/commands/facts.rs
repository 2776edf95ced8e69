//! What a rule needs to judge with authority: the record that the command is about, under lock, and the facts that
//! `Command::needs` names.
//!
//! The invariant: every fact that is named is loaded, and nothing else is. What the caller may not know of is not
//! found; only who once held the case's token is told that it moved on (D-14, R1).

use mso_core::actor::Acting;
use mso_core::cases::Case;
use mso_core::command::{Aggregate, Command};
use mso_core::facts::{Context, Fact, Facts, Need};
use mso_core::ids::{DocumentId, PatientId, ProviderId, StreamId};
use mso_core::patients::Patient;
use mso_core::refusal::Refusal;
use sqlx::PgConnection;

use super::execute::ExecuteError;
use crate::cases::{assignments, store as cases};
use crate::catalogue::store as catalogue;
use crate::database::DatabaseError;
use crate::documents::store as documents;
use crate::patients::store as patients;

/// The record that a command is about, locked; `None` where the command is to make it.
#[derive(Debug)]
pub(super) enum Subject {
    /// A case.
    Case(Option<Box<Case>>),
    /// A patient.
    Patient(Option<Patient>),
}

impl Subject {
    pub(super) fn case(&self) -> Option<&Case> {
        match self {
            Self::Case(case) => case.as_deref(),
            Self::Patient(_) => None,
        }
    }

    const fn patient(&self) -> Option<&Patient> {
        match self {
            Self::Patient(patient) => patient.as_ref(),
            Self::Case(_) => None,
        }
    }

    /// The stream that the record is seen in.
    pub(super) fn stream(&self) -> Option<StreamId> {
        match self {
            Self::Case(case) => case.as_ref().map(|case| case.id.into()),
            Self::Patient(patient) => patient.as_ref().map(|patient| patient.institution_id.into()),
        }
    }
}

/// Whether the record is there already or comes with the command.
enum Expects {
    Old,
    New,
}

const fn expects(command: &Command) -> Expects {
    match command {
        Command::CreatePatient(_) | Command::SubmitCase(_) => Expects::New,
        Command::VerifyPatient(_)
        | Command::DeclareDocument(_)
        | Command::MarkDocumentStored(_)
        | Command::AssignCase(_)
        | Command::ReassignCase(_)
        | Command::AcceptCase(_)
        | Command::StartReview(_)
        | Command::SubmitRecommendation(_) => Expects::Old,
    }
}

/// Locks the record, or says why the caller may not know of it.
pub(super) async fn lock(
    connection: &mut PgConnection,
    ctx: &Context,
    command: &Command,
) -> Result<Result<Subject, Refusal>, DatabaseError> {
    let subject = match command.aggregate() {
        Aggregate::Case(id) => Subject::Case(cases::lock(connection, &ctx.actor, id).await?.map(Box::new)),
        Aggregate::Patient(id) => match ctx.actor.acting {
            // An expert sees patients only as part of a case, and may not lock them.
            Acting::Provider { .. } => Subject::Patient(None),
            Acting::Requester { .. } | Acting::Admin | Acting::System => {
                Subject::Patient(patients::lock(connection, &ctx.actor, id).await?)
            }
        },
    };
    match (expects(command), subject.stream()) {
        (Expects::New, _) | (Expects::Old, Some(_)) => Ok(Ok(subject)),
        (Expects::Old, None) if held_token(connection, ctx, command).await? => {
            Ok(Err(Refusal::AssignmentSuperseded))
        }
        (Expects::Old, None) => Ok(Err(Refusal::NotFound)),
    }
}

async fn held_token(
    connection: &mut PgConnection,
    ctx: &Context,
    command: &Command,
) -> Result<bool, DatabaseError> {
    match (command.aggregate(), ctx.actor.provider(), ctx.assignment_id) {
        (Aggregate::Case(case), Some(provider), Some(id)) => {
            assignments::was_held(connection, id, case, provider).await
        }
        (Aggregate::Case(_) | Aggregate::Patient(_), _, _) => Ok(false),
    }
}

/// Loads what the command needs.
pub(super) async fn load(
    connection: &mut PgConnection,
    ctx: &Context,
    command: &Command,
    subject: &Subject,
) -> Result<Facts, ExecuteError> {
    let mut facts = Facts::default();
    for need in command.needs() {
        match need {
            Need::Case => facts.case = Fact::Known(subject.case().cloned()),
            Need::Assignment => {
                facts.assignment = Fact::Known(match subject.case() {
                    Some(case) => assignments::lock_live(connection, case.id).await?,
                    None => None,
                });
            }
            Need::Documents => {
                facts.documents = Fact::Known(match subject.case() {
                    Some(case) => documents::of_case(connection, case.id).await?,
                    None => documents::existing(connection, &manifest(command)).await?,
                });
            }
            Need::Patient => {
                facts.patient = Fact::Known(match (subject, patient_of(command, subject)) {
                    (Subject::Patient(_), _) => subject.patient().cloned(),
                    (Subject::Case(_), Some(id)) => patients::hold(connection, &ctx.actor, id).await?,
                    (Subject::Case(_), None) => None,
                });
            }
            Need::SameIdentifier => {
                facts.same_identifier = Fact::Known(same_identifier(connection, ctx, command).await?);
            }
            Need::Expert => {
                let (Aggregate::Case(case), Some(provider)) = (command.aggregate(), expert_of(command))
                else {
                    return Err(ExecuteError::Incomplete("an expert to load"));
                };
                facts.expert =
                    Fact::Known(catalogue::lock_expert(connection, provider, case, ctx.now).await?);
            }
            Need::Specialties => facts.specialties = Fact::Known(catalogue::specialties(connection).await?),
            Need::Price => {
                let (Some(institution), Command::SubmitCase(submit)) = (ctx.actor.institution(), command)
                else {
                    return Err(ExecuteError::Incomplete("a request to price"));
                };
                let price = catalogue::price(connection, institution, &submit.request, ctx.now).await?;
                facts.price = Fact::Known(price);
            }
            Need::Recommendation => {
                facts.recommendation = Fact::Known(match subject.case() {
                    Some(case) => cases::recommendation(connection, case.id).await?,
                    None => None,
                });
            }
        }
    }
    Ok(facts)
}

/// Another patient of the caller's institution with one of the command's identifiers.
pub(super) async fn same_identifier(
    connection: &mut PgConnection,
    ctx: &Context,
    command: &Command,
) -> Result<Option<PatientId>, DatabaseError> {
    match (command, ctx.actor.institution()) {
        (Command::CreatePatient(create), Some(institution)) => {
            patients::same_identifier(connection, institution, &create.identifiers).await
        }
        (
            Command::CreatePatient(_)
            | Command::VerifyPatient(_)
            | Command::SubmitCase(_)
            | Command::DeclareDocument(_)
            | Command::MarkDocumentStored(_)
            | Command::AssignCase(_)
            | Command::ReassignCase(_)
            | Command::AcceptCase(_)
            | Command::StartReview(_)
            | Command::SubmitRecommendation(_),
            _,
        ) => Ok(None),
    }
}

/// The documents that a command brings with it.
fn manifest(command: &Command) -> Vec<DocumentId> {
    match command {
        Command::SubmitCase(submit) => submit.documents.iter().map(|file| file.document_id).collect(),
        Command::DeclareDocument(declare) => vec![declare.file.document_id],
        Command::CreatePatient(_)
        | Command::VerifyPatient(_)
        | Command::MarkDocumentStored(_)
        | Command::AssignCase(_)
        | Command::ReassignCase(_)
        | Command::AcceptCase(_)
        | Command::StartReview(_)
        | Command::SubmitRecommendation(_) => Vec::new(),
    }
}

/// The patient that a command or its case names.
fn patient_of(command: &Command, subject: &Subject) -> Option<PatientId> {
    match command {
        Command::CreatePatient(create) => Some(create.patient_id),
        Command::VerifyPatient(verify) => Some(verify.patient_id),
        Command::SubmitCase(submit) => Some(submit.patient_id),
        Command::DeclareDocument(_)
        | Command::MarkDocumentStored(_)
        | Command::AssignCase(_)
        | Command::ReassignCase(_)
        | Command::AcceptCase(_)
        | Command::StartReview(_)
        | Command::SubmitRecommendation(_) => subject.case().map(|case| case.patient_id),
    }
}

/// The expert that a command would assign.
const fn expert_of(command: &Command) -> Option<ProviderId> {
    match command {
        Command::AssignCase(assign) => Some(assign.provider_id),
        Command::ReassignCase(reassign) => Some(reassign.provider_id),
        Command::CreatePatient(_)
        | Command::VerifyPatient(_)
        | Command::SubmitCase(_)
        | Command::DeclareDocument(_)
        | Command::MarkDocumentStored(_)
        | Command::AcceptCase(_)
        | Command::StartReview(_)
        | Command::SubmitRecommendation(_) => None,
    }
}
