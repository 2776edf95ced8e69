//! Enrols a phone: it signs the sign-in request with the key it presents, which proves that it holds the key.
//!
//! The invariant: a device id belongs to one user and one key permanently. A phone that lost its key is a new
//! device.

use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mso_core::actor::Acting;
use mso_core::crypto::PublicKey;
use mso_core::ids::{DeviceId, UserId};
use mso_core::protocol::sessions::DeviceEnrolment;
use mso_core::refusal::Refusal;
use mso_core::time::Timestamp;

use super::authenticate::verify;
use super::store;
use crate::database::Scoped;
use crate::http::auth::signed_parts;
use crate::http::error::ApiError;

/// Maximum number of active devices per user.
const MAX_DEVICES: i64 = 5;
/// Maximum length of each text that describes a device, in characters.
const MAX_TEXT: usize = 200;

/// A device whose signature was verified.
pub(super) struct Enrolling {
    enrolment: DeviceEnrolment,
    key: PublicKey,
}

impl Enrolling {
    /// Checks that the request is signed with the key that it presents.
    pub(super) fn check(enrolment: DeviceEnrolment, parts: &Parts, now: Timestamp) -> Result<Self, ApiError> {
        let texts = [&enrolment.platform, &enrolment.app_version, &enrolment.name];
        if texts
            .iter()
            .any(|text| text.is_empty() || text.chars().count() > MAX_TEXT || text.contains('\0'))
        {
            return Err(ApiError::BadRequest("a text of the device is empty or too long"));
        }
        let key = STANDARD
            .decode(&enrolment.sync_key)
            .ok()
            .and_then(|bytes| PublicKey::from_bytes(&bytes).ok());
        let key = key.ok_or(ApiError::BadRequest("sync_key is no key"))?;
        let signed = signed_parts(&parts.method, parts.uri.path(), &parts.headers);
        if signed.content_digest.is_none() || signed.authorization.is_some() {
            return Err(ApiError::SignatureInvalid);
        }
        verify(&signed, parts, enrolment.device_id, &key, now)?;
        Ok(Self { enrolment, key })
    }

    /// Stores the device for its user, or finds it if it is already enrolled.
    pub(super) async fn enrol(
        &self,
        tx: &mut Scoped,
        user: UserId,
        acting: Acting,
        now: Timestamp,
    ) -> Result<DeviceId, ApiError> {
        match acting {
            Acting::Requester { .. } | Acting::Provider { .. } => {}
            // Admins work in the console; a lost phone must not be able to assign cases.
            Acting::Admin | Acting::System => return Err(Refusal::Forbidden.into()),
        }
        store::lock_user(tx, user).await?;
        let device = store::enrol_device(tx, user, &self.key, &self.enrolment, now).await?;
        if device.user != user || device.key != self.key {
            return Err(ApiError::DeviceTaken);
        }
        if !device.active {
            return Err(Refusal::ActorRevoked.into());
        }
        if store::active_devices(tx, user).await? > MAX_DEVICES {
            return Err(ApiError::TooManyDevices);
        }
        store::describe_device(tx, &self.enrolment).await?;
        Ok(device.id)
    }
}
