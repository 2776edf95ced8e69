//! From the user to what waits: messages, edits, withdrawals, reactions, read marks, and whom the user lets in.
//!
//! Invariant: what is confirmed to the user is on disk, and stays there until its entry is in the log, or its author takes it
//! back before it was offered to the server.

use rusqlite::Connection;

use super::agenda;
use super::change::{ChatKey, Stamp};
use super::content::{Content, MessageText, ReactionText};
use super::seal_waiting::address;
use crate::actor::Actor;
use crate::cases::Case;
use crate::chat::Log;
use crate::client::error::WorkspaceError;
use crate::client::store::chat::device_rows::Published;
use crate::client::store::chat::outbox_rows::{self, ChatOutboxRow};
use crate::client::store::chat::task_rows::{self, Consent};
use crate::client::store::chat::{log_rows, message_rows};
use crate::client::store::{StoreError, records};
use crate::crypto::message::random;
use crate::ids::{CaseId, DeviceId, UserId};
use crate::protocol::records::{Record, RecordKind};
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// A message of another device that is said to be from further ahead does not move what is written after it.
const AHEAD_MILLIS: u64 = 5 * 60_000;

/// A case's chat, for a user who takes part in it.
pub(crate) struct Writing<'a> {
    conn: &'a Connection,
    actor: Actor,
    device_id: DeviceId,
    case_id: CaseId,
    log: Log,
    /// By the phone's clock.
    now: Timestamp,
    /// By the server's clock, as far as known.
    server_now: Timestamp,
}

/// Whether the user takes part in the case's chat, by the case as shown.
pub(super) fn takes_part(actor: Actor, case: &Case) -> bool {
    match actor.provider() {
        Some(provider) => {
            case.is_accepted()
                && case
                    .assignment
                    .is_some_and(|current| current.provider_id == provider)
        }
        None => case.team.contains(&actor.user),
    }
}

fn invalid(reason: &'static str) -> WorkspaceError {
    WorkspaceError::Invalid {
        field: "chat",
        reason,
    }
}

impl<'a> Writing<'a> {
    /// Begins to write in a case's chat. Fails with `not_a_participant`, `no_identity` (another phone has the user's chat
    /// keys) or `case_closed`.
    pub(crate) fn begin(
        conn: &'a Connection,
        actor: Actor,
        case_id: CaseId,
        now: Timestamp,
        server_now: Timestamp,
    ) -> Result<Self, WorkspaceError> {
        let Some(Record::Case(record)) = records::shown(conn, RecordKind::Case, case_id.as_uuid())? else {
            return Err(WorkspaceError::NotFound);
        };
        if !takes_part(actor, &record.case) {
            return Err(invalid("not_a_participant"));
        }
        if record.case.is_over() {
            return Err(Refusal::CaseClosed.into());
        }
        let device_id = match agenda::make_keys(conn, actor, now)? {
            Some((_, Published::Refused(_))) | None => return Err(invalid("no_identity")),
            Some((device_id, Published::New | Published::Stored)) => device_id,
        };
        Ok(Self {
            conn,
            actor,
            device_id,
            case_id,
            log: log_rows::log(conn, case_id)?,
            now,
            server_now,
        })
    }

    /// Writes a message, perhaps in reply to another.
    pub(crate) fn message(
        &self,
        text: MessageText,
        reply_to: Option<Stamp>,
    ) -> Result<Stamp, WorkspaceError> {
        if let Some(stamp) = &reply_to {
            self.find(stamp)?;
        }
        self.put(&Content::Message { text, reply_to })
    }

    /// Replaces the text of an own message. One that was not offered to the server yet is changed itself. Fails with
    /// `older_readers` if somebody has come since who does not have the message.
    pub(crate) fn edit(&self, message: &Stamp, text: MessageText) -> Result<(), WorkspaceError> {
        if let Found::Unsent(row) = self.find_own(message)? {
            let Ok(Content::Message { reply_to, .. }) = Content::decode(&row.key, &row.value) else {
                return Err(WorkspaceError::NotFound);
            };
            let (_, value) = Content::Message { text, reply_to }.encode(message.clone());
            return Ok(outbox_rows::set_value(self.conn, row.number, &value)?);
        }
        self.about(message)?;
        self.put(&Content::Edit {
            message: message.clone(),
            text,
        })?;
        Ok(())
    }

    /// Takes an own message back. One that was not offered to the server yet is never sent.
    pub(crate) fn withdraw(&self, message: &Stamp) -> Result<(), WorkspaceError> {
        if let Found::Unsent(row) = self.find_own(message)? {
            outbox_rows::discard(self.conn, row.number)?;
            return Ok(());
        }
        self.about(message)?;
        self.put(&Content::Withdrawal {
            message: message.clone(),
        })?;
        Ok(())
    }

    /// Reacts to a message; `None` takes the user's reaction back.
    pub(crate) fn react(
        &self,
        message: &Stamp,
        reaction: Option<ReactionText>,
    ) -> Result<(), WorkspaceError> {
        self.find(message)?;
        self.about(message)?;
        self.put(&Content::Reaction {
            message: message.clone(),
            reaction,
        })?;
        Ok(())
    }

