//! The error boundary: every error becomes one `application/problem+json` here, by one table.
//!
//! The problem's reference is the request id, added by [`super::request_id`]. The invariant: status and code
//! depend on this file alone, and neither a code nor a detail quotes a patient, a key or a token.

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use mso_core::protocol::sessions::DeviceLimit;
use mso_core::protocol::sync::PurgesOwed;
use mso_core::protocol::uploads;
use mso_core::refusal::{Refusal, RefusalClass, RefusalRecord};

use crate::commands::ExecuteError;
use crate::database::DatabaseError;

/// Why a request was not served. Each has its row in [`status`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The domain refused the request.
    #[error("refused: {}", .0.code)]
    Refused(RefusalRecord),
    /// The request is malformed; the text says how.
    #[error("bad request: {0}")]
    BadRequest(&'static str),
    #[error("payload too large")]
    PayloadTooLarge,
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// No such path.
    #[error("no such address")]
    NoSuchRoute,
    /// The path does not support this method.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// Email address or password is wrong; the response does not say which.
    #[error("sign-in failed")]
    SignInFailed,
    /// There is no session, or it has ended.
    #[error("sign-in needed")]
    SignInNeeded,
    /// The signature is missing or does not match the request.
    #[error("signature invalid")]
    SignatureInvalid,
    /// The signature's time is too far from the server's.
    #[error("signature expired")]
    SignatureExpired,
    /// The link is unknown, used, replaced or expired; the response does not say which.
    #[error("invite invalid")]
    InviteInvalid,
    /// The password is too short or too long.
    #[error("password unfit")]
    PasswordUnfit,
    /// The device id is enrolled with another key or for another user.
    #[error("device taken")]
    DeviceTaken,
    /// The user has the maximum number of devices.
    #[error("too many devices")]
    TooManyDevices(DeviceLimit),
    /// The device was revoked or the user may not act now; the answer says what the phone must delete.
    #[error("revoked")]
    Revoked(PurgesOwed),
    /// The request's tus version is not supported.
    #[error("tus version")]
    UploadVersion,
    /// The upload is at another offset.
    #[error("upload offset mismatch")]
    OffsetMismatch,
    /// The upload is being written by another request.
    #[error("upload locked")]
    UploadLocked,
    /// No byte arrived for too long.
    #[error("request timeout")]
    RequestTimeout,
    /// The received bytes do not match the declared hash; the upload restarts at 0.
    #[error("hash mismatch")]
    HashMismatch,
    #[error("range not satisfiable")]
    RangeNotSatisfiable {
        /// The file's length in bytes.
        length: u64,
    },
    /// Temporarily unavailable: the database, the disk, or a deadline. The request may be sent again.
    #[error("unavailable")]
    Unavailable,
    /// A bug; the details are in the log under the reference.
    #[error("internal error")]
    Internal,
}

/// A problem response that does not have its reference yet.
#[derive(Debug, Clone)]
pub(super) struct Unreferenced {
    pub(super) status: StatusCode,
    pub(super) code: Cow<'static, str>,
    pub(super) detail: Option<Cow<'static, str>>,
    pub(super) extension: Option<Extension>,
}

/// What a problem says besides its code (RFC 9457, extension members).
#[derive(Debug, Clone, serde::Serialize)]
#[serde(untagged)]
pub(super) enum Extension {
    Devices(DeviceLimit),
    Purges(PurgesOwed),
}

impl ApiError {
    #[must_use]
    pub fn code(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Refused(refusal) => return Cow::Owned(refusal.code.clone()),
            Self::BadRequest(_) => "bad_request",
            Self::PayloadTooLarge => "payload_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::NoSuchRoute => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::SignInFailed => "sign_in_failed",
            Self::SignInNeeded => "sign_in_needed",
            Self::SignatureInvalid => "signature_invalid",
            Self::SignatureExpired => "signature_expired",
            Self::InviteInvalid => "invite_invalid",
            Self::PasswordUnfit => "password_unfit",
            Self::DeviceTaken => "device_taken",
            Self::TooManyDevices(_) => "too_many_devices",
            Self::Revoked(_) => Refusal::ActorRevoked.code(),
            Self::UploadVersion => "upload_version",
            Self::OffsetMismatch => "upload_offset_mismatch",
            Self::UploadLocked => "upload_locked",
            Self::RequestTimeout => "request_timeout",
            Self::HashMismatch => "hash_mismatch",
            Self::RangeNotSatisfiable { .. } => "range_not_satisfiable",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        })
    }

    fn detail(&self) -> Option<Cow<'static, str>> {
        if let Self::BadRequest(what) = self {
            return Some(Cow::Borrowed(what));
        }
        if let Self::TooManyDevices(_) = self {
            return Some(Cow::Borrowed(
                "sign in again with `retire`: the id of one of these devices",
            ));
        }
        let Self::Refused(RefusalRecord {
            field,
            fields,
            existing,
            ..
        }) = self
        else {
            return None;
        };
        if !fields.is_empty() {
            return Some(Cow::Owned(format!("fields: {}", fields.join(", "))));
        }
        let field = field.as_ref().map(|field| format!("field: {field}"));
        field
            .or_else(|| existing.map(|id| format!("existing: {id}")))
            .map(Cow::Owned)
    }

    fn extension(&self) -> Option<Extension> {
        if let Self::TooManyDevices(limit) = self {
            return Some(Extension::Devices(limit.clone()));
        }
        if let Self::Revoked(owed) = self {
            return Some(Extension::Purges(owed.clone()));
        }
        None
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        if let Self::RangeNotSatisfiable { length } = self {
            return Some((
                header::CONTENT_RANGE,
                HeaderValue::try_from(format!("bytes */{length}")).ok()?,
            ));
        }
        match self.code().as_ref() {
            "sign_in_needed" => Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            "unavailable" => Some((header::RETRY_AFTER, HeaderValue::from_static("1"))),
            "upload_version" => Some((
                HeaderName::from_static("tus-version"),
                HeaderValue::from_static(uploads::TUS_VERSION),
            )),
            _ => None,
        }
    }
}

