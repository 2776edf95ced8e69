//! `Workspace`: one user's work on one phone. Each method is one line of work: who does it is named in `client`'s table.
//!
//! Reads and commands work at any time, offline too, and return as soon as the disk has them. Only `sign_in`,
//! `sign_out` and `sync` wait for the network.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::engine::{self, Engine, Pace, SyncReport};
use super::error::WorkspaceError;
use super::files::{self, FileSource, PlainFile};
use super::key_vault::KeyVault;
use super::notices::{KeptRecommendation, Notice, NoticeId};
use super::observe::{ChangeListener, Changed, Observers, Subscription};
use super::perform::perform;
use super::queries::{self, CaseDetail, CaseSummary, OutboxItem, PatientSummary, SyncStatus};
use super::session::{self, Session};
use super::shared::{Cancel, PhoneDescription, Progress, Shared};
use super::store::files::FileState;
use super::store::{self, Store, StoreError};
use super::sync::apply;
use super::transport::Transport;
use super::transport::http::HttpTransport;
use crate::actor::Acting;
use crate::cases::{
    AcceptCase, CaseRequest, Recommendation, RecommendationContent, ReviewedDocument, StartReview, SubmitCase,
    SubmitRecommendation,
};
use crate::catalogue::Specialty;
use crate::command::Command;
use crate::crypto::Sha256Hash;
use crate::documents::{DeclareDocument, DeclaredFile, DocumentKind};
use crate::ids::{CaseId, DeviceId, DocumentId, PatientId, RecommendationId, UserId};
use crate::invoices::{Invoice, ServiceRecord};
use crate::patients::{CreatePatient, Identifier, Patient, PatientName, Sex, VerificationMethod, VerifyPatient};
use crate::text::Text;
use crate::time::{Clock, PartialDate};

/// How a workspace is opened.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// A folder of its own, which no backup copies.
    pub directory: PathBuf,
    /// `https://…`, without a path.
    pub server_url: String,
    /// `android`, `ios`, `linux`.
    pub platform: String,
    /// The app's version.
    pub app_version: String,
    /// The phone, as the user knows it.
    pub device_name: String,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    /// The user.
    pub user_id: UserId,
    /// Role and party.
    pub acting: Acting,
    /// As shown.
    pub display_name: String,
    /// This phone.
    pub device_id: DeviceId,
}

/// A patient to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPatient {
    /// 0 to 8.
    pub identifiers: Vec<Identifier>,
    /// Why there is none.
    pub no_identifier_reason: Option<Text<1, 500>>,
    /// Name.
    pub name: PatientName,
    /// Birth date.
    pub birth_date: PartialDate,
    /// Administrative sex.
    pub sex: Sex,
    /// BCP 47.
    pub preferred_language: Option<Text<2, 35>>,
}

/// A file that was taken in, sealed, and goes with a case when one is submitted with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedFile {
    /// To be named at submit.
    pub document_id: DocumentId,
    /// Plain bytes.
    pub size: u64,
    /// Of the plain bytes.
    pub sha256: Sha256Hash,
    /// As its bytes say.
    pub media_type: String,
}

/// One user's work on one phone.
pub struct Workspace {
    pub(super) shared: Arc<Shared>,
    engine: Mutex<Option<Engine>>,
}

impl fmt::Debug for Workspace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Workspace(..)")
    }
}

fn summary(session: Session) -> Result<SessionSummary, WorkspaceError> {
    let Session { actor, session_id: _, display_name } = session;
    let device_id = actor.device().ok_or(WorkspaceError::SignInNeeded)?;
    Ok(SessionSummary { user_id: actor.user, acting: actor.acting, display_name, device_id })
}

