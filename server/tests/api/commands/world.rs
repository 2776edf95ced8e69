//! A server's state on a database of its own, with one user of each role, and commands in their names. The
//! server and its database come from `harness`.

use mso_core::actor::{Acting, Actor, Origin};
use mso_core::cases::{
    AcceptCase, AssignCase, OverridableRule, Override, StartReview, SubmitCase, SubmitRecommendation,
};
use mso_core::command::{Command, CommandEnvelope};
use mso_core::crypto::Sha256Hash;
use mso_core::documents::DeclaredFile;
use mso_core::ids::{
    AssignmentId, CaseId, CommandId, DeviceId, InstitutionId, PatientId, ProviderId, RecommendationId, UserId,
};
use mso_core::patients::{
    CreatePatient, Identifier, IdentifierKind, IdentifierValue, VerificationMethod, VerifyPatient,
};
use mso_core::protocol::cbor;
use mso_core::protocol::sync::Outcome;
use mso_core::testing::{Fixture, text};
use mso_server::State;
use mso_server::commands::execute::execute;
use mso_server::commands::{Executed, Request};
use sqlx::postgres::PgPoolOptions;
use sqlx::{ConnectOptions as _, PgConnection, PgPool};
use uuid::Uuid;

use crate::harness::Server;

pub(crate) struct World {
    server: Server,
    pub(crate) fixture: Fixture,
    /// Connects as the superuser, to count and to tamper.
    pub(crate) root: PgPool,
    pub(crate) requester: Actor,
    pub(crate) stranger: Actor,
    pub(crate) cardiologist: Actor,
    pub(crate) generalist: Actor,
    pub(crate) admin: Actor,
}

impl World {
    pub(crate) async fn new() -> Self {
        let server = Server::start().await;
        let root = PgPoolOptions::new()
            .max_connections(2)
            .connect_with(server.superuser.clone())
            .await
            .unwrap();
        Self {
            requester: actor(&root, "amal").await,
            stranger: actor(&root, "basma").await,
            cardiologist: actor(&root, "noor").await,
            generalist: actor(&root, "omar").await,
            admin: actor(&root, "rima").await,
            fixture: Fixture {
                now: server.now(),
                ..Fixture::new()
            },
            server,
            root,
        }
    }

