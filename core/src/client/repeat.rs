//! The same thing sent twice: a double tap, or a form that is sent again because its first answer got lost on the way.
//!
//! Two rules, both asked inside the transaction that would write the command, so that two threads make one:
//!
//! - A command that creates its record carries an id that was made when the form opened. Sent again unchanged, it is
//!   answered as the first one was, whether that still waits, was applied, or has long been synced, for the 30 days that
//!   results are kept. Sent again with other content it is refused (`case_exists`, `patient_exists`): what was confirmed
//!   is not replaced in silence. If the first one was refused and is a draft, the form sends that draft, with the form's
//!   content.
//! - Any other command is compared with the newest unanswered one on its record, and with no older one: after A and B
//!   the user may well want A again (an availability, a team), but not what is on its way already. Under another
//!   assignment it is another command, and must carry the new token.
//!
//! A store belongs to one user, so everything unanswered in it has the same author. Invariant: a command that is left out
//! here had an equal one confirmed before it.

use rusqlite::Connection;

use super::overlay;
use super::store::drafts as draft_rows;
use super::store::outbox::{self, OutboxRow};
use super::store::{StoreError, settled};
use crate::command::Command;
use crate::ids::CommandId;
use crate::patients::CreatePatient;
use crate::refusal::Refusal;

use super::error::WorkspaceError;

/// What a command finds of its own kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Earlier {
    /// Nothing: it is performed.
    Nothing,
    /// The same one. Its ids are the answer.
    Same(Box<Command>),
    /// The draft of a refused one that would have made the same record.
    Draft(CommandId),
}

/// What was confirmed before and makes `command` unnecessary.
pub(crate) fn earlier(conn: &Connection, command: &Command) -> Result<Earlier, WorkspaceError> {
    let pending = outbox::of_aggregate(conn, command.aggregate())?;
    if command.spec().creates {
        return earlier_creation(conn, command, &pending);
    }
    let newest = pending.into_iter().next_back().and_then(|row| row.envelope);
    let Some(newest) = newest.filter(|newest| command.repeats(&newest.command)) else {
        return Ok(Earlier::Nothing);
    };
    if newest.assignment_id.is_some() {
        // As the server has it: a pending command may end the assignment under which it was given.
        let known = overlay::server_view(conn, command.aggregate())?.case;
        let current = known.and_then(|record| record.case.assignment);
        if newest.assignment_id != current.map(|current| current.id) {
            return Ok(Earlier::Nothing);
        }
    }
    Ok(Earlier::Same(Box::new(newest.command)))
}

fn earlier_creation(
    conn: &Connection,
    command: &Command,
    pending: &[OutboxRow],
) -> Result<Earlier, WorkspaceError> {
    let name = command.name();
    let exists = || WorkspaceError::from(exists(command));
    let same = || Earlier::Same(Box::new(command.clone()));
    if let Some(first) = pending.iter().find(|row| row.command == name) {
        let is_same = first.envelope.as_ref().is_some_and(|e| e.command == *command);
        return if is_same { Ok(same()) } else { Err(exists()) };
    }
    if let Some(draft) = draft_of(conn, command)? {
        return Ok(Earlier::Draft(draft));
    }
    match settled::creation(conn, name, command.aggregate())? {
        Some(content) if content == settled::content(command)? => Ok(same()),
        Some(_) => Err(exists()),
        None => Ok(Earlier::Nothing),
    }
}

fn draft_of(conn: &Connection, command: &Command) -> Result<Option<CommandId>, StoreError> {
    let of_same =
        |draft: &Command| (draft.name(), draft.aggregate()) == (command.name(), command.aggregate());
    let drafts = draft_rows::all(conn)?.into_iter();
    let mut found = drafts.filter(|row| row.command.as_ref().is_some_and(of_same));
    Ok(found.next_back().map(|row| row.command_id))
}

/// The record was made, with other content.
fn exists(command: &Command) -> Refusal {
    match command.as_operation::<CreatePatient>() {
        Some(patient) => Refusal::PatientExists {
            existing: Some(patient.patient_id),
        },
        None => Refusal::CaseExists,
    }
}

#[cfg(test)]
mod tests;
