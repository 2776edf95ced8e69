//! The bytes of this release. A change here is a wire change and must be additive.

use serde_bytes::ByteBuf;

use super::cbor::{CborError, decode, encode};
use super::records::{CaseRecord, Record, RecordKind};
use super::sync::{Cursor, Outcome, PushItem, PushResult, SettledOutcome, SyncRequest};
use crate::cases::{AcceptCase, SubmitCase};
use crate::command::{Command, CommandEnvelope};
use crate::ids::{AssignmentId, CaseId, CommandId, DeviceId};
use crate::refusal::{Refusal, RefusalRecord};
use crate::testing::{Fixture, a_case};

fn fixed<T: std::str::FromStr<Err = crate::ids::IdError>>(last: u8) -> T {
    format!("0198a3f0-0000-7000-8000-0000000000{last:02x}")
        .parse()
        .unwrap()
}

fn accept() -> CommandEnvelope {
    CommandEnvelope {
        command_id: fixed::<CommandId>(1),
        command: Command::AcceptCase(AcceptCase {
            case_id: fixed::<CaseId>(2),
        }),
        assignment_id: Some(fixed::<AssignmentId>(3)),
        base_version: Some(4),
        device_seq: Some(5),
        issued_at: "2026-11-23T10:00:00Z".parse().unwrap(),
        depends_on: vec![fixed::<CommandId>(6)],
    }
}

#[test]
fn a_command_has_this_form_in_json() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&accept()).unwrap(), @r#"
    {
      "command_id": "0198a3f0-0000-7000-8000-000000000001",
      "type": "accept_case",
      "payload": {
        "case_id": "0198a3f0-0000-7000-8000-000000000002"
      },
      "assignment_id": "0198a3f0-0000-7000-8000-000000000003",
      "base_version": 4,
      "device_seq": 5,
      "issued_at": "2026-11-23T10:00:00.000Z",
      "depends_on": [
        "0198a3f0-0000-7000-8000-000000000006"
      ]
    }
    "#);
}

#[test]
fn commands_survive_cbor_and_json() {
    let fixture = Fixture::new();
    let submit = Command::SubmitCase(SubmitCase {
        case_id: fixed(9),
        patient_id: fixture.patient,
        request: fixture.request(),
        documents: vec![fixture.file()],
    });
    for command in [accept().command, submit] {
        let envelope = CommandEnvelope { command, ..accept() };
        assert_eq!(
            decode::<CommandEnvelope>(&encode(&envelope).unwrap()).unwrap(),
            envelope
        );
        let json = serde_json::to_vec(&envelope).unwrap();
        assert_eq!(
            serde_json::from_slice::<CommandEnvelope>(&json).unwrap(),
            envelope
        );
    }
}

#[test]
fn a_sync_request_has_these_fields() {
    let request = SyncRequest {
        proto: super::PROTO,
        device: fixed::<DeviceId>(7),
        cursor: Some(Cursor(ByteBuf::from(vec![1, 2]))),
        push: vec![PushItem {
            id: fixed(1),
            envelope: ByteBuf::from(encode(&accept()).unwrap()),
            aggregate: None,
        }],
        chat: Vec::new(),
        purged: vec![],
        missing: Vec::new(),
        max_bytes: 524_288,
        push_only: false,
    };
    let bytes = encode(&request).unwrap();
    assert_eq!(decode::<SyncRequest>(&bytes).unwrap(), request);
    let value: ciborium::Value = decode(&bytes).unwrap();
    let names: Vec<_> = value
        .as_map()
        .unwrap()
        .iter()
        .map(|(name, _)| name.as_text().unwrap().to_owned())
        .collect();
    assert_eq!(
        names,
        ["proto", "device", "cursor", "push", "purged", "max_bytes"]
    );
}

#[test]
fn outcomes_have_these_forms() {
    let refusal = RefusalRecord::from(&Refusal::AssignmentSuperseded);
    let outcomes = [
        Outcome::Applied,
        Outcome::Replayed {
            of: SettledOutcome::Refused {
                refusal: refusal.clone(),
            },
        },
        Outcome::Refused { refusal },
        Outcome::Retry,
    ];
    let results: Vec<_> = outcomes
        .map(|outcome| PushResult {
            id: fixed(1),
            outcome,
        })
        .to_vec();
    let json: Vec<_> = results
        .iter()
        .map(|r| serde_json::to_string(r).unwrap())
        .collect();
    insta::assert_snapshot!(json.join("\n"), @r#"
    {"id":"0198a3f0-0000-7000-8000-000000000001","outcome":"applied"}
    {"id":"0198a3f0-0000-7000-8000-000000000001","outcome":"replayed","of":{"outcome":"refused","refusal":{"code":"assignment_superseded"}}}
    {"id":"0198a3f0-0000-7000-8000-000000000001","outcome":"refused","refusal":{"code":"assignment_superseded"}}
    {"id":"0198a3f0-0000-7000-8000-000000000001","outcome":"retry"}
    "#);
    for result in results {
        assert_eq!(decode::<PushResult>(&encode(&result).unwrap()).unwrap(), result);
    }
}

#[test]
fn a_case_record_survives_cbor_and_a_newer_servers_field_is_skipped() {
    let fixture = Fixture::new();
    let record = CaseRecord {
        case: a_case(&fixture).accepted(),
        timeline: vec![],
        expert: None,
        patient: Some(fixture.patient().clinical()),
        institution_name: Some("St. Vincent".to_owned()),
    };
    let bytes = encode(&record).unwrap();
    assert_eq!(
        Record::decode(RecordKind::Case, &bytes),
        Some(Record::Case(record.clone()))
    );

    let mut value: ciborium::Value = decode(&bytes).unwrap();
    let map = value.as_map_mut().unwrap();
    map.push((
        ciborium::Value::Text("from_next_year".to_owned()),
        ciborium::Value::Bool(true),
    ));
    assert_eq!(
        Record::decode(RecordKind::Case, &encode(&value).unwrap()),
        Some(Record::Case(record))
    );

    let status = value
        .as_map_mut()
        .unwrap()
        .iter_mut()
        .find(|(k, _)| k.as_text() == Some("status"))
        .unwrap();
    status.1 = ciborium::Value::Text("Paused".to_owned());
    assert_eq!(
        Record::decode(RecordKind::Case, &encode(&value).unwrap()),
        None,
        "kept as bytes by the store"
    );
}

#[test]
fn bytes_after_the_value_and_deep_nesting_are_refused() {
    let mut bytes = encode(&accept()).unwrap();
    bytes.push(0);
    assert_eq!(decode::<CommandEnvelope>(&bytes), Err(CborError::Decode));
    assert_eq!(
        decode::<ciborium::Value>(&[0x81; 100_000]),
        Err(CborError::Decode)
    );
}
