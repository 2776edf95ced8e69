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
            /// Somebody else changed these fields meanwhile: both values must be looked at (R6).
            #[error("field_conflict")]
            FieldConflict {
                /// The fields as named on the wire.
                fields: Vec<&'static str>,
            },
            /// An invoice's line does not hold what it must.
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

            /// Every code there is, in the order of this file.
            pub const CODES: &'static [&'static str] = &[
                $($code,)+ "patient_exists", "recommendation_invalid", "field_conflict", "invoice_line_invalid",
            ];
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
    /// The expert works on it: ask to be released instead.
    RequestRelease = "request_release",
    /// No expert has accepted: withdraw the case instead.
    UseWithdraw = "use_withdraw",
    /// An expert has accepted: only an admin can close the case.
    AskAdmin = "ask_admin",
    /// An expert works on the case: what is asked cannot be changed any more.
    Frozen = "frozen",
    /// A reason must be given in words.
    ReasonRequired = "reason_required",
    /// A warning may be passed over only with a reason.
    OverrideReasonRequired = "override_reason_required",
    /// The case does not wait for the requester.
    NoOpenReturn = "no_open_return",
    /// The case was not returned.
    NotReturned = "not_returned",
    /// A return issue has no answer yet.
    UnansweredIssue = "unanswered_issue",
    /// The issue id is taken by another issue.
    IssueExists = "issue_exists",
    /// The issue was settled or removed.
    IssueClosed = "issue_closed",
    /// The issue has an answer, whose meaning must not change.
    IssueAnswered = "issue_answered",
    /// It belongs to somebody else.
    NotOwner = "not_owner",
    /// The case has no opinion, or no such version.
    NoRecommendation = "no_recommendation",
    /// The case is not done yet.
    NotDone = "not_done",
    /// The time for questions is over.
    WindowClosed = "window_closed",
    /// As many questions wait as may.
    TooManyClarifications = "too_many_clarifications",
    /// The question was answered already.
    ClarificationAnswered = "clarification_answered",
    /// The case keeps no refused opinion.
    NoQuarantine = "no_quarantine",
    /// Somebody must stay on the team.
    LastTeamMember = "last_team_member",
    /// A recommended medicine is one that the patient is allergic to, and nobody acknowledged it.
    AllergyUnacknowledged = "allergy_unacknowledged",
    /// A document that is to count as reviewed is not on this phone.
    DocumentMissingOnDevice = "document_missing_on_device",
    /// An expert may have read the document: strike it through instead.
    UseStrike = "use_strike",
    /// No expert can have read the document: withdraw it instead.
    UseWithdrawDocument = "use_withdraw_document",
    /// The document was withdrawn or struck through.
    DocumentWithdrawn = "document_withdrawn",
    /// The file is encrypted: nobody could read it.
    DocumentEncrypted = "document_encrypted",
    /// The file was found infected.
    DocumentInfected = "document_infected",
    /// Nobody is set up to issue invoices in the currency of the price.
    NoSeller = "no_seller",
    /// The institution is not active.
    InstitutionInactive = "institution_inactive",
    /// More than ten diagnoses, two primary ones, or a code that its edition does not list.
    DiagnosisInvalid = "diagnosis_invalid",
    /// Allergies are named and denied at once.
    AllergiesContradict = "allergies_contradict",
    /// The file does not fit: too many bytes on the case.
    CaseTooLarge = "case_too_large",
    /// The invoice is disputed.
    InvoiceFlagged = "invoice_flagged",
    /// The invoice id is taken by another invoice.
    InvoiceExists = "invoice_exists",
    /// It takes back instead of asking: a credit note is neither paid nor credited.
    IsCreditNote = "is_credit_note",
    /// The amount is not above zero.
    AmountInvalid = "amount_invalid",
    /// The amount is larger than can be counted.
    AmountTooLarge = "amount_too_large",
    /// The amount is in another currency than the invoice.
    CurrencyMismatch = "currency_mismatch",
    /// The payment lies in the future.
    PaymentDateInvalid = "payment_date_invalid",
    /// The payment id is taken by another payment.
    PaymentExists = "payment_exists",
    /// More than is left to pay.
    PaymentAboveOpen = "payment_above_open",
    /// Nothing is left to pay.
    NothingToPay = "nothing_to_pay",
    /// The invoice was written off.
    InvoiceWrittenOff = "invoice_written_off",
    /// The invoice has no such line.
    CreditLineUnknown = "credit_line_unknown",
    /// More than is left of the line.
    CreditAboveLeft = "credit_above_left",
    /// All of it was credited already.
    NothingToCredit = "nothing_to_credit",
    /// An invoice is issued again only after all of it was credited.
    NotFullyCredited = "not_fully_credited",
    /// Another invoice stands in for this one already.
    AlreadyReissued = "already_reissued",
    /// The service record waits for an admin's approval.
    NotApproved = "not_approved",
    /// The institution has no name in its own language.
    NameMissing = "name_missing",
    /// A deadline is shorter than an hour or longer than a year.
    DeadlinesInvalid = "deadlines_invalid",
    /// The id or the registration number is another institution's.
    InstitutionExists = "institution_exists",
    /// The user id is another user's.
    UserExists = "user_exists",
    /// Another user signs in by this address.
    EmailTaken = "email_taken",
    /// Nobody else could let people in.
    LastAdmin = "last_admin",
    /// The id is another expert's.
    ProviderExists = "provider_exists",
    /// Somebody signs in under this profile already.
    ProviderHasUser = "provider_has_user",
    /// No specialty, one twice, or more entries than a profile keeps.
    ProfileInvalid = "profile_invalid",
    /// Another licence of this authority and number is on file: only an admin replaces it.
    LicenceExists = "licence_exists",
    /// A price list without prices, with two for one request, or with amounts that are none.
    PriceInvalid = "price_invalid",
    /// Prices cannot begin in the past.
    PriceBackdated = "price_backdated",
    /// One request would have two prices at one time.
    PriceListOverlap = "price_list_overlap",
    /// The id is another version's.
    PriceListExists = "price_list_exists",
    /// Another record looks like the same person's, and nobody has decided yet.
    PossibleDuplicate = "possible_duplicate",
    /// The record was merged into another: use that one.
    PatientMerged = "patient_merged",
    /// The identifier's issuer is no country, or its check digits do not fit.
    IdentifierInvalid = "identifier_invalid",
    /// The date of death lies before birth or in the future.
    DeceasedDateInvalid = "deceased_date_invalid",
}

/// A refusal as it travels: the code, and what the receiver may do something with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalRecord {
    /// The stable code. A newer server may send one that this app does not know.
    pub code: String,
    /// The field concerned, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// All of them, where there may be several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// The patient to use instead, for `patient_exists`.
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
