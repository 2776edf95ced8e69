//! Ids cross the border as text; in Kotlin and Swift each kind is a type of its own (`uniffi.toml`, `bindings/`), so that
//! a patient's id cannot be passed as a case's. Text that is not an id is refused by the name of its kind.

use mso_core::client::NoticeId;
use mso_core::ids::{
    CaseId, ClarificationId, CommandId, DeviceId, DocumentId, InstitutionId, InvoiceId, IssueId,
    NotificationId, PatientId, ProviderId, RecommendationId, UserId,
};

use crate::error::MsoError;

macro_rules! id_as_string {
    ($($id:ident as $field:literal),+ $(,)?) => {$(
        uniffi::custom_type!($id, String, {
            remote,
            // Every call that takes an id can fail with an `MsoError`, so this error arrives as one.
            try_lift: |text| Ok(text.parse().map_err(|_| MsoError::malformed($field))?),
            lower: |id| id.to_string(),
        });
    )+};
}

id_as_string!(
    CaseId as "case_id",
    ClarificationId as "clarification_id",
    CommandId as "command_id",
    DeviceId as "device_id",
    DocumentId as "document_id",
    InstitutionId as "institution_id",
    InvoiceId as "invoice_id",
    IssueId as "issue_id",
    NoticeId as "notice_id",
    NotificationId as "notification_id",
    PatientId as "patient_id",
    ProviderId as "provider_id",
    RecommendationId as "recommendation_id",
    UserId as "user_id",
);
