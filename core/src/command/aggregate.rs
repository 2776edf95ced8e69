//! The record that a command is about.

use uuid::Uuid;

use crate::ids::{
    CaseId, InstitutionId, InvoiceId, NotificationId, PatientId, ProviderId, ServiceRecordId, UserId,
};
use crate::protocol::records::RecordKind;

/// The record that a command is about. Commands on one aggregate never overtake each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    Patient(PatientId),
    /// A case, with its documents, issues, opinions and questions.
    Case(CaseId),
    Institution(InstitutionId),
    User(UserId),
    /// An expert's profile.
    Provider(ProviderId),
    /// Specialties and price lists, which are locked as one.
    Catalogue,
    Invoice(InvoiceId),
    ServiceRecord(ServiceRecordId),
    /// A notification of the sender.
    Notification(NotificationId),
}

impl Aggregate {
    /// The kind's name and the id, as the phone's store keeps them. The id of the catalogue is nil.
    #[must_use]
    pub const fn key(self) -> (&'static str, Uuid) {
        match self {
            Self::Patient(id) => ("patient", id.as_uuid()),
            Self::Case(id) => ("case", id.as_uuid()),
            Self::Institution(id) => ("institution", id.as_uuid()),
            Self::User(id) => ("user", id.as_uuid()),
            Self::Provider(id) => ("provider", id.as_uuid()),
            Self::Catalogue => ("catalogue", Uuid::nil()),
            Self::Invoice(id) => ("invoice", id.as_uuid()),
            Self::ServiceRecord(id) => ("service_record", id.as_uuid()),
            Self::Notification(id) => ("notification", id.as_uuid()),
        }
    }

    /// The record on a phone that shows the unsent commands of this aggregate; `None` where only the server decides.
    #[must_use]
    pub const fn record(self) -> Option<(RecordKind, Uuid)> {
        match self {
            Self::Patient(id) => Some((RecordKind::Patient, id.as_uuid())),
            Self::Case(id) => Some((RecordKind::Case, id.as_uuid())),
            Self::Notification(id) => Some((RecordKind::Notification, id.as_uuid())),
            Self::Provider(id) => Some((RecordKind::Provider, id.as_uuid())),
            Self::Invoice(id) => Some((RecordKind::Invoice, id.as_uuid())),
            Self::Institution(_) | Self::User(_) | Self::Catalogue | Self::ServiceRecord(_) => None,
        }
    }
}