/// Opening, closing, and who is signed in.
impl Workspace {
    /// Opens the workspace of this folder, or begins one.
    pub fn open(
        options: OpenOptions,
        vault: Arc<dyn KeyVault>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, WorkspaceError> {
        let transport = HttpTransport::new(&options.server_url)
            .map_err(|_| WorkspaceError::Invalid { field: "server_url", reason: "not_a_server" })?;
        Self::open_over(options, vault, clock, Arc::new(transport), Pace::default())
    }

    /// The same over a network of the caller's, at the caller's pace.
    pub fn open_over(
        options: OpenOptions,
        vault: Arc<dyn KeyVault>,
        clock: Arc<dyn Clock>,
        transport: Arc<dyn Transport>,
        pace: Pace,
    ) -> Result<Arc<Self>, WorkspaceError> {
        let OpenOptions { directory, server_url, platform, app_version, device_name } = options;
        let shared = Shared {
            store: Mutex::new(Store::closed()),
            clock,
            directory,
            observers: Arc::new(Observers::default()),
            transport,
            vault,
            phone: PhoneDescription { server_url, platform, app_version, device_name },
            pace,
            wake: tokio::sync::Notify::new(),
            single_flight: tokio::sync::Mutex::new(()),
            refreshing: tokio::sync::Mutex::new(()),
            stop: Mutex::new(Cancel::new()),
            progress: Mutex::new(Progress::default()),
        };
        store::finish_wipe(&shared.directory, &shared.files_directory(), shared.vault.as_ref())
            .map_err(store::OpenError::from)?;
        open_store(&shared)?;
        files::sweep_orphans(&shared)?;
        Ok(Arc::new(Self { shared: Arc::new(shared), engine: Mutex::new(None) }))
    }

    /// Stops everything. Whatever is called afterwards answers that storage is closed.
    pub fn close(&self) {
        self.go_offline();
        *self.shared.store() = Store::closed();
    }

    /// Signs in and enrols this phone.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SessionSummary, WorkspaceError> {
        let session = session::sign_in(&self.shared, email, password).await?;
        self.shared.wake.notify_one();
        summary(session)
    }

    /// Who is signed in on this phone, whether or not the server can be reached.
    pub fn session(&self) -> Result<Option<SessionSummary>, WorkspaceError> {
        self.read(session::current)?.map(summary).transpose()
    }

    /// What signing out now would lose: commands without an answer, and files that exist nowhere else.
    pub fn unsent(&self) -> Result<u32, WorkspaceError> {
        engine::unsent(&self.shared)
    }

    /// Signs out and wipes this phone: records, files, keys, and what was never sent ([`Self::unsent`]). The workspace
    /// is open and empty afterwards.
    pub async fn sign_out(&self) -> Result<(), WorkspaceError> {
        self.go_offline();
        let _nothing_runs = self.shared.single_flight.lock().await;
        session::sign_out(&self.shared).await?;
        {
            let mut store = self.shared.store();
            *store = Store::closed();
            store::wipe(&self.shared.directory, &self.shared.files_directory(), self.shared.vault.as_ref())
                .map_err(store::OpenError::from)?;
        }
        open_store(&self.shared)?;
        self.shared.observers.notify([Changed::Session, Changed::SyncStatus, Changed::Notices, Changed::Catalogue]);
        Ok(())
    }

    /// Calls the listener after every change, until the subscription is dropped.
    pub fn subscribe(&self, listener: Arc<dyn ChangeListener>) -> Subscription {
        self.shared.observers.subscribe(listener)
    }
}

fn open_store(shared: &Shared) -> Result<(), WorkspaceError> {
    let mut store = store::open(&shared.directory, shared.vault.as_ref())?;
    let version = shared.phone.app_version.as_str();
    store.transaction(|tx| {
        let known = store::settings::app_version(tx)?;
        if known.as_deref() != Some(version) {
            let actor = session::current(tx)?.map(|session| session.actor);
            apply::read_again(tx, actor, shared.now())?;
            store::settings::set_app_version(tx, version)?;
        }
        Ok::<_, WorkspaceError>(())
    })?;
    *shared.store() = store;
    Ok(())
}

/// The network.
impl Workspace {
    /// Keeps this phone level with the server from now on, in the background.
    pub fn go_online(&self) -> Result<(), WorkspaceError> {
        let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        if engine.is_none() {
            *engine = Some(Engine::start(Arc::clone(&self.shared))?);
            self.shared.progress().online = true;
        }
        drop(engine);
        self.shared.observers.notify([Changed::SyncStatus]);
        Ok(())
    }

    /// Stops using the network, at once: a transfer under way is cut and resumes later.
    pub fn go_offline(&self) {
        let engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.shared.stop_all();
        if let Some(engine) = engine {
            engine.stop();
        }
        self.shared.progress().online = false;
        self.shared.observers.notify([Changed::SyncStatus]);
    }

