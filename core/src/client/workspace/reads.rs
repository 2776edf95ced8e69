//! What screens read: one query per method, answered from the store.

use rusqlite::Connection;

use super::Workspace;
use crate::cases::Recommendation;
use crate::catalogue::Specialty;
use crate::client::drafts;
use crate::client::error::WorkspaceError;
use crate::client::files::{self, PlainFile};
use crate::client::notice::{KeptRecommendation, Notice};
use crate::client::queries::{self, CaseDetail, CaseSummary, ListPage, OutboxItem, PatientSummary};
use crate::client::store::lists::{NotAPlace, Range};
use crate::client::store::{self, StoreError};
use crate::crypto::Sha256Hash;
use crate::ids::{CaseId, DocumentId, PatientId};
use crate::invoices::{Invoice, ServiceRecord};
use crate::patients::Patient;

/// The rows of a list that the caller asks for.
pub(super) fn range(after: Option<&str>, limit: u32) -> Result<Range, WorkspaceError> {
    let place = |text: &str| {
        text.parse().map_err(|NotAPlace| WorkspaceError::Invalid {
            field: "after",
            reason: "not_a_place",
        })
    };
    Ok(Range {
        after: after.map(place).transpose()?,
        limit,
    })
}

impl Workspace {
    /// The newest `limit` cases after `after`, a [`ListPage::next`] of this list.
    pub fn cases(&self, after: Option<&str>, limit: u32) -> Result<ListPage<CaseSummary>, WorkspaceError> {
        let range = range(after, limit)?;
        self.read(|conn| queries::cases(conn, &range))
    }

    /// One case with everything on its screen.
    pub fn case(&self, case_id: CaseId) -> Result<CaseDetail, WorkspaceError> {
        self.read(|conn| queries::case(conn, case_id))?
            .ok_or(WorkspaceError::NotFound)
    }

    /// The opinion on a case, if there is one.
    pub fn recommendation(&self, case_id: CaseId) -> Result<Option<Recommendation>, WorkspaceError> {
        self.read(|conn| queries::recommendation(conn, case_id))
    }

    /// The invoice of a case, if there is one and the user may see it.
    pub fn invoice(&self, case_id: CaseId) -> Result<Option<Invoice>, WorkspaceError> {
        self.read(|conn| queries::invoice(conn, case_id))
    }

    /// The first `limit` patients by name after `after`, a [`ListPage::next`] of this list.
    pub fn patients(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<ListPage<PatientSummary>, WorkspaceError> {
        let range = range(after, limit)?;
        self.read(|conn| queries::patients(conn, &range))
    }

    pub fn patient(&self, id: PatientId) -> Result<Patient, WorkspaceError> {
        self.read(|conn| queries::patient(conn, id))?
            .ok_or(WorkspaceError::NotFound)
    }

    /// The provider's newest `limit` service records after `after`, a [`ListPage::next`] of this list.
    pub fn service_records(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<ListPage<ServiceRecord>, WorkspaceError> {
        let range = range(after, limit)?;
        self.read(|conn| queries::service_records(conn, &range))
    }

    /// The specialties that opinions are offered in.
    pub fn specialties(&self) -> Result<Vec<Specialty>, WorkspaceError> {
        self.read(queries::specialties)
    }

    /// Notices, newest first.
    pub fn notices(&self) -> Result<Vec<Notice>, WorkspaceError> {
        self.read(store::notices::all)
    }

    /// The user's own refused opinions, newest first. They are kept for 30 days of the server's clock.
    pub fn kept_recommendations(&self) -> Result<Vec<KeptRecommendation>, WorkspaceError> {
        self.read(drafts::kept_recommendations)
    }

    /// The whole content of a document that is on this phone.
    pub fn read_document(&self, document_id: DocumentId) -> Result<Vec<u8>, WorkspaceError> {
        let mut content = Vec::new();
        let mut plain = self.open_document(document_id)?;
        std::io::Read::read_to_end(&mut plain, &mut content).map_err(files::FileError::from)?;
        Ok(content)
    }

    /// A document that is on this phone, to be read piece by piece.
    pub fn open_document(&self, document_id: DocumentId) -> Result<PlainFile, WorkspaceError> {
        Ok(files::open_plain(&self.shared, document_id)?)
    }

    /// The hash of a document's content, computed from the file on this phone.
    pub fn document_sha256(&self, document_id: DocumentId) -> Result<Sha256Hash, WorkspaceError> {
        Ok(files::plain_sha256(&self.shared, document_id)?)
    }

    /// The result of the database's integrity check: `ok`, or what is wrong.
    pub fn integrity_check(&self) -> Result<String, WorkspaceError> {
        Ok(self.shared.store().integrity_check()?)
    }

    /// Commands that wait for the server, oldest first.
    pub fn outbox(&self) -> Result<Vec<OutboxItem>, WorkspaceError> {
        self.read(queries::outbox_items)
    }

    pub(super) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, WorkspaceError> {
        Ok(self.shared.store().read(query)?)
    }
}
