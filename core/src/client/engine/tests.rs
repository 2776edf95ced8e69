//! Sync cycles against a scripted server, and the background engine.

use crate::client::Pace;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;

use super::*;
use crate::cases::CaseStatus;
use crate::client::queries::SyncState;
use crate::client::store::files::FileState;
use crate::client::testing::phone::{Phone, case_record, cursor, grant, order, page, plan, record};
use crate::client::testing::server::{Break, Server};
use crate::client::testing::store_and_files::{photo, queued, row, signed_in, wanted};
use crate::client::transport::{HttpRequest, HttpResponse, Transport, TransportError};
use crate::client::{ChangeListener, Workspace};
use crate::ids::DocumentId;
use crate::protocol::records::{Record, RecordKind};
use crate::protocol::sync::{Outcome, PushResult, SettledOutcome, SyncRequest, SyncResponse};
use crate::testing::a_case;
use crate::time::Timestamp;

fn answer(request: &SyncRequest, outcome: &Outcome) -> SyncResponse {
    let results = request
        .push
        .iter()
        .map(|item| PushResult {
            id: item.id,
            outcome: outcome.clone(),
        })
        .collect();
    SyncResponse {
        results,
        chat: Vec::new(),
        reset: None,
        purge: Vec::new(),
        grants: Vec::new(),
        changes: Vec::new(),
        records: Vec::new(),
        gone: Vec::new(),
        unreadable: Vec::new(),
        push_only: false,
        cursor: cursor(1),
        more: false,
        server_time: Timestamp::from_unix_millis(0),
        next_after_ms: 30_000,
        cut: false,
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn with_case(phone: &Phone) -> crate::cases::Case {
    let case = a_case(&phone.world).assigned();
    let page = crate::client::sync::Page {
        records: vec![case_record(&case)],
        grants: vec![grant(case.id, 1)],
        ..page()
    };
    phone.receive(&plan(page));
    case
}

#[test]
fn one_lost_reply_has_one_effect_and_the_same_bytes_go_again() {
    let phone = Phone::of_provider();
    let case = with_case(&phone);
    phone.workspace.accept(case.id).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let effects = Arc::new(AtomicU32::new(0));
    let (log, count) = (Arc::clone(&seen), Arc::clone(&effects));
    phone.server.answer(move |request| {
        log.lock().unwrap().push(request.push.clone());
        if request.push.is_empty() {
            return Ok(answer(&request, &Outcome::Applied));
        }
        if count.fetch_add(1, Ordering::SeqCst) == 0 {
            // Applied, but the response is lost.
            return Err(TransportError::Interrupted);
        }
        Ok(answer(
            &request,
            &Outcome::Replayed {
                of: SettledOutcome::Applied,
            },
        ))
    });
    assert!(matches!(
        run(phone.workspace.sync()),
        Err(WorkspaceError::Offline)
    ));
    let status = phone.workspace.sync_status().unwrap();
    assert_eq!(
        (status.pending_commands, status.last_error.as_deref()),
        (1, Some("offline"))
    );
    let item = &phone.workspace.outbox().unwrap()[0];
    assert_eq!((item.state, item.attempts), (crate::client::OutboxState::Sent, 1));

    let report = run(phone.workspace.sync()).unwrap();
    assert_eq!((report.commands_applied, report.round_trips), (1, 1));
    let pushes = seen.lock().unwrap().clone();
    assert_eq!(pushes[0], pushes[1]);
    let status = phone.workspace.sync_status().unwrap();
    assert_eq!((status.pending_commands, status.last_error), (0, None));
    assert_eq!(status.state, SyncState::Offline);
    assert!(status.last_sync_at.is_some());
}

#[test]
fn pages_are_fetched_until_there_are_no_more() {
    let phone = Phone::of_provider();
    let pages = AtomicU32::new(0);
    let (world, now) = (phone.world.clone(), phone.world.now);
    phone.server.answer(move |request| {
        let n = u8::try_from(pages.fetch_add(1, Ordering::SeqCst)).unwrap();
        assert_eq!(request.cursor, n.checked_sub(1).map(cursor));
        let body = crate::catalogue::Specialty {
            code: world.specialty(),
            display: crate::testing::text(&format!("Specialty {n}")),
        };
        let id = DocumentId::generate(now).as_uuid();
        let records = vec![record(
            RecordKind::Specialty,
            id,
            crate::ids::StreamId::CATALOGUE,
            1,
            &body,
        )];
        Ok(SyncResponse {
            records,
            cursor: cursor(n),
            more: n < 4,
            ..answer(&request, &Outcome::Applied)
        })
    });
    let report = run(phone.workspace.sync()).unwrap();
    assert_eq!((report.round_trips, report.records), (5, 5));
    assert_eq!(phone.workspace.specialties().unwrap().len(), 5);
    assert_eq!(phone.workspace.sync_status().unwrap().last_report, Some(report));
}

/// Notes a change.
struct Notes(Arc<Mutex<Vec<String>>>, Changed);

impl ChangeListener for Notes {
    fn changed(&self, change: Changed) {
        if change == self.1 {
            self.0.lock().unwrap().push("applied".to_owned());
        }
    }
}

#[test]
fn the_next_page_is_asked_for_before_one_is_applied_and_anew_if_there_is_something_to_say() {
    let phone = Phone::of_provider();
    let case = with_case(&phone);
    let purge = order(case.id, &phone.world);
    let steps = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&steps);
    phone.server.answer(move |request| {
        let after = request
            .cursor
            .as_ref()
            .and_then(|cursor| cursor.0.first().copied());
        let place = after.map_or(0, |after| after + 1);
        let confirms = request.purged.len();
        log.lock()
            .unwrap()
            .push(format!("asked {place}, confirms {confirms}"));
        Ok(SyncResponse {
            purge: (place == 1).then(|| purge.clone()).into_iter().collect(),
            cursor: cursor(place),
            more: place < 3,
            ..answer(&request, &Outcome::Applied)
        })
    });
    let listener = Notes(Arc::clone(&steps), Changed::Case(case.id));
    let _subscription = phone.workspace.subscribe(Arc::new(listener));
    phone.write(|tx| settings::set_cursor(tx, None));
    let report = run(phone.workspace.sync()).unwrap();
    assert_eq!(
        *steps.lock().unwrap(),
        [
            "asked 0, confirms 0",
            "asked 1, confirms 0",
            "asked 2, confirms 0",
            "applied",
            "asked 2, confirms 1",
            "asked 3, confirms 0",
        ]
    );
    assert_eq!(report.round_trips, 4, "an answer that was not read is none");
}

#[test]
fn what_the_server_holds_back_for_a_moment_comes_with_the_same_cycle() {
    let phone = Phone::of_provider();
    let case = a_case(&phone.world).assigned();
    let (id, asked) = (case.id, AtomicU32::new(0));
    phone.server.answer(move |request| {
        let level = answer(&request, &Outcome::Applied);
        Ok(match asked.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => SyncResponse {
                next_after_ms: 2,
                ..level
            },
            _ => SyncResponse {
                records: vec![case_record(&case)],
                ..level
            },
        })
    });
    assert_eq!(run(phone.workspace.sync()).unwrap().round_trips, 3);
    assert_eq!(phone.cases()[0].case_id, id);
}

