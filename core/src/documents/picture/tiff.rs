//! TIFF and BigTIFF: entries that only describe are taken out of their directories, in place, and
//! their values are zeroed, wherever they lie. Exif and GPS directories are zeroed as a whole.
//!
//! The picture's data keeps its place, so a file of any size is cleaned without holding it. What a
//! compressed strip contains is not looked at. Orientation stays: it is a field of TIFF itself.
//! Invariant: a file whose descriptions overlap with what shows the picture is refused.

use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};

use super::PictureError;
use super::plan::{Edits, Plan};
use super::walk::Walk;

/// Fields that are needed to show a page. Names, dates, makers, descriptions, XMP, IPTC, Photoshop's
/// and private fields are not among them.
const SHOWN: &[u16] = &[
    254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284,
    286, 287, 288, 289, 290, 291, 292, 293, 296, 297, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, 326,
    327, 328, 330, 332, 334, 336, 338, 339, 340, 341, 342, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521,
    529, 530, 531, 532, 32_995, 32_996, 32_997, 34_675,
];

const SUB_PAGES: u16 = 330;
/// Exif, GPS, interoperability.
const DIRECTORIES: [u16; 3] = [34_665, 34_853, 40_965];
/// Where the data of strips, tiles and an old JPEG begins, and how long each is.
const DATA: [(u16, u16); 3] = [(273, 279), (324, 325), (513, 514)];

const MAX_DIRECTORIES: usize = 1 << 14;
const MAX_ENTRIES: u64 = 4096;
/// Strips and tiles of all pages: enough for a slide of 2 GiB.
const MAX_VALUES: u64 = 1 << 20;

pub(super) fn plan<R: Read + Seek>(source: &mut R) -> Result<Plan, PictureError> {
    let length = source.seek(SeekFrom::End(0))?;
    let mut file = File::open(source, length)?;
    let mut edits = Edits::default();
    let header = if file.big { 16 } else { 8 };
    edits.need(0, header);
    let first = if file.big {
        file.number(8, 8)?
    } else {
        file.number(4, 4)?
    };
    if first == 0 {
        return Err(PictureError::Unreadable);
    }
    let (mut seen, mut next, mut dropped) = (BTreeSet::new(), vec![first], Vec::new());
    while let Some(at) = next.pop() {
        // The chain of pages may run in a circle.
        if at == 0 || !seen.insert(at) {
            continue;
        }
        if seen.len() > MAX_DIRECTORIES {
            return Err(PictureError::Unreadable);
        }
        let directory = file.directory(at)?;
        edits.need(at, directory.length);
        next.push(directory.next);
        let (shown, others): (Vec<_>, Vec<_>) = directory
            .entries
            .iter()
            .partition(|entry| SHOWN.contains(&entry.tag));
        for entry in &shown {
            if let Some((at, length)) = entry.elsewhere {
                edits.need(at, length);
            }
        }
        for (starts, lengths) in DATA {
            let of_tag = |tag| shown.iter().find(|entry| entry.tag == tag);
            let Some(starts) = of_tag(starts) else { continue };
            let starts = file.values(starts)?;
            let lengths = of_tag(lengths)
                .map(|entry| file.values(entry))
                .transpose()?
                .unwrap_or_default();
            for (at, start) in starts.iter().enumerate() {
                edits.need(*start, lengths.get(at).copied().unwrap_or(1));
            }
        }
        if let Some(pages) = shown.iter().find(|entry| entry.tag == SUB_PAGES) {
            next.extend(file.values(pages)?);
        }
        if !others.is_empty() {
            edits.replace(at, file.without(&directory, &shown));
            dropped.extend(others.into_iter().cloned());
        }
    }
    // Directories of descriptions may hold further ones.
    while let Some(entry) = dropped.pop() {
        if let Some((at, length)) = entry.elsewhere {
            edits.zero(at, length);
        }
        if DIRECTORIES.contains(&entry.tag) {
            for at in file.values(&entry)? {
                if !seen.insert(at) {
                    continue;
                }
                if seen.len() > MAX_DIRECTORIES {
                    return Err(PictureError::Unreadable);
                }
                let directory = file.directory(at)?;
                edits.zero(at, directory.length);
                dropped.extend(directory.entries);
            }
        }
    }
    edits.into_plan(length)
}

#[derive(Clone)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// As it stands in the directory.
    raw: Vec<u8>,
    /// Where its value lies, if not in the entry.
    elsewhere: Option<(u64, u64)>,
}

struct Directory {
    entries: Vec<Entry>,
    next: u64,
    length: u64,
}

struct File<'a, R> {
    source: &'a mut R,
    length: u64,
    big_endian: bool,
    big: bool,
    values_left: u64,
}

