//! An incoming command, and its answer.

use mso_core::command::{Command, CommandEnvelope};
use mso_core::crypto::Sha256Hash;
use mso_core::ids::CommandId;
use mso_core::protocol::cbor;
use mso_core::protocol::sync::{Outcome, PushItem, RecordKey};
use mso_core::refusal::Refusal;
use serde::Deserialize;

#[derive(Debug, Clone)]
pub struct Request {
    /// The idempotency key.
    pub command_id: CommandId,
    pub envelope: CommandEnvelope,
    /// SHA-256 of the bytes as received: the same id with other bytes is refused.
    pub request_sha256: Sha256Hash,
    /// Id of the HTTP request, for audit and logs.
    pub request_id: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Executed {
    pub outcome: Outcome,
    /// Records that changed, so that the response can include them at once.
    pub touched: Vec<RecordKey>,
}

/// Decodes a pushed command.
///
/// # Errors
/// [`Refusal::UpgradeRequired`] if this version does not know the command's type, else
/// [`Refusal::BadRequest`]: the envelope cannot be decoded, or its id is not the item's.
pub fn decode_pushed(item: &PushItem) -> Result<Request, Refusal> {
    /// The part that even a command of an unknown type has.
    #[derive(Deserialize)]
    struct Named {
        r#type: String,
    }
    let envelope: CommandEnvelope =
        cbor::decode(&item.envelope).map_err(|_| match cbor::decode::<Named>(&item.envelope) {
            Ok(named) if !Command::NAMES.contains(&named.r#type.as_str()) => Refusal::UpgradeRequired,
            Ok(_) | Err(_) => Refusal::BadRequest,
        })?;
    if envelope.command_id != item.id {
        return Err(Refusal::BadRequest);
    }
    let request_sha256 = Sha256Hash::of(&item.envelope);
    Ok(Request {
        command_id: item.id,
        envelope,
        request_sha256,
        request_id: None,
    })
}

#[cfg(test)]
mod tests {
    use mso_core::cases::AcceptCase;
    use mso_core::testing::Fixture;

    use super::*;

    fn item(id: CommandId, value: &impl serde::Serialize) -> PushItem {
        PushItem {
            id,
            envelope: serde_bytes::ByteBuf::from(cbor::encode(value).unwrap()),
            aggregate: None,
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_and_what_is_newer_asks_for_an_upgrade() {
        let now = Fixture::new().now;
        let id = CommandId::generate(now);
        let accept = AcceptCase {
            case_id: mso_core::ids::CaseId::generate(now),
        };
        let envelope = CommandEnvelope {
            command_id: id,
            command: Command::AcceptCase(accept),
            assignment_id: None,
            base_version: None,
            device_seq: None,
            issued_at: now,
            depends_on: Vec::new(),
        };
        let good = item(id, &envelope);
        let request = decode_pushed(&good).unwrap();
        assert_eq!(
            (request.command_id, request.request_sha256),
            (id, Sha256Hash::of(&good.envelope))
        );

        let refused = |item: &PushItem| decode_pushed(item).unwrap_err();
        assert_eq!(
            refused(&item(CommandId::generate(now), &envelope)),
            Refusal::BadRequest
        );
        let newer =
            serde_json::json!({ "command_id": id, "type": "fold_case", "payload": {}, "issued_at": now });
        assert_eq!(refused(&item(id, &newer)), Refusal::UpgradeRequired);
        let malformed =
            serde_json::json!({ "command_id": id, "type": "accept_case", "payload": {}, "issued_at": now });
        assert_eq!(refused(&item(id, &malformed)), Refusal::BadRequest);
        let bytes = PushItem {
            id,
            envelope: serde_bytes::ByteBuf::from(vec![0xff, 1, 2]),
            aggregate: None,
        };
        assert_eq!(refused(&bytes), Refusal::BadRequest);
    }
}
