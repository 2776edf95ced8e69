//! Every "no" of the domain, with its stable code.
//!
//! Not here: faults (I/O, crypto) and bugs. The invariant: a released code is never renamed or reused, and a
//! refusal carries no patient text.

use serde::{Deserialize, Serialize};

use crate::ids::PatientId;

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)+) => {
        /// Why the domain says no. A state of the world, shown to people; never a fault.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum Refusal {
            $($(#[$doc])* #[error($code)] $name,)+
            /// Same institution, same identifier: the patient is there already.
            #[error("patient_exists")]
            PatientExists {
                /// The patient to use instead, where the caller may know it.
                existing: Option<PatientId>,
            },
            /// A section of the recommendation does not hold what it must.
            #[error("recommendation_invalid")]
            RecommendationInvalid {
                /// The field as named on the wire.
                field: &'static str,
            },
        }

        impl Refusal {
            /// The stable code, as on the wire.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                    Self::PatientExists { .. } => "patient_exists",
                    Self::RecommendationInvalid { .. } => "recommendation_invalid",
                }
            }

            /// Every code there is, in the order of this file.
            pub const CODES: &'static [&'static str] = &[$($code,)+ "patient_exists", "recommendation_invalid"];
        }
    };
}

refusals! {
    /// The command could not be read.
    BadRequest = "bad_request",
    /// The command is of a newer kind than this server knows.
    UpgradeRequired = "upgrade_required",
    /// The user is not active, or the device was revoked.
    ActorRevoked = "actor_revoked",
    /// The command id was used before with another content.
    CommandIdReuse = "command_id_reuse",
    /// A command that this one depends on was refused.
    DependencyRefused = "dependency_refused",
    /// There is no such thing, as far as the caller may know.
    NotFound = "not_found",
    /// The role does not allow it.
    Forbidden = "forbidden",
    /// The assignment that the command was made under is no longer the current one.
    AssignmentSuperseded = "assignment_superseded",
    /// The case was withdrawn or cancelled.
    CaseClosed = "case_closed",
    /// The case id is taken by another case.
    CaseExists = "case_exists",
    /// The case has an expert already: reassign it.
    UseReassign = "use_reassign",
    /// The case waits for the requester.
    CaseReturned = "case_returned",
    /// The case is done.
    CaseDone = "case_done",
    /// The case has no expert.
    NotAssigned = "not_assigned",
    /// The expert has not accepted the case yet.
    NotAccepted = "not_accepted",
    /// The expert has not started the review yet.
    NotStarted = "not_started",
    /// The status does not allow it.
    InvalidState = "invalid_state",
    /// The case moved on since the sender saw it.
    StaleState = "stale_state",
    /// The patient's identity was not verified.
    PatientUnverified = "patient_unverified",
    /// The patient record is not active.
    PatientInactive = "patient_inactive",
    /// The patient belongs to another institution.
    PatientForeign = "patient_foreign",
    /// No identifier with issuer, and no reason why there is none.
    IdentifierMissing = "identifier_missing",
    /// The birth date lies in the future or more than 130 years back.
    BirthDateInvalid = "birth_date_invalid",
    /// The consent's time lies in the future.
    ConsentInvalid = "consent_invalid",
    /// Neither a document nor a history.
    NothingToReview = "nothing_to_review",
    /// The catalogue has no such specialty.
    SpecialtyUnknown = "specialty_unknown",
    /// The price list has no entry for this request.
    NoPrice = "no_price",
    /// Not all files have arrived yet.
    UploadsPending = "uploads_pending",
    /// The expert is not active.
    ExpertInactive = "expert_inactive",
    /// The expert has no verified licence that covers today.
    LicenceInvalid = "licence_invalid",
    /// The expert does not have the case's specialty.
    SpecialtyMismatch = "specialty_mismatch",
    /// The expert is affiliated with the requesting institution.
    ConflictOfInterest = "conflict_of_interest",
    /// The expert is on leave or takes no cases now.
    ProviderOnLeave = "provider_on_leave",
    /// The expert has as many open cases as agreed.
    ProviderFull = "provider_full",
    /// The expert rejected this case before.
    RejectedBefore = "rejected_before",
    /// The expert has this case already.
    SameProvider = "same_provider",
    /// The document id is taken by another document.
    DocumentExists = "document_exists",
    /// The file's type is not on the allowed list.
    MediaTypeNotAllowed = "media_type_not_allowed",
    /// The file is empty or larger than 2 GiB, or the case would exceed 200 files.
    DocumentTooLarge = "document_too_large",
    /// The bytes that arrived are not those that were declared.
    HashMismatch = "hash_mismatch",
}

/// A refusal as it travels: the code, and what the receiver may do something with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalRecord {
    /// The stable code. A newer server may send one that this app does not know.
    pub code: String,
    /// The field concerned, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The patient to use instead, for `patient_exists`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing: Option<PatientId>,
}

impl From<&Refusal> for RefusalRecord {
    fn from(refusal: &Refusal) -> Self {
        let mut record = Self {
            code: refusal.code().to_owned(),
            field: None,
            existing: None,
        };
        if let Refusal::PatientExists { existing } = refusal {
            record.existing = *existing;
        }
        if let Refusal::RecommendationInvalid { field } = refusal {
            record.field = Some((*field).to_owned());
        }
        record
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_in_snake_case() {
        let unique: BTreeSet<_> = Refusal::CODES.iter().collect();
        assert_eq!(unique.len(), Refusal::CODES.len());
        for code in Refusal::CODES {
            assert!(code.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{code}");
        }
    }
}
