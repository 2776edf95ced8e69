//! The session and what the user must know.

use std::time::SystemTime;

use mso_core::actor::Role;
use mso_core::client::NoticeId;
use mso_core::ids::{CaseId, DeviceId, UserId};

use super::opinion::Opinion;
use crate::text::EnteredText;

/// How to open a workspace.
#[derive(Debug, Clone, uniffi::Record)]
pub struct WorkspaceOptions {
    /// A folder of the app's own, not backed up.
    pub directory: EnteredText,
    /// `https://mso.example`
    pub server_url: EnteredText,
    /// `android`, `ios`, `linux`
    pub platform: EnteredText,
    pub app_version: EnteredText,
    /// As the user knows the phone.
    pub device_name: EnteredText,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SessionSummary {
    pub user_id: UserId,
    pub display_name: String,
    /// Decides which screens there are.
    pub role: Role,
}

/// A phone of the user that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OwnDevice {
    pub device_id: DeviceId,
    /// As the user knows it.
    pub name: String,
    pub platform: String,
    pub app_version: String,
    pub enrolled_at: SystemTime,
    pub last_sync_at: Option<SystemTime>,
    /// This phone.
    pub current: bool,
}

/// A phone that may be given up for this one.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CountedDevice {
    pub device_id: DeviceId,
    /// As the user knows it.
    pub name: String,
    /// When it synced last, or was enrolled.
    pub last_used: SystemTime,
}

/// What a folder holds whose workspace cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StoreRemains {
    /// Size of the database, in bytes.
    pub database_bytes: u64,
    /// Clinical files, sent or not.
    pub sealed_files: u32,
    /// When the database was last written.
    pub changed_at: Option<SystemTime>,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum NoticeKind {
    /// The server refused a command.
    CommandRefused,
    /// A case left this phone: it was given to a colleague.
    CaseGivenAway,
}

/// Something the user must know: a refusal, or a case that went to a colleague.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Notice {
    /// To mark it read with.
    pub id: NoticeId,
    pub kind: NoticeKind,
    /// The refusal's code, or the reason a case was removed.
    pub code: String,
    /// The refused command's name.
    pub command: Option<String>,
    /// The case, where there is one.
    pub case_id: Option<CaseId>,
    /// The case's number, where known.
    pub case_number: Option<String>,
    /// When, by this phone's clock.
    pub at: SystemTime,
    /// Seen by the user.
    pub read: bool,
}

/// An opinion that the server refused because the assignment had ended. Only its author can read it, until `kept_until`.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct KeptRecommendation {
    pub case_id: CaseId,
    pub case_number: Option<String>,
    pub opinion: Opinion,
    pub refused_at: SystemTime,
    pub kept_until: SystemTime,
}
