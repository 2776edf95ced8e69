//! Enrols a phone: it signs the sign-in request with the key it presents, which proves that it holds the key.
//!
//! At the limit the user may name a device to give up ([`super::retire`]). The invariant: a device id belongs to one
//! user and one key permanently. A phone that lost its key is a new device; one that signed out and still has its
//! key is the same.

use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mso_core::actor::{Acting, Actor};
use mso_core::crypto::PublicKey;
use mso_core::ids::DeviceId;
use mso_core::protocol::sessions::{DeviceEnrolment, DeviceLimit};
use mso_core::refusal::Refusal;
use mso_core::time::Timestamp;

use super::authenticate::verify;
use super::retire::retire;
use super::store;
use crate::database::Scoped;
use crate::http::auth::signed_parts;
use crate::http::error::ApiError;

/// Maximum number of active devices per user.
const MAX_DEVICES: usize = 5;
/// Maximum length of each text that describes a device, in characters.
const MAX_TEXT: usize = 200;

/// A device whose signature was verified.
pub(super) struct Enrolling {
    enrolment: DeviceEnrolment,
    key: PublicKey,
}

impl Enrolling {
    pub(super) fn device(&self) -> DeviceId {
        self.enrolment.device_id
    }

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

    /// Stores the device for its user, or finds it if it is already enrolled, or signed out.
    pub(super) async fn enrol(
        &self,
        tx: &mut Scoped,
        actor: &Actor,
        giving_up: Option<DeviceId>,
        now: Timestamp,
        parts: &Parts,
    ) -> Result<(), ApiError> {
        match actor.acting {
            Acting::Requester { .. } | Acting::Provider { .. } => {}
            // Admins work in the console; a lost phone must not be able to assign cases.
            Acting::Admin | Acting::System => return Err(Refusal::Forbidden.into()),
        }
        let user = actor.user;
        store::lock_user(tx, user).await?;
        if let Some(device) = giving_up {
            retire(tx, actor, device, now, parts).await?;
        }
        let device = store::enrol_device(tx, user, &self.key, &self.enrolment, now).await?;
        if device.user != user || device.key != self.key {
            return Err(ApiError::DeviceTaken);
        }
        if device.is_revoked() {
            return Err(Refusal::ActorRevoked.into());
        }
        store::describe_device(tx, &self.enrolment).await?;
        let devices = store::other_devices(tx, user, device.id).await?;
        if devices.len() >= MAX_DEVICES {
            return Err(ApiError::TooManyDevices(DeviceLimit { devices }));
        }
        Ok(())
    }
}
