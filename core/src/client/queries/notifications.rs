//! Queries of notifications: the list, and how many are unread.

use rusqlite::Connection;

use super::ListPage;
use crate::client::notices;
use crate::client::store::StoreError;
use crate::client::store::lists::{self, Range};
use crate::client::store::terms;
use crate::notifications::Notification;
use crate::protocol::records::{Record, RecordKind};

/// How far unread notifications are counted: a screen says "99+".
const COUNTED: u32 = 100;

/// A row of the list of notifications. Its text is made on the phone, from its kind and what the phone has (D-24).
#[derive(Debug, Clone, PartialEq)]
pub struct NotificationSummary {
    /// With a pending reading applied.
    pub notification: Notification,
    /// The number of the case that it is about, also of one that has left this phone if a notice named it.
    pub case_number: Option<String>,
}

/// Notifications, newest first.
pub(crate) fn notifications(
    conn: &Connection,
    range: &Range,
) -> Result<ListPage<NotificationSummary>, StoreError> {
    ListPage::of(lists::page(conn, RecordKind::Notification, range)?, |record| {
        let Record::Notification(notification) = record else {
            return Ok(None);
        };
        let case_number = match notification.case_id {
            Some(case) => notices::number_of(conn, case)?,
            None => None,
        };
        Ok(Some(NotificationSummary {
            notification,
            case_number,
        }))
    })
}

/// The number of unread notifications, at most 100.
pub(crate) fn unread_notifications(conn: &Connection) -> Result<u32, StoreError> {
    lists::count(conn, RecordKind::Notification, terms::UNREAD, COUNTED)
}
