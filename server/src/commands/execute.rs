//! The server's write path: one transaction that gives a command its final answer.
//!
//! Read `attempt` from top to bottom. The order of the checks is a contract (`docs/ARCHITECTURE.md`): seen
//! before, dependencies, scope, role, then the rule itself. Rules are in `mso_core`; each domain's SQL is in
//! its `store.rs`. The invariant: a refused command writes its answer and its audit entry, and nothing else,
//! except that a clinical text may go to quarantine (`superseded`).

use std::time::Duration;

use mso_core::actor::Actor;
use mso_core::cases::Assignment;
use mso_core::command::{Aggregate, Command};
use mso_core::facts::{Context, Fact, Facts};
use mso_core::ids::StreamId;
use mso_core::protocol::cbor;
use mso_core::protocol::sync::{Outcome, SettledOutcome};
use mso_core::refusal::{Refusal, RefusalRecord};
use mso_core::time::Timestamp;
use sqlx::PgConnection;

use super::error::ExecuteError;
use super::facts::{self, Locked, Subject};
use super::log::{self, Admission};
use super::persist;
use super::request::{Executed, Request};
use super::work::Work;
use crate::audit;
use crate::cases::quarantine;
use crate::database::{DatabaseError, Scoped};
use crate::feed::Touched;
use crate::live::News;
use crate::state::State;

/// Maximum duration of a command, retries included. A longer transaction would hold back the feed for every
/// reader.
const DEADLINE: Duration = Duration::from_secs(5);

/// Maximum number of attempts when the transaction fails only through a race: serialisation failure or
/// deadlock.
const ATTEMPTS: usize = 4;

/// Executes a command as this actor, at the current time.
pub async fn execute(state: &State, actor: &Actor, request: Request) -> Result<Executed, ExecuteError> {
    let assignment_id = request.envelope.assignment_id;
    let ctx = Context {
        actor: *actor,
        now: state.clock.now(),
        assignment_id,
    };
    let attempts = attempts(state, &ctx, &request);
    let executed = tokio::time::timeout(DEADLINE, attempts)
        .await
        .map_err(|_| ExecuteError::Deadline)?;
    match &executed {
        Ok(executed) => tracing::info!(
            command.id = %request.command_id,
            command.name = request.envelope.command.name(),
            outcome = code(&executed.outcome),
            "command answered"
        ),
        Err(error) => tracing::error!(
            command.id = %request.command_id,
            command.name = request.envelope.command.name(),
            %error,
            "command failed"
        ),
    }
    executed
}

async fn attempts(state: &State, ctx: &Context, request: &Request) -> Result<Executed, ExecuteError> {
    let mut left = ATTEMPTS;
    loop {
        left -= 1;
        match attempt(state, ctx, request).await {
            Err(ExecuteError::Database(error)) if error.is_passing() && left > 0 => {}
            answered => return answered,
        }
    }
}

async fn attempt(state: &State, ctx: &Context, request: &Request) -> Result<Executed, ExecuteError> {
    let mut tx = state.database.begin_scoped(&ctx.actor).await?;
    match log::admit(tx.conn(), ctx, request).await? {
        Admission::New => {}
        Admission::Answered(of) => {
            let touched = vec![request.envelope.command.aggregate().key()];
            return Ok(Executed {
                outcome: Outcome::Replayed { of },
                touched,
            });
        }
        Admission::OtherContent => {
            let refusal = Refusal::CommandIdReuse;
            audit::append(
                tx.conn(),
                ctx.actor.user.into(),
                &entry(ctx, request, refusal.code())?,
            )
            .await?;
            tx.commit().await?;
            return Ok(Executed {
                outcome: refused(&refusal),
                touched: Vec::new(),
            });
        }
    }
    let Evaluation { stream, verdict, now } = evaluate(&mut tx, state, ctx, request).await?;
    let ctx = &Context { now, ..*ctx };
    let (outcome, touched) = match verdict {
        Ok(touched) => (Outcome::Applied, touched),
        Err(refusal) => (refused(&refusal), Touched::default()),
    };
    let answer = log::answer(request, &outcome.settled().unwrap_or(SettledOutcome::Applied))?;
    let act = entry(ctx, request, code(&outcome))?;
    audit::append_answer(tx.conn(), stream, &act, Some(&answer)).await?;
    tx.commit().await?;
    state.live.tell(&News::of(&touched), ctx.actor.device());
    let touched = touched.records();
    Ok(Executed { outcome, touched })
}

