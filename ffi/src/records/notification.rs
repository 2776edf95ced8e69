//! Notifications.

use std::time::SystemTime;

use mso_core::ids::{CaseId, InvoiceId, NotificationId};
use mso_core::notifications::{NotificationKind, NotificationPriority};

/// Something that happened. It has no text: a screen makes one from the kind and from what is on the phone.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NotificationItem {
    pub id: NotificationId,
    pub kind: NotificationKind,
    pub priority: NotificationPriority,
    /// The case that it is about. It may have left this phone.
    pub case_id: Option<CaseId>,
    /// The case's number, where the phone knows it.
    pub case_number: Option<String>,
    /// The invoice that it is about.
    pub invoice_id: Option<InvoiceId>,
    pub created_at: SystemTime,
    /// Whether the user has read it, on any phone.
    pub read: bool,
}

/// Notifications of a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NotificationPage {
    pub notifications: Vec<NotificationItem>,
    /// To ask for the page after this one; absent on the last.
    pub next: Option<String>,
}
