//! The bytes that a cleaned file consists of: ranges of its source, zeros, and bytes of its own.
//!
//! Invariant: the cleaned file is read piece by piece and never held as a whole, except a turned one.

use std::io::{self, Read, Seek, SeekFrom};

use zeroize::Zeroizing;

use super::PictureError;

/// Maximum number of pieces. A picture has a few, one with thousands of pages some per page.
const MAX_PIECES: usize = 1 << 16;

#[derive(Debug)]
enum Piece {
    Kept {
        at: u64,
        length: u64,
    },
    /// The source from here to its end.
    Rest {
        at: u64,
    },
    Zeros(u64),
    Own(Zeroizing<Vec<u8>>),
}

/// Which bytes to read instead of a source.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pieces: Vec<Piece>,
}

impl Plan {
    /// The source as it is.
    pub(super) fn whole() -> Self {
        Self {
            pieces: vec![Piece::Rest { at: 0 }],
        }
    }

    pub(super) fn of_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self {
            pieces: vec![Piece::Own(bytes)],
        }
    }

    pub(super) fn keep(&mut self, at: u64, length: u64) -> Result<(), PictureError> {
        if let Some(Piece::Kept {
            at: before,
            length: so_far,
        }) = self.pieces.last_mut()
            && before.checked_add(*so_far) == Some(at)
        {
            *so_far = so_far.saturating_add(length);
            return Ok(());
        }
        self.push(Piece::Kept { at, length })
    }

    pub(super) fn keep_rest(&mut self, at: u64) -> Result<(), PictureError> {
        self.push(Piece::Rest { at })
    }

    pub(super) fn add(&mut self, bytes: &[u8]) -> Result<(), PictureError> {
        self.push(Piece::Own(Zeroizing::new(bytes.to_vec())))
    }

    fn push(&mut self, piece: Piece) -> Result<(), PictureError> {
        if self.pieces.len() >= MAX_PIECES {
            return Err(PictureError::Unreadable);
        }
        self.pieces.push(piece);
        Ok(())
    }

    /// Reads the cleaned file from its source.
    pub(crate) fn read<R: Read + Seek>(self, source: &mut R) -> Cleaned<'_, R> {
        Cleaned {
            source,
            pieces: self.pieces.into_iter(),
            current: None,
            done: 0,
        }
    }
}

/// A cleaned file.
pub(crate) struct Cleaned<'a, R> {
    source: &'a mut R,
    pieces: std::vec::IntoIter<Piece>,
    current: Option<Piece>,
    /// Bytes of the current piece that were read.
    done: u64,
}

impl<R: Read + Seek> Read for Cleaned<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let Some(current) = &self.current else {
                self.current = self.pieces.next();
                self.done = 0;
                match self.current {
                    None => return Ok(0),
                    Some(Piece::Kept { at, .. } | Piece::Rest { at }) => {
                        self.source.seek(SeekFrom::Start(at))?;
                    }
                    Some(Piece::Zeros(_) | Piece::Own(_)) => {}
                }
                continue;
            };
            let read = match current {
                Piece::Rest { .. } => self.source.read(buffer)?,
                Piece::Kept { length, .. } => {
                    let left = length.saturating_sub(self.done);
                    let read = (&mut *self.source).take(left).read(buffer)?;
                    if read == 0 && left > 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    read
                }
                Piece::Zeros(length) => io::repeat(0)
                    .take(length.saturating_sub(self.done))
                    .read(buffer)?,
                Piece::Own(bytes) => {
                    let done = usize::try_from(self.done).unwrap_or(usize::MAX);
                    bytes.get(done..).unwrap_or_default().read(buffer)?
                }
            };
            if read > 0 {
                self.done += read as u64;
                return Ok(read);
            }
            self.current = None;
        }
    }
}

/// Changes of a file in place.
#[derive(Default)]
pub(super) struct Edits {
    edits: Vec<(u64, Piece)>,
    kept: Vec<(u64, u64)>,
}

impl Edits {
    /// This range is needed to show the picture and must not be zeroed.
    pub(super) fn need(&mut self, at: u64, length: u64) {
        self.kept.push((at, length));
    }

    pub(super) fn zero(&mut self, at: u64, length: u64) {
        self.edits.push((at, Piece::Zeros(length)));
    }

    pub(super) fn replace(&mut self, at: u64, bytes: Vec<u8>) {
        self.edits.push((at, Piece::Own(Zeroizing::new(bytes))));
    }

    /// The edited file of this length. Refused if something is both needed and zeroed, or replaced
    /// twice.
    pub(super) fn into_plan(mut self, length: u64) -> Result<Plan, PictureError> {
        self.edits.sort_by_key(|(at, _)| *at);
        self.kept.sort_unstable();
        let mut plan = Plan::default();
        let mut kept = self.kept.iter().peekable();
        let (mut done, mut needed_to) = (0, 0_u64);
        for (at, piece) in self.edits {
            let (size, zeros) = match &piece {
                Piece::Zeros(size) => (*size, true),
                Piece::Own(bytes) => (bytes.len() as u64, false),
                Piece::Kept { .. } | Piece::Rest { .. } => (0, false),
            };
            let end = at.saturating_add(size).min(length);
            // Zeros may overlap each other, and only each other.
            let from = if zeros { at.max(done) } else { at };
            if from < done {
                return Err(PictureError::Unreadable);
            }
            while let Some((start, size)) = kept.next_if(|(start, _)| *start < end) {
                needed_to = needed_to.max(start.saturating_add(*size));
            }
            if zeros && needed_to > at && at < end {
                return Err(PictureError::Unreadable);
            }
            if from >= end {
                continue;
            }
            if from > done {
                plan.keep(done, from - done)?;
            }
            plan.push(if zeros { Piece::Zeros(end - from) } else { piece })?;
            done = end;
        }
        if done < length {
            plan.keep(done, length - done)?;
        }
        Ok(plan)
    }
}
