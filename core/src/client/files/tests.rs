use std::io::{Seek, SeekFrom};

use super::*;
use crate::client::WorkspaceError;
use crate::client::testing::server::Server;
use crate::client::testing::store_and_files::{open, photo, queued, row};
use crate::documents::inspect::PdfDamage;
use crate::documents::inspect::samples::sample;

fn title() -> Line<1, 200> {
    Line::new("Photo of the lesion").unwrap()
}

fn take(shared: &Shared, bytes: &[u8], name: &str) -> Result<Imported, FileError> {
    import(
        shared,
        FileSource::Bytes(bytes),
        DocumentKind::Photo,
        &title(),
        name,
    )
}

/// Every file under a folder.
fn all_files(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| {
            if path.is_dir() {
                all_files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn a_file_that_was_taken_in_opens_with_the_same_bytes() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    let bytes = photo(200_000);
    let source = directory.path().join("IMG_0001.txt");
    fs::write(&source, &bytes).unwrap();
    let file = import(
        &shared,
        FileSource::Path(&source),
        DocumentKind::Photo,
        &title(),
        "/dcim/IMG_0001.txt",
    )
    .unwrap();
    assert_eq!(
        (file.file.size, file.file.sha256),
        (200_000, Sha256Hash::of(&bytes))
    );
    assert_eq!(
        (file.file.media_type.as_str(), &file.findings[..]),
        ("image/jpeg", &[][..])
    );
    assert_eq!(
        plain_sha256(&shared, file.file.document_id).unwrap(),
        file.file.sha256
    );

    let mut plain = open_plain(&shared, file.file.document_id).unwrap();
    plain.seek(SeekFrom::End(-1_000)).unwrap();
    let mut end = Vec::new();
    plain.read_to_end(&mut end).unwrap();
    assert_eq!(end, bytes[199_000..]);
    let staged = shared
        .store()
        .read(|conn| rows::staged(conn, file.file.document_id))
        .unwrap();
    let staged = staged.unwrap();
    assert_eq!(staged.file_name.as_str(), "IMG_0001.txt");
    assert_eq!(
        (staged.size, staged.sha256, staged.media_type),
        (file.file.size, file.file.sha256, file.file.media_type)
    );
}

#[test]
fn canary_bytes_of_a_queued_photo_appear_in_no_file() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    let canary = b"CANARY-7f3a-of-a-queued-photo";
    let mut bytes = photo(300_000);
    for at in [5_000, 65_530, 150_000, 299_000] {
        bytes[at..at + canary.len()].copy_from_slice(canary);
    }
    take(&shared, &bytes, "canary-name-5512.jpg").unwrap();
    let files = all_files(directory.path());
    assert!(files.len() >= 3, "database, log and sealed file: {files:?}");
    for file in files {
        let content = fs::read(&file).unwrap();
        for secret in [canary.as_slice(), b"canary-name-5512", b"Photo of the lesion"] {
            assert!(
                !content.windows(secret.len()).any(|window| window == secret),
                "{}",
                file.display()
            );
        }
    }
}

#[test]
fn what_a_killed_process_left_behind_is_swept_and_nothing_else() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    let file = take(&shared, &photo(100), "a.jpg").unwrap();
    let folder = shared.files_directory();
    fs::write(
        folder.join(new_name().unwrap()),
        b"sealed, but killed before its row",
    )
    .unwrap();
    fs::write(folder.join("0123.part"), b"killed while sealing").unwrap();
    drop(shared);

    let shared = open(directory.path(), &server);
    assert_eq!(sweep_orphans(&shared).unwrap(), 2);
    assert_eq!(sweep_orphans(&shared).unwrap(), 0);
    assert_eq!(
        plain_sha256(&shared, file.file.document_id).unwrap(),
        file.file.sha256
    );
}

#[test]
fn a_refused_file_leaves_nothing() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    let refused = |bytes: &[u8]| {
        let error = take(&shared, bytes, "x.pdf").unwrap_err();
        if let FileError::Refused(refusal) = error {
            refusal
        } else {
            panic!("{error}")
        }
    };
    assert_eq!(refused(b""), Refusal::DocumentEmpty);
    assert_eq!(
        refused(b"\xcf\xf0\xe8\xe2\xe5\xf2, \xe4\xee\xea\xf2\xee\xf0"),
        Refusal::TextEncodingUnknown
    );
    assert_eq!(refused(b"MZ\x90\0\x03\0\0\0"), Refusal::MediaTypeNotAllowed);
    assert_eq!(
        refused(b"<!DOCTYPE html><html></html>"),
        Refusal::MediaTypeNotAllowed
    );
    assert_eq!(
        all_files(directory.path())
            .iter()
            .filter(|path| path.ends_with("files"))
            .count(),
        0
    );
}

#[test]
fn a_removed_file_is_gone_with_its_key() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    let file = take(&shared, &photo(100), "a.jpg").unwrap();
    let path = shared
        .files_directory()
        .join(row(&shared, file.file.document_id).path);
    discard(&shared, file.file.document_id).unwrap();
    assert!(!path.exists());
    assert!(matches!(
        open_plain(&shared, file.file.document_id),
        Err(FileError::NotHere)
    ));
}