/// The HTTP status of every code that this server returns: of refusals by their class, of faults and of the protocols'
/// own codes by this table. `None`: no such code.
#[must_use]
pub fn status(code: &str) -> Option<StatusCode> {
    if let Some(class) = Refusal::class_of(code) {
        return StatusCode::from_u16(of_class(class)).ok();
    }
    let status = match code {
        "sign_in_failed" | "sign_in_needed" | "signature_invalid" | "signature_expired" => 401,
        "method_not_allowed" => 405,
        "request_timeout" => 408,
        "device_taken" | "too_many_devices" | "upload_offset_mismatch" => 409,
        "invite_invalid" => 410,
        "upload_version" => 412,
        "payload_too_large" => 413,
        "unsupported_media_type" => 415,
        "range_not_satisfiable" => 416,
        "password_unfit" => 422,
        "upload_locked" => 423,
        "internal" => 500,
        "unavailable" => 503,
        _ => return None,
    };
    StatusCode::from_u16(status).ok()
}

const fn of_class(class: RefusalClass) -> u16 {
    match class {
        RefusalClass::BadRequest => 400,
        RefusalClass::Unauthenticated => 401,
        RefusalClass::Forbidden => 403,
        RefusalClass::NotFound => 404,
        RefusalClass::Conflict => 409,
        RefusalClass::Unprocessable => 422,
        RefusalClass::UpgradeRequired => 426,
        RefusalClass::ChecksumMismatch => uploads::CHECKSUM_MISMATCH,
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let code = self.code();
        let status = status(&code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let problem = Unreferenced {
            status,
            detail: self.detail(),
            extension: self.extension(),
            code,
        };
        let mut response = status.into_response();
        response
            .headers_mut()
            .extend(self.header().map(|(name, value)| (Some(name), value)));
        response.extensions_mut().insert(problem);
        response
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(RefusalRecord::from(&refusal))
    }
}

impl From<RefusalRecord> for ApiError {
    fn from(refusal: RefusalRecord) -> Self {
        Self::Refused(refusal)
    }
}

impl From<DatabaseError> for ApiError {
    fn from(error: DatabaseError) -> Self {
        match &error {
            DatabaseError::Unreachable(_) => tracing::warn!(%error, "the database is away"),
            DatabaseError::Statement { .. } if error.is_passing() => {
                tracing::warn!(%error, "a transaction gave way")
            }
            DatabaseError::Statement { .. }
            | DatabaseError::Corrupt(_)
            | DatabaseError::Mismatch(_)
            | DatabaseError::Migrate(_)
            | DatabaseError::Options => {
                tracing::error!(%error, "the database did not do what was asked");
                return Self::Internal;
            }
        }
        Self::Unavailable
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        DatabaseError::from(error).into()
    }
}

impl From<ExecuteError> for ApiError {
    fn from(error: ExecuteError) -> Self {
        if error.is_permanent() {
            tracing::error!(%error, "a command cannot be carried out");
            return Self::Internal;
        }
        tracing::warn!(%error, "a command was not carried out");
        Self::Unavailable
    }
}

/// An I/O error or a failed task: details go to the log, and the caller is told to try again.
impl From<std::io::Error> for ApiError {
    fn from(error: std::io::Error) -> Self {
        tracing::error!(kind = ?error.kind(), %error, "a file could not be read or written");
        Self::Unavailable
    }
}

impl From<tokio::task::JoinError> for ApiError {
    fn from(error: tokio::task::JoinError) -> Self {
        // A panic message may quote anything, so only the fact is logged.
        tracing::error!(panicked = error.is_panic(), "a task ended early");
        Self::Internal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_the_domain_has_a_status_of_its_own_choosing() {
        for code in Refusal::CODES {
            assert!(
                status(code).is_some_and(|status| status.is_client_error()),
                "{code}"
            );
        }
    }
}
