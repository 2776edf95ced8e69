//! What a rule needs to judge with authority: the record that the command is about, under lock, and the facts that
//! `Command::needs` names.
//!
//! The invariant: every fact that is named is loaded, and nothing else is. What the caller may not know of is not
//! found; only who once held the case's token is told that it moved on (D-14, R1).

use mso_core::actor::{Acting, Actor};
use mso_core::cases::{Assignment, Case};
use mso_core::command::{Aggregate, Command};
use mso_core::decision::{Decision, Event};
use mso_core::facts::{Context, Fact, Facts, Need};
use mso_core::ids::{CaseId, InstitutionId, PatientId, StreamId, UserId};
use mso_core::invoices::{Invoice, ServiceRecord};
use mso_core::notifications::Notification;
use mso_core::patients::Patient;
use mso_core::people::{Institution, ProviderProfile, User};
use sqlx::PgConnection;

use super::execute::ExecuteError;
use crate::cases::{after_done, assignments, quarantine, store as cases};
use crate::catalogue::store as catalogue;
use crate::database::DatabaseError;
use crate::documents::store as documents;
use crate::invoices::{records, services, store as invoices};
use crate::issues::store as issues;
use crate::notifications::store as notifications;
use crate::patients::store as patients;
use crate::people::store as people;

/// The record that a command is about, locked; all empty where the command is to make it.
#[derive(Debug, Default)]
pub(super) struct Subject {
    pub(super) case: Option<Box<Case>>,
    pub(super) patient: Option<Patient>,
    pub(super) notification: Option<Notification>,
    pub(super) invoice: Option<Invoice>,
    pub(super) service_record: Option<ServiceRecord>,
    pub(super) institution: Option<Institution>,
    pub(super) user: Option<User>,
    pub(super) provider: Option<ProviderProfile>,
    /// The stream that the record is seen in; `None` while there is no such record.
    pub(super) stream: Option<StreamId>,
}

impl Subject {
    fn of_case(case: Option<Case>) -> Self {
        Self {
            stream: case.as_ref().map(|case| case.id.into()),
            case: case.map(Box::new),
            ..Self::default()
        }
    }

    fn of_patient(patient: Option<Patient>) -> Self {
        Self {
            stream: patient.as_ref().map(|patient| patient.institution_id.into()),
            patient,
            ..Self::default()
        }
    }

    fn case_id(&self) -> Option<CaseId> {
        self.case.as_ref().map(|case| case.id)
    }
}

/// What locking found.
pub(super) enum Locked {
    /// The record, or the place for it.
    Subject(Box<Subject>),
    /// The case is out of the caller's scope, but the token that came with the command was the caller's.
    Superseded(Box<Assignment>),
    /// Nothing that the caller may know of.
    NotFound,
}

/// Locks the record, or says why the caller may not know of it.
pub(super) async fn lock(
    connection: &mut PgConnection,
    ctx: &Context,
    command: &Command,
) -> Result<Locked, DatabaseError> {
    let subject = match command.aggregate() {
        Aggregate::Case(id) => Subject::of_case(cases::lock(connection, &ctx.actor, id).await?),
        Aggregate::Patient(id) => Subject::of_patient(match ctx.actor.acting {
            // An expert sees patients only as part of a case, and may not lock them.
            Acting::Provider { .. } => None,
            Acting::Requester { .. } | Acting::Admin | Acting::System => {
                patients::lock(connection, &ctx.actor, id).await?
            }
        }),
        Aggregate::Notification(id) => {
            let notification = notifications::lock(connection, ctx.actor.user, id).await?;
            Subject {
                stream: notification.as_ref().map(|_| ctx.actor.user.into()),
                notification,
                ..Subject::default()
            }
        }
        Aggregate::Institution(id) => {
            let institution = people::lock_institution(connection, &ctx.actor, id).await?;
            Subject {
                stream: institution.as_ref().map(|institution| institution.id.into()),
                institution,
                ..Subject::default()
            }
        }
        Aggregate::User(id) => lock_user(connection, ctx, command, id).await?,
        Aggregate::Provider(id) => {
            let provider = people::lock_provider(connection, &ctx.actor, id).await?;
            Subject {
                stream: provider.as_ref().map(|provider| provider.id.into()),
                provider,
                ..Subject::default()
            }
        }
        Aggregate::Catalogue => {
            if command.roles().contains(&ctx.actor.role()) {
                catalogue::lock_catalogue(connection).await?;
            }
            Subject {
                stream: Some(StreamId::CATALOGUE),
                ..Subject::default()
            }
        }
        Aggregate::Invoice(id) => {
            let invoice = records::lock(connection, &ctx.actor, id).await?;
            Subject {
                stream: invoice.as_ref().map(|invoice| invoice.case_id.into()),
                invoice,
                ..Subject::default()
            }
        }
        Aggregate::ServiceRecord(id) => {
            let service_record = services::lock(connection, &ctx.actor, id).await?;
            Subject {
                stream: service_record.as_ref().map(|record| record.provider_id.into()),
                service_record,
                ..Subject::default()
            }
        }
    };
    if command.creates() || subject.stream.is_some() {
        return Ok(Locked::Subject(Box::new(subject)));
    }
    Ok(match held(connection, ctx, command).await? {
        Some(assignment) => Locked::Superseded(Box::new(assignment)),
        None => Locked::NotFound,
    })
}

