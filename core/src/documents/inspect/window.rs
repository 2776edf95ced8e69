//! Pieces of a file: its head, its tail, anything between, never the whole of it.
//!
//! Not here: what the bytes mean. The invariant: a window is as long as was asked for at most.

use std::io::{self, Read, Seek, SeekFrom};

use zeroize::Zeroizing;

/// How many bytes the file has.
pub(super) fn length<R: Seek>(reader: &mut R) -> io::Result<u64> {
    reader.seek(SeekFrom::End(0))
}

/// Up to `most` bytes from `at` on; fewer where the file ends.
pub(super) fn read_at<R: Read + Seek>(
    reader: &mut R,
    at: u64,
    most: usize,
) -> io::Result<Zeroizing<Vec<u8>>> {
    reader.seek(SeekFrom::Start(at))?;
    let mut bytes = Zeroizing::new(Vec::new());
    // Patient data: never grows past this, so no copy is left behind by a reallocation. `read_to_end` probes with
    // 32 bytes more.
    bytes.reserve_exact(most.saturating_add(32));
    reader.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Where `needle` is in `bytes`, first.
pub(super) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

/// Where `needle` is in `bytes`, last.
pub(super) fn find_last(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).rposition(|window| window == needle)
}

/// What `bytes` hold from `at` on; nothing behind their end.
pub(super) fn from(bytes: &[u8], at: usize) -> &[u8] {
    bytes.get(at..).unwrap_or_default()
}
