//! Handle: the chats of cases.

use std::sync::Arc;

use mso_core::client;
use mso_core::client::chat::transcript::TranscriptKind;
use mso_core::ids::{CaseId, UserId};

use crate::error::MsoError;
use crate::records::{Chat, ChatMessage, FoundMessage};
use crate::text::EnteredText;
use crate::views::each;

/// What the participants of a case write to each other. Nobody else can read it, neither admins nor whoever runs the server.
/// Everything works offline; what is written is on disk and goes with the next sync.
#[derive(uniffi::Object)]
pub struct Chats(pub(crate) Arc<client::Workspace>);

#[uniffi::export]
impl Chats {
    /// A case's chat without its messages.
    pub fn chat(&self, case_id: CaseId) -> Result<Chat, MsoError> {
        Ok(self.0.chat(case_id)?.into())
    }

    /// Messages, newest first: the first `limit` (at most 200) before the message `before`.
    #[uniffi::method(default(before = None, limit = 50))]
    pub fn messages(
        &self,
        case_id: CaseId,
        before: Option<String>,
        limit: u32,
    ) -> Result<Vec<ChatMessage>, MsoError> {
        Ok(each(self.0.chat_messages(case_id, before.as_deref(), limit)?))
    }

    /// Writes a message of 1 to 4,000 characters; returns its id.
    #[uniffi::method(default(reply_to = None))]
    pub fn write(
        &self,
        case_id: CaseId,
        text: EnteredText,
        reply_to: Option<String>,
    ) -> Result<String, MsoError> {
        let text = text.of("text")?;
        Ok(self.0.write_message(case_id, text, reply_to.as_deref())?)
    }

    /// Replaces the text of an own message.
    pub fn edit(&self, case_id: CaseId, message_id: String, text: EnteredText) -> Result<(), MsoError> {
        let text = text.of("text")?;
        Ok(self.0.edit_message(case_id, &message_id, text)?)
    }

    /// Takes an own message back; everybody sees that there was one. One that has not left this phone was never there.
    pub fn withdraw(&self, case_id: CaseId, message_id: String) -> Result<(), MsoError> {
        Ok(self.0.withdraw_message(case_id, &message_id)?)
    }

    /// Reacts to a message with a few characters; none takes the reaction back.
    #[uniffi::method(default(reaction = None))]
    pub fn react(
        &self,
        case_id: CaseId,
        message_id: String,
        reaction: Option<EnteredText>,
    ) -> Result<(), MsoError> {
        let reaction = reaction.as_ref().map(|reaction| reaction.of("reaction"));
        Ok(self
            .0
            .react_to_message(case_id, &message_id, reaction.transpose()?)?)
    }

    /// Records that the user has read everything that is here. The others learn of it with the next sync.
    pub fn mark_read(&self, case_id: CaseId) -> Result<(), MsoError> {
        Ok(self.0.mark_chat_read(case_id)?)
    }

    /// Lets the expert in whom the chat shows as one to admit. To be asked of the user by name, at every change of expert.
    pub fn admit_expert(&self, case_id: CaseId, expert: UserId) -> Result<(), MsoError> {
        Ok(self.0.admit_expert(case_id, expert)?)
    }

    /// Lets a colleague of the team in, who then reads what is written from now on.
    pub fn let_colleague_in(&self, case_id: CaseId, colleague: UserId) -> Result<(), MsoError> {
        Ok(self.0.let_colleague_in(case_id, colleague)?)
    }

    /// Sends a message that was written for another expert to the present one.
    pub fn send_to_current_expert(&self, case_id: CaseId, message_id: String) -> Result<(), MsoError> {
        Ok(self.0.send_to_current_expert(case_id, &message_id)?)
    }

    /// Messages that contain a text, in one case's chat or in all, newest first. Compares without regard to case.
    #[uniffi::method(default(case_id = None, limit = 50))]
    pub fn search(
        &self,
        text: EnteredText,
        case_id: Option<CaseId>,
        limit: u32,
    ) -> Result<Vec<FoundMessage>, MsoError> {
        let text = text.of("text")?;
        Ok(each(self.0.search_messages(case_id, text, limit)?))
    }

    /// What this phone has of a case's chat, to be given to people outside of it; as JSON it can be verified without keys. It
    /// has withdrawn messages too. It leaves the encrypted store: ask the user first. A long chat takes a second: call it off
    /// the screen's thread.
    pub fn transcript(&self, case_id: CaseId, kind: TranscriptKind) -> Result<String, MsoError> {
        Ok(self.0.chat_transcript(case_id, kind)?)
    }
}