    /// One whole cycle now: pushes, pulls, uploads, downloads, until nothing is left to do.
    pub async fn sync(&self) -> Result<SyncReport, WorkspaceError> {
        engine::cycle(&self.shared, &self.shared.stop()).await
    }

    /// How far phone and server are apart.
    pub fn sync_status(&self) -> Result<SyncStatus, WorkspaceError> {
        Ok(queries::sync_status(&self.shared)?)
    }

    /// Commands that wait for the server, oldest first.
    pub fn outbox(&self) -> Result<Vec<OutboxItem>, WorkspaceError> {
        self.read(queries::outbox_items)
    }
}

/// What the user does.
impl Workspace {
    /// Adds a patient of the own institution.
    pub fn create_patient(&self, patient: NewPatient) -> Result<PatientId, WorkspaceError> {
        let patient_id = PatientId::generate(self.shared.now());
        let NewPatient { identifiers, no_identifier_reason, name, birth_date, sex, preferred_language } = patient;
        let command =
            CreatePatient { patient_id, identifiers, no_identifier_reason, name, birth_date, sex, preferred_language };
        self.perform(Command::CreatePatient(command))?;
        Ok(patient_id)
    }

    /// Attests who the patient is.
    pub fn verify_patient(&self, patient_id: PatientId, method: VerificationMethod) -> Result<(), WorkspaceError> {
        self.perform(Command::VerifyPatient(VerifyPatient { patient_id, method }))
    }

    /// Takes a file in: reads it once and keeps it sealed. The original is left as it is.
    pub fn stage_file(
        &self,
        path: &Path,
        kind: DocumentKind,
        title: &Text<1, 200>,
    ) -> Result<StagedFile, WorkspaceError> {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        self.stage(FileSource::Path(path), kind, title, &name)
    }

    /// Takes in bytes that never were a file, as a camera gives them: so they are nowhere in the clear.
    pub fn stage_bytes(
        &self,
        bytes: &[u8],
        file_name: &str,
        kind: DocumentKind,
        title: &Text<1, 200>,
    ) -> Result<StagedFile, WorkspaceError> {
        self.stage(FileSource::Bytes(bytes), kind, title, file_name)
    }

    fn stage(
        &self,
        source: FileSource<'_>,
        kind: DocumentKind,
        title: &Text<1, 200>,
        file_name: &str,
    ) -> Result<StagedFile, WorkspaceError> {
        let file = files::import(&self.shared, source, kind, title, file_name)?;
        Ok(StagedFile {
            document_id: file.document_id,
            size: file.size,
            sha256: file.sha256,
            media_type: file.media_type,
        })
    }

    /// Deletes a file that went with no case.
    pub fn discard_staged(&self, document_id: DocumentId) -> Result<(), WorkspaceError> {
        self.read(|conn| store::files::staged(conn, document_id))?.ok_or(WorkspaceError::NotFound)?;
        Ok(files::remove(&self.shared, document_id)?)
    }

    /// Asks for an opinion on a verified patient, with these staged files.
    pub fn submit_case(
        &self,
        patient_id: PatientId,
        request: CaseRequest,
        documents: Vec<DocumentId>,
    ) -> Result<CaseId, WorkspaceError> {
        let case_id = CaseId::generate(self.shared.now());
        perform(&self.shared, |tx, _| {
            let documents = documents.into_iter().map(|id| staged(tx, id)).collect::<Result<_, _>>()?;
            Ok(Command::SubmitCase(SubmitCase { case_id, patient_id, request, documents }))
        })?;
        Ok(case_id)
    }

    /// Adds a staged file to a case that was submitted before.
    pub fn add_document(&self, case_id: CaseId, document_id: DocumentId) -> Result<(), WorkspaceError> {
        perform(&self.shared, |tx, _| {
            Ok(Command::DeclareDocument(DeclareDocument { case_id, file: staged(tx, document_id)? }))
        })?;
        Ok(())
    }

    /// Takes an assigned case.
    pub fn accept(&self, case_id: CaseId) -> Result<(), WorkspaceError> {
        self.perform(Command::AcceptCase(AcceptCase { case_id }))
    }

    /// Begins the review.
    pub fn start_review(&self, case_id: CaseId) -> Result<(), WorkspaceError> {
        self.perform(Command::StartReview(StartReview { case_id }))
    }

