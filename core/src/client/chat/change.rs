//! What one change of a chat document may hold: a single put of bytes under a new key on the root.
//!
//! automerge itself authorises nothing, and its decoder trusts what it reads. So a change of somebody else is not decoded by
//! it: the few fields that may differ are read here, the change is made anew from them, and only if it has the same bytes is
//! it the change that was sent.

use std::num::NonZeroU64;

use automerge::{ActorId, Change, ChangeHash, ExpandedChange, ScalarValue, legacy};

use crate::chat::ChatFault;
use crate::ids::{DeviceId, UserId};

/// Names what a device wrote: the time in milliseconds (12 hexadecimal digits), the end of the device's id (4) and a random
/// number (8). Sorted by it, messages stand in the same order on every device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(String);

impl Stamp {
    const LENGTH: usize = 24;

    #[must_use]
    pub fn new(hlc: u64, device_id: DeviceId, random: [u8; 4]) -> Self {
        let millis = hlc & 0xffff_ffff_ffff;
        let random = u32::from_be_bytes(random);
        Self(format!("{millis:012x}{}{random:08x}", device_tail(device_id)))
    }

    /// Parses the 24 lower-case hexadecimal digits; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let fits = text.len() == Self::LENGTH && text.bytes().all(hex);
        fits.then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// When it was made, by its device: milliseconds.
    #[must_use]
    pub fn hlc(&self) -> u64 {
        let time = self.0.get(..12).unwrap_or_default();
        u64::from_str_radix(time, 16).unwrap_or(0)
    }

    /// Whether the device made it at this time.
    fn is_of(&self, device_id: DeviceId, hlc: u64) -> bool {
        let rest = self.0.get(12..).unwrap_or_default();
        self.hlc() == hlc && rest.starts_with(&device_tail(device_id))
    }
}

fn device_tail(device_id: DeviceId) -> String {
    device_id.as_uuid().simple().to_string().split_off(28)
}

/// What is put: a message, or something about one. Each put has a stamp of its own, so that no key is ever written twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChatKey {
    /// `m/<stamp>`: a message.
    Message(Stamp),
    /// `e/<message>/<stamp>`: the text that replaces a message's. Its author's, the newest counts.
    Edit(Stamp, Stamp),
    /// `d/<message>/<stamp>`: a message is withdrawn by its author.
    Withdrawal(Stamp, Stamp),
    /// `x/<message>/<stamp>`: the writer's reaction to a message, the newest of each user counts.
    Reaction(Stamp, Stamp),
    /// `r/<stamp>`: up to where the writer has read.
    ReadMark(Stamp),
}

impl ChatKey {
    /// Parses a document's key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once('/')?;
        let about = || {
            let (message, own) = rest.split_once('/')?;
            Some((Stamp::parse(message)?, Stamp::parse(own)?))
        };
        Some(match kind {
            "m" => Self::Message(Stamp::parse(rest)?),
            "r" => Self::ReadMark(Stamp::parse(rest)?),
            "e" => about().map(|(message, own)| Self::Edit(message, own))?,
            "d" => about().map(|(message, own)| Self::Withdrawal(message, own))?,
            "x" => about().map(|(message, own)| Self::Reaction(message, own))?,
            _ => return None,
        })
    }

    /// The message that the put is about, if it is no message itself.
    #[must_use]
    pub const fn about(&self) -> Option<&Stamp> {
        match self {
            Self::Message(_) | Self::ReadMark(_) => None,
            Self::Edit(message, _) | Self::Withdrawal(message, _) | Self::Reaction(message, _) => {
                Some(message)
            }
        }
    }

    /// The stamp of this put.
    #[must_use]
    pub const fn stamp(&self) -> &Stamp {
        match self {
            Self::Message(own) | Self::ReadMark(own) => own,
            Self::Edit(_, own) | Self::Withdrawal(_, own) | Self::Reaction(_, own) => own,
        }
    }
}

impl std::fmt::Display for ChatKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Message(own) => write!(f, "m/{}", own.0),
            Self::Edit(message, own) => write!(f, "e/{}/{}", message.0, own.0),
            Self::Withdrawal(message, own) => write!(f, "d/{}/{}", message.0, own.0),
            Self::Reaction(message, own) => write!(f, "x/{}/{}", message.0, own.0),
            Self::ReadMark(own) => write!(f, "r/{}", own.0),
        }
    }
}

/// What was accepted before, of the whole case and of the document that a change is for.
pub trait Accepted {
    /// The author of a message in a document that was begun for the same readers as this one. What is about an older message
    /// is about something that a newer reader does not have.
    fn author_of(&self, message: &Stamp) -> Option<UserId>;
    /// Whether a put with this stamp was accepted in the case.
    fn is_used(&self, stamp: &Stamp) -> bool;
    /// Number of changes in the document.
    fn changes(&self) -> u64;
    /// Number of this device's changes in the document.
    fn changes_of(&self, device_id: DeviceId) -> u64;
    /// Whether the document has a change with this hash.
    fn has_change(&self, hash: &ChangeHash) -> bool;
}

/// Who wrote a change, as its envelope says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writer {
    pub device_id: DeviceId,
    pub user_id: UserId,
    /// Milliseconds, [`super::sealing::Inner::hlc`]
    pub hlc: u64,
}

