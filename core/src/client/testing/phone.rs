//! For tests: a phone in a temporary folder, signed in, whose server is whatever the test says.
//!
//! Not here: a server that works (the package `mso-tests` has a real one). The invariant: the store is a real one, on
//! a real disk, opened as the app does.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;
use tempfile::TempDir;
use uuid::Uuid;

use super::TestVault;
use crate::actor::Acting;
use crate::cases::Case;
use crate::client::error::WorkspaceError;
use crate::client::pace::Pace;
use crate::client::perform::perform;
use crate::client::store::session::Device;
use crate::client::store::{StoreError, outbox, session};
use crate::client::sync::apply::{Applied, apply};
use crate::client::sync::{Page, Plan, Step};
use crate::client::transport::{Body, HttpRequest, HttpResponse, Transport, TransportError};
use crate::client::workspace::{OpenOptions, Workspace};
use crate::command::{Command, CommandEnvelope};
use crate::crypto::SigningKey;
use crate::documents::Document;
use crate::ids::{CommandId, DeviceId, PurgeId, SessionId, StreamId, UserId};
use crate::patients::Patient;
use crate::protocol::records::{CaseRecord, RecordKind};
use crate::protocol::sessions::SessionGrant;
use crate::protocol::sync::{
    Change, Cursor, Grant, PurgeOrder, RecordKey, SettledOutcome, SyncRequest, SyncResponse, WireRecord,
};
use crate::protocol::{cbor, compression};
use crate::refusal::RefusalRecord;
use crate::testing::{FakeClock, Fixture};
use crate::time::Clock;

type Answer = Box<dyn FnMut(SyncRequest) -> Result<SyncResponse, TransportError> + Send>;

/// A server that answers `/v1/sync` as the test says, and lets anybody sign in as the phone's user.
pub(in crate::client) struct Scripted {
    answer: Mutex<Answer>,
    /// The largest body that it, or a proxy before it, takes; larger ones get 413.
    pub(in crate::client) most_bytes: AtomicUsize,
    /// The phone is revoked, and owes these orders until it reports them.
    pub(in crate::client) revoked: Mutex<Option<Vec<PurgeOrder>>>,
    /// The answer to whoever signs in.
    grant: Mutex<Option<SessionGrant>>,
    session_ended: AtomicBool,
}

impl Scripted {
    /// The answer to a revoked phone.
    fn owed(&self, request: &SyncRequest) -> Option<HttpResponse> {
        let mut revoked = self.revoked.lock().unwrap();
        let orders = revoked.as_mut()?;
        orders.retain(|order| !request.purged.contains(&order.id));
        let problem = serde_json::json!({
            "status": 401, "title": "Actor revoked", "code": "actor_revoked", "reference": "r-1", "purge": orders,
        });
        Some(HttpResponse::new(401, Vec::new(), problem.to_string()))
    }
}

impl Scripted {
    /// Whether requests are answered that the session has ended.
    pub(in crate::client) fn end_session(&self, ended: bool) {
        self.session_ended.store(ended, Ordering::Relaxed);
    }

    fn session(&self) -> HttpResponse {
        match &*self.grant.lock().unwrap() {
            Some(grant) => HttpResponse::new(201, Vec::new(), serde_json::to_vec(grant).unwrap()),
            None => HttpResponse::new(404, Vec::new(), ""),
        }
    }

    pub(in crate::client) fn answer(
        &self,
        answer: impl FnMut(SyncRequest) -> Result<SyncResponse, TransportError> + Send + 'static,
    ) {
        *self.answer.lock().unwrap() = Box::new(answer);
    }
}

/// The body of a request, not compressed.
fn content(request: &HttpRequest) -> Vec<u8> {
    let Body::Bytes(bytes) = &request.body else {
        return Vec::new();
    };
    if request.header_value("content-encoding") == Some(compression::ZSTD) {
        compression::decompress(bytes, usize::MAX).unwrap()
    } else {
        bytes.to_vec()
    }
}

