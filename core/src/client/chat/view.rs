//! What a screen shows of a case's chat.

use rusqlite::Connection;

use super::change::{ChatKey, Stamp};
use super::content::Content;
use super::write::takes_part;
use crate::actor::Actor;
use crate::chat::certificate::safety_number;
use crate::chat::{ChatFault, Side};
use crate::client::error::WorkspaceError;
use crate::client::store::chat::device_rows::{self, Published};
use crate::client::store::chat::message_rows::{self, MessageRow};
use crate::client::store::chat::outbox_rows::{self, ChatOutboxRow};
use crate::client::store::chat::{log_rows, task_rows};
use crate::client::store::{StoreError, records};
use crate::ids::{CaseId, UserId};
use crate::protocol::records::{Record, RecordKind};
use crate::time::Timestamp;

/// Rows of the outbox that are read for a page.
const MOST_WAITING: usize = 2_000;

/// How far the chat is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatState {
    /// There is none yet; it begins with the first message.
    NotBegun,
    /// A colleague must let this user in; or the case has no chat yet, which only its readers are told.
    AskedToBeLetIn,
    /// This expert is in the chat and reads what is written from now on, once a member of the team has admitted them.
    ExpertToAdmit {
        expert: UserId,
    },
    Open,
    /// Another phone of the user has the user's chat keys.
    NoIdentity,
    /// The case is closed, or its time for questions is over: it can be read only.
    Over,
}

/// Somebody who reads the chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMember {
    pub user_id: UserId,
    pub side: Side,
    /// Of an expert: whether the team has admitted them.
    pub admitted: bool,
    pub is_own: bool,
    /// 60 digits that both users see if nobody stands between them; empty for the user.
    pub safety_number: String,
}

/// A case's chat without its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatView {
    pub case_id: CaseId,
    pub state: ChatState,
    pub members: Vec<ChatMember>,
    /// Colleagues of the team whose phones have asked to be let in.
    pub asking: Vec<UserId>,
    pub unread: u32,
    /// Entries of the log that were checked.
    pub entries: u64,
    /// Why the log does not go on; nothing newer is shown until it does.
    pub fault: Option<ChatFault>,
    /// Entries whose texts were set aside.
    pub set_aside: Vec<(u64, ChatFault)>,
    /// Why the server did not take what was sent last.
    pub code: Option<String>,
}

/// How far a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageState {
    /// On this phone only.
    Waiting,
    /// In the log.
    Sent,
    /// In the log, and somebody of the other side has read up to it.
    Read,
    /// It does not go until its author says so: `chat_expert_changed`, or a fault of this phone's.
    NotSent { code: String },
}

/// A message as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// Sorts the messages of a chat.
    pub id: String,
    pub author: UserId,
    pub is_own: bool,
    /// When the server stored it; of one that waits, when it was written.
    pub at: Timestamp,
    /// `None` once withdrawn.
    pub text: Option<String>,
    pub reply_to: Option<String>,
    pub edited: bool,
    pub reactions: Vec<(UserId, String)>,
    pub state: MessageState,
    /// Why an edit, a withdrawal or a reaction of this user's was not sent; the message is as it was before.
    pub change_not_sent: Option<String>,
}

/// Reads a case's chat without its messages.
pub(crate) fn chat(conn: &Connection, actor: Actor, case_id: CaseId) -> Result<ChatView, WorkspaceError> {
    let Some(Record::Case(record)) = records::shown(conn, RecordKind::Case, case_id.as_uuid())? else {
        return Err(WorkspaceError::NotFound);
    };
    let case = &record.case;
    let me = actor.user;
    let log = log_rows::log(conn, case_id)?;
    let roster = log.roster();
    let own = roster.member(me);
    let members = roster.members().iter().map(|(user, member)| ChatMember {
        user_id: *user,
        side: member.side,
        admitted: member.admitted,
        is_own: *user == me,
        safety_number: match own {
            Some(own) if *user != me => safety_number((me, &own.identity_key), (*user, &member.identity_key)),
            Some(_) | None => String::new(),
        },
    });
    let asking = case
        .team
        .iter()
        .filter(|_| actor.provider().is_none())
        .filter(|user| roster.member(**user).is_none() && roster.identity_of(**user).is_some());
    let to_admit = roster
        .expert()
        .filter(|(user, member)| !member.admitted && *user != me);
    let is_refused = matches!(device_rows::published(conn)?, Some(Published::Refused(_)));
    let state = match (own, to_admit) {
        _ if is_refused => ChatState::NoIdentity,
        _ if case.is_over() || !takes_part(actor, case) => ChatState::Over,
        (None, _) if roster.revision() == 0 && case.requester_id == me => ChatState::NotBegun,
        (None, _) => ChatState::AskedToBeLetIn,
        (Some(_), Some((expert, _))) => ChatState::ExpertToAdmit { expert },
        (Some(_), None) => ChatState::Open,
    };
    Ok(ChatView {
        case_id,
        state,
        members: members.collect(),
        asking: asking.copied().collect(),
        unread: message_rows::unread(conn, case_id, me)?,
        entries: log.head().seq,
        fault: log_rows::fault(conn, case_id)?,
        set_aside: log_rows::set_aside(conn, case_id)?,
        code: task_rows::code(conn, case_id)?,
    })
}

