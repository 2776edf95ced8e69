//! Drives sync: one cycle at a time over the network, with waits in between.
//!
//! A cycle exchanges until nothing is left to push or fetch, then uploads files, exchanges again for
//! what the uploads changed, and downloads files. It runs after a command was performed, when the
//! server's poll delay has passed (or seldom, while the live stream tells of changes), and after a failure with full-jitter back-off, which begins anew when a file got on. The engine's thread
//! is the only one that the phone side starts.
//!
//! Invariant: at most one cycle runs in a workspace, and a cycle aborted at any point loses nothing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::ask::{Asked, Question, next_page, refused_session};
use super::chat::agenda::{self, Agenda, Sender};
use super::error::WorkspaceError;
use super::live;
use super::observe::Changed;
use super::rest;
use super::session::{self, CallError};
use super::shared::{Cancel, Progress, Shared};
use super::store::outbox::{self, TOO_LARGE};
use super::store::{records, settings, streams};
use super::sync::apply::{self, Applied, HELD_HOURS};
use super::sync::portion::portions;
use super::sync::{LocalState, Machine, Plan, Step, downloads, purge, uploads};
use super::sync_report::SyncReport;
use super::{files, store};
use crate::actor::Actor;
use crate::ids::{CaseId, CommandId, PurgeId};
use crate::protocol::sync::{IDLE_MILLIS, PurgesOwed};

/// Fewest bytes for chats in a request, however small a line wants them: one item always goes.
const LEAST_CHAT_BYTES: usize = 4 * 1024;

/// A poll delay this short means a change is in flight.
const HELD_BACK: Duration = Duration::from_secs(1);

/// Maximum number of consecutive short polls; after that the engine's own pace applies.
const HELD_BACK_ROUNDS: u32 = 8;

/// Runs one complete cycle.
pub(crate) async fn cycle(shared: &Shared, cancel: &Cancel) -> Result<SyncReport, WorkspaceError> {
    let _single = tokio::select! {
        biased;
        () = cancel.cancelled() => return Err(WorkspaceError::Offline),
        single = shared.single_flight.lock() => single,
    };
    let _syncing = Syncing::begin(shared);
    shared.soon.begun();
    let done = run_cycle(shared, cancel).await;
    match &done {
        Ok(report) => shared.progress().last_report = Some(*report),
        // Not an error: the caller cancelled the cycle.
        Err(_) if cancel.is_cancelled() => {}
        Err(error) => {
            tracing::info!(code = error.code(), "a sync cycle ended early");
            shared
                .store()
                .transaction(|tx| settings::set_last_error(tx, error.code()))?;
        }
    }
    done
}

/// Reports that a cycle is running, and resets this even if the cycle is dropped halfway.
struct Syncing<'a>(&'a Shared);

impl<'a> Syncing<'a> {
    fn begin(shared: &'a Shared) -> Self {
        shared.progress().syncing = true;
        shared.observers.notify([Changed::SyncStatus]);
        Self(shared)
    }
}

impl Drop for Syncing<'_> {
    fn drop(&mut self) {
        self.0.progress().syncing = false;
        self.0.observers.notify([Changed::SyncStatus]);
    }
}

async fn run_cycle(shared: &Shared, cancel: &Cancel) -> Result<SyncReport, WorkspaceError> {
    let mut report = SyncReport::default();
    let mut asked_missing = false;
    exchange(shared, cancel, &mut report, &mut asked_missing).await?;
    loop {
        let sent = uploads::run(shared, cancel).await;
        shared.progress().advances += u64::from(sent.advanced);
        let files = to_u32(sent.files);
        report.files_uploaded += files;
        report.bytes_uploaded += sent.bytes;
        report.files_failed = to_u32(sent.failed);
        stopped(sent.stopped, cancel)?;
        if files == 0 {
            break;
        }
        // The server tells this phone nothing of what it did itself.
        shared.progress().freshness.needs_pull();
        exchange(shared, cancel, &mut report, &mut asked_missing).await?;
    }
    let fetched = downloads::run(shared, cancel).await;
    shared.progress().advances += u64::from(fetched.advanced);
    report.files_downloaded += to_u32(fetched.files);
    report.bytes_downloaded += fetched.bytes;
    report.files_failed += to_u32(fetched.failed);
    stopped(fetched.stopped, cancel)?;
    Ok(report)
}

fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn stopped(by: Option<CallError>, cancel: &Cancel) -> Result<(), WorkspaceError> {
    match by {
        Some(error) => Err(refused_session(error)),
        None if cancel.is_cancelled() => Err(WorkspaceError::Offline),
        None => Ok(()),
    }
}

/// Pushes and pulls until the phone is up to date with the server. This includes changes that a slower
/// writer on the server holds back for a moment; the server then requests a very short poll delay.
async fn exchange(
    shared: &Shared,
    cancel: &Cancel,
    report: &mut SyncReport,
    asked_missing: &mut bool,
) -> Result<(), WorkspaceError> {
    for _ in 0..HELD_BACK_ROUNDS {
        report.next_after_ms = IDLE_MILLIS;
        push_and_pull(shared, cancel, report, *asked_missing).await?;
        *asked_missing = true;
        let again = Duration::from_millis(u64::from(report.next_after_ms));
        if again > HELD_BACK {
            break;
        }
        tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(WorkspaceError::Offline),
            () = tokio::time::sleep(again) => {}
        }
    }
    Ok(())
}