impl Transport for Scripted {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, TransportError>> {
        let answer = match (request.path.as_str(), &request.body) {
            ("/v1/sync" | "/v1/sessions/refresh", _) if self.session_ended.load(Ordering::Relaxed) => {
                let problem = serde_json::json!({
                    "status": 401, "title": "Sign-in needed", "code": "sign_in_needed", "reference": "r-1",
                });
                Ok(HttpResponse::new(401, Vec::new(), problem.to_string()))
            }
            ("/v1/sessions" | "/v1/sessions/refresh", _) => Ok(self.session()),
            ("/v1/sync", Body::Bytes(_))
                if content(&request).len() > self.most_bytes.load(Ordering::Relaxed) =>
            {
                Ok(HttpResponse::new(413, Vec::new(), ""))
            }
            ("/v1/sync", Body::Bytes(_)) if self.revoked.lock().unwrap().is_some() => {
                let request = cbor::decode(&content(&request)).unwrap();
                Ok(self.owed(&request).unwrap())
            }
            ("/v1/sync", Body::Bytes(_)) => {
                let asked = cbor::decode(&content(&request)).unwrap();
                (self.answer.lock().unwrap())(asked)
                    .map(|response| HttpResponse::new(200, Vec::new(), cbor::encode(&response).unwrap()))
            }
            _ => Ok(HttpResponse::new(404, Vec::new(), "")),
        };
        async move { answer }.boxed()
    }
}

/// A phone.
pub(in crate::client) struct Phone {
    pub(in crate::client) workspace: Arc<Workspace>,
    pub(in crate::client) world: Fixture,
    pub(in crate::client) clock: Arc<FakeClock>,
    pub(in crate::client) server: Arc<Scripted>,
    pub(in crate::client) vault: Arc<TestVault>,
    pub(in crate::client) folder: TempDir,
}

/// Opens the workspace of a folder, as an app of this version.
pub(in crate::client) fn open(
    folder: &Path,
    app_version: &str,
    vault: Arc<TestVault>,
    clock: Arc<FakeClock>,
    server: Arc<Scripted>,
) -> Result<Arc<Workspace>, WorkspaceError> {
    let options = OpenOptions {
        directory: folder.join("mso"),
        server_url: "http://127.0.0.1".to_owned(),
        platform: "linux".to_owned(),
        app_version: app_version.to_owned(),
        device_name: "test".to_owned(),
    };
    let pace = Pace {
        first_retry: Duration::from_millis(1),
        longest_retry: Duration::from_millis(5),
        longest_rest: Duration::from_secs(60),
    };
    Workspace::open_over(options, vault, clock, server, pace)
}

impl Phone {
    /// Of the fixture's requester.
    pub(in crate::client) fn of_requester() -> Self {
        let world = Fixture::new();
        let acting = Acting::Requester {
            institution: world.institution,
        };
        Self::of(world.requester, acting, world)
    }

    /// Of the fixture's expert.
    pub(in crate::client) fn of_provider() -> Self {
        let world = Fixture::new();
        let acting = Acting::Provider {
            provider: world.provider,
        };
        Self::of(world.provider_user, acting, world)
    }

    /// Nobody has signed in yet.
    pub(in crate::client) fn of_nobody() -> Self {
        let world = Fixture::new();
        let (clock, vault) = (Arc::new(FakeClock::at(world.now)), Arc::new(TestVault::new()));
        let server = Arc::new(Scripted {
            answer: Mutex::new(Box::new(|_| Err(TransportError::Unreachable))),
            most_bytes: AtomicUsize::new(usize::MAX),
            revoked: Mutex::new(None),
            grant: Mutex::new(None),
            session_ended: AtomicBool::new(false),
        });
        let folder = TempDir::new().unwrap();
        let workspace = open(folder.path(), "1", vault.clone(), clock.clone(), server.clone()).unwrap();
        Self {
            workspace,
            world,
            clock,
            server,
            vault,
            folder,
        }
    }

    fn of(user_id: UserId, acting: Acting, world: Fixture) -> Self {
        let phone = Self {
            world,
            ..Self::of_nobody()
        };
        let now = phone.world.now;
        let device = Device {
            id: DeviceId::generate(now),
            key: SigningKey::generate().unwrap(),
        };
        let grant = SessionGrant {
            session_id: SessionId::generate(now),
            user_id,
            acting,
            display_name: "Dr. Amal Haddad".to_owned(),
            access_token: "access".to_owned(),
            access_expires_at: now.plus_hours(1_000),
            refresh_token: "refresh".to_owned(),
        };
        *phone.server.grant.lock().unwrap() = Some(SessionGrant {
            access_expires_at: now.plus_hours(1_000_000),
            ..grant.clone()
        });
        phone.write(|tx| {
            session::keep_device(tx, &device)?;
            session::keep_grant(tx, &grant, "http://127.0.0.1")
        });
        phone
    }

    /// The same phone after its process ended and began again, as an app of this version.
    pub(in crate::client) fn reopen(&mut self, app_version: &str) {
        self.workspace.close();
        self.workspace = open(
            self.folder.path(),
            app_version,
            self.vault.clone(),
            self.clock.clone(),
            self.server.clone(),
        )
        .unwrap();
    }

