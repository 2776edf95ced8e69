//! Records as a phone reads them. The server writes each from a struct of its own per role
//! (`server/src/sync/projection.rs`), so a field is hidden until it is named there; what is hidden is absent here.
//!
//! The invariant: fields are only ever added, each with a default.

use serde::{Deserialize, Serialize};

use crate::cases::{Case, CaseStatus, Recommendation};
use crate::documents::Document;
use crate::ids::{CaseId, InstitutionId, ProviderId};
use crate::invoices::{Invoice, ServiceRecord};
use crate::patients::{ClinicalPatient, Patient};
use crate::time::Timestamp;

/// The kinds of record that this build knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordKind {
    /// [`Patient`], in the institution's stream.
    Patient,
    /// [`CaseRecord`], in the case's stream.
    Case,
    /// [`Document`], in the case's stream.
    Document,
    /// [`Recommendation`], in the case's stream.
    Recommendation,
    /// [`Invoice`], in the case's stream; requesters only.
    Invoice,
    /// [`ServiceRecord`], in the provider's stream.
    ServiceRecord,
    /// [`crate::catalogue::Specialty`], in the catalogue's stream. The id is a hash of the code.
    Specialty,
    /// [`InstitutionRecord`], in the institution's stream.
    Institution,
    /// [`ProviderRecord`], in the provider's stream.
    Provider,
}

impl RecordKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Patient,
        Self::Case,
        Self::Document,
        Self::Recommendation,
        Self::Invoice,
        Self::ServiceRecord,
        Self::Specialty,
        Self::Institution,
        Self::Provider,
    ];

    /// The name on the wire and in the feed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Case => "case",
            Self::Document => "document",
            Self::Recommendation => "recommendation",
            Self::Invoice => "invoice",
            Self::ServiceRecord => "service_record",
            Self::Specialty => "specialty",
            Self::Institution => "institution",
            Self::Provider => "provider",
        }
    }

    /// The kind of that name, if this build knows it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One step of a case's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// The status reached.
    pub status: CaseStatus,
    /// When, by the server's clock.
    pub at: Timestamp,
}

/// Who the expert is, as told to a requester from Accepted on (D-12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpertName {
    /// The profile.
    pub provider_id: ProviderId,
    /// As shown, with title.
    pub display_name: String,
}

/// A case with what belongs on its screen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// The case itself.
    #[serde(flatten)]
    pub case: Case,
    /// Statuses reached so far. An expert sees those from the own assignment on.
    #[serde(default)]
    pub timeline: Vec<TimelineEntry>,
    /// For the requester, from Accepted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expert: Option<ExpertName>,
    /// For the expert: the patient's clinical part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<ClinicalPatient>,
    /// For the expert: who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub institution_name: Option<String>,
}

/// The own institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstitutionRecord {
    /// The id.
    pub id: InstitutionId,
    /// As shown.
    pub name: String,
}

/// The own profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderRecord {
    /// The id.
    pub id: ProviderId,
    /// As shown, with title.
    pub display_name: String,
    /// Codes.
    pub specialties: Vec<String>,
}

/// A record that this build can read.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "short-lived, one at a time")]
pub enum Record {
    /// A patient.
    Patient(Patient),
    /// A case.
    Case(CaseRecord),
    /// A document.
    Document(Document),
    /// A recommendation.
    Recommendation(Recommendation),
    /// An invoice.
    Invoice(Invoice),
    /// A service record.
    ServiceRecord(ServiceRecord),
    /// A specialty.
    Specialty(crate::catalogue::Specialty),
    /// The own institution.
    Institution(InstitutionRecord),
    /// The own profile.
    Provider(ProviderRecord),
}

impl Record {
    /// Reads a body of this kind. `None`: it holds something this build does not know, and is kept as bytes.
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
        }
        .ok()
    }

    /// The case that the record is listed under, where there is one.
    #[must_use]
    pub const fn case_id(&self) -> Option<CaseId> {
        match self {
            Self::Case(record) => Some(record.case.id),
            Self::Document(document) => Some(document.case_id),
            Self::Recommendation(recommendation) => Some(recommendation.case_id),
            Self::Invoice(invoice) => Some(invoice.case_id),
            Self::ServiceRecord(_)
            | Self::Patient(_)
            | Self::Specialty(_)
            | Self::Institution(_)
            | Self::Provider(_) => None,
        }
    }
}
