//! The values that stand in chat documents, as CBOR.

use minicbor::{Decode, Encode};

use super::change::{ChatKey, Stamp};
use crate::chat::{ChatFault, canonical};
use crate::text::Text;

/// A message's text: 1 to 4,000 characters, in its canonical form.
pub type MessageText = Text<1, 4000>;
/// A reaction: one emoji or a few characters.
pub type ReactionText = Text<1, 16>;

/// What somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Message {
        text: MessageText,
        reply_to: Option<Stamp>,
    },
    Edit {
        message: Stamp,
        text: MessageText,
    },
    Withdrawal {
        message: Stamp,
    },
    /// `None` takes the reaction back.
    Reaction {
        message: Stamp,
        reaction: Option<ReactionText>,
    },
    /// The writer has read up to this entry of the log.
    ReadMark {
        seq: u64,
    },
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct TextValue {
    #[n(0)]
    text: Option<String>,
    #[n(1)]
    reply_to: Option<String>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct SeqValue {
    #[n(0)]
    seq: u64,
}

impl Content {
    /// The key under which it is put, and its value.
    #[must_use]
    pub fn encode(&self, own: Stamp) -> (ChatKey, Vec<u8>) {
        let value = |text: Option<&str>, reply_to: Option<&Stamp>| {
            canonical::encode(&TextValue {
                text: text.map(str::to_owned),
                reply_to: reply_to.map(|stamp| stamp.as_str().to_owned()),
            })
        };
        match self {
            Self::Message { text, reply_to } => (
                ChatKey::Message(own),
                value(Some(text.as_str()), reply_to.as_ref()),
            ),
            Self::Edit { message, text } => (
                ChatKey::Edit(message.clone(), own),
                value(Some(text.as_str()), None),
            ),
            Self::Withdrawal { message } => (ChatKey::Withdrawal(message.clone(), own), value(None, None)),
            Self::Reaction { message, reaction } => {
                let reaction = reaction.as_ref().map(ReactionText::as_str);
                (ChatKey::Reaction(message.clone(), own), value(reaction, None))
            }
            Self::ReadMark { seq } => (ChatKey::ReadMark(own), canonical::encode(&SeqValue { seq: *seq })),
        }
    }

    /// Reads what was put under a key.
    pub fn decode(key: &ChatKey, value: &[u8]) -> Result<Self, ChatFault> {
        let read = || -> Option<Self> {
            if let ChatKey::ReadMark(_) = key {
                let SeqValue { seq } = canonical::decode(value).ok()?;
                return Some(Self::ReadMark { seq });
            }
            let TextValue { text, reply_to } = canonical::decode(value).ok()?;
            let is_message = matches!(key, ChatKey::Message(_));
            let reply_to = match reply_to {
                Some(stamp) if is_message => Some(Stamp::parse(&stamp)?),
                Some(_) => return None,
                None => None,
            };
            Some(match (key, text) {
                (ChatKey::Message(_), Some(text)) => Self::Message {
                    text: exactly(text)?,
                    reply_to,
                },
                (ChatKey::Edit(message, _), Some(text)) => Self::Edit {
                    message: message.clone(),
                    text: exactly(text)?,
                },
                (ChatKey::Withdrawal(message, _), None) => Self::Withdrawal {
                    message: message.clone(),
                },
                (ChatKey::Reaction(message, _), text) => {
                    let reaction = text.map(|text| exactly(text).ok_or(())).transpose().ok()?;
                    Self::Reaction {
                        message: message.clone(),
                        reaction,
                    }
                }
                _ => return None,
            })
        };
        read().ok_or(ChatFault::ForbiddenChange)
    }
}

/// A text that is in its canonical form already.
fn exactly<const MIN: usize, const MAX: usize>(text: String) -> Option<Text<MIN, MAX>> {
    let canonical = Text::new(&text).ok()?;
    (canonical.as_str() == text).then_some(canonical)
}
