//! Encryption of files at rest: the payload of age v1 (C2SP age, section "Payload"), without age's
//! header.
//!
//! A sealed file is a sequence of chunks. Each holds 64 KiB of plaintext (the last one 1 to 64 KiB, or
//! none if the file is empty), encrypted with ChaCha20-Poly1305 and followed by its 16-byte tag. A
//! chunk's nonce is its index, 11 bytes big-endian, and one byte that is 1 for the last chunk and 0
//! otherwise (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár). So chunk `i` begins
//! at `i * 65552`, each chunk can be opened on its own, and a file that is truncated, reordered or
//! altered does not open.
//!
//! Invariant: a key seals one content only. Nonces are counters, not random, so sealing different bytes
//! under the same key would expose both. Sealing the *same* bytes again (a resumed download) is the
//! only allowed repetition.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use zeroize::Zeroizing;

use super::KeyError;

/// Plaintext bytes in a full chunk.
pub const CHUNK_BYTES: u64 = 64 * 1024;

/// Bytes that sealing adds to each chunk.
pub const TAG_BYTES: u64 = 16;

/// Bytes in a full sealed chunk.
pub const SEALED_CHUNK_BYTES: u64 = CHUNK_BYTES + TAG_BYTES;

// The same values as `usize`, for buffer sizes.
const CHUNK: usize = CHUNK_BYTES as usize;
const SEALED_CHUNK: usize = SEALED_CHUNK_BYTES as usize;

/// Why a sealed file does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The file ends before its last chunk, or within it.
    #[error("the sealed file is cut short")]
    Truncated,
    /// A chunk was changed, moved or sealed with another key.
    #[error("the sealed file was altered")]
    Altered,
}

impl From<SealError> for io::Error {
    fn from(error: SealError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

/// The key of one file. Zeroed when dropped; never printed.
#[derive(Clone)]
pub struct FileKey(Zeroizing<[u8; 32]>);

impl FileKey {
    /// Generates a key from the operating system's random generator.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut()).map_err(|_| KeyError::NoEntropy)?;
        Ok(Self(bytes))
    }

    /// Restores the key from its 32 stored bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        bytes
            .try_into()
            .map(|bytes| Self(Zeroizing::new(bytes)))
            .map_err(|_| KeyError::NotAKey)
    }

    /// The 32 bytes, for the encrypted store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey(..)")
    }
}

/// The sealed length of a file with `plain` plaintext bytes.
#[must_use]
pub const fn sealed_length(plain: u64) -> u64 {
    let chunks = if plain == 0 {
        1
    } else {
        plain.div_ceil(CHUNK_BYTES)
    };
    plain.saturating_add(chunks.saturating_mul(TAG_BYTES))
}

/// The number of plaintext bytes in a sealed file of this length.
pub const fn plain_length(sealed: u64) -> Result<u64, SealError> {
    let chunks = sealed.div_ceil(SEALED_CHUNK_BYTES);
    let last = match sealed % SEALED_CHUNK_BYTES {
        0 => SEALED_CHUNK_BYTES,
        rest => rest,
    };
    // Only an empty file has an empty last chunk.
    if sealed == 0 || last < TAG_BYTES || (last == TAG_BYTES && chunks > 1) {
        return Err(SealError::Truncated);
    }
    Ok(sealed - chunks * TAG_BYTES)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Inner,
    Last,
}

fn nonce(index: u64, place: Place) -> Nonce {
    let flag = match place {
        Place::Inner => 0,
        Place::Last => 1,
    };
    let [_, _, _, _, nonce @ ..] = ((u128::from(index) << 8) | flag).to_be_bytes();
    Nonce::from(nonce)
}

fn cipher(key: &FileKey) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(key.as_bytes().into())
}

/// Seals the bytes appended to it, chunk by chunk. Drop it after an error.
pub struct Sealer<W> {
    cipher: ChaCha20Poly1305,
    inner: W,
    waiting: Zeroizing<Vec<u8>>,
    index: u64,
}

impl<W: Write> Sealer<W> {
    /// Starts a new file.
    pub fn new(inner: W, key: &FileKey) -> Self {
        Self::resume(inner, key, 0)
    }

