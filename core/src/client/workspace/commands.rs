//! Commands of the main path: each method builds one command and passes it to `perform`. Whether it is allowed is decided
//! by the command's own rule. Invariant: what a method confirmed is in the outbox.

use std::path::Path;

use rusqlite::Transaction;

use super::Workspace;
use crate::cases::{
    AcceptCase, CaseRequest, RecommendationContent, ReviewedDocument, StartReview, SubmitCase,
    SubmitRecommendation,
};
use crate::client::error::WorkspaceError;
use crate::client::files::{self, FileSource};
use crate::client::notice::NoticeId;
use crate::client::observe::Changed;
use crate::client::perform::perform;
use crate::client::store;
use crate::client::store::files::{FileRow, FileState};
use crate::command::Command;
use crate::documents::{DeclareDocument, DeclaredFile, DocumentKind};
use crate::ids::{CaseId, DocumentId, PatientId, RecommendationId};
use crate::text::Line;

impl Workspace {
    /// Imports a file: reads it once and keeps it sealed. The original is not changed.
    pub fn stage_file(
        &self,
        path: &Path,
        kind: DocumentKind,
        title: &Line<1, 200>,
    ) -> Result<DeclaredFile, WorkspaceError> {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy())
            .unwrap_or_default();
        self.stage(FileSource::Path(path), kind, title, &name)
    }

    /// Imports bytes that were never written to a file, such as a camera's, so that no plain copy exists.
    pub fn stage_bytes(
        &self,
        bytes: &[u8],
        file_name: &str,
        kind: DocumentKind,
        title: &Line<1, 200>,
    ) -> Result<DeclaredFile, WorkspaceError> {
        self.stage(FileSource::Bytes(bytes), kind, title, file_name)
    }

    fn stage(
        &self,
        source: FileSource<'_>,
        kind: DocumentKind,
        title: &Line<1, 200>,
        file_name: &str,
    ) -> Result<DeclaredFile, WorkspaceError> {
        Ok(files::import(&self.shared, source, kind, title, file_name)?.file)
    }

    /// Files that are part of no case yet, oldest first. Each is kept until it is sent with a case or discarded.
    pub fn staged_files(&self) -> Result<Vec<DeclaredFile>, WorkspaceError> {
        self.read(store::files::all_staged)
    }

    /// Deletes a staged file that is part of no case.
    pub fn discard_staged(&self, document_id: DocumentId) -> Result<(), WorkspaceError> {
        Ok(files::discard(&self.shared, document_id)?)
    }

    /// An id for a new case, to be made when its form opens: however often the form is then sent, it makes one case.
    #[must_use]
    pub fn new_case_id(&self) -> CaseId {
        CaseId::generate(self.shared.now())
    }

    /// Submits a case for a verified patient, with these staged files. A second time with the same id does nothing if all
    /// else is the same too, and is refused with `case_exists` if not; after a refusal it sends the draft.
    pub fn submit_case(
        &self,
        case_id: CaseId,
        patient_id: PatientId,
        request: CaseRequest,
        documents: Vec<DocumentId>,
    ) -> Result<CaseId, WorkspaceError> {
        perform(&self.shared, |tx, _| {
            let documents = documents
                .into_iter()
                .map(|id| staged(tx, id, case_id))
                .collect::<Result<_, _>>()?;
            Ok(SubmitCase {
                case_id,
                patient_id,
                request,
                documents,
            }
            .into())
        })?;
        Ok(case_id)
    }

    /// Adds a staged file to a case that was submitted before.
    pub fn add_document(&self, case_id: CaseId, document_id: DocumentId) -> Result<(), WorkspaceError> {
        perform(&self.shared, |tx, _| {
            Ok(DeclareDocument {
                case_id,
                file: staged(tx, document_id, case_id)?,
            }
            .into())
        })?;
        Ok(())
    }

    /// Accepts an assigned case.
    pub fn accept(&self, case_id: CaseId) -> Result<(), WorkspaceError> {
        self.perform(AcceptCase { case_id }.into())
    }

    /// Starts the review.
    pub fn start_review(&self, case_id: CaseId) -> Result<(), WorkspaceError> {
        self.perform(StartReview { case_id }.into())
    }

    /// Submits the opinion. The reviewed documents are those on this phone, whatever `content` says.
    pub fn submit_recommendation(
        &self,
        case_id: CaseId,
        content: RecommendationContent,
    ) -> Result<RecommendationId, WorkspaceError> {
        let recommendation_id = RecommendationId::generate(self.shared.now());
        let performed = self.make(|tx| {
            Ok(SubmitRecommendation {
                case_id,
                recommendation_id,
                content: reviewed_here(tx, case_id, content)?,
            })
        })?;
        Ok(performed.recommendation_id)
    }

    /// Records that the user has seen a notice.
    pub fn mark_notice_read(&self, id: NoticeId) -> Result<(), WorkspaceError> {
        if !self
            .shared
            .store()
            .transaction(|tx| store::notices::mark_read(tx, id))?
        {
            return Err(WorkspaceError::NotFound);
        }
        self.shared.observers.notify([Changed::Notices]);
        Ok(())
    }

    /// Performs any command as if a screen had asked for it.
    #[cfg(feature = "testing")]
    pub fn perform_command(&self, command: Command) -> Result<(), WorkspaceError> {
        self.perform(command)
    }

    pub(super) fn perform(&self, command: Command) -> Result<(), WorkspaceError> {
        perform(&self.shared, |_, _| Ok(command)).map(drop)
    }

    /// Performs an operation that makes ids. Returns it, or the equal one that was confirmed before: its ids are the answer.
    pub(super) fn make<T>(
        &self,
        build: impl FnOnce(&Transaction<'_>) -> Result<T, WorkspaceError>,
    ) -> Result<T, WorkspaceError>
    where
        T: Clone + Into<Command>,
        for<'a> &'a T: TryFrom<&'a Command>,
    {
        let performed = perform(&self.shared, |tx, _| Ok(build(tx)?.into()))?;
        let operation = performed.as_operation::<T>().cloned();
        operation.ok_or(WorkspaceError::Bug {
            reference: "other_operation",
        })
    }
}

/// A staged file; or one of this case, as the same command names it when it comes again.
fn staged(tx: &Transaction<'_>, id: DocumentId, case_id: CaseId) -> Result<DeclaredFile, WorkspaceError> {
    store::files::staged_or_of(tx, id, case_id)?.ok_or(WorkspaceError::NotFound)
}

/// The content with the documents on this phone listed as reviewed.
pub(in crate::client) fn reviewed_here(
    tx: &Transaction<'_>,
    case_id: CaseId,
    content: RecommendationContent,
) -> Result<RecommendationContent, WorkspaceError> {
    let present = store::files::of_case(tx, case_id)?
        .into_iter()
        .filter(|row| row.state == FileState::Present);
    let reviewed = |row: FileRow| ReviewedDocument {
        document_id: row.document_id,
        sha256: row.sha256,
    };
    Ok(RecommendationContent {
        reviewed_documents: present.map(reviewed).collect(),
        ..content
    })
}
