//! The facts of an authoritative decision: the record that the command is about, locked, and everything that
//! `Command::needs` asks for.
//!
//! Invariant: every need is loaded and nothing else is. A record outside the caller's scope is `not_found`;
//! only a former holder of the case's assignment learns that the case moved on (D-14, R1).

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

use super::error::ExecuteError;
use crate::cases::{after_done, assignments, quarantine, store as cases};
use crate::catalogue::store as catalogue;
use crate::database::DatabaseError;
use crate::documents::store as documents;
use crate::invoices::{records, services, store as invoices};
use crate::issues::store as issues;
use crate::notifications::store as notifications;
use crate::patients::store as patients;
use crate::people::store as people;

/// The record that a command is about, locked. Every field is empty if the command is to create the record.
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
    /// The stream that contains the record; `None` while the record does not exist.
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

pub(super) enum Locked {
    /// The record, or an empty subject if the command creates it.
    Subject(Box<Subject>),
    /// The case is out of the caller's scope, but the assignment that the command names was once the
    /// caller's.
    Superseded(Box<Assignment>),
    /// The record does not exist, or is outside the caller's scope.
    NotFound,
}

/// Locks the record that the command is about.
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
            if command.spec().roles.contains(&ctx.actor.role()) {
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
    if command.spec().creates || subject.stream.is_some() {
        return Ok(Locked::Subject(Box::new(subject)));
    }
    Ok(match held(connection, ctx, command).await? {
        Some(assignment) => Locked::Superseded(Box::new(assignment)),
        None => Locked::NotFound,
    })
}

/// Admins and the server lock any user. For everyone else only their own user is found, and its row is not
/// read.
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
            // Locked before the user: otherwise two admins who remove each other would deadlock.
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

/// The assignment that the command names, if it was ever the caller's.
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

impl Subject {
    /// The facts that come from the record itself.
    fn facts(&self, aggregate: Aggregate) -> Facts {
        let mut facts = Facts::default();
        match aggregate {
            Aggregate::Case(_) => facts.case = Fact::Known(self.case.as_deref().cloned()),
            Aggregate::Patient(_) => facts.patient = Fact::Known(self.patient.clone()),
            Aggregate::Notification(_) => facts.notification = Fact::Known(self.notification.clone()),
            Aggregate::Institution(_) => facts.institution = Fact::Known(self.institution.clone()),
            Aggregate::User(_) => facts.user = Fact::Known(self.user.clone()),
            Aggregate::Provider(_) => facts.provider = Fact::Known(self.provider.clone()),
            Aggregate::Invoice(_) => facts.invoice = Fact::Known(self.invoice.clone()),
            Aggregate::ServiceRecord(_) => facts.service_record = Fact::Known(self.service_record.clone()),
            Aggregate::Catalogue => {}
        }
        facts
    }
}

pub(super) async fn load(
    connection: &mut PgConnection,
    ctx: &Context,
    command: &Command,
    subject: &Subject,
) -> Result<Facts, ExecuteError> {
    let mut facts = subject.facts(command.aggregate());
    for need in command.needs() {
        load_one(connection, ctx, command, subject, need, &mut facts).await?;
    }
    Ok(facts)
}

/// Records of the case that the command is about; empty for a case that is yet to be created.
macro_rules! of_case {
    ($subject:ident, $case:ident => $load:expr) => {
        Fact::Known(match $subject.case_id() {
            Some($case) => $load.await?,
            None => Vec::new(),
        })
    };
}

