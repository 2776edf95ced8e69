//! A case's chat for people outside of it: as JSON that proves itself without keys (`docs/chat-encryption.md`, section 12), or
//! as text to be read.
//!
//! The log is checked again from its first entry, one entry at a time. Invariant: what is opened here is what this phone
//! accepted when it received it, no more and no less; what was set aside then, or is not addressed to this phone, stays closed.

mod words;

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::Value;

use super::change::{self, ChatKey};
use super::content::Content;
use super::sealing::{self, Opened};
use crate::chat::{Appended, ChatFault, Entry, Log, LogHead, Payload, RowKind, Side};
use crate::client::error::WorkspaceError;
use crate::client::store::chat::{log_rows, message_rows};
use crate::client::store::{StoreError, records};
use crate::ids::{CaseId, UserId};
use crate::protocol::records::{CaseRecord, Record, RecordKind};

/// The format of [`TranscriptKind::Json`].
const FORMAT: &str = "mso-chat-transcript/1";

/// The form of a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TranscriptKind {
    /// For a verifier: every entry of the log, and what opens the messages that this phone can read.
    Json,
    /// For people: one paragraph for each entry of the log. Proves nothing.
    Text,
}

/// The user of this phone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exporter<'a> {
    pub(crate) user_id: UserId,
    pub(crate) name: &'a str,
}

/// Writes down what this phone has of a case's chat, up to the newest entry that it checked. A chat that has not begun has no
/// entries.
///
/// Fails with `not_found` if the case is not on this phone, and with `unreadable` if the stored log is not the one that was
/// checked. A fault of the chat is no failure: the transcript ends before it and names it.
pub(crate) fn transcript(
    conn: &Connection,
    by: Exporter<'_>,
    case_id: CaseId,
    kind: TranscriptKind,
) -> Result<String, WorkspaceError> {
    let Some(Record::Case(case)) = records::shown(conn, RecordKind::Case, case_id.as_uuid())? else {
        return Err(WorkspaceError::NotFound);
    };
    let people = People::known(conn, by, &case)?;
    let fault = log_rows::fault(conn, case_id)?;
    Ok(match kind {
        TranscriptKind::Json => json(conn, case_id, people, fault)?,
        TranscriptKind::Text => words::text(conn, by.user_id, &case, people, fault)?,
    })
}

/// `{"format", "case_id", "fault"?, "entries", "opened", "head", "participants"}`, with one entry on each line.
fn json(
    conn: &Connection,
    case_id: CaseId,
    mut people: People,
    fault: Option<ChatFault>,
) -> Result<String, StoreError> {
    let mut json = format!("{{\"format\":\"{FORMAT}\",\n\"case_id\":\"{case_id}\"");
    if let Some(fault) = fault {
        json += &format!(",\n\"fault\":\"{}\"", fault.code());
    }
    json += ",\n\"entries\":[";
    let mut opened = String::new();
    let head = walk(conn, case_id, |step| {
        people.note(&step);
        json += if step.entry.seq == 1 { "\n\"" } else { ",\n\"" };
        push_hex(&mut json, step.wire);
        json.push('"');
        if let Held::Said(said) = &step.held {
            opened += if opened.is_empty() { "\n" } else { ",\n" };
            opened += &format!("{{\"seq\":{},\"franking_key\":\"", step.entry.seq);
            push_hex(&mut opened, said.opened.franking_key.as_slice());
            opened += "\",\"padded\":\"";
            push_hex(&mut opened, &said.opened.padded);
            opened += "\"}";
        }
    })?;
    json += "],\n\"opened\":[";
    json += &opened;
    json += &format!(
        "],\n\"head\":{{\"seq\":{},\"hash\":\"{}\"}},\n\"participants\":[",
        head.seq, head.hash
    );
    for (number, (user_id, _)) in people.members.iter().enumerate() {
        json += if number == 0 { "\n" } else { ",\n" };
        json += &format!("{{\"user_id\":\"{user_id}\"");
        if let Some(name) = people.names.get(user_id) {
            json += &format!(",\"name\":{}", Value::from(name.as_str()));
        }
        json.push('}');
    }
    json += "]}\n";
    Ok(json)
}

fn push_hex(to: &mut String, bytes: &[u8]) {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    to.extend(digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)));
}

/// One entry of the log, after it was appended.
struct Step<'a> {
    entry: &'a Entry,
    wire: &'a [u8],
    appended: Appended,
    held: Held,
    /// With this entry.
    log: &'a Log,
}

