//! Records as a phone reads them. The server builds each from a separate struct per role
//! (`server/src/sync/projection.rs`), so a field stays hidden until it is listed there. Hidden fields
//! are absent here.
//!
//! Invariant: fields are only ever added, each with a default.

use serde::{Deserialize, Serialize};

use crate::actor::Role;
use crate::cases::{Case, CaseStatus, Recommendation};
use crate::documents::Document;
use crate::ids::{CaseId, InstitutionId, ProviderId, UserId};
use crate::invoices::{Invoice, ServiceRecord};
use crate::patients::{ClinicalPatient, Patient};
use crate::people::{InstitutionDetails, ProviderProfile};
use crate::time::Timestamp;

named! {
    /// The record kinds known to this build.
    pub enum RecordKind {
        /// [`Patient`], in the institution's stream.
        Patient = "patient",
        /// [`CaseRecord`], in the case's stream.
        Case = "case",
        /// [`Document`], in the case's stream.
        Document = "document",
        /// [`Recommendation`], in the case's stream.
        Recommendation = "recommendation",
        /// [`Invoice`], in the case's stream; requesters only.
        Invoice = "invoice",
        /// [`ServiceRecord`], in the provider's stream.
        ServiceRecord = "service_record",
        /// [`crate::catalogue::Specialty`], in the catalogue's stream. The id is a hash of the code.
        Specialty = "specialty",
        /// [`InstitutionRecord`], in the institution's stream.
        Institution = "institution",
        /// [`ProviderRecord`], in the provider's stream.
        Provider = "provider",
        /// [`ColleagueRecord`], in the institution's stream.
        Colleague = "colleague",
        /// [`crate::issues::Issue`], in the case's stream.
        Issue = "issue",
        /// [`crate::cases::Clarification`], in the case's stream.
        Clarification = "clarification",
        /// [`crate::cases::Feedback`], in the case's stream.
        Feedback = "feedback",
        /// [`crate::notifications::Notification`], in its recipient's stream.
        Notification = "notification",
        /// [`super::chat::ChatEntryRecord`], in the stream of a case's chat. Never changes.
        ChatEntry = "chat_entry",
    }
}

/// One step of a case's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// The status reached.
    pub status: CaseStatus,
    /// The name of the command.
    #[serde(default)]
    pub action: String,
    #[serde(default)]
    pub role: Option<Role>,
    /// Server time.
    pub at: Timestamp,
}

/// The expert's identity, shown to a requester from Accepted on (D-12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpertName {
    pub provider_id: ProviderId,
    /// Includes the title.
    pub display_name: String,
}

/// A case with the related data its screen shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseRecord {
    #[serde(flatten)]
    pub case: Case,
    /// The statuses reached so far. An expert sees those since their own assignment.
    #[serde(default)]
    pub timeline: Vec<TimelineEntry>,
    /// For requesters, from Accepted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expert: Option<ExpertName>,
    /// For the expert: the clinical part of the patient record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<ClinicalPatient>,
    /// For the expert: the requesting institution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution_name: Option<String>,
}

impl CaseRecord {
    /// A case that the server has not received yet.
    #[must_use]
    pub const fn submitted_here(case: Case) -> Self {
        Self {
            case,
            timeline: Vec::new(),
            expert: None,
            patient: None,
            institution_name: None,
        }
    }
}

/// The requester's own institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstitutionRecord {
    pub id: InstitutionId,
    /// The name in the institution's own language.
    pub name: String,
    /// Everything an admin entered. Servers of earlier versions do not send it.
    #[serde(flatten)]
    pub details: Option<InstitutionDetails>,
    /// Whether its users may submit cases.
    #[serde(default = "active")]
    pub active: bool,
}

const fn active() -> bool {
    true
}

/// Another user of the requester's own institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColleagueRecord {
    /// The id that case teams refer to.
    pub id: UserId,
    pub display_name: String,
    /// Whether the user may sign in.
    pub active: bool,
}

/// The provider's own profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderRecord {
    pub id: ProviderId,
    /// Includes the title.
    pub display_name: String,
    /// Specialty codes.
    pub specialties: Vec<String>,
    /// The full profile. Servers of earlier versions do not send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProviderProfile>,
}

impl ProviderRecord {
    #[must_use]
    pub fn of(profile: ProviderProfile) -> Self {
        let codes = profile.details.specialties.iter();
        Self {
            id: profile.id,
            display_name: profile.details.display_name.as_str().to_owned(),
            specialties: codes.map(|offered| offered.code.as_str().to_owned()).collect(),
            profile: Some(profile),
        }
    }
}

/// A record that this build can decode.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "short-lived, one at a time")]
pub enum Record {
    Patient(Patient),
    Case(CaseRecord),
    Document(Document),
    Recommendation(Recommendation),
    Invoice(Invoice),
    ServiceRecord(ServiceRecord),
    Specialty(crate::catalogue::Specialty),
    Institution(InstitutionRecord),
    Provider(ProviderRecord),
    Colleague(ColleagueRecord),
    Issue(crate::issues::Issue),
    Clarification(crate::cases::Clarification),
    Feedback(crate::cases::Feedback),
    Notification(crate::notifications::Notification),
    ChatEntry(super::chat::ChatEntryRecord),
}

impl Record {
    /// Decodes a body of this kind. `None`: it holds something this build does not know, and is kept as
    /// bytes.
    #[must_use]
    pub fn decode(kind: RecordKind, body: &[u8]) -> Option<Self> {
        use super::cbor::decode;
        match kind {
            RecordKind::Patient => decode(body).map(Self::Patient),
            RecordKind::Case => decode(body).map(Self::Case),
            RecordKind::Document => decode(body).map(Self::Document),
            RecordKind::Recommendation => decode(body).map(Self::Recommendation),
            RecordKind::Invoice => decode(body).map(Self::Invoice),
            RecordKind::ServiceRecord => decode(body).map(Self::ServiceRecord),
            RecordKind::Specialty => decode(body).map(Self::Specialty),
            RecordKind::Institution => decode(body).map(Self::Institution),
            RecordKind::Provider => decode(body).map(Self::Provider),
            RecordKind::Colleague => decode(body).map(Self::Colleague),
            RecordKind::Issue => decode(body).map(Self::Issue),
            RecordKind::Clarification => decode(body).map(Self::Clarification),
            RecordKind::Feedback => decode(body).map(Self::Feedback),
            RecordKind::Notification => decode(body).map(Self::Notification),
            RecordKind::ChatEntry => decode(body).map(Self::ChatEntry),
        }
        .ok()
    }

    /// The case that the record is listed under, if any.
    #[must_use]
    pub const fn case_id(&self) -> Option<CaseId> {
        match self {
            Self::Case(record) => Some(record.case.id),
            Self::Document(document) => Some(document.case_id),
            Self::Recommendation(recommendation) => Some(recommendation.case_id),
            Self::Invoice(invoice) => Some(invoice.case_id),
            Self::Issue(issue) => Some(issue.case_id),
            Self::Clarification(clarification) => Some(clarification.case_id),
            Self::Feedback(feedback) => Some(feedback.case_id),
            // Kept with its chat, not with the records of the case.
            Self::ChatEntry(_)
            | Self::ServiceRecord(_)
            | Self::Patient(_)
            | Self::Notification(_)
            | Self::Specialty(_)
            | Self::Institution(_)
            | Self::Provider(_)
            | Self::Colleague(_) => None,
        }
    }
}
