//! A transcript for people: a heading, then a paragraph for each entry of the log, in its order.
//!
//! Invariant: only a paragraph's first line begins with a bracket. What somebody wrote is indented, so that no text can pass for
//! an entry.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::{Held, People, Said, Step, in_one_line, walk};
use crate::chat::{Appended, Change, ChatFault, LogHead, Payload, Side};
use crate::client::chat::change::Stamp;
use crate::client::chat::content::{Content, MessageText, ReactionText};
use crate::client::store::StoreError;
use crate::ids::{DeviceId, UserId};
use crate::protocol::records::CaseRecord;

/// Writes the whole transcript, as `me` can read it.
pub(super) fn text(
    conn: &Connection,
    me: UserId,
    case: &CaseRecord,
    people: People,
    fault: Option<ChatFault>,
) -> Result<String, StoreError> {
    let mut paragraphs = Paragraphs {
        me,
        people,
        was_member: false,
        messages: BTreeMap::new(),
        text: String::new(),
    };
    let head = walk(conn, case.case.id, |step| paragraphs.add(&step))?;
    Ok(paragraphs.heading(case, head, fault) + &paragraphs.text)
}

struct Paragraphs {
    me: UserId,
    people: People,
    /// Whether `me` has been a member so far.
    was_member: bool,
    /// Entries of the messages that can be read.
    messages: BTreeMap<Stamp, u64>,
    text: String,
}

impl Paragraphs {
    fn heading(&self, case: &CaseRecord, head: LogHead, fault: Option<ChatFault>) -> String {
        let id = case.case.id;
        let number = case.case.number.as_deref().unwrap_or("without a number");
        let mut heading = format!("Private chat of the case {}\nCase: {id}\n", in_one_line(number));
        if let Some(institution) = &case.institution_name {
            heading += &format!("Institution: {}\n", in_one_line(institution));
        }
        heading += &format!(
            "Entries of the log: {}\nHead of the log: {}\n",
            head.seq, head.hash
        );
        heading +=
            "Times are the server's, in UTC. Names are as this phone knows them. This text proves nothing;\n";
        heading += "the transcript as JSON does.\n";
        if let Some(fault) = fault {
            heading += &format!("\nATTENTION: {}\n", why(fault, head.seq));
        }
        heading += "\nParticipants:\n";
        for (user_id, side) in &self.people.members {
            let side = match side {
                Side::Requester => "team",
                Side::Expert => "expert",
            };
            let name = self.people.names.get(user_id);
            let name = name.map_or("name not known", String::as_str);
            heading += &format!("- {name}, {side}, user {user_id}\n");
        }
        heading.push('\n');
        heading
    }

    fn add(&mut self, step: &Step<'_>) {
        self.people.note(step);
        self.was_member |= step.log.roster().member(self.me).is_some();
        let what = self.what(step);
        self.text += &format!("[{}] {} {what}\n", step.entry.seq, step.entry.at);
        if let Held::Said(said) = &step.held
            && matches!(said.content, Content::Message { .. })
        {
            self.messages.insert(said.key.stamp().clone(), step.entry.seq);
        }
    }

    fn what(&self, step: &Step<'_>) -> String {
        match step.appended {
            Appended::Readers(change) => self.change(change),
            Appended::Epoch(epoch) => {
                let made = format!("{} made key {}.", self.maker(step), epoch.number);
                match &step.held {
                    Held::SetAside(fault) => {
                        format!("{made} It is not readable on this phone, and was set aside: {fault}.")
                    }
                    Held::Nothing | Held::Said(_) | Held::Closed => made,
                }
            }
            Appended::Envelope { device_id, .. } => self.envelope(step, &self.author(step, device_id)),
            Appended::Burnt { device_id, .. } => {
                let author = self.author(step, device_id);
                format!("{author} sent something too late for its key: the server refused it.")
            }
        }
    }

