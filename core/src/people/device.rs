//! An enrolled phone, as people are told of it.
//!
//! Not here: its keys and its sessions (the server).

use serde::{Deserialize, Serialize};

use crate::ids::{DeviceId, UserId};
use crate::text::Reason;
use crate::time::Timestamp;

/// Whether a phone may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DeviceState {
    /// It may.
    Active,
    /// It may not, for ever: one that is found again is another device.
    Revoked {
        /// Why.
        reason: Option<Reason>,
        /// Since when.
        at: Option<Timestamp>,
    },
}

/// An enrolled phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The id.
    pub id: DeviceId,
    /// Whose.
    pub user_id: UserId,
    /// As its owner knows it.
    pub name: String,
    /// `android`, `ios`, `linux`.
    pub platform: String,
    /// Of the app.
    pub app_version: String,
    /// Since when.
    pub enrolled_at: Timestamp,
    /// When it was last here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sync_at: Option<Timestamp>,
    /// Whether it may be used.
    #[serde(flatten)]
    pub state: DeviceState,
}