    pub(in crate::client) fn write<T>(
        &self,
        f: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError>,
    ) -> T {
        self.workspace.shared.store().transaction(f).unwrap()
    }

    pub(in crate::client) fn read<T>(
        &self,
        f: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError>,
    ) -> T {
        self.workspace.shared.store().read(f).unwrap()
    }

    pub(in crate::client) fn perform(&self, command: Command) -> Result<Command, WorkspaceError> {
        perform(&self.workspace.shared, |_, _| Ok(command))
    }

    /// What waits for an answer.
    pub(in crate::client) fn pending(&self) -> Vec<CommandEnvelope> {
        self.read(outbox::all)
            .into_iter()
            .filter_map(|row| row.envelope)
            .collect()
    }

    /// Carries an answer out, without the network.
    pub(in crate::client) fn receive(&self, plan: &Plan) -> Applied {
        let actor = self.read(session::current).unwrap().actor;
        let now = self.clock.now();
        self.workspace
            .shared
            .store()
            .transaction(|tx| apply(tx, plan, actor, now))
            .unwrap()
    }

    /// The server accepted everything that waits, and says nothing more.
    pub(in crate::client) fn settle_all(&self) {
        let settled = self
            .pending()
            .into_iter()
            .map(|e| (e.command_id, SettledOutcome::Applied))
            .collect();
        self.receive(&Plan {
            settled,
            ..plan(page())
        });
    }
}

/// A page with nothing in it, the last of its catch-up.
pub(in crate::client) fn page() -> Page {
    Page {
        begins: false,
        purge: Vec::new(),
        grants: Vec::new(),
        changes: Vec::new(),
        records: Vec::new(),
        gone: Vec::new(),
        unreadable: Vec::new(),
        cursor: Some(cursor(1)),
        ends: true,
    }
}

pub(in crate::client) fn plan(page: Page) -> Plan {
    Plan {
        settled: Vec::new(),
        unanswered: Vec::new(),
        acknowledged: Vec::new(),
        chat: Vec::new(),
        step: Step::Page(page),
        server_time: Fixture::new().now,
        next_after_ms: 0,
    }
}

pub(in crate::client) fn cursor(place: u8) -> Cursor {
    Cursor(vec![place].into())
}

pub(in crate::client) fn grant(stream: impl Into<StreamId>, seq: u64) -> Grant {
    Grant {
        stream: stream.into(),
        seq,
    }
}

pub(in crate::client) fn change(stream: impl Into<StreamId>, seq: u64) -> Change {
    Change {
        stream: stream.into(),
        seq,
        changed: Vec::new(),
    }
}

pub(in crate::client) fn key(kind: RecordKind, id: Uuid) -> RecordKey {
    RecordKey {
        kind: kind.name().to_owned(),
        id,
    }
}

pub(in crate::client) fn record<T: Serialize>(
    kind: RecordKind,
    id: Uuid,
    stream: impl Into<StreamId>,
    version: u64,
    body: &T,
) -> WireRecord {
    let body = cbor::encode(body).unwrap().into();
    WireRecord {
        key: key(kind, id),
        stream: stream.into(),
        version,
        body,
    }
}

pub(in crate::client) fn case_record(case: &Case) -> WireRecord {
    let body = CaseRecord {
        case: case.clone(),
        timeline: Vec::new(),
        expert: None,
        patient: None,
        institution_name: None,
    };
    record(RecordKind::Case, case.id.as_uuid(), case.id, case.version, &body)
}

pub(in crate::client) fn patient_record(patient: &Patient) -> WireRecord {
    record(
        RecordKind::Patient,
        patient.id.as_uuid(),
        patient.institution_id,
        patient.version,
        patient,
    )
}

pub(in crate::client) fn document_record(document: &Document) -> WireRecord {
    record(
        RecordKind::Document,
        document.id.as_uuid(),
        document.case_id,
        1,
        document,
    )
}

pub(in crate::client) fn order(stream: impl Into<StreamId>, world: &Fixture) -> PurgeOrder {
    PurgeOrder {
        id: PurgeId::generate(world.now),
        stream: stream.into(),
        reason: "reassigned".to_owned(),
    }
}

pub(in crate::client) fn refused(id: CommandId, code: &str) -> (CommandId, SettledOutcome) {
    let refusal = RefusalRecord::of_code(code.to_owned());
    (id, SettledOutcome::Refused { refusal })
}