    /// Notes that the user has read everything that is here. Returns whether that is news.
    pub(crate) fn mark_read(&self) -> Result<bool, WorkspaceError> {
        let read = message_rows::read_up_to(self.conn, self.case_id, self.actor.user)?;
        let Some(seq) = message_rows::newest_of_others(self.conn, self.case_id, self.actor.user)? else {
            return Ok(false);
        };
        if seq <= read {
            return Ok(false);
        }
        outbox_rows::drop_read_marks(self.conn, self.case_id)?;
        self.put(&Content::ReadMark { seq })?;
        message_rows::note_read(self.conn, self.case_id, self.actor.user, seq)?;
        Ok(true)
    }

    /// Lets the expert in who is in the chat, under the assignment that they have now.
    pub(crate) fn admit(&self, expert: UserId) -> Result<(), WorkspaceError> {
        let expert = self.log.roster().expert().filter(|(user, _)| *user == expert);
        let Some((user_id, member)) = expert else {
            return Err(invalid("expert_changed"));
        };
        if self.actor.provider().is_some() {
            return Err(invalid("not_a_participant"));
        }
        let to = Consent {
            user_id,
            assignment_id: member.assignment_id,
            identity_key: member.identity_key,
        };
        task_rows::consent(self.conn, self.case_id, to)?;
        Ok(task_rows::want(self.conn, self.case_id)?)
    }

    /// Lets a colleague of the team in whose phone has asked.
    pub(crate) fn let_in(&self, colleague: UserId) -> Result<(), WorkspaceError> {
        if self.actor.provider().is_some() {
            return Err(invalid("not_a_participant"));
        }
        let identity_key = self.log.roster().identity_of(colleague);
        let to = Consent {
            user_id: colleague,
            assignment_id: None,
            identity_key: identity_key.ok_or_else(|| invalid("has_not_asked"))?,
        };
        task_rows::consent(self.conn, self.case_id, to)?;
        Ok(task_rows::want(self.conn, self.case_id)?)
    }

    /// Sends something that was written for another expert to the one who is in the chat now.
    pub(crate) fn send_to_current_expert(&self, message: &Stamp) -> Result<(), WorkspaceError> {
        let row = outbox_rows::find(self.conn, self.case_id, message)?.ok_or(WorkspaceError::NotFound)?;
        outbox_rows::readdress(self.conn, row.number, address(&self.log).as_deref())?;
        Ok(task_rows::want(self.conn, self.case_id)?)
    }

    /// Refuses what is about a message that the readers as they are do not all have. What was tried before and is held is
    /// given up.
    fn about(&self, message: &Stamp) -> Result<(), WorkspaceError> {
        let begun_for = message_rows::segment_rev(self.conn, self.case_id, message)?;
        if begun_for.is_some_and(|revision| revision != self.log.roster().grown_at()) {
            return Err(invalid("older_readers"));
        }
        Ok(outbox_rows::drop_held(self.conn, self.case_id, message)?)
    }

    fn put(&self, content: &Content) -> Result<Stamp, WorkspaceError> {
        let bytes = random().map_err(|_| StoreError::Unreadable("random bytes"))?;
        let stamp = Stamp::new(self.hlc()?, self.device_id, bytes);
        let (key, value) = content.encode(stamp.clone());
        let to = address(&self.log);
        outbox_rows::insert(self.conn, self.case_id, (&key, &value), to.as_deref(), self.now)?;
        task_rows::want(self.conn, self.case_id)?;
        Ok(stamp)
    }

    /// The time of the next put: after everything that is here, as far as that is credible.
    fn hlc(&self) -> Result<u64, StoreError> {
        let now = u64::try_from(self.server_now.unix_millis()).unwrap_or(0);
        let newest = message_rows::newest_hlc(self.conn, self.case_id)?;
        let credible = newest.filter(|newest| *newest <= now.saturating_add(AHEAD_MILLIS));
        Ok(credible.map_or(now, |newest| now.max(newest.saturating_add(1))))
    }

    fn find(&self, message: &Stamp) -> Result<Found, WorkspaceError> {
        if let Some(row) = outbox_rows::find(self.conn, self.case_id, message)? {
            if !matches!(row.key, ChatKey::Message(_)) {
                return Err(WorkspaceError::NotFound);
            }
            return Ok(match row.sealed {
                None => Found::Unsent(Box::new(row)),
                Some(_) => Found::OnItsWay,
            });
        }
        let author = message_rows::author(self.conn, self.case_id, message)?;
        author.map(Found::In).ok_or(WorkspaceError::NotFound)
    }

    fn find_own(&self, message: &Stamp) -> Result<Found, WorkspaceError> {
        match self.find(message)? {
            Found::In(user) if user != self.actor.user => Err(invalid("not_the_author")),
            found @ (Found::In(_) | Found::Unsent(_) | Found::OnItsWay) => Ok(found),
        }
    }
}

/// Where a message is.
enum Found {
    /// Written here and not offered to the server yet.
    Unsent(Box<ChatOutboxRow>),
    OnItsWay,
    /// In the log, by this user.
    In(UserId),
}
