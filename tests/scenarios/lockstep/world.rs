//! Three phones, a console and a server on one case, and what of them must agree after every step.

use std::sync::Arc;

use mso_core::actor::{Actor, Origin};
use mso_core::cases::{Case, CaseStatus};
use mso_core::client::{OpenOptions, Workspace, WorkspaceError};
use mso_core::command::{Command, CommandEnvelope};
use mso_core::crypto::Sha256Hash;
use mso_core::documents::DocumentKind;
use mso_core::ids::{AssignmentId, CaseId, CommandId, ProviderId};
use mso_core::patients::VerificationMethod;
use mso_core::protocol::cbor;
use mso_core::protocol::sync::SettledOutcome;
use mso_core::testing::{Fixture, text};
use mso_core::time::{Clock as _, Timestamp};
use mso_server::admin::demo::PASSWORD;
use mso_server::cases::{after_done, quarantine, store as cases};
use mso_server::commands::Request;
use mso_server::commands::execute::execute;
use mso_server::documents::store as documents;
use mso_server::issues::store as issues;
use mso_server::jobs;
use mso_tests::vault::FileVault;

use super::commands::{Seen, Writer};
use super::coverage::Coverage;
use super::server::{Server, email};
use super::step::{Act, AdminAct, Manner, RequesterAct, Step, Who};

pub(super) struct Phone {
    pub(super) workspace: Arc<Workspace>,
    /// Who uses it.
    pub(super) actor: Actor,
    /// It knows everything that the server would tell it, and has nothing to send.
    level: bool,
    _folder: tempfile::TempDir,
}

/// Something confirmed to somebody on a phone.
pub(super) struct Confirmed {
    pub(super) who: Who,
    pub(super) command_id: CommandId,
    pub(super) name: &'static str,
    /// Whether a person wrote something.
    pub(super) words: bool,
    pub(super) at: Timestamp,
}

pub(super) struct World {
    pub(super) server: Server,
    phones: [Phone; 3],
    pub(super) admin: Actor,
    pub(super) colleague: Actor,
    pub(super) case_id: CaseId,
    pub(super) confirmed: Vec<Confirmed>,
    pub(super) number: u32,
    pub(super) was_done: bool,
    pub(super) coverage: Coverage,
}

fn index(who: Who) -> usize {
    Who::ALL.iter().position(|one| *one == who).unwrap()
}

impl World {
    /// A case of a verified patient, submitted on the requester's phone.
    pub(super) async fn new() -> Self {
        let server = Server::start().await;
        let mut phones = Vec::new();
        for who in Who::ALL {
            phones.push(phone(&server, who).await);
        }
        let Ok(phones) = <[Phone; 3]>::try_from(phones) else {
            panic!("three phones");
        };
        let requester = &phones[index(Who::Requester)].workspace;
        let fixture = Fixture {
            now: server.clock.now(),
            ..Fixture::new()
        };
        let patient = fixture.create_patient();
        let patient_id = requester.create_patient(patient).unwrap();
        let method = VerificationMethod::DocumentSeen;
        requester.verify_patient(patient_id, method, None).unwrap();
        let case_id = requester.new_case_id();
        let file = letter(requester, 0);
        requester
            .submit_case(case_id, patient_id, fixture.request(), vec![file.document_id])
            .unwrap();
        let mut world = Self {
            admin: server.actor("admin").await,
            colleague: server.actor("neighbour").await,
            server,
            phones,
            case_id,
            confirmed: Vec::new(),
            number: 0,
            was_done: false,
            coverage: Coverage::default(),
        };
        world.sync(Who::Requester).await;
        world
    }

    pub(super) fn phone(&self, who: Who) -> &Phone {
        &self.phones[index(who)]
    }

    pub(super) fn experts(&self) -> [ProviderId; 2] {
        [Who::Cardiologist, Who::Generalist].map(|who| self.phone(who).actor.provider().unwrap())
    }

    pub(super) async fn take(&mut self, step: &Step) {
        match *step {
            Step::Phone(who, act, how) => self.on_phone(who, act, how).await,
            Step::Console(act, pick) => self.on_console(act, pick).await,
            Step::Sync(who) => self.sync(who).await,
            Step::Later(hours) => {
                self.server.clock.advance_millis(hours * 3_600_000);
                jobs::round(&self.server.state).await.unwrap();
                self.changed();
            }
        }
        self.server_is_sound().await;
    }

    /// The server changed: no phone knows everything any more.
    pub(super) fn changed(&mut self) {
        for phone in &mut self.phones {
            phone.level = false;
        }
    }

