//! The record that a command is about.

use uuid::Uuid;

use crate::ids::{
    CaseId, InstitutionId, InvoiceId, NotificationId, PatientId, ProviderId, ServiceRecordId, StreamId,
    UserId,
};
use crate::protocol::records::RecordKind;
use crate::protocol::sync::RecordKey;

/// The record that a command is about. Commands on the same aggregate are applied in the order they were
/// sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    Patient(PatientId),
    /// A case, with its documents, issues, recommendations and clarifications.
    Case(CaseId),
    Institution(InstitutionId),
    User(UserId),
    Provider(ProviderId),
    /// Specialties and price lists, which are locked together.
    Catalogue,
    Invoice(InvoiceId),
    ServiceRecord(ServiceRecordId),
    /// A notification of the sender.
    Notification(NotificationId),
}

impl Aggregate {
    /// Returns the key that the outbox, answers and the audit use for the record. A user and the catalogue
    /// are not records, but have keys too.
    #[must_use]
    pub fn key(self) -> RecordKey {
        RecordKey {
            kind: self.kind().to_owned(),
            id: self.id(),
        }
    }

    /// The aggregate with this key, if this build knows the kind.
    #[must_use]
    pub fn of_key(key: &RecordKey) -> Option<Self> {
        let id = key.id;
        let all = [
            Self::Patient(PatientId::from_uuid(id)),
            Self::Case(CaseId::from_uuid(id)),
            Self::Institution(InstitutionId::from_uuid(id)),
            Self::User(UserId::from_uuid(id)),
            Self::Provider(ProviderId::from_uuid(id)),
            Self::Catalogue,
            Self::Invoice(InvoiceId::from_uuid(id)),
            Self::ServiceRecord(ServiceRecordId::from_uuid(id)),
            Self::Notification(NotificationId::from_uuid(id)),
        ];
        all.into_iter().find(|aggregate| aggregate.kind() == key.kind)
    }

    /// Returns the record that shows this aggregate's unsent commands on a phone; `None` where only the
    /// server decides.
    #[must_use]
    pub fn record(self) -> Option<(RecordKind, Uuid)> {
        match self {
            Self::Institution(_) | Self::User(_) | Self::Catalogue | Self::ServiceRecord(_) => None,
            Self::Patient(_)
            | Self::Case(_)
            | Self::Provider(_)
            | Self::Invoice(_)
            | Self::Notification(_) => RecordKind::from_name(self.kind()).map(|kind| (kind, self.id())),
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Patient(_) => RecordKind::Patient.name(),
            Self::Case(_) => RecordKind::Case.name(),
            Self::Institution(_) => RecordKind::Institution.name(),
            Self::User(_) => "user",
            Self::Provider(_) => RecordKind::Provider.name(),
            Self::Catalogue => "catalogue",
            Self::Invoice(_) => RecordKind::Invoice.name(),
            Self::ServiceRecord(_) => RecordKind::ServiceRecord.name(),
            Self::Notification(_) => RecordKind::Notification.name(),
        }
    }

    const fn id(self) -> Uuid {
        match self {
            Self::Patient(id) => id.as_uuid(),
            Self::Case(id) => id.as_uuid(),
            Self::Institution(id) => id.as_uuid(),
            Self::User(id) => id.as_uuid(),
            Self::Provider(id) => id.as_uuid(),
            Self::Catalogue => StreamId::CATALOGUE.as_uuid(),
            Self::Invoice(id) => id.as_uuid(),
            Self::ServiceRecord(id) => id.as_uuid(),
            Self::Notification(id) => id.as_uuid(),
        }
    }
}