#[test]
fn what_waits_for_the_network_may_move_between_threads() {
    fn moves<T: Send>(_: T) {}
    let phone = Phone::of_nobody();
    moves(phone.workspace.sync());
    moves(phone.workspace.sign_in("amal@example.org", "secret"));
    moves(phone.workspace.sign_out());
}

#[test]
fn nobody_signed_in_asks_nothing_of_the_server() {
    let phone = Phone::of_nobody();
    phone.server.answer(|_| panic!("nothing is asked"));
    assert!(matches!(
        run(phone.workspace.sync()),
        Err(WorkspaceError::SignInNeeded)
    ));
}

#[test]
fn an_answer_without_sense_settles_nothing() {
    let phone = Phone::of_provider();
    let case = with_case(&phone);
    phone.workspace.accept(case.id).unwrap();
    phone.server.answer(|request| {
        Ok(SyncResponse {
            more: true,
            ..answer(&request, &Outcome::Applied)
        })
    });
    let Err(WorkspaceError::Server { code, .. }) = run(phone.workspace.sync()) else {
        panic!("refused")
    };
    assert_eq!(code, "bad_answer");
    assert_eq!(phone.pending().len(), 1);
}

struct Waits(Mutex<mpsc::Sender<Changed>>);

impl ChangeListener for Waits {
    fn changed(&self, change: Changed) {
        let _ = self.0.lock().unwrap().send(change);
    }
}

/// Waits until the condition holds; checks it after every change.
fn until(workspace: &Workspace, changes: &mpsc::Receiver<Changed>, wish: impl Fn(&Workspace) -> bool) {
    while !wish(workspace) {
        changes
            .recv_timeout(Duration::from_secs(20))
            .expect("the wish comes true");
    }
}

#[test]
fn an_online_phone_sends_what_is_performed_after_failures_too() {
    let phone = Phone::of_provider();
    let case = with_case(&phone);
    let asked = AtomicU32::new(0);
    let accepted = Mutex::new(case.clone());
    phone.server.answer(move |request| {
        if asked.fetch_add(1, Ordering::SeqCst) < 3 {
            return Err(TransportError::Unreachable);
        }
        let mut case = accepted.lock().unwrap();
        if !request.push.is_empty() {
            case.status = CaseStatus::Accepted;
            case.version += 1;
        }
        Ok(SyncResponse {
            records: vec![case_record(&case)],
            ..answer(&request, &Outcome::Applied)
        })
    });
    let (sender, changes) = mpsc::channel();
    let _subscription = phone.workspace.subscribe(Arc::new(Waits(Mutex::new(sender))));
    phone.workspace.go_online().unwrap();
    phone.workspace.go_online().unwrap();
    phone.workspace.accept(case.id).unwrap();
    until(&phone.workspace, &changes, |phone| {
        phone.outbox().unwrap().is_empty()
    });
    let stored = phone.read(|conn| records::server(conn, RecordKind::Case, case.id.as_uuid()));
    let Some(Record::Case(stored)) = stored else {
        panic!("the case is here")
    };
    assert_eq!(stored.case.status, CaseStatus::Accepted);
    until(&phone.workspace, &changes, |phone| {
        phone.sync_status().unwrap().state == SyncState::Idle
    });
    phone.workspace.go_offline();
    assert_eq!(phone.workspace.sync_status().unwrap().state, SyncState::Offline);
    phone.workspace.close();
    assert!(matches!(
        phone.workspace.cases(None, 1),
        Err(WorkspaceError::Storage { code: "closed", .. })
    ));
}

