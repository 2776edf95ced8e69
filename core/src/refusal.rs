//! Every refusal of the domain, with its stable code. Faults (I/O, crypto) and bugs are not refusals.
//!
//! Invariant: a released code is never renamed or reused, and a refusal carries no patient text.

use serde::{Deserialize, Serialize};

use crate::ids::PatientId;

/// What kind of refusal a code is. HTTP has a status for each (`server/src/http/error.rs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalClass {
    /// The message could not be understood.
    BadRequest,
    /// The caller may not act at all.
    Unauthenticated,
    Forbidden,
    NotFound,
    /// The current state is not the one that the sender assumed.
    Conflict,
    /// Well-formed, but the content is not acceptable.
    Unprocessable,
    /// The sender is newer than this server.
    UpgradeRequired,
    /// Bytes do not match their hash.
    ChecksumMismatch,
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $class:ident($code:literal),)+) => {
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

            /// The class of the refusal with this code, if this build knows it.
            #[must_use]
            pub fn class_of(code: &str) -> Option<RefusalClass> {
                match code {
                    $($code => Some(RefusalClass::$class),)+
                    "patient_exists" | "field_conflict" => Some(RefusalClass::Conflict),
                    "recommendation_invalid" | "invoice_line_invalid" => Some(RefusalClass::Unprocessable),
                    _ => None,
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
    BadRequest = BadRequest("bad_request"),
    /// The command's kind is newer than this server.
    UpgradeRequired = UpgradeRequired("upgrade_required"),
    /// The user is not active, or the device was revoked.
    ActorRevoked = Unauthenticated("actor_revoked"),
    /// The command id was already used with different content.
    CommandIdReuse = Conflict("command_id_reuse"),
    /// A command that this one depends on was refused.
    DependencyRefused = Conflict("dependency_refused"),
    /// There is no such entity, as far as the caller may know.
    NotFound = NotFound("not_found"),
    /// The role does not allow it.
    Forbidden = Forbidden("forbidden"),
    /// The assignment that the command was made under is no longer the current one.
    AssignmentSuperseded = Conflict("assignment_superseded"),
    /// The case was withdrawn or cancelled.
    CaseClosed = Conflict("case_closed"),
    /// The case id is already in use.
    CaseExists = Conflict("case_exists"),
    /// The case already has an expert; reassign it instead.
    UseReassign = Conflict("use_reassign"),
    /// The case is waiting for the requester.
    CaseReturned = Conflict("case_returned"),
    /// The case is done.
    CaseDone = Conflict("case_done"),
    /// The case has no expert.
    NotAssigned = Conflict("not_assigned"),
    /// The expert has not accepted the case yet.
    NotAccepted = Conflict("not_accepted"),
    /// The expert has not started the review yet.
    NotStarted = Conflict("not_started"),
    /// The status does not allow it.
    InvalidState = Conflict("invalid_state"),
    /// The case has changed since the sender saw it.
    StaleState = Conflict("stale_state"),
    /// The patient's identity was not verified.
    PatientUnverified = Conflict("patient_unverified"),
    /// The patient record is not active.
    PatientInactive = Conflict("patient_inactive"),
    /// The patient belongs to another institution.
    PatientForeign = Unprocessable("patient_foreign"),
    /// There is no identifier with an issuer, and no reason for its absence.
    IdentifierMissing = Unprocessable("identifier_missing"),
    /// The birth date is in the future or more than 130 years ago.
    BirthDateInvalid = Unprocessable("birth_date_invalid"),
    /// The consent's time is in the future.
    ConsentInvalid = Unprocessable("consent_invalid"),
    /// There is neither a document nor a history.
    NothingToReview = Unprocessable("nothing_to_review"),
    /// The specialty is not in the catalogue.
    SpecialtyUnknown = Unprocessable("specialty_unknown"),
    /// The price list has no entry for this request.
    NoPrice = Unprocessable("no_price"),
    /// Not all files have been uploaded yet.
    UploadsPending = Conflict("uploads_pending"),
    /// The expert is not active.
    ExpertInactive = Conflict("expert_inactive"),
    /// The expert has no verified licence that covers today.
    LicenceInvalid = Conflict("licence_invalid"),
    /// The expert does not have the case's specialty.
    SpecialtyMismatch = Conflict("specialty_mismatch"),
    /// The expert is affiliated with the requesting institution.
    ConflictOfInterest = Conflict("conflict_of_interest"),
    /// The expert is on leave or takes no cases at present.
    ProviderOnLeave = Conflict("provider_on_leave"),
    /// The expert has reached the agreed number of open cases.
    ProviderFull = Conflict("provider_full"),
    /// The expert already rejected this case.
    RejectedBefore = Conflict("rejected_before"),
    /// The expert already has this case.
    SameProvider = Conflict("same_provider"),
    /// The document id is already in use.
    DocumentExists = Conflict("document_exists"),
    /// The file's type is not on the allowed list.
    MediaTypeNotAllowed = Unprocessable("media_type_not_allowed"),
    /// The file has no bytes.
    DocumentEmpty = Unprocessable("document_empty"),
    /// The file is larger than 2 GiB.
    DocumentTooLarge = Unprocessable("document_too_large"),
    /// The case would exceed 200 files.
    TooManyDocuments = Unprocessable("too_many_documents"),
    /// The text is in an encoding that cannot be told from its bytes. UTF-8, UTF-16 with its mark and
    /// Latin (Windows-1252, ISO 8859-1 and -15) are accepted.
    TextEncodingUnknown = Unprocessable("text_encoding_unknown"),
    /// The picture is damaged or unusual, so its place and serial numbers cannot be removed for certain.
    PictureUnreadable = Unprocessable("picture_unreadable"),
    /// The picture has to be turned, and is too large for that: 64 million pixels, or 64 MiB.
    PictureTooLarge = Unprocessable("picture_too_large"),
    /// The bytes received do not match the declared hash.
    HashMismatch = ChecksumMismatch("hash_mismatch"),
    /// The expert is working on the case; request a release instead.
    RequestRelease = Conflict("request_release"),
    /// No expert has accepted the case; withdraw it instead.
    UseWithdraw = Conflict("use_withdraw"),
    /// An expert has accepted the case; only an admin can close it.
    AskAdmin = Conflict("ask_admin"),
    /// An expert is working on the case; the request can no longer be changed.
    Frozen = Conflict("frozen"),
    /// A reason in words is required.
    ReasonRequired = Unprocessable("reason_required"),
    /// Overriding a warning requires a reason.
    OverrideReasonRequired = Unprocessable("override_reason_required"),
    /// The case is not waiting for the requester.
    NoOpenReturn = Conflict("no_open_return"),
    /// The case was not returned.
    NotReturned = Conflict("not_returned"),
    /// A return issue has not been answered yet.
    UnansweredIssue = Conflict("unanswered_issue"),
    /// The issue id is already in use.
    IssueExists = Conflict("issue_exists"),
    /// The issue was settled or removed.
    IssueClosed = Conflict("issue_closed"),
    /// The issue has been answered, and the answer's meaning must not change.
    IssueAnswered = Conflict("issue_answered"),
    /// The entity belongs to another user.
    NotOwner = Conflict("not_owner"),
    /// The case has no opinion, or no such version.
    NoRecommendation = Conflict("no_recommendation"),
    /// The case is not done yet.
    NotDone = Conflict("not_done"),
    /// The period for questions has ended.
    WindowClosed = Conflict("window_closed"),
    /// The maximum number of questions is waiting for an answer.
    TooManyClarifications = Conflict("too_many_clarifications"),
    /// The question was already answered.
    ClarificationAnswered = Conflict("clarification_answered"),
    /// There is no quarantined opinion for the case.
    NoQuarantine = Conflict("no_quarantine"),
    /// The team must keep at least one member.
    LastTeamMember = Conflict("last_team_member"),
    /// The patient is allergic to a recommended medicine, and the allergy was not acknowledged.
    AllergyUnacknowledged = Conflict("allergy_unacknowledged"),
    /// A document marked as reviewed is not on this phone.
    DocumentMissingOnDevice = Conflict("document_missing_on_device"),
    /// An expert may have read the document; strike it through instead.
    UseStrike = Conflict("use_strike"),
    /// No expert can have read the document; withdraw it instead.
    UseWithdrawDocument = Conflict("use_withdraw_document"),
    /// The document was withdrawn or struck through.
    DocumentWithdrawn = Conflict("document_withdrawn"),
    /// The file is encrypted, so its readers could not open it.
    DocumentEncrypted = Unprocessable("document_encrypted"),
    /// The file was found infected.
    DocumentInfected = Unprocessable("document_infected"),
    /// No seller is configured for the currency of the price.
    NoSeller = Conflict("no_seller"),
    /// The institution is not active.
    InstitutionInactive = Conflict("institution_inactive"),
    /// More than ten diagnoses, more than one primary diagnosis, or a code that its edition does not
    /// list.
    DiagnosisInvalid = Unprocessable("diagnosis_invalid"),
    /// Allergies are both listed and denied.
    AllergiesContradict = Unprocessable("allergies_contradict"),
    /// The file would exceed the limit on the case's total bytes.
    CaseTooLarge = Unprocessable("case_too_large"),
    /// The invoice is disputed.
    InvoiceFlagged = Conflict("invoice_flagged"),
    /// The invoice id is already in use.
    InvoiceExists = Conflict("invoice_exists"),
    /// The invoice is a credit note, which can be neither paid nor credited.
    IsCreditNote = Conflict("is_credit_note"),
    /// The amount is not above zero.
    AmountInvalid = Unprocessable("amount_invalid"),
    /// The amount exceeds the supported range.
    AmountTooLarge = Unprocessable("amount_too_large"),
    /// The amount's currency differs from the invoice's.
    CurrencyMismatch = Unprocessable("currency_mismatch"),
    /// The payment date is in the future.
    PaymentDateInvalid = Unprocessable("payment_date_invalid"),
    /// The payment id is already in use.
    PaymentExists = Conflict("payment_exists"),
    /// The payment exceeds the open amount.
    PaymentAboveOpen = Conflict("payment_above_open"),
    /// The invoice has no open amount.
    NothingToPay = Conflict("nothing_to_pay"),
    /// The invoice was written off.
    InvoiceWrittenOff = Conflict("invoice_written_off"),
    /// The invoice has no such line.
    CreditLineUnknown = Unprocessable("credit_line_unknown"),
    /// The credit exceeds the remaining amount of the line.
    CreditAboveLeft = Conflict("credit_above_left"),
    /// The invoice was already credited in full.
    NothingToCredit = Conflict("nothing_to_credit"),
    /// An invoice can be reissued only after it was credited in full.
    NotFullyCredited = Conflict("not_fully_credited"),
    /// The invoice was already reissued.
    AlreadyReissued = Conflict("already_reissued"),
    /// The service record has not been approved by an admin.
    NotApproved = Conflict("not_approved"),
    /// The institution has no name in its own language.
    NameMissing = Unprocessable("name_missing"),
    /// A deadline is shorter than an hour or longer than a year.
    DeadlinesInvalid = Unprocessable("deadlines_invalid"),
    /// The id or the registration number belongs to another institution.
    InstitutionExists = Conflict("institution_exists"),
    /// The user id is already in use.
    UserExists = Conflict("user_exists"),
    /// Another user signs in with this email address.
    EmailTaken = Conflict("email_taken"),
    /// No other admin would remain.
    LastAdmin = Conflict("last_admin"),
    /// The id belongs to another expert.
    ProviderExists = Conflict("provider_exists"),
    /// The profile already has a user.
    ProviderHasUser = Conflict("provider_has_user"),
    /// No specialty, a duplicate one, or more entries than a profile may have.
    ProfileInvalid = Unprocessable("profile_invalid"),
    /// A different licence from this authority with this number is on file; only an admin can replace
    /// it.
    LicenceExists = Conflict("licence_exists"),
    /// A price list without prices, with two prices for one request, or with invalid amounts.
    PriceInvalid = Unprocessable("price_invalid"),
    /// Prices cannot start in the past.
    PriceBackdated = Unprocessable("price_backdated"),
    /// One request would have two prices at the same time.
    PriceListOverlap = Conflict("price_list_overlap"),
    /// The id belongs to another version.
    PriceListExists = Conflict("price_list_exists"),
    /// Another record appears to describe the same person, and this has not been decided yet.
    PossibleDuplicate = Conflict("possible_duplicate"),
    /// The record was merged into another; use that one.
    PatientMerged = Conflict("patient_merged"),
    /// The identifier's issuer is not a country, or its check digits are wrong.
    IdentifierInvalid = Unprocessable("identifier_invalid"),
    /// The date of death is before birth or in the future.
    DeceasedDateInvalid = Unprocessable("deceased_date_invalid"),
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

impl RefusalRecord {
    /// A refusal without details.
    #[must_use]
    pub const fn of_code(code: String) -> Self {
        Self {
            code,
            field: None,
            fields: Vec::new(),
            existing: None,
        }
    }
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
