//! Sign-in and enrolment, as JSON.

use serde::{Deserialize, Serialize};

use crate::actor::Acting;
use crate::ids::{DeviceId, SessionId, UserId};
use crate::time::Timestamp;

/// `POST /v1/sessions`: signs in, and enrols the device when one is named. A request that names a device is
/// signed with that device's key, which proves that the sender has it.
#[derive(Clone, Serialize, Deserialize)]
pub struct SignIn {
    /// The user's address, any case.
    pub email: String,
    /// The password.
    pub password: String,
    /// The phone, when one signs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceEnrolment>,
}

/// A phone that presents itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceEnrolment {
    /// Made by the phone.
    pub device_id: DeviceId,
    /// Ed25519 public key, base64.
    pub sync_key: String,
    /// `android`, `ios`, `linux`.
    pub platform: String,
    /// The app's version.
    pub app_version: String,
    /// As the user knows it.
    pub name: String,
}

/// `POST /v1/sessions/refresh`: a new pair of tokens for the old refresh token. The phone signs it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Refresh {
    /// The newest refresh token.
    pub refresh_token: String,
}

/// What a sign-in or a refresh answers.
#[derive(Clone, Serialize, Deserialize)]
pub struct SessionGrant {
    /// The session.
    pub session_id: SessionId,
    /// The user.
    pub user_id: UserId,
    /// Role and party.
    #[serde(flatten)]
    pub acting: Acting,
    /// As shown.
    pub display_name: String,
    /// Bearer token (RFC 6750), minutes.
    pub access_token: String,
    /// When it ends.
    pub access_expires_at: Timestamp,
    /// Rotates with every use, weeks.
    pub refresh_token: String,
}

// Tokens and passwords: never printed.
macro_rules! silent_debug {
    ($($type:ident),+) => {$(
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(..)"))
            }
        }
    )+};
}

silent_debug!(SignIn, Refresh, SessionGrant);