/// What an entry has for this phone.
enum Held {
    /// Nothing that is sealed.
    Nothing,
    Said(Box<Said>),
    /// Its text, or its wrap for this phone, was set aside.
    SetAside(ChatFault),
    /// Its text is not here, or this phone cannot open it.
    Closed,
}

/// What somebody said, with what proves it.
struct Said {
    opened: Opened,
    key: ChatKey,
    content: Content,
}

/// Goes through the log up to the newest entry that was checked, and returns its head.
fn walk(conn: &Connection, case_id: CaseId, mut each: impl FnMut(Step<'_>)) -> Result<LogHead, StoreError> {
    let newest = log_rows::log(conn, case_id)?.head();
    let set_aside: BTreeMap<u64, ChatFault> = log_rows::set_aside(conn, case_id)?.into_iter().collect();
    let mut log = Log::new(case_id);
    while log.head().seq < newest.seq {
        let seq = log.head().seq.saturating_add(1);
        let wire = log_rows::entry(conn, case_id, seq)?.ok_or_else(damaged)?;
        let entry = Entry::decode(&wire).map_err(|_| damaged())?;
        let appended = log.append(&entry).map_err(|_| damaged())?;
        let held = match set_aside.get(&seq) {
            Some(fault) => Held::SetAside(*fault),
            None => held(conn, case_id, &entry, &appended)?,
        };
        each(Step {
            entry: &entry,
            wire: &wire,
            appended,
            held,
            log: &log,
        });
    }
    if log.head() == newest {
        Ok(newest)
    } else {
        Err(damaged())
    }
}

const fn damaged() -> StoreError {
    StoreError::Unreadable("chat log")
}

/// Opens what an entry holds, if this phone accepted it.
fn held(conn: &Connection, case_id: CaseId, entry: &Entry, appended: &Appended) -> Result<Held, StoreError> {
    let (Payload::Envelope(envelope), Appended::Envelope { chain, .. }) = (&entry.payload, appended) else {
        return Ok(Held::Nothing);
    };
    let Some(key) = log_rows::key(conn, case_id, envelope.header().epoch_hash)? else {
        return Ok(Held::Closed);
    };
    let Ok(opened) = sealing::open(envelope, chain.link, &key) else {
        return Ok(Held::Closed);
    };
    let Some((key, value)) = change::stated(&opened.inner.change) else {
        return Ok(Held::Closed);
    };
    if !message_rows::is_accepted(conn, case_id, key.stamp(), &opened.inner.change)? {
        return Ok(Held::Closed);
    }
    Ok(match Content::decode(&key, &value) {
        Ok(content) => Held::Said(Box::new(Said { opened, key, content })),
        Err(_) => Held::Closed,
    })
}

/// Who was ever in the chat, and the names that this phone knows. The server gave the names: nothing proves them.
struct People {
    names: BTreeMap<UserId, String>,
    /// In the order in which they came.
    members: Vec<(UserId, Side)>,
}

impl People {
    /// Nobody yet, with the names of the user, of the institution's users and of the case's present expert.
    fn known(conn: &Connection, by: Exporter<'_>, case: &CaseRecord) -> Result<Self, StoreError> {
        let mut names = BTreeMap::new();
        for record in records::all_shown(conn, RecordKind::Colleague)? {
            if let Record::Colleague(colleague) = record {
                names.insert(colleague.id, in_one_line(&colleague.display_name));
            }
        }
        names.insert(by.user_id, in_one_line(by.name));
        let log = log_rows::log(conn, case.case.id)?;
        if let (Some(assignment), Some(expert)) = (case.case.assignment, &case.expert)
            && let Some((user, member)) = log.roster().expert()
            && member.assignment_id == Some(assignment.id)
        {
            names.insert(user, in_one_line(&expert.display_name));
        }
        Ok(Self {
            names,
            members: Vec::new(),
        })
    }

    /// Notes whom an entry makes a member.
    fn note(&mut self, step: &Step<'_>) {
        let Payload::Roster(row) = &step.entry.payload else {
            return;
        };
        let row = row.value();
        let side = match row.kind {
            RowKind::Found | RowKind::Add => Side::Requester,
            RowKind::Expert => Side::Expert,
            RowKind::Admit | RowKind::Remove => return,
        };
        if !self.members.iter().any(|(user, _)| *user == row.user_id) {
            self.members.push((row.user_id, side));
        }
    }
}

/// A name cannot look like an entry of its own.
fn in_one_line(name: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    name.replace(breaks, " ")
}

#[cfg(test)]
mod tests;