/// A network on which no response ever arrives.
struct BlackHole(Mutex<mpsc::Sender<()>>);

impl Transport for BlackHole {
    fn send(
        &self,
        _request: HttpRequest,
    ) -> futures::future::BoxFuture<'_, Result<HttpResponse, TransportError>> {
        let _ = self.0.lock().unwrap().send(());
        Box::pin(std::future::pending())
    }
}

#[test]
fn going_offline_ends_what_waits_for_the_network_at_once() {
    let phone = Phone::of_provider();
    phone.workspace.close();
    let (sender, asked) = mpsc::channel();
    let workspace = Workspace::open_over(
        crate::client::OpenOptions {
            directory: phone.folder.path().join("mso"),
            server_url: "http://127.0.0.1".to_owned(),
            platform: "linux".to_owned(),
            app_version: "1".to_owned(),
            device_name: "test".to_owned(),
        },
        phone.vault.clone(),
        phone.clock.clone(),
        Arc::new(BlackHole(Mutex::new(sender))),
        Pace::default(),
    )
    .unwrap();
    for _ in 0..3 {
        workspace.go_online().unwrap();
        asked.recv_timeout(Duration::from_secs(20)).unwrap();
        assert_eq!(workspace.sync_status().unwrap().state, SyncState::Syncing);
        workspace.go_offline();
        assert_eq!(workspace.sync_status().unwrap().state, SyncState::Offline);
    }
    assert_eq!(workspace.sync_status().unwrap().last_error, None);
}

#[test]
fn waits_grow_from_one_second_to_five_minutes_with_full_jitter() {
    let pace = Pace::default();
    for (failures, limit) in [
        (1, 1_000),
        (2, 2_000),
        (5, 16_000),
        (9, 256_000),
        (10, 300_000),
        (400, 300_000),
    ] {
        assert_eq!(
            pace.back_off(failures, limit),
            Duration::from_millis(limit),
            "{failures}"
        );
        assert_eq!(pace.back_off(failures, limit + 1), Duration::ZERO, "{failures}");
    }
}

#[test]
fn signing_out_leaves_an_empty_phone_that_can_be_used_again() {
    let phone = Phone::of_provider();
    let case = with_case(&phone);
    phone.workspace.accept(case.id).unwrap();
    assert_eq!(phone.workspace.unsent().unwrap(), 1);
    let root = std::fs::read(phone.folder.path().join("mso/root.wrapped")).unwrap();
    run(phone.workspace.sign_out()).unwrap();
    assert_eq!(phone.workspace.session().unwrap(), None);
    assert_eq!(phone.cases(), []);
    assert_eq!(phone.workspace.outbox().unwrap(), []);
    assert!(!phone.folder.path().join("mso/files").exists());
    assert_ne!(
        std::fs::read(phone.folder.path().join("mso/root.wrapped")).unwrap(),
        root
    );
    assert_eq!(phone.workspace.integrity_check().unwrap(), "ok");
}

/// Runs the engine until its only file arrived, over a line that breaks after every 100 000 bytes. Returns the time that
/// it took.
async fn over_a_breaking_line(shared: &Shared, server: &Server, done: FileState, id: DocumentId) -> Duration {
    {
        let mut state = server.state();
        state.break_every = Some(100_000);
        state.break_at = Some((100_000, Break::Kept));
    }
    let cancel = Cancel::new();
    let begun = tokio::time::Instant::now();
    let engine = super::run(shared, &cancel);
    tokio::pin!(engine);
    while row(shared, id).state != done {
        tokio::select! {
            () = &mut engine => panic!("the engine ended"),
            () = tokio::time::sleep(Duration::from_millis(50)) => {}
        }
    }
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn while_bytes_advance_the_next_try_comes_after_about_a_second() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let file = queued(&shared, &server, &photo(3_000_000));
    let took = over_a_breaking_line(&shared, &server, FileState::Uploaded, file.document_id).await;
    assert!(
        took <= Duration::from_secs(31),
        "30 cuts of an upload took {took:?}"
    );

    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = signed_in(directory.path(), &server).await;
    let document = wanted(&shared, &server, &photo(2_000_000));
    let took = over_a_breaking_line(&shared, &server, FileState::Present, document.id).await;
    assert!(
        took <= Duration::from_secs(61),
        "cuts of a download took {took:?}"
    );
}
