//! Every refusal of the domain, with its stable code. Faults (I/O, crypto) and bugs are not refusals.
//!
//! Invariant: a released code is never renamed or reused, and a refusal carries no patient text.

use serde::{Deserialize, Serialize};

use crate::ids::PatientId;

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)+) => {
        /// Why the domain refuses a command. Describes a state of the world and is shown to users;
        /// never a fault.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum Refusal {
            $($(#[$doc])* #[error($code)] $name,)+
            /// The institution already has a patient with this identifier.
            #[error("patient_exists")]
            PatientExists {
                /// The patient to use instead, if the caller may know it.
                existing: Option<PatientId>,
            },
            /// A section of the recommendation is invalid.
            #[error("recommendation_invalid")]
            RecommendationInvalid {
                /// The field as named on the wire.
                field: &'static str,
            },
            /// Another user changed these fields in the meantime; the user must compare both values
            /// (R6).
            #[error("field_conflict")]
            FieldConflict {
                /// The fields as named on the wire.
                fields: Vec<&'static str>,
            },
            /// An invoice line is invalid.
            #[error("invoice_line_invalid")]
            InvoiceLineInvalid {
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
                    Self::FieldConflict { .. } => "field_conflict",
                    Self::InvoiceLineInvalid { .. } => "invoice_line_invalid",
                }
            }

            /// Every code, in the order of this file.
            pub const CODES: &'static [&'static str] = &[
                $($code,)+ "patient_exists", "recommendation_invalid", "field_conflict", "invoice_line_invalid",
            ];
        }
    };
}

