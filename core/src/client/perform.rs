//! The device's write path: the only way in which a phone changes anything.
//!
//! 1. If the same was confirmed before, nothing more is done (`repeat`).
//! 2. The facts that the phone has are loaded, and the rule decides the command.
//! 3. One transaction writes the outbox row with the exact bytes to send, the overlay that screens show, and the state of
//!    the files sent with the command.
//! 4. Observers are notified and the engine is woken.
//!
//! Invariant: a command is confirmed to the user only after that transaction is on disk. From then on only the server's
//! answer removes it.

use rusqlite::{Connection, Transaction};

use super::drafts;
use super::error::WorkspaceError;
use super::facts;
use super::forms;
use super::observe::Changed;
use super::overlay::{self, View};
use super::repeat::{self, Earlier};
use super::shared::Shared;
use super::store::{StoreError, files, outbox, records, session, settings};
use crate::actor::Actor;
use crate::command::{Aggregate, Command, CommandEnvelope, Fence, Reach};
use crate::facts::Context;
use crate::ids::{AssignmentId, CaseId, CommandId, StreamId};
use crate::protocol::cbor;
use crate::protocol::sync::MAX_COMMAND_BYTES;
use crate::time::Timestamp;

/// Performs the command that `build` returns for the current store. Returns it, or the equal one that was confirmed before.
pub(crate) fn perform(
    shared: &Shared,
    build: impl FnOnce(&Transaction<'_>, Actor) -> Result<Command, WorkspaceError>,
) -> Result<Command, WorkspaceError> {
    let now = shared.now();
    let (performed, changes) = shared.store().transaction(|tx| {
        let actor = session::current(tx)?.ok_or(WorkspaceError::SignInNeeded)?.actor;
        let command = build(tx, actor)?;
        let changes = match repeat::earlier(tx, &command)? {
            Earlier::Same(earlier) => {
                let changes = forms::sent(tx, &command)?.then_some(Changed::SyncStatus);
                return Ok((*earlier, changes.into_iter().collect()));
            }
            Earlier::Draft(draft) => drafts::send_as(tx, actor, now, draft, &command)?,
            Earlier::Nothing => {
                perform_in(tx, actor, &command, now)?;
                let files = command.files().iter();
                let mut changes = vec![Changed::SyncStatus, Changed::of(command.aggregate())];
                changes.extend(files.map(|file| Changed::Document(file.document_id)));
                changes
            }
        };
        Ok::<_, WorkspaceError>((command, changes))
    })?;
    shared.observers.notify(changes);
    shared.wake.notify_one();
    Ok(performed)
}

/// The same inside a transaction, without notifying observers.
pub(crate) fn perform_in(
    tx: &Transaction<'_>,
    actor: Actor,
    command: &Command,
    now: Timestamp,
) -> Result<CommandId, WorkspaceError> {
    let Checked { view, assignment_id } = checked(tx, actor, command, now)?;
    let aggregate = command.aggregate();
    let device_seq = settings::next_device_seq(tx)?;
    let envelope = CommandEnvelope {
        command_id: CommandId::generate(now),
        command: command.clone(),
        assignment_id,
        base_version: base_version(&view),
        device_seq: u64::try_from(device_seq).ok(),
        issued_at: now,
        depends_on: depends_on(tx, command)?,
    };
    let bytes = cbor::encode(&envelope).map_err(|_| StoreError::Unreadable("command"))?;
    if bytes.len() > MAX_COMMAND_BYTES {
        return Err(WorkspaceError::Invalid {
            field: "command",
            reason: "too_large",
        });
    }
    outbox::insert(tx, device_seq, &envelope, &bytes)?;
    forms::sent(tx, command)?;
    attach_files(tx, command)?;
    overlay::recompute(tx, aggregate, actor)?;
    Ok(envelope.command_id)
}

/// Whether the phone's own rule would let the command be performed now.
pub(crate) fn check(
    conn: &Connection,
    actor: Actor,
    command: &Command,
    now: Timestamp,
) -> Result<(), WorkspaceError> {
    checked(conn, actor, command, now).map(drop)
}

/// A command that the phone's own rule admits.
struct Checked {
    /// The record that it is about, as shown.
    view: View,
    assignment_id: Option<AssignmentId>,
}

fn checked(
    conn: &Connection,
    actor: Actor,
    command: &Command,
    now: Timestamp,
) -> Result<Checked, WorkspaceError> {
    match command.spec().reach {
        Reach::Offline => {}
        Reach::OnlineOnly => {
            return Err(WorkspaceError::Invalid {
                field: "command",
                reason: "online_only",
            });
        }
    }
    let view = overlay::shown_view(conn, command.aggregate())?;
    must_be_here(conn, command, &view)?;

    let assignment_id = token(command, &view);
    let ctx = Context {
        actor,
        // A clock that is behind what the server last said is wrong.
        now: settings::server_time(conn)?.map_or(now, |server| server.max(now)),
        assignment_id,
    };
    command.decide(&view.facts(&facts::load(conn, command)?), &ctx)?;
    Ok(Checked { view, assignment_id })
}

/// The record that a command changes must be on the phone, in a form that this build can read.
fn must_be_here(conn: &Connection, command: &Command, view: &View) -> Result<(), WorkspaceError> {
    let Some((kind, id)) = command.aggregate().record() else {
        return Ok(());
    };
    let is_here = view.case.is_some()
        || view.patient.is_some()
        || view.notification.is_some()
        || view.provider.is_some()
        || view.invoice.is_some();
    if command.spec().creates || is_here {
        return Ok(());
    }
    Err(if records::exists(conn, kind, id)? {
        WorkspaceError::UpdateNeeded
    } else {
        WorkspaceError::NotFound
    })
}

/// The fencing token: the assignment shown to the user.
fn token(command: &Command, view: &View) -> Option<AssignmentId> {
    let case = view
        .case
        .as_ref()
        .filter(|_| command.spec().fence == Fence::Token)?;
    case.case.assignment.map(|current| current.id)
}

fn base_version(view: &View) -> Option<u64> {
    view.case
        .as_ref()
        .map(|record| record.case.version)
        .or(view.patient.as_ref().map(|patient| patient.version))
}

/// Unanswered commands on which this one depends: if one of them is refused, this one is too.
fn depends_on(tx: &Transaction<'_>, command: &Command) -> Result<Vec<CommandId>, StoreError> {
    let mut earlier = outbox::of_aggregate(tx, command.aggregate())?;
    if let Some(other) = command.builds_on() {
        earlier.extend(outbox::of_aggregate(tx, other)?);
    }
    // What this build cannot read may carry anything.
    earlier.retain(|row| {
        row.envelope
            .as_ref()
            .is_none_or(|envelope| envelope.command.carries(command))
    });
    earlier.sort_by_key(|row| row.device_seq);
    Ok(earlier.into_iter().map(|row| row.command_id).collect())
}

/// Attaches staged files to the case of the command that declares them; they then wait to be sent.
fn attach_files(tx: &Transaction<'_>, command: &Command) -> Result<(), WorkspaceError> {
    let Aggregate::Case(case) = command.aggregate() else {
        return Ok(());
    };
    for file in command.files() {
        if !files::attach(tx, file.document_id, case, stream_of(case))? {
            return Err(WorkspaceError::NotFound);
        }
    }
    Ok(())
}

fn stream_of(case: CaseId) -> StreamId {
    case.into()
}

#[cfg(test)]
mod tests;