async fn push_and_pull(
    shared: &Shared,
    cancel: &Cancel,
    report: &mut SyncReport,
    asked_missing: bool,
) -> Result<(), WorkspaceError> {
    let is_level = shared.progress().freshness.is_level(shared.now());
    let mut machine = Machine::of_cycle(asked_missing, is_level);
    // The next page, asked for while this one is applied; and whether that was of use so far.
    let mut ahead: Option<Question<'_>> = None;
    let mut asks_ahead = true;
    loop {
        let asked_at = shared.now();
        let Progress {
            freshness,
            chat_bytes,
            ..
        } = *shared.progress();
        let chat_bytes = chat_bytes.unwrap_or(agenda::MAX_BYTES);
        let mut looked_at = BTreeSet::new();
        // In one transaction: what is on its way cannot be taken back any more.
        let asked = shared.store().transaction(|tx| {
            let actor = session::current(tx)?.ok_or(WorkspaceError::SignInNeeded)?.actor;
            let device = actor.device().ok_or(WorkspaceError::SignInNeeded)?;
            let mut local = LocalState::load(tx, device)?;
            let sender = Sender {
                actor,
                now: asked_at,
                server_time: settings::server_time(tx)?.unwrap_or(asked_at),
                bytes: chat_bytes,
            };
            if machine.takes_chat() && !machine.is_level() {
                local.chat.extend(agenda::certificate(tx, sender)?);
            }
            if machine.takes_chat() && (machine.is_level() || freshness.is_fresh(asked_at)) {
                let Agenda {
                    items,
                    looked_at: some,
                } = agenda::next(tx, sender, machine.awaited())?;
                local.chat.extend(items);
                looked_at = some;
            }
            let Some(mut request) = machine.next_request(local) else {
                return Ok::<_, WorkspaceError>(None);
            };
            if machine.takes_chat() {
                let rows = agenda::behind(tx, sender, &request.push)?;
                machine.add_chat(&mut request, rows);
            }
            outbox::mark_sent(tx, request.push.iter().map(|item| item.id))?;
            records::mark_asked(tx, &request.missing)?;
            Ok(Some((actor, request)))
        })?;
        shared.observers.notify(looked_at.into_iter().map(Changed::Chat));
        let Some((actor, request)) = asked else {
            return Ok(());
        };
        let question = match ahead.take() {
            Some(ahead) if ahead.is_of(&request) => ahead,
            other => {
                asks_ahead &= other.is_none();
                Question::new(shared, request.clone(), freshness.asking(asked_at))
            }
        };
        let asking = question.asked;
        let response = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(WorkspaceError::Offline),
            response = question.answer() => response,
        };
        let response = match response {
            Err(Asked::TooLarge { by_server }) if !request.push.is_empty() || !request.chat.is_empty() => {
                if !request.chat.is_empty() {
                    shared.progress().chat_bytes = Some((chat_bytes / 2).max(LEAST_CHAT_BYTES));
                }
                if let Some(id) = machine.too_large() {
                    hold_too_large(shared, id, by_server)?;
                }
                continue;
            }
            Err(Asked::Revoked(owed)) => {
                if carry_out_revoked(shared, &owed, &request.purged)? {
                    continue;
                }
                return Err(WorkspaceError::SignInNeeded);
            }
            other => other?,
        };
        report.round_trips += 1;
        if asks_ahead && let Some(next) = next_page(&request, &response) {
            let asked = shared.progress().freshness.asking(shared.now());
            ahead = Some(Question::new(shared, next, asked));
        }
        let plan = machine.receive(response).map_err(|fault| {
            tracing::error!(%fault, "the server's answer makes no sense");
            WorkspaceError::Server {
                code: "bad_answer".to_owned(),
                reference: String::new(),
            }
        })?;
        let is_pull = !matches!(plan.step, Step::PushOnly);
        if is_pull {
            report.next_after_ms = plan.next_after_ms;
        }
        for portion in portions(plan) {
            if let Some(ahead) = &mut ahead {
                ahead.go_on().await;
            }
            let applied = carry_out(shared, &portion, actor)?;
            report.commands_applied += applied.commands_applied;
            report.commands_refused += applied.commands_refused;
            report.records += applied.records;
            if applied.chats_have_gaps {
                machine.pull_next();
            }
        }
        let now = shared.now();
        if !is_pull && !shared.progress().freshness.is_fresh(now) {
            machine.pull_next();
        }
        if is_pull && machine.is_level() {
            shared.progress().freshness.pulled(asking, report);
            shared.pulled.notify_one();
        }
    }
}