refusals! {
    /// The command could not be decoded.
    BadRequest = "bad_request",
    /// The command's kind is newer than this server.
    UpgradeRequired = "upgrade_required",
    /// The user is not active, or the device was revoked.
    ActorRevoked = "actor_revoked",
    /// The command id was already used with different content.
    CommandIdReuse = "command_id_reuse",
    /// A command that this one depends on was refused.
    DependencyRefused = "dependency_refused",
    /// There is no such entity, as far as the caller may know.
    NotFound = "not_found",
    /// The role does not allow it.
    Forbidden = "forbidden",
    /// The assignment that the command was made under is no longer the current one.
    AssignmentSuperseded = "assignment_superseded",
    /// The case was withdrawn or cancelled.
    CaseClosed = "case_closed",
    /// The case id is already in use.
    CaseExists = "case_exists",
    /// The case already has an expert; reassign it instead.
    UseReassign = "use_reassign",
    /// The case is waiting for the requester.
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
    /// The case has changed since the sender saw it.
    StaleState = "stale_state",
    /// The patient's identity was not verified.
    PatientUnverified = "patient_unverified",
    /// The patient record is not active.
    PatientInactive = "patient_inactive",
    /// The patient belongs to another institution.
    PatientForeign = "patient_foreign",
    /// There is no identifier with an issuer, and no reason for its absence.
    IdentifierMissing = "identifier_missing",
    /// The birth date is in the future or more than 130 years ago.
    BirthDateInvalid = "birth_date_invalid",
    /// The consent's time is in the future.
    ConsentInvalid = "consent_invalid",
    /// There is neither a document nor a history.
    NothingToReview = "nothing_to_review",
    /// The specialty is not in the catalogue.
    SpecialtyUnknown = "specialty_unknown",
    /// The price list has no entry for this request.
    NoPrice = "no_price",
    /// Not all files have been uploaded yet.
    UploadsPending = "uploads_pending",
    /// The expert is not active.
    ExpertInactive = "expert_inactive",
    /// The expert has no verified licence that covers today.
    LicenceInvalid = "licence_invalid",
    /// The expert does not have the case's specialty.
    SpecialtyMismatch = "specialty_mismatch",
    /// The expert is affiliated with the requesting institution.
    ConflictOfInterest = "conflict_of_interest",
    /// The expert is on leave or takes no cases at present.
    ProviderOnLeave = "provider_on_leave",
    /// The expert has reached the agreed number of open cases.
    ProviderFull = "provider_full",
    /// The expert already rejected this case.
    RejectedBefore = "rejected_before",
    /// The expert already has this case.
    SameProvider = "same_provider",
    /// The document id is already in use.
    DocumentExists = "document_exists",
    /// The file's type is not on the allowed list.
    MediaTypeNotAllowed = "media_type_not_allowed",
    /// The file is empty or larger than 2 GiB, or the case would exceed 200 files.
    DocumentTooLarge = "document_too_large",
    /// The bytes received do not match the declared hash.
    HashMismatch = "hash_mismatch",
    /// The expert is working on the case; request a release instead.
    RequestRelease = "request_release",
    /// No expert has accepted the case; withdraw it instead.
    UseWithdraw = "use_withdraw",
    /// An expert has accepted the case; only an admin can close it.
    AskAdmin = "ask_admin",
    /// An expert is working on the case; the request can no longer be changed.
    Frozen = "frozen",
    /// A reason in words is required.
    ReasonRequired = "reason_required",
    /// Overriding a warning requires a reason.
    OverrideReasonRequired = "override_reason_required",
    /// The case is not waiting for the requester.
    NoOpenReturn = "no_open_return",
    /// The case was not returned.
    NotReturned = "not_returned",
    /// A return issue has not been answered yet.
    UnansweredIssue = "unanswered_issue",
    /// The issue id is already in use.
    IssueExists = "issue_exists",
    /// The issue was settled or removed.
    IssueClosed = "issue_closed",
    /// The issue has been answered, and the answer's meaning must not change.
    IssueAnswered = "issue_answered",
    /// The entity belongs to another user.
    NotOwner = "not_owner",
    /// The case has no opinion, or no such version.
    NoRecommendation = "no_recommendation",
    /// The case is not done yet.
    NotDone = "not_done",
    /// The period for questions has ended.
    WindowClosed = "window_closed",
    /// The maximum number of questions is waiting for an answer.
    TooManyClarifications = "too_many_clarifications",
    /// The question was already answered.
    ClarificationAnswered = "clarification_answered",
    /// There is no quarantined opinion for the case.
    NoQuarantine = "no_quarantine",
    /// The team must keep at least one member.
    LastTeamMember = "last_team_member",
    /// The patient is allergic to a recommended medicine, and the allergy was not acknowledged.
    AllergyUnacknowledged = "allergy_unacknowledged",
    /// A document marked as reviewed is not on this phone.
    DocumentMissingOnDevice = "document_missing_on_device",
    /// An expert may have read the document; strike it through instead.
    UseStrike = "use_strike",
    /// No expert can have read the document; withdraw it instead.
    UseWithdrawDocument = "use_withdraw_document",
    /// The document was withdrawn or struck through.
    DocumentWithdrawn = "document_withdrawn",
    /// The file is encrypted, so its readers could not open it.
    DocumentEncrypted = "document_encrypted",
    /// The file was found infected.
    DocumentInfected = "document_infected",
    /// No seller is configured for the currency of the price.
    NoSeller = "no_seller",
    /// The institution is not active.
    InstitutionInactive = "institution_inactive",
    /// More than ten diagnoses, more than one primary diagnosis, or a code that its edition does not
    /// list.
    DiagnosisInvalid = "diagnosis_invalid",
    /// Allergies are both listed and denied.
    AllergiesContradict = "allergies_contradict",
    /// The file would exceed the limit on the case's total bytes.
    CaseTooLarge = "case_too_large",
    /// The invoice is disputed.
    InvoiceFlagged = "invoice_flagged",
    /// The invoice id is already in use.
    InvoiceExists = "invoice_exists",
    /// The invoice is a credit note, which can be neither paid nor credited.
    IsCreditNote = "is_credit_note",
    /// The amount is not above zero.
    AmountInvalid = "amount_invalid",
    /// The amount exceeds the supported range.
    AmountTooLarge = "amount_too_large",
    /// The amount's currency differs from the invoice's.
    CurrencyMismatch = "currency_mismatch",
    /// The payment date is in the future.
    PaymentDateInvalid = "payment_date_invalid",
    /// The payment id is already in use.
    PaymentExists = "payment_exists",
    /// The payment exceeds the open amount.
    PaymentAboveOpen = "payment_above_open",
    /// The invoice has no open amount.
    NothingToPay = "nothing_to_pay",
    /// The invoice was written off.
    InvoiceWrittenOff = "invoice_written_off",
    /// The invoice has no such line.
    CreditLineUnknown = "credit_line_unknown",
    /// The credit exceeds the remaining amount of the line.
    CreditAboveLeft = "credit_above_left",
    /// The invoice was already credited in full.
    NothingToCredit = "nothing_to_credit",
    /// An invoice can be reissued only after it was credited in full.
    NotFullyCredited = "not_fully_credited",
    /// The invoice was already reissued.
    AlreadyReissued = "already_reissued",
    /// The service record has not been approved by an admin.
    NotApproved = "not_approved",
    /// The institution has no name in its own language.
    NameMissing = "name_missing",
    /// A deadline is shorter than an hour or longer than a year.
    DeadlinesInvalid = "deadlines_invalid",
    /// The id or the registration number belongs to another institution.
    InstitutionExists = "institution_exists",
    /// The user id is already in use.
    UserExists = "user_exists",
    /// Another user signs in with this email address.
    EmailTaken = "email_taken",
    /// No other admin would remain.
    LastAdmin = "last_admin",
    /// The id belongs to another expert.
    ProviderExists = "provider_exists",
    /// The profile already has a user.
    ProviderHasUser = "provider_has_user",
    /// No specialty, a duplicate one, or more entries than a profile may have.
    ProfileInvalid = "profile_invalid",
    /// A different licence from this authority with this number is on file; only an admin can replace
    /// it.
    LicenceExists = "licence_exists",
    /// A price list without prices, with two prices for one request, or with invalid amounts.
    PriceInvalid = "price_invalid",
    /// Prices cannot start in the past.
    PriceBackdated = "price_backdated",
    /// One request would have two prices at the same time.
    PriceListOverlap = "price_list_overlap",
    /// The id belongs to another version.
    PriceListExists = "price_list_exists",
    /// Another record appears to describe the same person, and this has not been decided yet.
    PossibleDuplicate = "possible_duplicate",
    /// The record was merged into another; use that one.
    PatientMerged = "patient_merged",
    /// The identifier's issuer is not a country, or its check digits are wrong.
    IdentifierInvalid = "identifier_invalid",
    /// The date of death is before birth or in the future.
    DeceasedDateInvalid = "deceased_date_invalid",
}

/// A refusal on the wire: the code, and the details that the receiver can use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalRecord {
    /// The stable code. A newer server may send one that this app does not know.
    pub code: String,
    /// The field concerned, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// All fields concerned, if there can be several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// For `patient_exists`: the patient to use instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existing: Option<PatientId>,
}

impl From<&Refusal> for RefusalRecord {
    fn from(refusal: &Refusal) -> Self {
        let mut record = Self {
            code: refusal.code().to_owned(),
            field: None,
            fields: Vec::new(),
            existing: None,
        };
        if let Refusal::PatientExists { existing } = refusal {
            record.existing = *existing;
        }
        if let Refusal::RecommendationInvalid { field } | Refusal::InvoiceLineInvalid { field } = refusal {
            record.field = Some((*field).to_owned());
        }
        if let Refusal::FieldConflict { fields } = refusal {
            record.fields = fields.iter().map(|field| (*field).to_owned()).collect();
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
