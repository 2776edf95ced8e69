//! Ids cross the border as strings: a type alias each in Kotlin and Swift. Text that is no id is an error of the
//! caller's.

use mso_core::ids::{CaseId, DocumentId, IssueId, PatientId, ProviderId, RecommendationId, UserId};

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
    DocumentId,
    IssueId,
    PatientId,
    ProviderId,
    RecommendationId,
    UserId
);
