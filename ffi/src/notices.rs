//! Handle: notices.

use std::sync::Arc;

use mso_core::client::{self, NoticeId};

use crate::error::MsoError;
use crate::records::Notice;
use crate::views::each;

/// What the user must know.
#[derive(uniffi::Object)]
pub struct Notices(pub(crate) Arc<client::Workspace>);

#[uniffi::export]
impl Notices {
    /// All notices, newest first.
    pub fn list(&self) -> Result<Vec<Notice>, MsoError> {
        Ok(each(self.0.notices()?))
    }

    /// Records that the user has seen a notice.
    pub fn mark_read(&self, id: NoticeId) -> Result<(), MsoError> {
        Ok(self.0.mark_notice_read(id)?)
    }
}
