//! The items of a HEIC file as `meta` lists them: what each is, and where its bytes are.

use std::collections::BTreeMap;

use super::super::PictureError;
use super::super::plan::Edits;

/// Where the offsets of an item count from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    File,
    /// `idat`, inside `meta`.
    Meta,
}

/// A range of bytes of an item.
pub(super) struct Place {
    pub(super) item: u32,
    pub(super) source: Source,
    pub(super) at: u64,
    pub(super) length: u64,
}

pub(super) struct Items {
    pub(super) kinds: BTreeMap<u32, [u8; 4]>,
    pub(super) places: Vec<Place>,
    /// The content of `idat`.
    pub(super) own_data: Option<(u64, u64)>,
}

/// Maximum number of ranges. A large picture is a grid of some hundred items.
const MAX_PLACES: usize = 1 << 14;

/// Reads the content of `meta`. Boxes in it that describe are zeroed.
pub(super) fn read(meta: &[u8], meta_at: u64, edits: &mut Edits) -> Result<Items, PictureError> {
    let mut input = Input { bytes: meta };
    input.skip(4)?;
    let mut items = Items {
        kinds: BTreeMap::new(),
        places: Vec::new(),
        own_data: None,
    };
    let (mut has_kinds, mut has_places) = (false, false);
    while !input.bytes.is_empty() {
        let at = meta_at + (meta.len() - input.bytes.len()) as u64;
        let Box { name, content } = input.next_box()?;
        match &name {
            b"hdlr" | b"pitm" | b"iref" | b"dinf" | b"grpl" => {}
            b"iinf" if !has_kinds => {
                items.kinds = kinds(content)?;
                has_kinds = true;
            }
            b"iloc" if !has_places => {
                items.places = places(content)?;
                has_places = true;
            }
            b"idat" if items.own_data.is_none() => items.own_data = Some((at + 8, content.len() as u64)),
            b"iprp" => properties(content, at + 8, edits)?,
            // Which of two would count?
            b"iinf" | b"iloc" | b"idat" => return Err(PictureError::Unreadable),
            _ => free(at, content.len() as u64, edits),
        }
    }
    if has_kinds && has_places {
        Ok(items)
    } else {
        Err(PictureError::Unreadable)
    }
}

fn free(at: u64, content: u64, edits: &mut Edits) {
    edits.replace(at + 4, b"free".to_vec());
    edits.zero(at + 8, content);
}

/// Properties are numbered by their place, so those that describe stay as empty boxes.
fn properties(content: &[u8], at: u64, edits: &mut Edits) -> Result<(), PictureError> {
    let mut input = Input { bytes: content };
    while !input.bytes.is_empty() {
        let container_at = at + (content.len() - input.bytes.len()) as u64;
        let container = input.next_box()?;
        if &container.name != b"ipco" {
            continue;
        }
        let mut inner = Input {
            bytes: container.content,
        };
        while !inner.bytes.is_empty() {
            let read = container.content.len() - inner.bytes.len();
            let property = inner.next_box()?;
            // Description, time of creation and of change, foreign data.
            if matches!(&property.name, b"udes" | b"crtt" | b"mdft" | b"uuid") {
                free(
                    container_at + 8 + read as u64,
                    property.content.len() as u64,
                    edits,
                );
            }
        }
    }
    Ok(())
}

fn kinds(content: &[u8]) -> Result<BTreeMap<u32, [u8; 4]>, PictureError> {
    let mut input = Input { bytes: content };
    let version = input.number(4)? >> 24;
    input.skip(if version == 0 { 2 } else { 4 })?;
    let mut kinds = BTreeMap::new();
    while !input.bytes.is_empty() {
        let entry = input.next_box()?;
        let mut input = Input { bytes: entry.content };
        let version = input.number(4)? >> 24;
        if &entry.name != b"infe" || !matches!(version, 2 | 3) {
            return Err(PictureError::Unreadable);
        }
        let item = input.number(if version == 2 { 2 } else { 4 })?;
        input.skip(2)?;
        let kind = *input.take(4)?.first_chunk().ok_or(PictureError::Unreadable)?;
        if kinds
            .insert(u32::try_from(item).unwrap_or(u32::MAX), kind)
            .is_some()
        {
            return Err(PictureError::Unreadable);
        }
    }
    Ok(kinds)
}

fn places(content: &[u8]) -> Result<Vec<Place>, PictureError> {
    let mut input = Input { bytes: content };
    let version = input.number(4)? >> 24;
    let sizes = input.number(2)?;
    let size = |by: u32| usize::try_from(sizes >> by & 0xf).unwrap_or_default();
    let (offset_size, length_size, base_size) = (size(12), size(8), size(4));
    let index_size = if version == 0 { 0 } else { size(0) };
    if version > 2 || length_size == 0 {
        return Err(PictureError::Unreadable);
    }
    let id_size = if version < 2 { 2 } else { 4 };
    let mut places = Vec::new();
    for _ in 0..input.number(id_size)? {
        let item = u32::try_from(input.number(id_size)?).unwrap_or(u32::MAX);
        let source = match if version == 0 { 0 } else { input.number(2)? & 0xf } {
            0 => Source::File,
            1 => Source::Meta,
            _ => return Err(PictureError::Unreadable),
        };
        // Another file.
        if input.number(2)? != 0 {
            return Err(PictureError::Unreadable);
        }
        let base = input.number(base_size)?;
        for _ in 0..input.number(2)? {
            input.skip(index_size)?;
            let offset = input.number(offset_size)?;
            let length = input.number(length_size)?;
            if length == 0 || places.len() >= MAX_PLACES {
                return Err(PictureError::Unreadable);
            }
            let at = base.checked_add(offset).ok_or(PictureError::Unreadable)?;
            places.push(Place {
                item,
                source,
                at,
                length,
            });
        }
    }
    Ok(places)
}

struct Box<'a> {
    name: [u8; 4],
    content: &'a [u8],
}

struct Input<'a> {
    bytes: &'a [u8],
}

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], PictureError> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(length)
            .ok_or(PictureError::Unreadable)?;
        self.bytes = rest;
        Ok(taken)
    }

    fn skip(&mut self, length: usize) -> Result<(), PictureError> {
        self.take(length).map(drop)
    }

    /// A number of up to eight bytes.
    fn number(&mut self, size: usize) -> Result<u64, PictureError> {
        if size > 8 {
            return Err(PictureError::Unreadable);
        }
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Ok(self.take(size)?.iter().fold(0, add))
    }

    /// The next box; in `meta` none is large or open.
    fn next_box(&mut self) -> Result<Box<'a>, PictureError> {
        let size = usize::try_from(self.number(4)?).map_err(|_| PictureError::Unreadable)?;
        let name = *self.take(4)?.first_chunk().ok_or(PictureError::Unreadable)?;
        let content = self.take(size.checked_sub(8).ok_or(PictureError::Unreadable)?)?;
        Ok(Box { name, content })
    }
}
