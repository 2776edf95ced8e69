//! The error boundary: every error becomes one `application/problem+json` here, by one table.
//!
//! The problem's reference is the request id, added by [`super::request_id`]. The invariant: status and code
//! depend on this file alone, and neither a code nor a detail quotes a patient, a key or a token.

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use mso_core::protocol::uploads;
use mso_core::refusal::{Refusal, RefusalRecord};

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
    TooManyDevices,
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
            Self::TooManyDevices => "too_many_devices",
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

/// THE status table: the HTTP status of every code that this server returns.
///
/// `None` means that a code has no row, which a test rules out for every refusal of the domain.
#[must_use]
pub fn status(code: &str) -> Option<StatusCode> {
    let status = match code {
        "bad_request" => 400,
        "sign_in_failed" | "sign_in_needed" | "signature_invalid" | "signature_expired" | "actor_revoked" => {
            401
        }
        "forbidden" => 403,
        "not_found" => 404,
        "method_not_allowed" => 405,
        "request_timeout" => 408,
        // The current state is not the one that the sender assumed.
        "command_id_reuse"
        | "dependency_refused"
        | "assignment_superseded"
        | "case_closed"
        | "case_exists"
        | "use_reassign"
        | "case_returned"
        | "case_done"
        | "not_assigned"
        | "not_accepted"
        | "not_started"
        | "invalid_state"
        | "stale_state"
        | "patient_unverified"
        | "patient_inactive"
        | "patient_exists"
        | "possible_duplicate"
        | "patient_merged"
        | "field_conflict"
        | "uploads_pending"
        | "expert_inactive"
        | "licence_invalid"
        | "specialty_mismatch"
        | "conflict_of_interest"
        | "provider_on_leave"
        | "provider_full"
        | "rejected_before"
        | "same_provider"
        | "price_list_overlap"
        | "price_list_exists"
        | "licence_exists"
        | "provider_has_user"
        | "provider_exists"
        | "last_admin"
        | "email_taken"
        | "user_exists"
        | "institution_exists"
        | "institution_inactive"
        | "document_exists"
        | "device_taken"
        | "too_many_devices"
        | "invoice_flagged"
        | "invoice_exists"
        | "invoice_written_off"
        | "is_credit_note"
        | "payment_exists"
        | "payment_above_open"
        | "nothing_to_pay"
        | "credit_above_left"
        | "nothing_to_credit"
        | "not_fully_credited"
        | "already_reissued"
        | "not_approved"
        | "request_release"
        | "use_withdraw"
        | "ask_admin"
        | "frozen"
        | "no_open_return"
        | "not_returned"
        | "unanswered_issue"
        | "issue_exists"
        | "issue_closed"
        | "issue_answered"
        | "not_owner"
        | "no_recommendation"
        | "not_done"
        | "window_closed"
        | "too_many_clarifications"
        | "clarification_answered"
        | "no_quarantine"
        | "last_team_member"
        | "allergy_unacknowledged"
        | "document_missing_on_device"
        | "use_strike"
        | "use_withdraw_document"
        | "document_withdrawn"
        | "no_seller"
        | "upload_offset_mismatch" => 409,
        "invite_invalid" => 410,
        "upload_version" => 412,
        "payload_too_large" => 413,
        "unsupported_media_type" => 415,
        "range_not_satisfiable" => 416,
        // Well-formed, but the content is not acceptable.
        "patient_foreign"
        | "identifier_missing"
        | "birth_date_invalid"
        | "deceased_date_invalid"
        | "identifier_invalid"
        | "consent_invalid"
        | "nothing_to_review"
        | "specialty_unknown"
        | "no_price"
        | "password_unfit"
        | "price_backdated"
        | "price_invalid"
        | "profile_invalid"
        | "deadlines_invalid"
        | "name_missing"
        | "media_type_not_allowed"
        | "document_too_large"
        | "amount_invalid"
        | "amount_too_large"
        | "currency_mismatch"
        | "payment_date_invalid"
        | "credit_line_unknown"
        | "invoice_line_invalid"
        | "reason_required"
        | "override_reason_required"
        | "document_encrypted"
        | "document_infected"
        | "diagnosis_invalid"
        | "allergies_contradict"
        | "case_too_large"
        | "recommendation_invalid" => 422,
        "upload_locked" => 423,
        "upgrade_required" => 426,
        "hash_mismatch" => uploads::CHECKSUM_MISMATCH,
        "internal" => 500,
        "unavailable" => 503,
        _ => return None,
    };
    StatusCode::from_u16(status).ok()
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let code = self.code();
        let status = status(&code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let problem = Unreferenced {
            status,
            detail: self.detail(),
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
