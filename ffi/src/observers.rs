//! Foreign trait: told that something changed. Called without locks held, on a thread of the core's; hop to your
//! own before you touch a screen.

use std::sync::{Arc, Mutex, PoisonError};

use mso_core::client;
use mso_core::ids::{CaseId, DocumentId, PatientId};

/// What changed. Ids only: read again what you show.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Change {
    /// A case, or one of its records.
    OfCase {
        /// Which.
        case_id: CaseId,
    },
    /// The chat of a case.
    OfChat {
        /// Which.
        case_id: CaseId,
    },
    /// A patient.
    OfPatient {
        /// Which.
        patient_id: PatientId,
    },
    /// A file's transfer.
    OfDocument {
        /// Which.
        document_id: DocumentId,
    },
    /// The list of notices.
    Notices,
    /// The sync status.
    SyncStatus,
    /// Specialties.
    Catalogue,
    /// Service records.
    ServiceRecords,
    /// The inbox.
    Notifications,
    /// Invoices.
    Invoices,
    /// Signed in, out, or renewed.
    Session,
}

/// Implemented by the app.
#[uniffi::export(with_foreign)]
pub trait ChangeListener: Send + Sync {
    /// Something changed. Return quickly.
    fn changed(&self, change: Change);
}

/// A listener that is being told of changes. Ends when it is cancelled or dropped.
#[derive(uniffi::Object)]
pub struct Subscription(Mutex<Option<client::Subscription>>);

#[uniffi::export]
impl Subscription {
    /// Ends it now.
    pub fn cancel(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Subscription {
    pub(crate) const fn of(subscription: client::Subscription) -> Self {
        Self(Mutex::new(Some(subscription)))
    }
}

pub(crate) struct Relay(pub(crate) Arc<dyn ChangeListener>);

impl client::ChangeListener for Relay {
    fn changed(&self, change: client::Changed) {
        use mso_core::client::Changed;
        self.0.changed(match change {
            Changed::Case(case_id) => Change::OfCase { case_id },
            Changed::Chat(case_id) => Change::OfChat { case_id },
            Changed::Patient(patient_id) => Change::OfPatient { patient_id },
            Changed::Document(document_id) => Change::OfDocument { document_id },
            Changed::Notices => Change::Notices,
            Changed::SyncStatus => Change::SyncStatus,
            Changed::Catalogue => Change::Catalogue,
            Changed::Notifications => Change::Notifications,
            Changed::Invoices => Change::Invoices,
            Changed::ServiceRecords => Change::ServiceRecords,
            Changed::Session => Change::Session,
        });
    }
}