    /// Gives the opinion. Which documents were at hand is found on this phone, whatever `content` says.
    pub fn submit_recommendation(
        &self,
        case_id: CaseId,
        content: RecommendationContent,
    ) -> Result<RecommendationId, WorkspaceError> {
        let recommendation_id = RecommendationId::generate(self.shared.now());
        perform(&self.shared, |tx, _| {
            let present = store::files::of_case(tx, case_id)?.into_iter().filter(|row| row.state == FileState::Present);
            let reviewed = |row: store::files::FileRow| ReviewedDocument {
                document_id: row.document_id,
                sha256: row.sha256,
            };
            let content = RecommendationContent { reviewed_documents: present.map(reviewed).collect(), ..content };
            Ok(Command::SubmitRecommendation(SubmitRecommendation { case_id, recommendation_id, content }))
        })?;
        Ok(recommendation_id)
    }

    /// The user has seen a notice.
    pub fn mark_notice_read(&self, id: NoticeId) -> Result<(), WorkspaceError> {
        if !self.shared.store().transaction(|tx| store::notices::mark_read(tx, id))? {
            return Err(WorkspaceError::NotFound);
        }
        self.shared.observers.notify([Changed::Notices]);
        Ok(())
    }

    fn perform(&self, command: Command) -> Result<(), WorkspaceError> {
        perform(&self.shared, |_, _| Ok(command)).map(drop)
    }
}

fn staged(tx: &rusqlite::Transaction<'_>, id: DocumentId) -> Result<DeclaredFile, WorkspaceError> {
    store::files::staged(tx, id)?.ok_or(WorkspaceError::NotFound)
}

/// What screens read.
impl Workspace {
    /// All cases, newest first.
    pub fn cases(&self) -> Result<Vec<CaseSummary>, WorkspaceError> {
        self.read(queries::cases)
    }

    /// One case with everything on its screen.
    pub fn case(&self, case_id: CaseId) -> Result<CaseDetail, WorkspaceError> {
        self.read(|conn| queries::case(conn, case_id))?.ok_or(WorkspaceError::NotFound)
    }

    /// The opinion on a case, once there is one.
    pub fn recommendation(&self, case_id: CaseId) -> Result<Option<Recommendation>, WorkspaceError> {
        self.read(|conn| queries::recommendation(conn, case_id))
    }

    /// The invoice of a case, once there is one and for who may see it.
    pub fn invoice(&self, case_id: CaseId) -> Result<Option<Invoice>, WorkspaceError> {
        self.read(|conn| queries::invoice(conn, case_id))
    }

    /// All patients, by name.
    pub fn patients(&self) -> Result<Vec<PatientSummary>, WorkspaceError> {
        self.read(queries::patients)
    }

    /// One patient.
    pub fn patient(&self, id: PatientId) -> Result<Patient, WorkspaceError> {
        self.read(|conn| queries::patient(conn, id))?.ok_or(WorkspaceError::NotFound)
    }

    /// What this provider did, newest first.
    pub fn service_records(&self) -> Result<Vec<ServiceRecord>, WorkspaceError> {
        self.read(queries::service_records)
    }

    /// The specialties that opinions are offered in.
    pub fn specialties(&self) -> Result<Vec<Specialty>, WorkspaceError> {
        self.read(queries::specialties)
    }

    /// What the user must be told, newest first.
    pub fn notices(&self) -> Result<Vec<Notice>, WorkspaceError> {
        self.read(store::notices::all)
    }

    /// This author's own refused opinions, for 30 days.
    pub fn kept_recommendations(&self) -> Result<Vec<KeptRecommendation>, WorkspaceError> {
        let now = self.shared.now();
        let kept = self.read(store::notices::kept)?;
        Ok(kept.into_iter().filter(|kept| kept.kept_until > now).collect())
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

    /// The hash of a document's content, computed from what rests on this phone.
    pub fn document_sha256(&self, document_id: DocumentId) -> Result<Sha256Hash, WorkspaceError> {
        Ok(files::plain_sha256(&self.shared, document_id)?)
    }

    /// What the database finds when it checks itself: `ok`, or what is wrong.
    pub fn integrity_check(&self) -> Result<String, WorkspaceError> {
        Ok(self.shared.store().integrity_check()?)
    }

    fn read<T>(&self, query: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError>) -> Result<T, WorkspaceError> {
        Ok(self.shared.store().read(query)?)
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        self.go_offline();
    }
}