    async fn on_phone(&mut self, who: Who, act: Act, how: Manner) {
        if how.level {
            self.sync(who).await;
        }
        let Some(seen) = self.seen_on(who) else { return };
        let Some(command) = self.command(&seen, who, act, how.pick) else {
            return;
        };
        let phone = self.phone(who);
        let (level, workspace) = (phone.level, Arc::clone(&phone.workspace));
        let token = token_of(&workspace, self.case_id, &phone.actor);
        match workspace.perform_command(command.clone()) {
            Ok(()) => {
                let sent = workspace
                    .outbox()
                    .unwrap()
                    .into_iter()
                    .max_by_key(|item| item.device_seq);
                let Some(sent) = sent else { return };
                self.confirmed.push(Confirmed {
                    who,
                    command_id: sent.command_id,
                    name: command.name(),
                    words: has_words(&command),
                    at: self.server.clock.now(),
                });
                self.phones[index(who)].level = false;
                if how.hold {
                    return;
                }
                self.sync(who).await;
                if level {
                    let answer = self.answer(who, sent.command_id).await;
                    assert_eq!(
                        answer.as_deref(),
                        Some("applied"),
                        "the phone allowed {command:?}"
                    );
                    self.compared(command.name(), true, seen.status);
                }
            }
            Err(WorkspaceError::Refused(refusal)) => {
                if level {
                    let actor = self.phone(who).actor;
                    let answer = self.executes(&actor, command.clone(), token).await;
                    assert_eq!(answer, refusal.code(), "the phone refused {command:?}");
                    self.compared(command.name(), false, seen.status);
                }
            }
            Err(WorkspaceError::NotFound) => assert!(!level, "gone: {command:?}"),
            Err(error) => panic!("{command:?}: {error}"),
        }
    }

    fn compared(&mut self, name: &'static str, applied: bool, status: CaseStatus) {
        let statuses = self.coverage.compared.entry((name, applied)).or_default();
        statuses.insert(status.name());
    }

    fn command(&mut self, seen: &Seen, who: Who, act: Act, pick: u8) -> Option<Command> {
        self.number += 1;
        let writer = Writer {
            seen,
            pick,
            now: self.server.clock.now(),
            number: self.number,
        };
        match act {
            Act::Requester(RequesterAct::AddDocument) => {
                let file = letter(&self.phone(who).workspace, self.number);
                Some(writer.add_document(file))
            }
            Act::Requester(act) => writer.requester(act, self.colleague.user),
            Act::Expert(act) => writer.expert(act),
        }
    }

    async fn on_console(&mut self, act: AdminAct, pick: u8) {
        let seen = self.seen_by_admins().await;
        self.number += 1;
        let writer = Writer {
            seen: &seen,
            pick,
            now: self.server.clock.now(),
            number: self.number,
        };
        let Some(command) = writer.admin(act, self.experts()) else {
            return;
        };
        let admin = self.admin;
        if self.executes(&admin, command, None).await == "applied" {
            self.changed();
        }
    }

    /// Executes a command on the server and returns the code of its outcome.
    pub(super) async fn executes(
        &self,
        actor: &Actor,
        command: Command,
        token: Option<AssignmentId>,
    ) -> String {
        let now = self.server.clock.now();
        let envelope = CommandEnvelope {
            command_id: CommandId::generate(now),
            command,
            assignment_id: token,
            base_version: None,
            device_seq: None,
            issued_at: now,
            depends_on: Vec::new(),
        };
        let request = Request {
            command_id: envelope.command_id,
            request_sha256: Sha256Hash::of(&cbor::encode(&envelope).unwrap()),
            envelope,
            request_id: None,
        };
        let done = execute(&self.server.state, actor, request).await.unwrap();
        match done.outcome.settled() {
            Some(SettledOutcome::Applied) => "applied".to_owned(),
            Some(SettledOutcome::Refused { refusal }) => refusal.code,
            None => panic!("{:?}", done.outcome),
        }
    }

    /// The code of the answer to a command of a phone; `None`: the server has not seen it.
    pub(super) async fn answer(&self, who: Who, command_id: CommandId) -> Option<String> {
        let outcome: Option<serde_json::Value> =
            sqlx::query_scalar("select outcome from command_log where user_id = $1 and command_id = $2")
                .bind(self.phone(who).actor.user.as_uuid())
                .bind(command_id.as_uuid())
                .fetch_optional(&self.server.root)
                .await
                .unwrap();
        match serde_json::from_value(outcome?).unwrap() {
            SettledOutcome::Applied => Some("applied".to_owned()),
            SettledOutcome::Refused { refusal } => Some(refusal.code),
        }
    }

