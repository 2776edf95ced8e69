//! A store and its files in a temporary folder, connected to the in-memory [`Server`], opened the same way as in the app.

use std::path::Path;
use std::sync::{Arc, Mutex};

use super::server::{EMAIL, PASSWORD, Server};
use crate::client::files;
use crate::client::observe::Observers;
use crate::client::pace::Pace;
use crate::client::rest::Soon;
use crate::client::server_clock::ServerClock;
use crate::client::session;
use crate::client::shared::{Cancel, PhoneDescription, Progress, Shared};
use crate::client::store;
use crate::client::sync::piece::Pieces;
use crate::crypto::Sha256Hash;
use crate::documents::{DeclaredFile, Document, DocumentKind, DocumentState};
use crate::ids::{CaseId, DocumentId, StreamId};
use crate::text::Text;

/// Opens the workspace in this folder, like a newly started process.
pub(in crate::client) fn open(directory: &Path, server: &Arc<Server>) -> Shared {
    let vault = server.vault.clone();
    Shared {
        folder_lock: Mutex::new(None),
        store: store::open(directory, &*vault).unwrap(),
        clock: server.clock.clone(),
        server_clock: ServerClock::default(),
        directory: directory.to_owned(),
        observers: Arc::new(Observers::default()),
        transport: server.clone(),
        vault,
        phone: PhoneDescription {
            server_url: "http://127.0.0.1".to_owned(),
            platform: "linux".to_owned(),
            app_version: "0.1.0".to_owned(),
            device_name: "test".to_owned(),
        },
        pace: Pace::default(),
        wake: tokio::sync::Notify::new(),
        soon: Soon::default(),
        pulled: tokio::sync::Notify::new(),
        signed_in: tokio::sync::Notify::new(),
        single_flight: tokio::sync::Mutex::new(()),
        pieces: Mutex::new(Pieces::default()),
        refreshing: tokio::sync::Mutex::new(()),
        stop: Mutex::new(Cancel::new()),
        progress: Mutex::new(Progress::default()),
    }
}

/// A workspace in which the requester of [`Server::new`] is signed in.
pub(in crate::client) async fn signed_in(directory: &Path, server: &Arc<Server>) -> Shared {
    let shared = open(directory, server);
    session::sign_in(&shared, EMAIL, PASSWORD, None).await.unwrap();
    shared
}

/// Imports these bytes, attaches them to a case and declares the document to the server.
pub(in crate::client) fn queued(shared: &Shared, server: &Server, bytes: &[u8]) -> DeclaredFile {
    let title = Text::new("Photo").unwrap();
    let source = files::FileSource::Bytes(bytes);
    let file = files::import(shared, source, DocumentKind::Photo, &title, "photo.jpg")
        .unwrap()
        .file;
    let case = CaseId::generate(shared.now());
    let attached = shared
        .store()
        .transaction::<_, store::StoreError>(|tx| {
            tx.execute(
                "insert into record (kind, id, stream, version, body, known) values ('document', ?1, ?2, 1, x'00', 1)",
                [file.document_id.to_string(), case.to_string()],
            )?;
            store::files::attach(tx, file.document_id, case, case.into())
        })
        .unwrap();
    assert!(attached);
    server
        .state()
        .declared
        .insert(file.document_id, (file.size, file.sha256));
    file
}

/// Plans the download of these bytes, which the server has.
pub(in crate::client) fn wanted(shared: &Shared, server: &Server, bytes: &[u8]) -> Document {
    let now = shared.now();
    let file = DeclaredFile {
        document_id: DocumentId::generate(now),
        kind: DocumentKind::Imaging,
        title: Text::new("Scan").unwrap(),
        file_name: Text::new("scan.dcm").unwrap(),
        media_type: "application/dicom".to_owned(),
        size: bytes.len() as u64,
        sha256: Sha256Hash::of(bytes),
        pages: None,
        captured_at: None,
        body_site: None,
        sequence: None,
        replaces: None,
    };
    let document = Document {
        id: file.document_id,
        case_id: CaseId::generate(now),
        file,
        state: DocumentState::Stored,
        after_opinion: false,
        declared_at: now,
        of_submission: true,
        declared_by: None,
        scan: crate::documents::Scan::NotScanned,
        struck: None,
        version: 2,
    };
    let stream = StreamId::from(document.case_id);
    shared
        .store()
        .transaction(|tx| files::plan_download(tx, &document, stream, now))
        .unwrap();
    server.state().contents.insert(document.id, bytes.to_vec());
    document
}

pub(in crate::client) fn row(shared: &Shared, document: DocumentId) -> store::files::FileRow {
    shared
        .store()
        .read(|conn| store::files::row(conn, document))
        .unwrap()
        .unwrap()
}

/// The code of a file's trouble.
pub(in crate::client) fn trouble(shared: &Shared, document: DocumentId) -> Option<String> {
    row(shared, document).trouble.map(|trouble| trouble.code)
}

/// A JPEG of this length without descriptions, so that it is kept as it is; its data is noise.
pub(in crate::client) fn photo(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 24) as u8).min(0xfe)
    });
    let head = b"\xff\xd8\xff\xc0\0\x0b\x08\0\x10\0\x10\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\x3f\0";
    let mut bytes: Vec<u8> = head.iter().copied().chain(noise).take(length - 2).collect();
    bytes.extend(b"\xff\xd9");
    bytes
}
