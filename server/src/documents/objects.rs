//! The file store: parts of uploads in progress, and whole files named by their SHA-256.
//!
//! The invariant: a file stored under a hash has that hash. It is put there by a hard link, whole or not at
//! all, and never changes.

use std::io;
use std::io::{Read, Write};
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures::TryStreamExt;
use mso_core::crypto::{Sha256Hash, Sha256Hasher};
use mso_core::ids::DocumentId;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Location;
use object_store::{GetOptions, GetResultPayload, ObjectStore, ObjectStoreExt};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

/// Read size, in bytes.
const CHUNK: usize = 64 * 1024;

/// The file store, in a local folder.
#[derive(Debug, Clone)]
pub struct Objects {
    files: Arc<LocalFileSystem>,
    parts: Arc<Path>,
}

impl Objects {
    /// Opens the store in this folder, creating it if necessary.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let (files, parts) = (folder.join("files"), folder.join("parts"));
        std::fs::create_dir_all(&files)?;
        std::fs::create_dir_all(&parts)?;
        // Patients' files: no other user of this machine may read them, whatever the parent folder allows.
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        let files = LocalFileSystem::new_with_prefix(files).map_err(io::Error::other)?;
        Ok(Self {
            files: Arc::new(files),
            parts: parts.into(),
        })
    }

    /// Checks that a file can be stored now.
    pub async fn check(&self) -> io::Result<()> {
        let mark = Location::from("readyz");
        self.files
            .put(&mark, Bytes::from_static(b"ready").into())
            .await
            .map_err(io::Error::other)?;
        Ok(())
    }

    /// The file an upload is written to.
    pub(super) fn part(&self, id: DocumentId) -> PathBuf {
        self.parts.join(format!("{id}.part"))
    }

    /// How many bytes of an upload are durably on disk.
    pub(super) async fn synced_length(&self, id: DocumentId) -> io::Result<u64> {
        match tokio::fs::File::open(self.part(id)).await {
            Ok(file) => {
                file.sync_data().await?;
                Ok(file.metadata().await?.len())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Discards the received part of an upload.
    pub(super) async fn remove_part(&self, id: DocumentId) -> io::Result<()> {
        match tokio::fs::remove_file(self.part(id)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// The hash of the received part of an upload.
    pub(super) async fn hash_part(&self, id: DocumentId) -> io::Result<Sha256Hash> {
        let part = self.part(id);
        blocking(move || {
            let mut file = std::fs::File::open(part)?;
            let (mut hasher, mut chunk) = (Sha256Hasher::default(), vec![0; CHUNK]);
            loop {
                let read = file.read(&mut chunk)?;
                match chunk.get(..read) {
                    Some([]) | None => return Ok(hasher.finish()),
                    Some(bytes) => hasher.update(bytes),
                }
            }
        })
        .await
    }

    /// Adds an upload's part, which must have this hash, to the whole files. The part stays until it is
    /// removed.
    pub(super) async fn keep(&self, id: DocumentId, sha256: Sha256Hash) -> io::Result<()> {
        let part = self.part(id);
        let whole = self
            .files
            .path_to_filesystem(&location(sha256))
            .map_err(io::Error::other)?;
        blocking(move || {
            let folder = whole.parent().ok_or(io::ErrorKind::InvalidInput)?;
            std::fs::create_dir_all(folder)?;
            match std::fs::hard_link(&part, &whole) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                Ok(()) | Err(_) => {}
            }
            // The name must be as durable as the bytes, up to the folder that existed from the start.
            for folder in folder.ancestors().take(3) {
                std::fs::File::open(folder)?.sync_all()?;
            }
            Ok(())
        })
        .await
    }

    /// Stores the bytes of a document that no upload brings.
    pub(crate) async fn store(&self, id: DocumentId, bytes: Vec<u8>) -> io::Result<Sha256Hash> {
        let part = self.part(id);
        blocking(move || {
            let mut file = std::fs::File::create(part)?;
            file.write_all(&bytes)?;
            file.sync_all()
        })
        .await?;
        let sha256 = self.hash_part(id).await?;
        self.keep(id, sha256).await?;
        self.remove_part(id).await?;
        Ok(sha256)
    }

    /// Streams this range of a whole file.
    pub(super) async fn read(&self, sha256: Sha256Hash, range: Range<u64>) -> io::Result<Body> {
        let found = self
            .files
            .get_opts(&location(sha256), GetOptions::default())
            .await
            .map_err(io::Error::other)?;
        match found.payload {
            GetResultPayload::File(file, _) => {
                let mut file = tokio::fs::File::from_std(file);
                file.seek(io::SeekFrom::Start(range.start)).await?;
                let bytes = file.take(range.end.saturating_sub(range.start));
                Ok(Body::from_stream(ReaderStream::with_capacity(bytes, CHUNK)))
            }
            GetResultPayload::Stream(stream) => Ok(Body::from_stream(stream.map_err(io::Error::other))),
        }
    }
}

/// `sha256/ab/abcd…`
fn location(sha256: Sha256Hash) -> Location {
    let name = sha256.to_string();
    let folder = name.get(..2).unwrap_or_default().to_owned();
    Location::from_iter(["sha256".to_owned(), folder, name])
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use mso_core::time::Timestamp;

    use super::*;

    #[tokio::test]
    async fn a_part_is_hashed_kept_and_read_back_in_ranges() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::open(folder.path()).unwrap();
        let id = DocumentId::generate(Timestamp::from_unix_millis(1));
        assert_eq!(objects.synced_length(id).await.unwrap(), 0);
        std::fs::write(objects.part(id), b"a scan").unwrap();
        assert_eq!(objects.synced_length(id).await.unwrap(), 6);
        let hash = objects.hash_part(id).await.unwrap();
        assert_eq!(hash, Sha256Hash::of(b"a scan"));
        objects.keep(id, hash).await.unwrap();
        objects.keep(id, hash).await.unwrap();
        objects.remove_part(id).await.unwrap();
        objects.remove_part(id).await.unwrap();
        let body = objects.read(hash, 2..5).await.unwrap();
        assert_eq!(axum::body::to_bytes(body, 99).await.unwrap().as_ref(), b"sca");
        objects.check().await.unwrap();
    }

    #[tokio::test]
    async fn bytes_are_stored_as_if_they_had_been_uploaded() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::open(folder.path()).unwrap();
        let id = DocumentId::generate(Timestamp::from_unix_millis(1));
        let hash = objects.store(id, b"a scan".to_vec()).await.unwrap();
        assert_eq!(hash, Sha256Hash::of(b"a scan"));
        assert_eq!(objects.store(id, b"a scan".to_vec()).await.unwrap(), hash);
        let body = objects.read(hash, 0..6).await.unwrap();
        assert_eq!(axum::body::to_bytes(body, 99).await.unwrap().as_ref(), b"a scan");
        assert_eq!(objects.synced_length(id).await.unwrap(), 0);
    }
}
