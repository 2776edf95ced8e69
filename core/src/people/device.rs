//! An enrolled phone, as shown to users.
//!
//! Its keys and sessions are in the server.

use serde::{Deserialize, Serialize};

use crate::ids::{DeviceId, UserId};
use crate::text::Reason;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DeviceState {
    Active,
    /// Signed out: it does not count against the limit. The same phone becomes active again by signing in.
    SignedOut {
        at: Timestamp,
    },
    /// Permanently revoked; if the phone is found, it enrols as a new device.
    Revoked {
        reason: Option<Reason>,
        at: Option<Timestamp>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub id: DeviceId,
    pub user_id: UserId,
    /// As chosen by its owner.
    pub name: String,
    /// `android`, `ios`, `linux`.
    pub platform: String,
    pub app_version: String,
    pub enrolled_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sync_at: Option<Timestamp>,
    #[serde(flatten)]
    pub state: DeviceState,
}