/// The verdict, when it was given, and the stream whose audit chain records it.
struct Evaluation {
    stream: StreamId,
    verdict: Result<Touched, Refusal>,
    now: Timestamp,
}

async fn evaluate(
    tx: &mut Scoped,
    state: &State,
    ctx: &Context,
    request: &Request,
) -> Result<Evaluation, ExecuteError> {
    let own = StreamId::from(ctx.actor.user);
    let command = &request.envelope.command;
    if !log::dependencies_applied(tx.conn(), ctx, &request.envelope.depends_on).await? {
        // A text written after an acceptance that came too late came too late itself.
        if command.spec().quarantines
            && let Locked::Superseded(held) = facts::lock(tx.conn(), ctx, command).await?
        {
            let code = Refusal::DependencyRefused.code();
            quarantine::keep(tx.conn(), ctx, &request.envelope, held.case_id, code).await?;
        }
        return Ok(Evaluation {
            stream: own,
            verdict: Err(Refusal::DependencyRefused),
            now: ctx.now,
        });
    }
    let subject = match facts::lock(tx.conn(), ctx, command).await? {
        Locked::Subject(subject) => *subject,
        Locked::NotFound => {
            return Ok(Evaluation {
                stream: own,
                verdict: Err(Refusal::NotFound),
                now: ctx.now,
            });
        }
        Locked::Superseded(held) => return superseded(tx, ctx, request, *held).await,
    };
    let stream = subject.stream.unwrap_or(own);
    // Taken after the lock, so that what is decided later is never dated earlier, whatever the clock does.
    let last = audit::last_at(tx.conn(), stream).await?;
    let now = last.map_or(state.clock.now(), |last| last.max(state.clock.now()));
    let ctx = &Context { now, ..*ctx };
    // The rule checks the role again, but a role that may not send the command may not read its facts either.
    if !command.spec().roles.contains(&ctx.actor.role()) {
        // What is everybody's to read is no stream for everybody's acts.
        let stream = if command.aggregate() == Aggregate::Catalogue {
            own
        } else {
            stream
        };
        return Ok(Evaluation {
            stream,
            verdict: Err(Refusal::Forbidden),
            now,
        });
    }
    let facts = facts::load(tx.conn(), ctx, command, &subject).await?;
    let decision = match command.decide(&facts, ctx) {
        Ok(decision) => decision,
        Err(refusal) => {
            return Ok(Evaluation {
                stream,
                verdict: Err(refusal),
                now,
            });
        }
    };
    let work = Work {
        ctx,
        command,
        facts: &facts,
        decision: &decision,
    };
    let verdict = persisted(tx.conn(), &work, subject).await?;
    // If the command created a record, the audit entry belongs in that record's stream.
    let stream = if verdict.is_ok() {
        created_stream(ctx, command).unwrap_or(stream)
    } else {
        stream
    };
    Ok(Evaluation { stream, verdict, now })
}

/// The answer to a provider whose assignment has ended: refused, with the clinical text kept for its author
/// (R3, D-19), unless this same command ended the assignment.
async fn superseded(
    tx: &mut Scoped,
    ctx: &Context,
    request: &Request,
    held: Assignment,
) -> Result<Evaluation, ExecuteError> {
    let command = &request.envelope.command;
    let case = held.case_id;
    let facts = Facts {
        held_assignment: Fact::Known(Some(held)),
        ..Facts::default()
    };
    let verdict = command.decide_superseded(&facts).map(|_| Touched::default());
    if let Err(refusal) = &verdict
        && command.spec().quarantines
    {
        quarantine::keep(tx.conn(), ctx, &request.envelope, case, refusal.code()).await?;
    }
    Ok(Evaluation {
        stream: ctx.actor.user.into(),
        verdict,
        now: ctx.now,
    })
}

/// The stream of the record that a command creates.
fn created_stream(ctx: &Context, command: &Command) -> Option<StreamId> {
    match command.aggregate() {
        _ if !command.spec().creates => None,
        Aggregate::Case(case) => Some(case.into()),
        Aggregate::Patient(_) => ctx.actor.institution().map(StreamId::from),
        Aggregate::Institution(institution) => Some(institution.into()),
        Aggregate::Provider(provider) => Some(provider.into()),
        Aggregate::User(user) => Some(user.into()),
        Aggregate::Catalogue
        | Aggregate::Invoice(_)
        | Aggregate::ServiceRecord(_)
        | Aggregate::Notification(_) => None,
    }
}

