//! An incoming command, and its answer.

use mso_core::command::{Command, CommandEnvelope};
use mso_core::crypto::Sha256Hash;
use mso_core::ids::CommandId;
use mso_core::protocol::cbor;
use mso_core::protocol::sync::{Outcome, PushItem, RecordKey};
use mso_core::refusal::Refusal;
use mso_core::time::Timestamp;
use serde::Deserialize;
use uuid::Builder;

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

impl Request {
    /// A command that the server itself gives because of `cause`. The same command for the same cause has the same id and
    /// content, so however often it is given it takes effect once.
    pub fn of_server(command: Command, cause: &str, now: Timestamp) -> Self {
        let key = format!("{} {} {cause}", command.name(), command.aggregate().key().id);
        let request_sha256 = Sha256Hash::of(key.as_bytes());
        let (first, _) = request_sha256
            .as_bytes()
            .split_first_chunk::<16>()
            .unwrap_or((&[0; 16], &[]));
        let command_id = CommandId::from_uuid(Builder::from_custom_bytes(*first).into_uuid());
        Self {
            command_id,
            envelope: CommandEnvelope {
                command_id,
                command,
                assignment_id: None,
                base_version: None,
                device_seq: None,
                issued_at: now,
                depends_on: Vec::new(),
            },
            request_sha256,
            request_id: None,
        }
    }
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
    fn what_the_server_does_for_one_cause_is_one_command() {
        let now = Fixture::new().now;
        let case_id = mso_core::ids::CaseId::generate(now);
        let request = |cause: &str| {
            let accept = Command::AcceptCase(AcceptCase { case_id });
            let request = Request::of_server(accept, cause, now);
            (request.command_id, request.request_sha256)
        };
        assert_eq!(request("a"), request("a"));
        let ((id, hash), (other_id, other_hash)) = (request("a"), request("b"));
        assert!(id != other_id && hash != other_hash);
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
