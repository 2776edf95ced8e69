//! The chat of a case: what its participants write to each other, which nobody else can read. Works offline: what is written
//! is on disk and goes with the next sync.

use std::time::Duration;

use rusqlite::Connection;

use super::Workspace;
use crate::actor::Actor;
use crate::client::chat::change::Stamp;
use crate::client::chat::content::{MessageText, ReactionText};
use crate::client::chat::transcript::{self, Exporter, TranscriptKind};
use crate::client::chat::view::{self, ChatMessage, ChatView};
use crate::client::chat::write::Writing;
use crate::client::error::WorkspaceError;
use crate::client::observe::Changed;
use crate::client::session;
use crate::client::store::chat::message_rows;
use crate::ids::{CaseId, UserId};
use crate::refusal::Refusal;

/// Read marks of one phone go no closer together, except with something else that is sent.
const READ_MARKS_APART: Duration = Duration::from_secs(5);

/// Most messages on a page.
const MOST_MESSAGES: u32 = 200;

fn message_id(id: &str) -> Result<Stamp, WorkspaceError> {
    Stamp::parse(id).ok_or(WorkspaceError::Invalid {
        field: "message",
        reason: "not_an_id",
    })
}

fn text(text: &str) -> Result<MessageText, WorkspaceError> {
    MessageText::new(text).map_err(|_| WorkspaceError::Invalid {
        field: "text",
        reason: "length",
    })
}

/// The user who reads or writes.
fn actor(conn: &Connection) -> Result<Actor, WorkspaceError> {
    Ok(session::current(conn)?.ok_or(WorkspaceError::SignInNeeded)?.actor)
}

impl Workspace {
    /// The chat of a case, without its messages.
    pub fn chat(&self, case_id: CaseId) -> Result<ChatView, WorkspaceError> {
        let store = self.shared.store();
        store.read(|conn| view::chat(conn, actor(conn)?, case_id))
    }

    /// The messages before this one, newest first, at most 200.
    pub fn chat_messages(
        &self,
        case_id: CaseId,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ChatMessage>, WorkspaceError> {
        let before = before.map(message_id).transpose()?;
        self.shared.store().read(|conn| {
            let limit = limit.min(MOST_MESSAGES);
            view::messages(conn, actor(conn)?, case_id, before.as_ref(), limit)
        })
    }

    /// Writes a message of 1 to 4,000 characters; returns its id.
    pub fn write_message(
        &self,
        case_id: CaseId,
        written: &str,
        reply_to: Option<&str>,
    ) -> Result<String, WorkspaceError> {
        let written = text(written)?;
        let reply_to = reply_to.map(message_id).transpose()?;
        let stamp = self.in_chat(case_id, true, |writing| writing.message(written, reply_to))?;
        Ok(stamp.as_str().to_owned())
    }

    /// Replaces the text of an own message.
    pub fn edit_message(&self, case_id: CaseId, message: &str, written: &str) -> Result<(), WorkspaceError> {
        let (message, written) = (message_id(message)?, text(written)?);
        self.in_chat(case_id, true, |writing| writing.edit(&message, written))
    }

    /// Takes an own message back; everybody sees that there was one.
    pub fn withdraw_message(&self, case_id: CaseId, message: &str) -> Result<(), WorkspaceError> {
        let message = message_id(message)?;
        self.in_chat(case_id, true, |writing| writing.withdraw(&message))
    }

    /// Reacts to a message with a few characters; `None` takes the reaction back.
    pub fn react_to_message(
        &self,
        case_id: CaseId,
        message: &str,
        reaction: Option<&str>,
    ) -> Result<(), WorkspaceError> {
        let message = message_id(message)?;
        let reaction = reaction.map(ReactionText::new).transpose();
        let reaction = reaction.map_err(|_| WorkspaceError::Invalid {
            field: "reaction",
            reason: "length",
        })?;
        self.in_chat(case_id, true, |writing| writing.react(&message, reaction))
    }

    /// Notes that the user has read everything that is here. The others learn of it with the next sync, which is not long
    /// from now; what is read until then goes with it.
    pub fn mark_chat_read(&self, case_id: CaseId) -> Result<(), WorkspaceError> {
        let marked = self
            .in_chat(case_id, false, |writing| writing.mark_read())
            .map(|is_news| {
                if is_news {
                    self.shared.soon.within(READ_MARKS_APART);
                }
            });
        if !matches!(marked, Err(WorkspaceError::Refused(Refusal::CaseClosed))) {
            return marked;
        }
        // Nothing more is written there; the user has read it all the same.
        self.shared.store().transaction(|tx| {
            let user = actor(tx)?.user;
            if let Some(seq) = message_rows::newest_of_others(tx, case_id, user)? {
                message_rows::note_read(tx, case_id, user, seq)?;
            }
            Ok::<_, WorkspaceError>(())
        })?;
        self.shared.observers.notify([Changed::Chat(case_id)]);
        Ok(())
    }

    /// Lets the expert in whom the chat shows as one to admit.
    pub fn admit_expert(&self, case_id: CaseId, expert: UserId) -> Result<(), WorkspaceError> {
        self.in_chat(case_id, true, |writing| writing.admit(expert))
    }

    /// Lets a colleague of the team in.
    pub fn let_colleague_in(&self, case_id: CaseId, colleague: UserId) -> Result<(), WorkspaceError> {
        self.in_chat(case_id, true, |writing| writing.let_in(colleague))
    }

    /// Sends a message that was written for another expert to the present one.
    pub fn send_to_current_expert(&self, case_id: CaseId, message: &str) -> Result<(), WorkspaceError> {
        let message = message_id(message)?;
        self.in_chat(case_id, true, |writing| writing.send_to_current_expert(&message))
    }

    /// Messages with this text, in this case's chat or in all, newest first. Compares without regard to case.
    pub fn search_messages(
        &self,
        case_id: Option<CaseId>,
        wanted: &str,
        limit: u32,
    ) -> Result<Vec<(CaseId, String)>, WorkspaceError> {
        let limit = limit.min(MOST_MESSAGES);
        self.shared
            .store()
            .read(|conn| Ok(message_rows::search(conn, case_id, wanted, limit)?))
    }

    /// What this phone has of a case's chat, for people outside of it: up to the newest entry of the log that was checked. Fails
    /// with `not_found` if the case is not here, and with `unreadable` if the stored log is damaged. Opens no message that this
    /// phone did not accept; withdrawn ones are in it, since the log has them.
    pub fn chat_transcript(&self, case_id: CaseId, kind: TranscriptKind) -> Result<String, WorkspaceError> {
        self.shared.store().read(|conn| {
            let session = session::current(conn)?.ok_or(WorkspaceError::SignInNeeded)?;
            let by = Exporter {
                user_id: session.actor.user,
                name: &session.display_name,
            };
            transcript::transcript(conn, by, case_id, kind)
        })
    }

    fn in_chat<T>(
        &self,
        case_id: CaseId,
        wakes: bool,
        write: impl FnOnce(&Writing<'_>) -> Result<T, WorkspaceError>,
    ) -> Result<T, WorkspaceError> {
        let shared = &self.shared;
        let (now, server_now) = (shared.now(), shared.server_now());
        let done = shared
            .store()
            .transaction(|tx| write(&Writing::begin(tx, actor(tx)?, case_id, now, server_now)?))?;
        shared
            .observers
            .notify([Changed::Chat(case_id), Changed::SyncStatus]);
        if wakes {
            shared.wake.notify_one();
        }
        Ok(done)
    }
}