/// The user, for who may change others; of everybody else only the caller's own.
async fn lock_user(
    connection: &mut PgConnection,
    ctx: &Context,
    command: &Command,
    id: UserId,
) -> Result<Subject, DatabaseError> {
    match ctx.actor.acting {
        Acting::Requester { .. } | Acting::Provider { .. } => Ok(Subject {
            stream: (ctx.actor.user == id).then(|| id.into()),
            ..Subject::default()
        }),
        Acting::Admin | Acting::System => {
            // Before the user: two admins who remove each other would wait for each other.
            if command.needs().contains(&Need::ActiveAdmins) {
                people::lock_active_admins(connection).await?;
            }
            let user = people::lock_user(connection, id).await?;
            Ok(Subject {
                stream: user.as_ref().map(|user| user.id.into()),
                user,
                ..Subject::default()
            })
        }
    }
}

/// The assignment under whose token the command comes, if it was ever the caller's.
async fn held(
    connection: &mut PgConnection,
    ctx: &Context,
    command: &Command,
) -> Result<Option<Assignment>, DatabaseError> {
    match (command.aggregate(), ctx.actor.provider(), ctx.assignment_id) {
        (Aggregate::Case(case), Some(provider), Some(id)) => {
            assignments::held(connection, id, case, provider).await
        }
        (_, _, _) => Ok(None),
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
        load_one(connection, ctx, command, subject, *need, &mut facts).await?;
    }
    Ok(facts)
}

async fn load_one(
    connection: &mut PgConnection,
    ctx: &Context,
    command: &Command,
    subject: &Subject,
    need: Need,
    facts: &mut Facts,
) -> Result<(), ExecuteError> {
    let (names, case) = (command.names(), subject.case_id());
    match need {
        Need::Case => facts.case = Fact::Known(subject.case.as_deref().cloned()),
        Need::Assignment => {
            facts.assignment = Fact::Known(match case {
                Some(case) => assignments::lock_live(connection, case).await?,
                None => None,
            });
        }
        Need::HeldAssignment => facts.held_assignment = Fact::Known(held(connection, ctx, command).await?),
        Need::Documents => {
            facts.documents = Fact::Known(match case {
                Some(case) => documents::of_case(connection, case).await?,
                None => {
                    let ids: Vec<_> = names.files.iter().map(|file| file.document_id).collect();
                    documents::existing(connection, &ids).await?
                }
            });
        }
        Need::Issues => {
            facts.issues = Fact::Known(match case {
                Some(case) => issues::of_case(connection, case).await?,
                None => Vec::new(),
            });
        }
        Need::Recommendations => {
            facts.recommendations = Fact::Known(match case {
                Some(case) => cases::recommendations(connection, case).await?,
                None => Vec::new(),
            });
        }
        Need::Clarifications => {
            facts.clarifications = Fact::Known(match case {
                Some(case) => after_done::clarifications(connection, case).await?,
                None => Vec::new(),
            });
        }
        Need::Feedback => {
            facts.feedback = Fact::Known(match case {
                Some(case) => after_done::feedback(connection, case).await?,
                None => Vec::new(),
            });
        }
        Need::Quarantine => {
            facts.quarantine = Fact::Known(match case {
                Some(case) => quarantine::of_case(connection, case).await?,
                None => Vec::new(),
            });
        }
        Need::Patient => {
            facts.patient = Fact::Known(match (&subject.patient, patient_of(command, subject)) {
                (Some(patient), _) => Some(patient.clone()),
                (None, Some(id)) if !is_about_patient(command) => {
                    patients::hold(connection, &ctx.actor, id).await?
                }
                (None, _) => None,
            });
        }
        Need::OtherPatient => {
            let merged_into = |patient: &Patient| patient.duplicate_of;
            let patient = facts.patient.known().and_then(Option::as_ref);
            facts.other_patient = match names.other_patient.or(patient.and_then(merged_into)) {
                Some(id) => Fact::Known(patients::hold(connection, &ctx.actor, id).await?),
                None => Fact::Known(None),
            };
        }
        Need::SameIdentifier => {
            facts.same_identifier = Fact::Known(same_identifier(connection, ctx, command, subject).await?);
        }
        Need::SimilarPatients => {
            if let Some(institution) = institution_of(command, subject, &ctx.actor) {
                let patient = subject.patient.as_ref();
                let id = names
                    .patient
                    .ok_or(ExecuteError::Incomplete("a patient to compare"))?;
                let similar = patients::lock_similar(connection, institution, id, patient, names.likeness);
                facts.similar_patients = Fact::Known(similar.await?);
            }
        }
        Need::Expert => {
            let (Some(case), Some(provider)) = (case, names.provider) else {
                return Err(ExecuteError::Incomplete("an expert to load"));
            };
            facts.expert = Fact::Known(catalogue::lock_expert(connection, provider, case, ctx.now).await?);
        }
        Need::TeamCandidate => {
            let user = names.user.ok_or(ExecuteError::Incomplete("a user to load"))?;
            facts.team_candidate = Fact::Known(people::team_candidate(connection, &ctx.actor, user).await?);
        }
        Need::Specialties => facts.specialties = Fact::Known(catalogue::specialties(connection).await?),
        Need::Price => {
            let (Some(institution), Command::SubmitCase(submit)) = (ctx.actor.institution(), command) else {
                return Err(ExecuteError::Incomplete("a request to price"));
            };
            let price = catalogue::price(connection, institution, &submit.request, ctx.now).await?;
            facts.price = Fact::Known(price);
        }
        Need::Seller => {
            if let Some(Some(price)) = facts.price.known() {
                let sells = invoices::sells_in(connection, price.net.currency.code()).await?;
                facts.seller = Fact::Known(sells.then_some(()));
            }
        }
        Need::Deadlines => {
            if let Some(institution) = institution_of(command, subject, &ctx.actor) {
                facts.deadlines = Fact::Known(people::deadlines(connection, institution).await?);
            }
        }
        Need::InstitutionActive => {
            if let Some(institution) = institution_of(command, subject, &ctx.actor) {
                let active = people::institution_is_active(connection, institution).await?;
                facts.institution_active = Fact::Known(active);
            }
        }
        Need::Notification => facts.notification = Fact::Known(subject.notification.clone()),
        Need::Invoice => facts.invoice = Fact::Known(subject.invoice.clone()),
        Need::CreditNotes => {
            facts.credit_notes = Fact::Known(match &subject.invoice {
                Some(invoice) => records::credit_notes_of(connection, invoice.id).await?,
                None => Vec::new(),
            });
        }
        Need::ServiceRecord => facts.service_record = Fact::Known(subject.service_record.clone()),
        Need::Institution => {
            facts.institution = Fact::Known(match (&subject.institution, names.institution) {
                (Some(institution), _) => Some(institution.clone()),
                (None, Some(id)) => people::institution(connection, id).await?,
                (None, None) => None,
            });
        }
        Need::User => facts.user = Fact::Known(subject.user.clone()),
        Need::Provider => {
            facts.provider = Fact::Known(match (&subject.provider, names.provider) {
                (Some(provider), _) => Some(provider.clone()),
                (None, Some(id)) => people::provider(connection, id).await?,
                (None, None) => None,
            });
        }
        Need::Device => {
            facts.device = Fact::Known(match names.device {
                Some(id) => people::lock_device(connection, &ctx.actor, id).await?,
                None => None,
            });
        }
        Need::ActiveAdmins => {
            facts.active_admins = Fact::Known(people::lock_active_admins(connection).await?);
        }
        Need::Specialty => {
            facts.specialty = Fact::Known(match names.specialty {
                Some(code) => catalogue::lock_specialty(connection, code).await?,
                None => None,
            });
        }
        Need::PriceLists => facts.price_lists = Fact::Known(catalogue::price_lists(connection).await?),
    }
    Ok(())
}

