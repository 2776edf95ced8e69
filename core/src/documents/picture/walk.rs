//! Walks through a file forward, from one structure to the next.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use zeroize::Zeroizing;

use super::PictureError;

pub(super) struct Walk<'a, R> {
    reader: BufReader<&'a mut R>,
    pub(super) at: u64,
    pub(super) length: u64,
}

impl<'a, R: Read + Seek> Walk<'a, R> {
    pub(super) fn new(source: &'a mut R) -> Result<Self, PictureError> {
        let length = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        Ok(Self {
            reader: BufReader::with_capacity(64 * 1024, source),
            at: 0,
            length,
        })
    }

    pub(super) fn left(&self) -> u64 {
        self.length.saturating_sub(self.at)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], PictureError> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    /// The next bytes; refused if there are fewer.
    pub(super) fn bytes(&mut self, length: u64) -> Result<Zeroizing<Vec<u8>>, PictureError> {
        let size = usize::try_from(length).map_err(|_| PictureError::Unreadable)?;
        if length > self.left() {
            return Err(PictureError::Unreadable);
        }
        let mut bytes = Zeroizing::new(vec![0; size]);
        self.reader.read_exact(&mut bytes)?;
        self.at += length;
        Ok(bytes)
    }

    pub(super) fn skip(&mut self, length: u64) -> Result<(), PictureError> {
        if length > self.left() {
            return Err(PictureError::Unreadable);
        }
        let by = i64::try_from(length).map_err(|_| PictureError::Unreadable)?;
        self.reader.seek_relative(by)?;
        self.at += length;
        Ok(())
    }

    /// The next JPEG marker, and where it begins; `None` at the end of the file.
    pub(super) fn marker(&mut self) -> Result<Option<(u8, u64)>, PictureError> {
        let mut behind_ff = false;
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let mut used = 0;
            let mut found = None;
            for byte in buffer {
                used += 1;
                match byte {
                    0xff => behind_ff = true,
                    0 => behind_ff = false,
                    code if behind_ff => {
                        found = Some(*code);
                        break;
                    }
                    _ => {}
                }
            }
            self.reader.consume(used);
            self.at += used as u64;
            if let Some(code) = found {
                return Ok(Some((code, self.at - 2)));
            }
        }
    }
}
