//! Notifications of the user: what happened to a case or an invoice. The server writes them (`crate::notifications`).

use super::Workspace;
use super::reads::range;
use crate::client::error::WorkspaceError;
use crate::client::queries::{self, ListPage, NotificationSummary};
use crate::ids::NotificationId;
use crate::notifications::MarkNotificationRead;

impl Workspace {
    /// The newest `limit` notifications after `after`, a [`ListPage::next`] of this list.
    pub fn notifications(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<ListPage<NotificationSummary>, WorkspaceError> {
        let range = range(after, limit)?;
        self.read(|conn| queries::notifications(conn, &range))
    }

    /// The number of unread notifications, at most 100.
    pub fn unread_notifications(&self) -> Result<u32, WorkspaceError> {
        self.read(queries::unread_notifications)
    }

    /// Records that a notification was read. Works offline; a second time changes nothing.
    pub fn mark_notification_read(&self, notification_id: NotificationId) -> Result<(), WorkspaceError> {
        self.perform(MarkNotificationRead { notification_id }.into())
    }
}

#[cfg(test)]
mod tests;
