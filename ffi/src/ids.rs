//! Ids cross the border as text; in Kotlin and Swift each kind is a type of its own (`uniffi.toml`, `bindings/`), so that
//! a patient's id cannot be passed as a case's. Text that is not an id is the caller's error.

use mso_core::client::NoticeId;
use mso_core::ids::{
    CaseId, ClarificationId, CommandId, DeviceId, DocumentId, InvoiceId, IssueId, PatientId, ProviderId,
    RecommendationId, UserId,
};

macro_rules! id_as_string {
    ($($id:ident),+) => {$(
        uniffi::custom_type!($id, String, {
            remote,
            try_lift: |text| Ok(text.parse()?),
            lower: |id| id.to_string(),
        });
    )+};
}

id_as_string!(
    CaseId,
    ClarificationId,
    CommandId,
    DeviceId,
    DocumentId,
    InvoiceId,
    IssueId,
    NoticeId,
    PatientId,
    ProviderId,
    RecommendationId,
    UserId
);