    fn change(&self, change: Change) -> String {
        match change {
            Change::Founded(user) => format!("{} began the chat.", self.name(user)),
            Change::Added { user, by } => format!("{} let {} in.", self.name(by), self.name(user)),
            Change::ExpertJoined(user) => format!("{} joined as the expert.", self.name(user)),
            Change::ExpertAdmitted { user, by } => {
                format!("{} was admitted by {}.", self.name(user), self.name(by))
            }
            Change::Removed { user, by: None } => format!("{} was removed by the server.", self.name(user)),
            Change::Removed { user, by: Some(by) } if user == by => format!("{} left.", self.name(user)),
            Change::Removed { user, by: Some(by) } => {
                format!("{} was removed by {}.", self.name(user), self.name(by))
            }
            Change::DeviceAdded { user, device } => {
                format!("{} added a device: {device}.", self.name(user))
            }
            Change::DeviceRemoved { user, device } => {
                format!("The server removed a device of {}: {device}.", self.name(user))
            }
            Change::DeviceKnown { user, device } => {
                format!("A device of {} became known: {device}.", self.name(user))
            }
        }
    }

    fn envelope(&self, step: &Step<'_>, author: &str) -> String {
        match &step.held {
            Held::Said(said) => self.content(said, author),
            Held::SetAside(fault) => format!("{author} sent something that was set aside: {fault}."),
            Held::Nothing | Held::Closed => {
                let why = if step.log.roster().member(self.me).is_some() {
                    String::new()
                } else if self.was_member {
                    format!(", while {} was not in the chat", self.name(self.me))
                } else {
                    format!(", from before {} joined", self.name(self.me))
                };
                format!("{author} sent something{why}: not readable on this phone.")
            }
        }
    }

    fn content(&self, said: &Said, author: &str) -> String {
        match &said.content {
            Content::Message { text, reply_to } => {
                let reply = reply_to
                    .as_ref()
                    .map(|stamp| format!(", in reply to {}", self.message(stamp)));
                format!("{author} wrote{}:\n{}", reply.unwrap_or_default(), indented(text))
            }
            Content::Edit { message, text } => {
                format!(
                    "{author} changed {} to:\n{}",
                    self.message(message),
                    indented(text)
                )
            }
            Content::Withdrawal { message } => format!("{author} withdrew {}.", self.message(message)),
            Content::Reaction { message, reaction } => {
                let about = self.message(message);
                match reaction.as_ref().map(ReactionText::as_str) {
                    Some(reaction) => format!("{author} reacted to {about}: {}", in_one_line(reaction)),
                    None => format!("{author} took back the reaction to {about}."),
                }
            }
            Content::ReadMark { seq } => format!("{author} has read up to entry {seq}."),
        }
    }

    fn message(&self, stamp: &Stamp) -> String {
        match self.messages.get(stamp) {
            Some(seq) => format!("the message of entry {seq}"),
            None => "a message that is not readable on this phone".to_owned(),
        }
    }

    /// Whose device sent an envelope.
    fn author(&self, step: &Step<'_>, device_id: DeviceId) -> String {
        match step.log.roster().certificate_of(device_id) {
            Some((_, certificate)) => self.name(certificate.user_id),
            None => format!("device {device_id}"),
        }
    }

    /// Whose device made an epoch's key.
    fn maker(&self, step: &Step<'_>) -> String {
        let signer = match &step.entry.payload {
            Payload::Epoch { record, .. } => step.log.roster().certificate(record.value().signer),
            Payload::Device(_)
            | Payload::Roster(_)
            | Payload::Removal(_)
            | Payload::Envelope(_)
            | Payload::Refused(_) => None,
        };
        signer.map_or_else(|| "Somebody".to_owned(), |signer| self.name(signer.user_id))
    }

    /// A user's name, with the id if it is not known or another has it too.
    fn name(&self, user_id: UserId) -> String {
        let names = &self.people.names;
        match names.get(&user_id) {
            Some(name) if names.values().filter(|other| *other == name).count() == 1 => name.clone(),
            Some(name) => format!("{name} ({user_id})"),
            None => format!("User {user_id}"),
        }
    }
}

fn why(fault: ChatFault, newest: u64) -> String {
    if fault == ChatFault::LogForked {
        format!("the server has shown another log than this one ({fault}).")
    } else {
        format!(
            "the log does not go on after entry {newest} ({fault}). What follows is not in this transcript."
        )
    }
}

fn indented(text: &MessageText) -> String {
    let lines = text.as_str().split('\n').map(|line| format!("    {line}"));
    lines.collect::<Vec<_>>().join("\n")
}