    /// The server, for requests over HTTP.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    pub(crate) fn state(&self) -> &State {
        &self.server.state
    }

    /// Another user of the requester's institution.
    pub(crate) async fn colleague(&self) -> Actor {
        actor(&self.root, "adam").await
    }

    /// Advances the clock.
    pub(crate) fn later(&self, minutes: i64) {
        self.server.later(minutes);
    }

    /// A connection as one of the login roles, without the settings that name the actor.
    pub(crate) async fn log_in(&self, role: &str) -> PgConnection {
        self.server
            .superuser
            .clone()
            .username(role)
            .connect()
            .await
            .unwrap()
    }

    pub(crate) fn request(&self, command: Command, token: Option<AssignmentId>) -> Request {
        let command_id = CommandId::generate(self.fixture.now);
        let envelope = CommandEnvelope {
            command_id,
            command,
            assignment_id: token,
            base_version: None,
            device_seq: None,
            issued_at: self.fixture.now,
            depends_on: Vec::new(),
        };
        request_of(envelope)
    }

    pub(crate) async fn send(&self, actor: &Actor, request: &Request) -> Executed {
        execute(self.state(), actor, request.clone()).await.unwrap()
    }

    /// Executes a command and returns the code of its outcome.
    pub(crate) async fn run(&self, actor: &Actor, command: Command, token: Option<AssignmentId>) -> String {
        code(&self.send(actor, &self.request(command, token)).await.outcome)
    }

    pub(crate) async fn apply(&self, actor: &Actor, command: Command, token: Option<AssignmentId>) {
        let name = command.name();
        assert_eq!(self.run(actor, command, token).await, "applied", "{name}");
    }

    pub(crate) fn create_patient(&self, number: &str) -> CreatePatient {
        let mut patient = self.fixture.patient();
        // Each number is another person.
        patient.name.given = Some(text(&format!("Amal {number}")));
        patient.identifiers = vec![mrn(number)];
        self.fixture.create_patient_like(&patient)
    }

    pub(crate) async fn verified_patient(&self, number: &str) -> PatientId {
        let create = self.create_patient(number);
        let patient_id = create.patient_id;
        self.apply(&self.requester, Command::CreatePatient(create), None)
            .await;
        let method = VerificationMethod::DocumentSeen;
        self.apply(
            &self.requester,
            Command::VerifyPatient(VerifyPatient {
                patient_id,
                method,
                note: None,
            }),
            None,
        )
        .await;
        patient_id
    }

    pub(crate) fn submit_case(&self, patient_id: PatientId, documents: Vec<DeclaredFile>) -> SubmitCase {
        let case_id = CaseId::generate(self.fixture.now);
        SubmitCase {
            case_id,
            patient_id,
            request: self.fixture.request(),
            documents,
        }
    }

    /// A new case of a new patient.
    pub(crate) async fn case(&self) -> CaseId {
        let patient = self.verified_patient("1").await;
        self.new_case(patient).await
    }

    pub(crate) async fn new_case(&self, patient: PatientId) -> CaseId {
        let submit = self.submit_case(patient, Vec::new());
        let id = submit.case_id;
        self.apply(&self.requester, Command::SubmitCase(submit), None)
            .await;
        id
    }

    pub(crate) fn assign_case(&self, case_id: CaseId, expert: &Actor) -> AssignCase {
        AssignCase {
            case_id,
            assignment_id: AssignmentId::generate(self.fixture.now),
            provider_id: expert.provider().unwrap(),
            overrides: vec![Override {
                rule: OverridableRule::ProviderFull,
                reason: Some(text("agreed by phone")),
            }],
        }
    }

    pub(crate) async fn assigned(&self, case: CaseId, expert: &Actor) -> AssignmentId {
        let assign = self.assign_case(case, expert);
        let token = assign.assignment_id;
        self.apply(&self.admin, Command::AssignCase(assign), None).await;
        token
    }

    pub(crate) async fn accepted(&self, case_id: CaseId, expert: &Actor) -> AssignmentId {
        let token = self.assigned(case_id, expert).await;
        self.apply(expert, Command::AcceptCase(AcceptCase { case_id }), Some(token))
            .await;
        token
    }

    pub(crate) async fn in_progress(&self, case_id: CaseId, expert: &Actor) -> AssignmentId {
        let token = self.accepted(case_id, expert).await;
        self.apply(expert, Command::StartReview(StartReview { case_id }), Some(token))
            .await;
        token
    }

    /// The cardiologist gives the opinion on a case under review.
    pub(crate) async fn finished(&self, case_id: CaseId, token: AssignmentId) {
        let submit = Command::SubmitRecommendation(self.submit_recommendation(case_id));
        self.apply(&self.cardiologist, submit, Some(token)).await;
    }

    pub(crate) fn submit_recommendation(&self, case_id: CaseId) -> SubmitRecommendation {
        SubmitRecommendation {
            case_id,
            recommendation_id: RecommendationId::generate(self.fixture.now),
            content: self.fixture.opinion(),
        }
    }

    /// The number of rows of every table, and the sums of all counters: what a replay must not change.
    pub(crate) async fn footprint(&self) -> Vec<(String, i64)> {
        let tables: Vec<String> = sqlx::query_scalar(
            "select relname::text from pg_class
             where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1",
        )
        .fetch_all(&self.root)
        .await
        .unwrap();
        let mut counts = Vec::new();
        for table in tables {
            let count = format!("select count(*) from {table}");
            let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(count))
                .fetch_one(&self.root)
                .await
                .unwrap();
            counts.push((table, count));
        }
        for sum in [
            "select coalesce(sum(seq), 0)::bigint from stream_head",
            "select coalesce(sum(version), 0)::bigint from mso_case",
            "select coalesce(sum(version), 0)::bigint from patient",
            "select coalesce(sum(next_number), 0)::bigint from invoice_series",
        ] {
            let value: i64 = sqlx::query_scalar(sum).fetch_one(&self.root).await.unwrap();
            counts.push((sum.to_owned(), value));
        }
        counts
    }

    pub(crate) async fn text(&self, query: &'static str, id: Uuid) -> String {
        sqlx::query_scalar(query)
            .bind(id)
            .fetch_one(&self.root)
            .await
            .unwrap()
    }

    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.root).await.unwrap()
    }
}

/// A medical record number of the hospital that all users in these tests belong to.
pub(crate) fn mrn(number: &str) -> Identifier {
    let value = IdentifierValue::new(number).unwrap();
    Identifier::new(IdentifierKind::Mrn, text("DH"), value)
}

pub(crate) fn request_of(envelope: CommandEnvelope) -> Request {
    let bytes = cbor::encode(&envelope).unwrap();
    Request {
        command_id: envelope.command_id,
        envelope,
        request_sha256: Sha256Hash::of(&bytes),
        request_id: Some("test".to_owned()),
    }
}

/// The outcome as a code; for a replay, with the code that it repeats.
pub(crate) fn code(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied => "applied".to_owned(),
        Outcome::Refused { refusal } => refusal.code.clone(),
        Outcome::Retry => "retry".to_owned(),
        Outcome::Held { code, .. } => format!("held {code}"),
        Outcome::Unknown => "unknown".to_owned(),
        Outcome::Replayed { .. } => {
            let settled = match outcome.settled().unwrap() {
                mso_core::protocol::sync::SettledOutcome::Applied => "applied".to_owned(),
                mso_core::protocol::sync::SettledOutcome::Refused { refusal } => refusal.code,
            };
            format!("replayed {settled}")
        }
    }
}

async fn actor(root: &PgPool, name: &str) -> Actor {
    let (user, institution, provider): (Uuid, Option<Uuid>, Option<Uuid>) =
        sqlx::query_as("select id, institution_id, provider_id from mso_user where email = $1")
            .bind(format!("{name}@example.org"))
            .fetch_one(root)
            .await
            .unwrap();
    let acting = match (institution, provider) {
        (Some(institution), _) => Acting::Requester {
            institution: InstitutionId::from_uuid(institution),
        },
        (None, Some(provider)) => Acting::Provider {
            provider: ProviderId::from_uuid(provider),
        },
        (None, None) => Acting::Admin,
    };
    let origin = Origin::Device(DeviceId::generate(Fixture::new().now));
    Actor {
        user: UserId::from_uuid(user),
        acting,
        origin,
    }
}