async fn load_one(
    connection: &mut PgConnection,
    ctx: &Context,
    command: &Command,
    subject: &Subject,
    need: Need<'_>,
    facts: &mut Facts,
) -> Result<(), ExecuteError> {
    match need {
        Need::Assignment => {
            facts.assignment = Fact::Known(match subject.case_id() {
                Some(case) => assignments::lock_live(connection, case).await?,
                None => None,
            });
        }
        Need::HeldAssignment => facts.held_assignment = Fact::Known(held(connection, ctx, command).await?),
        Need::Documents => {
            facts.documents = of_case!(subject, case => documents::of_case(connection, case));
        }
        Need::TakenDocuments(files) => {
            let ids: Vec<_> = files.iter().map(|file| file.document_id).collect();
            facts.documents = Fact::Known(match subject.case_id() {
                Some(case) => documents::of_case(connection, case).await?,
                None => documents::existing(connection, &ids).await?,
            });
        }
        Need::Issues => facts.issues = of_case!(subject, case => issues::of_case(connection, case)),
        Need::Recommendations => {
            facts.recommendations = of_case!(subject, case => cases::recommendations(connection, case));
        }
        Need::Clarifications => {
            facts.clarifications = of_case!(subject, case => after_done::clarifications(connection, case));
        }
        Need::Feedback => facts.feedback = of_case!(subject, case => after_done::feedback(connection, case)),
        Need::Quarantine => {
            facts.quarantine = of_case!(subject, case => quarantine::of_case(connection, case));
        }
        Need::Patient(id) => {
            facts.patient = Fact::Known(patients::hold(connection, &ctx.actor, id).await?);
        }
        Need::OtherPatient(id) => {
            facts.other_patient = Fact::Known(patients::hold(connection, &ctx.actor, id).await?);
        }
        Need::Survivor => {
            let patient = facts.patient.known().and_then(Option::as_ref);
            facts.other_patient = Fact::Known(match patient.and_then(|patient| patient.duplicate_of) {
                Some(id) => patients::hold(connection, &ctx.actor, id).await?,
                None => None,
            });
        }
        Need::SameIdentifier(identifiers) => {
            let institution = institution_of(subject, &ctx.actor);
            facts.same_identifier = Fact::Known(match (institution, command.aggregate()) {
                (Some(institution), Aggregate::Patient(id)) => {
                    patients::same_identifier(connection, institution, identifiers, id).await?
                }
                (_, _) => None,
            });
        }
        Need::SimilarPatients(likeness) => {
            if let (Some(institution), Aggregate::Patient(id)) =
                (institution_of(subject, &ctx.actor), command.aggregate())
            {
                let patient = subject.patient.as_ref();
                let similar = patients::lock_similar(connection, institution, id, patient, likeness);
                facts.similar_patients = Fact::Known(similar.await?);
            }
        }
        Need::Expert(provider) => {
            let case = subject
                .case_id()
                .ok_or(ExecuteError::Incomplete("a case to review an expert for"))?;
            facts.expert = Fact::Known(catalogue::lock_expert(connection, provider, case, ctx.now).await?);
        }
        Need::TeamCandidate(user) => {
            facts.team_candidate = Fact::Known(people::team_candidate(connection, &ctx.actor, user).await?);
        }
        Need::Specialties => facts.specialties = Fact::Known(catalogue::specialties(connection).await?),
        Need::Specialty(code) => {
            facts.specialty = Fact::Known(catalogue::lock_specialty(connection, code).await?);
        }
        Need::Price(request) => {
            let institution = ctx
                .actor
                .institution()
                .ok_or(ExecuteError::Incomplete("an institution to price for"))?;
            facts.price = Fact::Known(catalogue::price(connection, institution, request, ctx.now).await?);
        }
        Need::Seller => facts.sellers = Fact::Known(invoices::seller_currencies(connection).await?),
        Need::Deadlines => {
            if let Some(institution) = institution_of(subject, &ctx.actor) {
                facts.deadlines = Fact::Known(people::deadlines(connection, institution).await?);
            }
        }
        Need::InstitutionActive => {
            if let Some(institution) = institution_of(subject, &ctx.actor) {
                let active = people::institution_is_active(connection, institution).await?;
                facts.institution_active = Fact::Known(active);
            }
        }
        Need::Institution(id) => {
            facts.institution = Fact::Known(people::institution(connection, id).await?);
        }
        Need::Provider(id) => facts.provider = Fact::Known(people::provider(connection, id).await?),
        Need::Device(id) => {
            facts.device = Fact::Known(people::lock_device(connection, &ctx.actor, id).await?);
        }
        Need::ActiveAdmins => {
            facts.active_admins = Fact::Known(people::lock_active_admins(connection).await?);
        }
        Need::PriceLists => facts.price_lists = Fact::Known(catalogue::price_lists(connection).await?),
        Need::CreditNotes => {
            facts.credit_notes = Fact::Known(match &subject.invoice {
                Some(invoice) => records::credit_notes_of(connection, invoice.id).await?,
                None => Vec::new(),
            });
        }
    }
    Ok(())
}

/// The other patient that holds an identifier of the decided patient, because a concurrent command took it.
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

/// The institution that the record belongs to, or else the sender's.
fn institution_of(subject: &Subject, actor: &Actor) -> Option<InstitutionId> {
    let of_case = subject.case.as_ref().map(|case| case.institution_id);
    let of_patient = subject.patient.as_ref().map(|patient| patient.institution_id);
    of_case.or(of_patient).or(actor.institution())
}