/// Writes the decision under a savepoint. A violation of a named constraint becomes a refusal; any other
/// database error is returned as an error.
async fn persisted(
    connection: &mut PgConnection,
    work: &Work<'_>,
    subject: Subject,
) -> Result<Result<Touched, Refusal>, ExecuteError> {
    sqlx::query!("savepoint undecided")
        .execute(&mut *connection)
        .await
        .map_err(DatabaseError::from)?;
    match persist::write(connection, work, subject).await {
        // The savepoint ends with the transaction: to release it would be one more round trip.
        Ok(touched) => Ok(Ok(touched)),
        Err(ExecuteError::Database(error)) => {
            sqlx::query!("rollback to savepoint undecided")
                .execute(&mut *connection)
                .await
                .map_err(DatabaseError::from)?;
            match refusal_of(&error) {
                Some(Refusal::PatientExists { .. }) => {
                    let existing = facts::identifier_taken(connection, work.decision).await?;
                    Ok(Err(Refusal::PatientExists { existing }))
                }
                Some(refusal) => Ok(Err(refusal)),
                None => Err(error.into()),
            }
        }
        Err(fault) => Err(fault),
    }
}

/// The refusal that a violated constraint stands for. Used instead of checks beforehand, which would race.
fn refusal_of(error: &DatabaseError) -> Option<Refusal> {
    match error.constraint()? {
        // The id or stream exists but is hidden from the caller.
        "mso_case_pkey" | "stream_head_pkey" => Some(Refusal::CaseExists),
        "document_pkey" => Some(Refusal::DocumentExists),
        "patient_pkey" | "patient_identifier_unique" => Some(Refusal::PatientExists { existing: None }),
        "issue_pkey" => Some(Refusal::IssueExists),
        "institution_pkey" | "institution_registration_unique" => Some(Refusal::InstitutionExists),
        "mso_user_pkey" => Some(Refusal::UserExists),
        "user_email_unique" => Some(Refusal::EmailTaken),
        "user_provider_unique" => Some(Refusal::ProviderHasUser),
        "provider_pkey" => Some(Refusal::ProviderExists),
        "provider_licence_pkey" => Some(Refusal::LicenceExists),
        "provider_specialty_known" => Some(Refusal::SpecialtyUnknown),
        "price_list_pkey" => Some(Refusal::PriceListExists),
        "provider_affiliation_institution_id_fkey" | "price_institution_id_fkey" => Some(Refusal::NotFound),
        "feedback_one_per_version" => Some(Refusal::StaleState),
        "assignment_one_live" => Some(Refusal::UseReassign),
        "recommendation_version_unique"
        | "invoice_of_done"
        | "invoice_one_per_case"
        | "service_record_one_per_case" => Some(Refusal::CaseDone),
        "invoice_pkey" => Some(Refusal::InvoiceExists),
        "invoice_reissued_once" => Some(Refusal::AlreadyReissued),
        "payment_pkey" => Some(Refusal::PaymentExists),
        // An id that the sender did not make as version 7, such as a reserved one.
        name if name.ends_with("_id_version") => Some(Refusal::BadRequest),
        // Ids generated by the sender that are already in use.
        "assignment_pkey" | "recommendation_pkey" | "clarification_pkey" | "feedback_pkey" => {
            Some(Refusal::BadRequest)
        }
        _ => None,
    }
}

fn refused(refusal: &Refusal) -> Outcome {
    Outcome::Refused {
        refusal: RefusalRecord::from(refusal),
    }
}

/// The outcome as a code, for audit and logs.
fn code(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Applied => "applied",
        Outcome::Replayed { .. } => "replayed",
        Outcome::Refused { refusal } => &refusal.code,
        Outcome::Retry | Outcome::Held { .. } | Outcome::Unknown => "retry",
    }
}

/// The audit entry for a command.
pub(super) fn entry(ctx: &Context, request: &Request, outcome: &str) -> Result<audit::Act, ExecuteError> {
    let key = request.envelope.command.aggregate().key();
    let payload =
        cbor::encode(&request.envelope).map_err(|_| ExecuteError::Incomplete("an envelope's bytes"))?;
    Ok(audit::Act {
        actor: ctx.actor,
        at: ctx.now,
        action: request.envelope.command.name().to_owned(),
        entity: key.kind,
        entity_id: key.id,
        outcome: outcome.to_owned(),
        request_id: request.request_id.clone(),
        payload: Some(payload),
    })
}