#[test]
fn a_damaged_file_says_so() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    let file = take(&shared, &photo(100_000), "a.jpg").unwrap();
    let path = shared
        .files_directory()
        .join(row(&shared, file.file.document_id).path);
    let whole = fs::read(&path).unwrap();
    let mut altered = whole.clone();
    altered[10] ^= 1;
    fs::write(&path, altered).unwrap();
    let error = plain_sha256(&shared, file.file.document_id).unwrap_err();
    assert!(matches!(error, FileError::Damaged(SealError::Altered)), "{error}");
    fs::write(&path, &whole[..65_552]).unwrap();
    let error = plain_sha256(&shared, file.file.document_id).unwrap_err();
    assert!(
        matches!(error, FileError::Damaged(SealError::Truncated)),
        "{error}"
    );
}

#[test]
fn an_encrypted_pdf_is_refused_and_leaves_nothing() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    // The name does not matter.
    let error = take(&shared, &sample("encrypted.pdf"), "report.jpg").unwrap_err();
    assert!(matches!(
        WorkspaceError::from(error),
        WorkspaceError::Refused(Refusal::DocumentEncrypted)
    ));
    assert!(!shared.files_directory().exists());
    let open = take(&shared, &sample("letter.pdf"), "report.jpg").unwrap();
    assert_eq!(open.file.media_type, "application/pdf");
    // Readers repair damaged PDFs, so they are accepted.
    let damaged = take(&shared, &sample("pdf/issue-297.pdf"), "report.pdf").unwrap();
    assert_eq!(
        damaged.findings,
        [Finding::PdfDamaged(PdfDamage::NoCrossReference)]
    );
}

#[test]
fn whom_a_dicom_file_names_is_found_when_it_is_taken_in() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    let file = take(&shared, &sample("dicom/charset_files/chrX1.dcm"), "IM0001").unwrap();
    assert_eq!(file.file.media_type, "application/dicom");
    let [Finding::DicomIdentity(identity)] = &file.findings[..] else {
        panic!("{:?}", file.findings)
    };
    let name = identity.name.as_ref().unwrap();
    assert_eq!(name.display(), "Wang XiaoDong = 王 小東");
}

#[test]
fn a_picture_is_cleaned_before_it_is_sealed_and_declared_as_cleaned() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    for name in ["gps.jpg", "images/hopper_orientation_6.jpg", "images/hopper.tif"] {
        let bytes = sample(name);
        let file = take(&shared, &bytes, "IMG_0001").unwrap().file;
        let mut plain = Vec::new();
        open_plain(&shared, file.document_id)
            .unwrap()
            .read_to_end(&mut plain)
            .unwrap();
        assert_eq!(
            (file.size, file.sha256),
            (plain.len() as u64, Sha256Hash::of(&plain)),
            "{name}"
        );
        assert_ne!(file.sha256, Sha256Hash::of(&bytes), "{name}");
        let fields = exif::Reader::new().read_from_container(&mut Cursor::new(&plain));
        let gps =
            |field: &exif::Field| matches!(field.tag.context(), exif::Context::Gps | exif::Context::Exif);
        assert!(!fields.is_ok_and(|found| found.fields().any(gps)), "{name}");
    }
    // DICOM is kept as it is.
    let bytes = sample("dicom/test_files/rtstruct.dcm");
    let file = take(&shared, &bytes, "IM0001").unwrap().file;
    assert_eq!(
        (file.media_type.as_str(), file.sha256),
        ("application/dicom", Sha256Hash::of(&bytes))
    );
}

#[test]
fn a_picture_that_cannot_be_cleaned_is_refused_and_leaves_nothing() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    for bytes in [
        &b"\xff\xd8\xff\xe1\xff\xff cut"[..],
        &sample("images/seek_too_large.tif"),
    ] {
        let error = take(&shared, bytes, "a.jpg").unwrap_err();
        assert!(matches!(error, FileError::Refused(Refusal::PictureUnreadable)));
    }
    assert!(!shared.files_directory().exists());
}

#[test]
fn a_source_that_cannot_be_read_is_the_callers_mistake_and_not_the_storages() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    for source in [directory.path().join("gone.jpg"), directory.path().to_owned()] {
        let source = FileSource::Path(&source);
        let error = import(&shared, source, DocumentKind::Photo, &title(), "gone.jpg").unwrap_err();
        assert!(matches!(
            WorkspaceError::from(error),
            WorkspaceError::Invalid {
                field: "path",
                reason: "unreadable"
            }
        ));
    }
    let full = FileError::Io(io::ErrorKind::StorageFull.into());
    assert_eq!(WorkspaceError::from(full).code(), "disk_full");
}

#[test]
fn a_file_that_goes_with_a_case_is_not_discarded() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    let staged = take(&shared, &photo(1_000), "a.jpg").unwrap();
    let sent = queued(&shared, &server, &photo(1_000));
    discard(&shared, staged.file.document_id).unwrap();
    for document in [staged.file.document_id, sent.document_id] {
        assert!(matches!(discard(&shared, document), Err(FileError::NotHere)));
    }
    assert_eq!(plain_sha256(&shared, sent.document_id).unwrap(), sent.sha256);
}

#[test]
fn what_cannot_be_swept_does_not_keep_the_phone_closed() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::new());
    let shared = open(directory.path(), &server);
    fs::create_dir_all(shared.files_directory().join("lost+found")).unwrap();
    fs::write(shared.files_directory().join("0.part"), "x").unwrap();
    assert_eq!(sweep_orphans(&shared).unwrap(), 1);
}