/// A change that its author may make.
#[derive(Debug, Clone)]
pub struct Written {
    pub key: ChatKey,
    pub value: Vec<u8>,
    /// To be applied to the segment's document.
    pub change: Change,
}

/// Checks that a change is one new put by this writer which continues the document as it is, and makes it anew.
pub fn authorize(bytes: &[u8], writer: Writer, accepted: &impl Accepted) -> Result<Written, ChatFault> {
    let fields = Fields::read(bytes).ok_or(ChatFault::ForbiddenChange)?;
    let known = fields.deps.iter().all(|hash| accepted.has_change(hash));
    let next = accepted.changes_of(writer.device_id).checked_add(1);
    let in_order = Some(fields.seq) == next && fields.start_op.get() <= accepted.changes().saturating_add(1);
    let key = ChatKey::parse(&fields.key).filter(|key| key.stamp().is_of(writer.device_id, writer.hlc));
    let (Some(key), true, true) = (key, known, in_order) else {
        return Err(ChatFault::ForbiddenChange);
    };
    let author = |message| accepted.author_of(message);
    let allowed = match &key {
        ChatKey::Message(_) | ChatKey::ReadMark(_) => true,
        ChatKey::Edit(message, _) | ChatKey::Withdrawal(message, _) => {
            author(message) == Some(writer.user_id)
        }
        ChatKey::Reaction(message, _) => author(message).is_some(),
    };
    if !allowed || accepted.is_used(key.stamp()) {
        return Err(ChatFault::ForbiddenChange);
    }
    let value = fields.value.clone();
    let change = fields.change(writer.device_id);
    if change.raw_bytes() == bytes {
        Ok(Written { key, value, change })
    } else {
        Err(ChatFault::ForbiddenChange)
    }
}

/// The key and the value that a change puts, of one that was accepted before. Checks nothing; `None` if it is none.
pub(crate) fn stated(bytes: &[u8]) -> Option<(ChatKey, Vec<u8>)> {
    let fields = Fields::read(bytes)?;
    Some((ChatKey::parse(&fields.key)?, fields.value))
}

/// The actor of a device in every chat document: its id.
#[must_use]
pub fn actor(device_id: DeviceId) -> ActorId {
    ActorId::from(device_id.as_uuid().as_bytes())
}

/// The fields in which two allowed changes may differ.
#[derive(Debug)]
struct Fields {
    deps: Vec<ChangeHash>,
    seq: u64,
    start_op: NonZeroU64,
    key: String,
    value: Vec<u8>,
}

/// The specification of the column with the keys of maps, in automerge's format.
const KEY_COLUMN: u64 = 0x15;
/// The specification of the column with the values' bytes.
const VALUE_COLUMN: u64 = 0x57;
const HASH_BYTES: usize = 32;
/// A change names the heads of its document, of which there are no more than devices.
const MAX_DEPS: u64 = 64;
/// More than the six columns that a put has.
const MAX_COLUMNS: u64 = 16;

impl Fields {
    /// Reads the fields of an uncompressed change chunk (automerge's binary format, "Change chunks"). What is skipped here is
    /// compared when the change is made anew.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = Reader(bytes);
        rest.take(8)?; // magic bytes and checksum
        rest.take(1)?; // kind of chunk
        rest.number()?; // length
        let count = rest.number().filter(|count| *count <= MAX_DEPS)?;
        let mut deps = Vec::new();
        for _ in 0..count {
            deps.push(ChangeHash(rest.take(HASH_BYTES)?.try_into().ok()?));
        }
        if !deps.is_sorted_by(|one, next| one < next) {
            return None;
        }
        rest.counted()?; // actor
        let seq = rest.number()?;
        let start_op = NonZeroU64::new(rest.number()?)?;
        rest.take(1)?; // time: 0
        rest.take(1)?; // length of the message: 0
        rest.take(1)?; // other actors: none
        let mut columns = Vec::new();
        for _ in 0..rest.number().filter(|count| *count <= MAX_COLUMNS)? {
            columns.push((rest.number()?, rest.number()?));
        }
        let (mut key, mut value) = (None, Vec::new());
        for (column, length) in columns {
            let data = rest.take(usize::try_from(length).ok()?)?;
            if column == KEY_COLUMN {
                // One literal string: a run of -1, then its length and bytes.
                let mut run = Reader(data);
                run.take(1)?;
                key = String::from_utf8(run.counted()?.to_vec()).ok();
            } else if column == VALUE_COLUMN {
                value = data.to_vec();
            }
        }
        Some(Self {
            deps,
            seq,
            start_op,
            key: key?,
            value,
        })
    }

    fn change(self, device_id: DeviceId) -> Change {
        let put = legacy::Op {
            action: legacy::OpType::Put(ScalarValue::Bytes(self.value)),
            obj: legacy::ObjectId::Root,
            key: legacy::Key::Map(self.key.into()),
            pred: Vec::new().into(),
            insert: false,
        };
        ExpandedChange {
            operations: vec![put],
            actor_id: actor(device_id),
            author: None,
            hash: None,
            seq: self.seq,
            start_op: self.start_op,
            time: 0,
            message: None,
            deps: self.deps,
            extra_bytes: Vec::new(),
        }
        .into()
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    /// An unsigned LEB128 number.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// Bytes after their number.
    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }
}