impl<'a, R: Read + Seek> File<'a, R> {
    fn open(source: &'a mut R, length: u64) -> Result<Self, PictureError> {
        let mut walk = Walk::new(source)?;
        let (big_endian, big) = match &walk.array()? {
            b"II*\0" => (false, false),
            b"MM\0*" => (true, false),
            b"II+\0" => (false, true),
            b"MM\0+" => (true, true),
            _ => return Err(PictureError::Unreadable),
        };
        drop(walk);
        Ok(Self {
            source,
            length,
            big_endian,
            big,
            values_left: MAX_VALUES,
        })
    }

    fn bytes(&mut self, at: u64, length: u64) -> Result<Vec<u8>, PictureError> {
        if at.checked_add(length).is_none_or(|end| end > self.length) {
            return Err(PictureError::Unreadable);
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| PictureError::Unreadable)?];
        self.source.seek(SeekFrom::Start(at))?;
        self.source.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn number(&mut self, at: u64, size: u64) -> Result<u64, PictureError> {
        let bytes = self.bytes(at, size)?;
        Ok(self.decode(&bytes))
    }

    fn decode(&self, bytes: &[u8]) -> u64 {
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        if self.big_endian {
            bytes.iter().fold(0, add)
        } else {
            bytes.iter().rev().fold(0, add)
        }
    }

    fn encode(&self, number: u64, size: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = number.to_le_bytes().into_iter().take(size).collect();
        if self.big_endian {
            bytes.reverse();
        }
        bytes
    }

    /// The sizes of a directory's count, an entry, an offset.
    fn sizes(&self) -> (u64, u64, u64) {
        if self.big { (8, 20, 8) } else { (2, 12, 4) }
    }

    fn directory(&mut self, at: u64) -> Result<Directory, PictureError> {
        let (count_size, entry_size, offset_size) = self.sizes();
        let count = self.number(at, count_size)?;
        if count > MAX_ENTRIES {
            return Err(PictureError::Unreadable);
        }
        let entries_at = at.saturating_add(count_size);
        let bytes = self.bytes(entries_at, count * entry_size)?;
        let entries = bytes
            .chunks_exact(usize::try_from(entry_size).unwrap_or(1))
            .map(|raw| self.entry(raw))
            .collect::<Result<_, _>>()?;
        let behind = entries_at.saturating_add(count * entry_size);
        // Some programs leave out the offset of the next page at the end of the file.
        let has_next = behind.saturating_add(offset_size) <= self.length;
        let next = if has_next {
            self.number(behind, offset_size)?
        } else {
            0
        };
        let length = count_size + count * entry_size + if has_next { offset_size } else { 0 };
        Ok(Directory {
            entries,
            next,
            length,
        })
    }

    fn entry(&self, raw: &[u8]) -> Result<Entry, PictureError> {
        let (_, _, offset_size) = self.sizes();
        let part = |from: u64, size: u64| {
            let (from, size) = (
                usize::try_from(from).unwrap_or_default(),
                usize::try_from(size).unwrap_or_default(),
            );
            self.decode(raw.get(from..from + size).unwrap_or_default())
        };
        let kind = u16::try_from(part(2, 2)).unwrap_or_default();
        let count = part(4, offset_size);
        let size = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16..=18 => 8,
            _ => return Err(PictureError::Unreadable),
        };
        let length = count.checked_mul(size).ok_or(PictureError::Unreadable)?;
        Ok(Entry {
            tag: u16::try_from(part(0, 2)).unwrap_or_default(),
            kind,
            count,
            raw: raw.to_vec(),
            elsewhere: (length > offset_size).then(|| (part(4 + offset_size, offset_size), length)),
        })
    }

    /// The whole numbers that an entry holds; none if it holds something else.
    fn values(&mut self, entry: &Entry) -> Result<Vec<u64>, PictureError> {
        let size: u8 = match entry.kind {
            3 => 2,
            4 | 13 => 4,
            16 | 18 => 8,
            _ => return Ok(Vec::new()),
        };
        self.values_left = self
            .values_left
            .checked_sub(entry.count)
            .ok_or(PictureError::Unreadable)?;
        let bytes = match entry.elsewhere {
            Some((at, length)) => self.bytes(at, length)?,
            None => {
                let (_, _, offset_size) = self.sizes();
                let at = usize::try_from(4 + offset_size).unwrap_or_default();
                let length = usize::try_from(entry.count).unwrap_or_default() * usize::from(size);
                entry.raw.get(at..at + length).unwrap_or_default().to_vec()
            }
        };
        Ok(bytes
            .chunks_exact(size.into())
            .map(|value| self.decode(value))
            .collect())
    }

    /// The directory with these entries alone; zeros fill the room of the others.
    fn without(&self, directory: &Directory, shown: &[&Entry]) -> Vec<u8> {
        let (count_size, _, offset_size) = self.sizes();
        let sized = |size| usize::try_from(size).unwrap_or_default();
        let mut bytes = self.encode(shown.len() as u64, sized(count_size));
        bytes.extend(shown.iter().flat_map(|entry| &entry.raw));
        bytes.extend(self.encode(directory.next, sized(offset_size)));
        bytes.resize(sized(directory.length), 0);
        bytes
    }
}