/// Another patient of the institution with one of the command's identifiers.
async fn same_identifier(
    connection: &mut PgConnection,
    ctx: &Context,
    command: &Command,
    subject: &Subject,
) -> Result<Option<PatientId>, DatabaseError> {
    let names = command.names();
    match (institution_of(command, subject, &ctx.actor), names.patient) {
        (Some(institution), Some(id)) => {
            patients::same_identifier(connection, institution, names.identifiers, id).await
        }
        (_, _) => Ok(None),
    }
}

/// The same, once the decision is made: who took the identifier in between.
pub(super) async fn identifier_taken(
    connection: &mut PgConnection,
    decision: &Decision,
) -> Result<Option<PatientId>, DatabaseError> {
    for event in &decision.events {
        if let Event::Patient(patient) = event {
            let (institution, identifiers) = (patient.institution_id, &patient.identifiers);
            return patients::same_identifier(connection, institution, identifiers, patient.id).await;
        }
    }
    Ok(None)
}

/// The patient that a command or its case names.
fn patient_of(command: &Command, subject: &Subject) -> Option<PatientId> {
    let of_case = subject.case.as_ref().map(|case| case.patient_id);
    command.names().patient.or(of_case)
}

/// Whether the patient is the record itself, which [`lock`] has looked for already.
fn is_about_patient(command: &Command) -> bool {
    matches!(command.aggregate(), Aggregate::Patient(_))
}

/// The institution that a command, its record or its sender belongs to.
fn institution_of(command: &Command, subject: &Subject, actor: &Actor) -> Option<InstitutionId> {
    let of_case = subject.case.as_ref().map(|case| case.institution_id);
    let of_patient = subject.patient.as_ref().map(|patient| patient.institution_id);
    let named = command.names().institution;
    named.or(of_case).or(of_patient).or(actor.institution())
}
