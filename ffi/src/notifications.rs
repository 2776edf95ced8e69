//! Handle: notifications.

use std::sync::Arc;

use mso_core::client;
use mso_core::ids::NotificationId;

use crate::error::MsoError;
use crate::records::NotificationPage;
use crate::views::each;

/// What happened to the user's cases and invoices, as the server told it. Notices, which the phone itself writes, are another
/// list ([`crate::Notices`]).
#[derive(uniffi::Object)]
pub struct Notifications(pub(crate) Arc<client::Workspace>);

#[uniffi::export]
impl Notifications {
    /// Notifications, newest first: the first `limit` after `after`, which is the `next` of the page before.
    #[uniffi::method(default(after = None, limit = 50))]
    pub fn list(&self, after: Option<String>, limit: u32) -> Result<NotificationPage, MsoError> {
        let client::ListPage { rows, next } = self.0.notifications(after.as_deref(), limit)?;
        let notifications = each(rows);
        Ok(NotificationPage { notifications, next })
    }

    /// How many are unread, for a badge; counted up to 100.
    pub fn unread(&self) -> Result<u32, MsoError> {
        Ok(self.0.unread_notifications()?)
    }

    /// Records that the user has read a notification. A second time changes nothing.
    pub fn mark_read(&self, id: NotificationId) -> Result<(), MsoError> {
        Ok(self.0.mark_notification_read(id)?)
    }
}