    pub(super) async fn sync(&mut self, who: Who) {
        let workspace = Arc::clone(&self.phone(who).workspace);
        // Twice: what the first cycle sends may change what the phone should know.
        for _ in 0..2 {
            if let Err(error) = workspace.sync().await {
                assert!(matches!(error, WorkspaceError::SignInNeeded), "{error}");
                workspace.sign_in(&email(who.name()), PASSWORD).await.unwrap();
                workspace.sync().await.unwrap();
            }
        }
        let status = workspace.sync_status().unwrap();
        assert_eq!(
            (status.pending_commands, status.uploads.files, status.last_error),
            (0, 0, None),
            "{who:?} has sent everything"
        );
        self.changed();
        self.phones[index(who)].level = true;
        self.phone_agrees(who).await;
    }

    fn seen_on(&self, who: Who) -> Option<Seen> {
        let workspace = &self.phone(who).workspace;
        let shown = workspace.case(self.case_id).ok()?;
        let issues = workspace.issues(self.case_id).unwrap().into_iter();
        let mut issues: Vec<_> = issues.map(|view| view.issue).collect();
        issues.sort_by_key(|issue| (issue.created_at, issue.id));
        Some(Seen {
            case_id: self.case_id,
            status: shown.case.status,
            request: shown.case.request,
            issues,
            documents: shown.documents.iter().map(|view| view.document.id).collect(),
            questions: shown.clarifications.iter().map(|asked| asked.id).collect(),
            version: shown.recommendation.map_or(0, |opinion| opinion.version),
            quarantine: Vec::new(),
            allowed: shown.summary.allowed_actions,
        })
    }

    pub(super) async fn truth(&self) -> Case {
        let mut tx = self
            .server
            .state
            .database
            .begin_scoped(&Actor::SYSTEM)
            .await
            .unwrap();
        let case = cases::lock(tx.conn(), &Actor::SYSTEM, self.case_id)
            .await
            .unwrap();
        case.unwrap()
    }

    pub(super) async fn seen_by_admins(&self) -> Seen {
        let case = self.truth().await;
        let id = self.case_id;
        let mut tx = self
            .server
            .state
            .database
            .begin_scoped(&Actor::SYSTEM)
            .await
            .unwrap();
        let documents = documents::of_case(tx.conn(), id).await.unwrap();
        let questions = after_done::clarifications(tx.conn(), id).await.unwrap();
        let opinions = cases::recommendations(tx.conn(), id).await.unwrap();
        let kept = quarantine::of_case(tx.conn(), id).await.unwrap();
        Seen {
            case_id: id,
            status: case.status,
            request: case.request,
            issues: issues::of_case(tx.conn(), id).await.unwrap(),
            documents: documents.iter().map(|document| document.id).collect(),
            questions: questions.iter().map(|asked| asked.id).collect(),
            version: opinions.last().map_or(0, |opinion| opinion.version),
            quarantine: kept.iter().map(|text| text.id).collect(),
            allowed: Vec::new(),
        }
    }
}

/// The token under which the phone would send a command.
fn token_of(workspace: &Workspace, case_id: CaseId, actor: &Actor) -> Option<AssignmentId> {
    actor.provider()?;
    let case = workspace.case(case_id).ok()?.case;
    case.assignment.map(|attempt| attempt.id)
}

/// A text file, sealed on the phone.
fn letter(workspace: &Workspace, number: u32) -> mso_core::documents::DeclaredFile {
    let bytes = format!("A letter about the patient, number {number}.\n");
    workspace
        .stage_bytes(
            bytes.as_bytes(),
            "letter.txt",
            DocumentKind::Referral,
            &text("A letter"),
        )
        .unwrap()
}

fn has_words(command: &Command) -> bool {
    let json = serde_json::to_string(command).unwrap();
    json.contains("typed, number")
}

async fn phone(server: &Server, who: Who) -> Phone {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let options = OpenOptions {
        directory: store.clone(),
        server_url: server.url.clone(),
        platform: "linux".to_owned(),
        app_version: "1".to_owned(),
        device_name: who.name().to_owned(),
    };
    let vault = Arc::new(FileVault::beside(&store.display().to_string()));
    let workspace = Workspace::open(options, vault, server.clock.clone()).unwrap();
    let session = workspace.sign_in(&email(who.name()), PASSWORD).await.unwrap();
    workspace.sync().await.unwrap();
    Phone {
        workspace,
        actor: Actor {
            user: session.user_id,
            acting: session.acting,
            origin: Origin::Device(session.device_id),
        },
        level: true,
        _folder: folder,
    }
}