/// The messages before this one, newest first; those that wait on this phone among them, as they will be.
pub(crate) fn messages(
    conn: &Connection,
    actor: Actor,
    case_id: CaseId,
    before: Option<&Stamp>,
    limit: u32,
) -> Result<Vec<ChatMessage>, WorkspaceError> {
    if !records::is_shown(conn, RecordKind::Case, case_id.as_uuid())? {
        return Err(WorkspaceError::NotFound);
    }
    let waiting = outbox_rows::of_case(conn, case_id, MOST_WAITING)?;
    let read = read_by_the_other_side(conn, actor, case_id)?;
    let mut shown = Vec::new();
    for row in message_rows::messages(conn, case_id, before, limit)? {
        let reactions = message_rows::reactions(conn, case_id, &row.stamp)?;
        shown.push(of_log(row, reactions, actor, read));
    }
    let is_before = |stamp: &Stamp| before.is_none_or(|before| stamp < before);
    for row in &waiting {
        let ChatKey::Message(stamp) = &row.key else {
            continue;
        };
        if is_before(stamp) {
            shown.extend(of_outbox(row, stamp, actor));
        }
    }
    shown.sort_by(|one, other| other.id.cmp(&one.id));
    shown.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    for row in &waiting {
        let Some(about) = row.key.about() else { continue };
        if let Some(message) = shown.iter_mut().find(|message| message.id == about.as_str()) {
            lay_over(message, row, actor);
        }
    }
    Ok(shown)
}

/// The entry of the log up to which somebody of the other side has read.
fn read_by_the_other_side(conn: &Connection, actor: Actor, case_id: CaseId) -> Result<u64, StoreError> {
    let marks = message_rows::read_marks(conn, case_id)?;
    if marks.is_empty() {
        return Ok(0);
    }
    let log = log_rows::log(conn, case_id)?;
    let side = |user: UserId| log.roster().member(user).map(|member| member.side);
    let own = side(actor.user);
    let others = marks
        .into_iter()
        .filter(|(user, _)| side(*user).is_some_and(|side| Some(side) != own));
    Ok(others.map(|(_, seq)| seq).max().unwrap_or(0))
}

fn of_log(row: MessageRow, reactions: Vec<(UserId, String)>, actor: Actor, read: u64) -> ChatMessage {
    ChatMessage {
        id: row.stamp.as_str().to_owned(),
        author: row.user_id,
        is_own: row.user_id == actor.user,
        at: row.at,
        text: row.text,
        reply_to: row.reply_to.map(|stamp| stamp.as_str().to_owned()),
        edited: row.edited,
        reactions,
        state: if row.seq <= read {
            MessageState::Read
        } else {
            MessageState::Sent
        },
        change_not_sent: None,
    }
}

fn of_outbox(row: &ChatOutboxRow, stamp: &Stamp, actor: Actor) -> Option<ChatMessage> {
    let Ok(Content::Message { text, reply_to }) = Content::decode(&row.key, &row.value) else {
        return None;
    };
    Some(ChatMessage {
        id: stamp.as_str().to_owned(),
        author: actor.user,
        is_own: true,
        at: row.written_at,
        text: Some(text.as_str().to_owned()),
        reply_to: reply_to.map(|stamp| stamp.as_str().to_owned()),
        edited: false,
        reactions: Vec::new(),
        state: match &row.code {
            Some(code) => MessageState::NotSent { code: code.clone() },
            None => MessageState::Waiting,
        },
        change_not_sent: None,
    })
}

/// Shows what waits about a message as if it were in the log.
fn lay_over(message: &mut ChatMessage, row: &ChatOutboxRow, actor: Actor) {
    if row.held {
        message.change_not_sent.clone_from(&row.code);
        return;
    }
    match Content::decode(&row.key, &row.value) {
        Ok(Content::Edit { text, .. }) if message.text.is_some() => {
            message.text = Some(text.as_str().to_owned());
            message.edited = true;
        }
        Ok(Content::Withdrawal { .. }) => message.text = None,
        Ok(Content::Reaction { reaction, .. }) => {
            message.reactions.retain(|(user, _)| *user != actor.user);
            if let Some(reaction) = reaction {
                message.reactions.push((actor.user, reaction.as_str().to_owned()));
                message.reactions.sort();
            }
        }
        Ok(Content::Message { .. } | Content::ReadMark { .. } | Content::Edit { .. }) | Err(_) => {}
    }
}
