//! Handle: drafts.

use std::sync::Arc;

use mso_core::client::{self, DraftChange};
use mso_core::ids::{CommandId, PatientId};

use crate::error::MsoError;
use crate::records::{Draft, DraftContent, DraftText, KeptRecommendation};
use crate::views::each;

/// What the user entered and the server refused. Nothing of it is lost: it stays until the user sends or discards it; an
/// expert's for 30 days.
#[derive(uniffi::Object)]
pub struct Drafts(pub(crate) Arc<client::Workspace>);

#[uniffi::export]
impl Drafts {
    /// All drafts, oldest first, each with what the user can do with it now.
    pub fn list(&self) -> Result<Vec<Draft>, MsoError> {
        Ok(each(self.0.drafts()?))
    }

    /// Sends a draft as it is, with all that waits for it.
    pub fn send(&self, command_id: CommandId) -> Result<(), MsoError> {
        Ok(self.0.send_draft(command_id, None)?)
    }

    /// Sends a draft with other content of the same kind.
    pub fn send_changed(&self, command_id: CommandId, content: DraftContent) -> Result<(), MsoError> {
        let change = content.change()?;
        Ok(self.0.send_draft(command_id, Some(change))?)
    }

    /// Sends a draft with some of its texts changed.
    pub fn send_texts(&self, command_id: CommandId, texts: Vec<DraftText>) -> Result<(), MsoError> {
        let texts = texts.into_iter().map(client::DraftText::try_from);
        let change = DraftChange::Texts(texts.collect::<Result<_, _>>()?);
        Ok(self.0.send_draft(command_id, Some(change))?)
    }

    /// Uses a patient that the institution has in place of a refused new one, in all that was entered for it.
    pub fn use_existing_patient(&self, command_id: CommandId, existing: PatientId) -> Result<(), MsoError> {
        Ok(self.0.use_existing_patient(command_id, existing)?)
    }

    /// Discards a draft and all that waits for it. Its files stay staged.
    pub fn discard(&self, command_id: CommandId) -> Result<(), MsoError> {
        Ok(self.0.discard_draft(command_id)?)
    }

    /// The user's own opinions that were refused, newest first. They are kept for 30 days, also after the case has left
    /// this phone.
    pub fn kept_recommendations(&self) -> Result<Vec<KeptRecommendation>, MsoError> {
        Ok(each(self.0.kept_recommendations()?))
    }
}
