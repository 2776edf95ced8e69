//! Reads parts of a file: its head, its tail or any range, never the whole file. Invariant: a window is
//! never longer than requested.

use std::io::{self, Read, Seek, SeekFrom};

use zeroize::Zeroizing;

/// The length of the file in bytes.
pub(super) fn length<R: Seek>(reader: &mut R) -> io::Result<u64> {
    reader.seek(SeekFrom::End(0))
}

/// Up to `most` bytes starting at `at`; fewer at the end of the file.
pub(super) fn read_at<R: Read + Seek>(
    reader: &mut R,
    at: u64,
    most: usize,
) -> io::Result<Zeroizing<Vec<u8>>> {
    reader.seek(SeekFrom::Start(at))?;
    let mut bytes = Zeroizing::new(Vec::new());
    // Patient data: the buffer never grows past this, so that no copy is left behind by a reallocation.
    // `read_to_end` probes with 32 bytes more.
    bytes.reserve_exact(most.saturating_add(32));
    reader.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The first offset of `needle` in `bytes`.
pub(super) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

/// The last offset of `needle` in `bytes`.
pub(super) fn find_last(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).rposition(|window| window == needle)
}

/// The part of `bytes` from `at` on; empty past the end.
pub(super) fn from(bytes: &[u8], at: usize) -> &[u8] {
    bytes.get(at..).unwrap_or_default()
}