/// A box on the way may be gone in minutes, with another network; the server's limit changes only with its next version.
fn hold_too_large(shared: &Shared, id: CommandId, by_server: bool) -> Result<(), WorkspaceError> {
    let now = shared.now();
    let minutes = if by_server { 60 * HELD_HOURS } else { 5 };
    shared.store().transaction(|tx| {
        outbox::set_trouble(tx, id, TOO_LARGE, "", now)?;
        let server_time = settings::server_time(tx)?.unwrap_or(now);
        outbox::hold(tx, id, server_time.plus_millis(minutes * 60_000))
    })?;
    shared.observers.notify([Changed::SyncStatus]);
    Ok(())
}

/// Deletes what a revoked phone must no longer hold. `false`: there was nothing more to delete or to report. What was
/// never sent stays until the user signs out.
fn carry_out_revoked(
    shared: &Shared,
    owed: &PurgesOwed,
    reported: &[PurgeId],
) -> Result<bool, WorkspaceError> {
    let now = shared.now();
    let (mut changes, mut paths, mut is_news) =
        (vec![Changed::SyncStatus, Changed::Notices], Vec::new(), false);
    shared.store().transaction(|tx| {
        let server_time = settings::server_time(tx)?.unwrap_or(now);
        streams::acknowledged(tx, reported, server_time)?;
        for order in &owed.purge {
            is_news |= !streams::is_purged(tx, order.id)?;
            let forgotten = purge::carry_out(tx, order, now, server_time)?;
            paths.extend(forgotten.paths);
            changes.push(Changed::Case(CaseId::from_uuid(order.stream.as_uuid())));
        }
        // A user who may act again begins anew.
        settings::set_cursor(tx, None)
    })?;
    files::delete_sealed(shared, paths);
    shared.observers.notify(changes);
    Ok(is_news)
}

/// Applies a portion in one transaction, then does the work that must follow the commit.
fn carry_out(shared: &Shared, plan: &Plan, actor: Actor) -> Result<Applied, WorkspaceError> {
    let now = shared.now();
    let mut applied = shared.store().transaction(|tx| {
        // The user may have signed out, and the store been emptied, while the response was in transit.
        if session::current(tx)?.map(|session| session.actor) != Some(actor) {
            return Err(WorkspaceError::SignInNeeded);
        }
        Ok(apply::apply(tx, plan, actor, now)?)
    })?;
    files::delete_sealed(shared, std::mem::take(&mut applied.paths));
    shared.observers.notify(applied.changes.iter().copied());
    Ok(applied)
}

/// The background engine of an online workspace.
pub(crate) struct Engine {
    cancel: Cancel,
    thread: JoinHandle<()>,
}

impl Engine {
    /// Starts the engine on its own thread.
    pub(crate) fn start(shared: Arc<Shared>) -> Result<Self, WorkspaceError> {
        let cancel = shared.stop();
        let storage = |source| WorkspaceError::Storage {
            code: "thread",
            source: Box::new(source),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(storage)?;
        let (engine, stop) = (shared, cancel.clone());
        let body = move || {
            runtime.block_on(async { tokio::join!(run(&engine, &stop), live::follow(&engine, &stop)) });
        };
        let thread = thread::Builder::new()
            .name("mso-engine".to_owned())
            .spawn(body)
            .map_err(storage)?;
        Ok(Self { cancel, thread })
    }

    /// Stops the engine and waits until it has stopped. Does not wait when called from the engine's own
    /// thread, by a listener.
    pub(crate) fn stop(self) {
        self.cancel.cancel();
        if self.thread.thread().id() != thread::current().id() && self.thread.join().is_err() {
            tracing::error!("the engine's thread panicked");
        }
    }
}

async fn run(shared: &Shared, cancel: &Cancel) {
    shared.progress().freshness.needs_pull();
    let mut failures = 0_u32;
    while !cancel.is_cancelled() {
        let before = shared.progress().advances;
        let done = cycle(shared, cancel).await;
        // A line that is cut again and again, and carries something each time, is worth the next try at once.
        if shared.progress().advances > before {
            failures = 0;
        }
        let well = matches!(&done, Ok(report) if report.files_failed == 0);
        failures = if well { 0 } else { failures.saturating_add(1) };
        let again = shared.pace.back_off(failures, random());
        let rest = match &done {
            Ok(report) if well => rest::after(shared, report),
            // The feed is polled on time, even if file transfers fail.
            Ok(report) => rest::after(shared, report).min(again),
            // Nothing changes before the user acts, which wakes the engine.
            Err(WorkspaceError::SignInNeeded | WorkspaceError::UpdateNeeded) => shared.pace.longest_rest,
            Err(_) => again,
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => return,
            () = rest::until_next(shared, rest) => {}
        }
    }
}

fn random() -> u64 {
    // Without random bytes, use the longest wait, which is safe.
    getrandom::u64().unwrap_or(u64::MAX)
}

/// Everything the server has not confirmed, which signing out would lose.
pub(crate) fn unsent(shared: &Shared) -> Result<u32, WorkspaceError> {
    Ok(shared.store().read(|conn| {
        Ok::<_, store::StoreError>({
            outbox::count(conn)?
                + store::chat::outbox_rows::count(conn)?
                + store::drafts::count(conn)?
                + store::forms::count(conn)?
                + store::files::count_unsent(conn)?
        })
    })?)
}

#[cfg(test)]
mod tests;
