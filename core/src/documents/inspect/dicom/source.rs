//! Input of the header reader: a seekable file, or a forward-only stream.
//!
//! Invariant: a fault in the content and an I/O failure stay distinguishable, even where a fault has to
//! travel through `Read` as an `io::Error`.

use std::io::{self, BufReader, Read, Seek};

use super::DicomFault;

/// Why reading ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The content is faulty.
    Fault(DicomFault),
    /// The input cannot be read.
    Io(io::Error),
}

impl From<DicomFault> for Stop {
    fn from(fault: DicomFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        let fault = error.get_ref().and_then(|inner| inner.downcast_ref());
        match fault {
            Some(fault) => Self::Fault(*fault),
            None if matches!(error.kind(), io::ErrorKind::UnexpectedEof) => {
                Self::Fault(DicomFault::Truncated)
            }
            None => Self::Io(error),
        }
    }
}

/// Wraps a fault so that it can travel through `Read`.
pub(super) fn fault(fault: DicomFault) -> io::Error {
    io::Error::other(fault)
}

pub(super) trait Source: Read {
    /// Skips this many bytes; an error if there are fewer.
    fn skip(&mut self, bytes: u64) -> io::Result<()>;
}

/// A seekable file, positioned at its start.
pub(super) struct Seekable<'a, R> {
    reader: BufReader<&'a mut R>,
    left: u64,
}

impl<'a, R: Read + Seek> Seekable<'a, R> {
    pub(super) fn new(reader: &'a mut R, length: u64) -> Self {
        Self {
            reader: BufReader::new(reader),
            left: length,
        }
    }
}

impl<R: Read> Read for Seekable<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

impl<R: Read + Seek> Source for Seekable<'_, R> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        self.left = self
            .left
            .checked_sub(bytes)
            .ok_or_else(|| fault(DicomFault::Truncated))?;
        self.reader
            .seek_relative(i64::try_from(bytes).map_err(|_| fault(DicomFault::Truncated))?)
    }
}

/// A forward-only stream, usually of decompressed bytes. Reads no more than a limit.
pub(super) struct Stream<'a, R> {
    reader: R,
    left: &'a mut u64,
}

impl<'a, R: Read> Stream<'a, R> {
    pub(super) fn new(reader: R, left: &'a mut u64) -> Self {
        Self { reader, left }
    }
}

impl<R: Read> Read for Stream<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if *self.left == 0 {
            return Err(fault(DicomFault::TooLong));
        }
        let most = buffer
            .len()
            .min(usize::try_from(*self.left).unwrap_or(usize::MAX));
        let buffer = buffer.get_mut(..most).unwrap_or_default();
        let read = self.reader.read(buffer).map_err(|error| {
            // flate2 reports invalid compressed data this way.
            if matches!(error.kind(), io::ErrorKind::InvalidInput) {
                fault(DicomFault::Malformed)
            } else {
                error
            }
        })?;
        *self.left -= read as u64;
        Ok(read)
    }
}

impl<R: Read> Source for Stream<'_, R> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        if io::copy(&mut self.take(bytes), &mut io::sink())? == bytes {
            Ok(())
        } else {
            Err(fault(DicomFault::Truncated))
        }
    }
}
