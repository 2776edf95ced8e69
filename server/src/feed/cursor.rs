//! A phone's position in the feed: opaque to the phone, CBOR for the server.
//!
//! The invariant: a position is valid for one history (`generation`) only; in another history the same
//! numbers mean something else. A forged position does no harm: it does not affect what may be read.

use mso_core::ids::StreamId;
use mso_core::protocol::cbor::{self, CborError};
use mso_core::protocol::sync::Cursor;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use uuid::Uuid;

/// Version of the encoding. A position with another version is rejected.
const FORM: u8 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    v: u8,
    /// The history that the numbers belong to.
    pub generation: i64,
    /// Everything up to this transaction …
    pub xid: u64,
    /// … and this feed row has been delivered.
    pub id: i64,
    /// The bootstrap continues after this stream; `None` when it is complete.
    pub boot: Option<StreamId>,
    /// … and, in the stream after that, after this record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<RecordPlace>,
}

/// A record's place in the order in which a bootstrap delivers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordPlace {
    pub stream: StreamId,
    pub kind: String,
    pub id: Uuid,
}

/// The bytes are not a position that this server understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct CursorError;

impl Position {
    /// The position just before everything that happens from transaction `watermark` on.
    #[must_use]
    pub const fn before(generation: i64, watermark: u64) -> Self {
        Self {
            v: FORM,
            generation,
            xid: watermark,
            id: 0,
            boot: None,
            part: None,
        }
    }

    /// The same position, in a bootstrap that continues after this stream, and in the next one after this record.
    #[must_use]
    pub fn booting(self, after: StreamId, part: Option<RecordPlace>) -> Self {
        Self {
            boot: Some(after),
            part,
            ..self
        }
    }

    /// The same position, with the bootstrap complete.
    #[must_use]
    pub fn booted(self) -> Self {
        Self {
            boot: None,
            part: None,
            ..self
        }
    }

    /// The position just after this row.
    #[must_use]
    pub const fn after(&self, xid: u64, id: i64) -> Self {
        Self {
            v: self.v,
            generation: self.generation,
            xid,
            id,
            boot: None,
            part: None,
        }
    }

    /// Encodes the position as the cursor that the phone stores.
    pub fn encode(&self) -> Result<Cursor, CborError> {
        cbor::encode(self).map(|bytes| Cursor(ByteBuf::from(bytes)))
    }

    /// Decodes a cursor that a phone sent.
    pub fn decode(cursor: &Cursor) -> Result<Self, CursorError> {
        let position: Self = cbor::decode(&cursor.0).map_err(|_| CursorError)?;
        if position.v == FORM && position.id >= 0 {
            Ok(position)
        } else {
            Err(CursorError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_comes_back_and_other_bytes_do_not() {
        let part = RecordPlace {
            stream: StreamId::CATALOGUE,
            kind: "specialty".to_owned(),
            id: Uuid::nil(),
        };
        for part in [None, Some(part)] {
            let position = Position::before(3, 1_000).booting(StreamId::CATALOGUE, part);
            assert_eq!(Position::decode(&position.encode().unwrap()), Ok(position));
        }
        let newer = Position {
            v: 2,
            ..Position::before(3, 1_000)
        };
        for bytes in [
            b"".to_vec(),
            b"forged".to_vec(),
            newer.encode().unwrap().0.into_vec(),
        ] {
            assert_eq!(Position::decode(&Cursor(ByteBuf::from(bytes))), Err(CursorError));
        }
    }
}