    /// Continues after `chunks` whole chunks, none of which is the last. `inner` must write directly
    /// after them.
    pub fn resume(inner: W, key: &FileKey, chunks: u64) -> Self {
        // Includes room for the tag, so that no reallocation leaves plaintext behind in memory.
        let waiting = Zeroizing::new(Vec::with_capacity(SEALED_CHUNK));
        Self {
            cipher: cipher(key),
            inner,
            waiting,
            index: chunks,
        }
    }

    /// Appends plaintext. Full chunks are written; the rest is buffered.
    pub fn append(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            // A full chunk is sealed only when more bytes follow; `finish` seals the last one.
            if self.waiting.len() == CHUNK {
                self.seal(Place::Inner)?;
            }
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    /// Writes the last chunk and returns the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal(Place::Last)?;
        self.inner.flush()?;
        Ok(self.inner)
    }

    fn seal(&mut self, place: Place) -> io::Result<()> {
        let sealed = self
            .cipher
            .encrypt_in_place(&nonce(self.index, place), b"", &mut *self.waiting);
        sealed.map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        self.inner.write_all(&self.waiting)?;
        self.waiting.clear();
        self.index += 1;
        Ok(())
    }
}

/// Reads the plaintext of a sealed file, with random access.
pub struct Opener<R> {
    cipher: ChaCha20Poly1305,
    inner: R,
    length: u64,
    last_index: u64,
    position: u64,
    loaded: Option<u64>,
    chunk: Zeroizing<Vec<u8>>,
}

impl<R: Read + Seek> Opener<R> {
    /// Opens a sealed file and checks its last chunk, so that a truncated file is rejected immediately.
    pub fn new(mut inner: R, key: &FileKey) -> io::Result<Self> {
        let sealed = inner.seek(SeekFrom::End(0))?;
        let length = plain_length(sealed)?;
        let last_index = length.saturating_sub(1) / CHUNK_BYTES;
        let chunk = Zeroizing::new(Vec::with_capacity(SEALED_CHUNK));
        let mut opener = Self {
            cipher: cipher(key),
            inner,
            length,
            last_index,
            position: 0,
            loaded: None,
            chunk,
        };
        opener.load(last_index)?;
        Ok(opener)
    }

    /// The number of plaintext bytes.
    pub const fn length(&self) -> u64 {
        self.length
    }

    fn load(&mut self, index: u64) -> io::Result<()> {
        self.loaded = None;
        self.chunk.clear();
        self.inner.seek(SeekFrom::Start(index * SEALED_CHUNK_BYTES))?;
        (&mut self.inner)
            .take(SEALED_CHUNK_BYTES)
            .read_to_end(&mut self.chunk)?;
        let place = if index == self.last_index {
            Place::Last
        } else {
            Place::Inner
        };
        if self
            .cipher
            .decrypt_in_place(&nonce(index, place), b"", &mut *self.chunk)
            .is_err()
        {
            // The tag is checked before anything is decrypted, so the chunk can be tried again. If it
            // opens as an inner chunk, it is at the end because the chunks after it are missing.
            let inner = self
                .cipher
                .decrypt_in_place(&nonce(index, Place::Inner), b"", &mut *self.chunk);
            self.chunk.clear();
            return Err(if inner.is_ok() {
                SealError::Truncated
            } else {
                SealError::Altered
            }
            .into());
        }
        self.loaded = Some(index);
        Ok(())
    }
}

impl<R: Read + Seek> Read for Opener<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.length || buffer.is_empty() {
            return Ok(0);
        }
        let index = self.position / CHUNK_BYTES;
        if self.loaded != Some(index) {
            self.load(index)?;
        }
        let offset = usize::try_from(self.position % CHUNK_BYTES).unwrap_or(CHUNK);
        let mut rest = self.chunk.get(offset..).unwrap_or_default();
        let count = rest.read(buffer)?;
        if count == 0 {
            return Err(SealError::Altered.into());
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl<R> Seek for Opener<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl<W> fmt::Debug for Sealer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer(chunk {})", self.index)
    }
}

impl<R> fmt::Debug for Opener<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opener({} bytes)", self.length)
    }
}

#[cfg(test)]
mod tests;
