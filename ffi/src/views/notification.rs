//! Notifications as screens show them.

use mso_core::client;
use mso_core::notifications::Notification;

use super::system_time;
use crate::records::NotificationItem;

impl From<client::NotificationSummary> for NotificationItem {
    fn from(summary: client::NotificationSummary) -> Self {
        let client::NotificationSummary {
            notification,
            case_number,
        } = summary;
        let Notification {
            id,
            kind,
            case_id,
            invoice_id,
            priority,
            created_at,
            read_at,
        } = notification;
        Self {
            id,
            kind,
            priority,
            case_id,
            case_number,
            invoice_id,
            created_at: system_time(created_at),
            read: read_at.is_some(),
        }
    }
}
