//! What each role receives, byte for byte.

use std::collections::BTreeSet;

use mso_core::cases::CaseStatus;
use mso_core::ids::RecommendationId;
use mso_core::protocol::records::{Record, RecordKind};
use serde_json::json;

use super::Replica;
use crate::harness::{File, Server, Words};

#[tokio::test]
async fn each_role_is_sent_its_own_fields_and_never_the_others() {
    let server = Server::start().await;
    let mut amal = Replica::of(server.requester("amal").await);
    let mut noor = Replica::of(server.provider("noor").await);
    let mut omar = Replica::of(server.provider("omar").await);
    let rima = server.admin().await;
    let file = File::of(&amal.user, 300);
    let case = amal.user.submits(vec![file.clone()]).await;
    amal.user.uploads(&file).await;
    amal.catches_up().await;

    server.later(1);
    let omar_id = server.provider_id("omar").await;
    let overridden = json!({
        "case_id": case.id, "assignment_id": mso_core::ids::AssignmentId::generate(server.now()),
        "provider_id": omar_id,
        "overrides": [{ "rule": "provider_full", "reason": "the canary of overrides" }],
    });
    rima.does("assign_case", overridden).await;
    omar.catches_up().await;
    amal.catches_up().await;
    server.later(1);
    let assignment = rima.reassigns(&case, "noor").await;
    amal.catches_up().await;
    let noor_id = server.provider_id("noor").await;
    let early = Words::sent_to(&amal);
    for hidden in [
        "Noor",
        "Omar",
        &noor_id.to_string(),
        &omar_id.to_string(),
        &assignment.to_string(),
    ] {
        assert!(
            !early.mention(hidden),
            "{hidden} is told before the case is accepted"
        );
    }

    let named = json!({ "case_id": case.id });
    for step in ["accept_case", "start_review"] {
        server.later(1);
        noor.catches_up().await;
        noor.acts(assignment, step, named.clone()).await;
    }
    server.later(1);
    let recommendation = RecommendationId::generate(server.now());
    let opinion = json!({
        "case_id": case.id, "recommendation_id": recommendation,
        "content": {
            "brief_history": "Short of breath for two months, no fever.",
            "assessment": "The valve is narrow but not yet severely so.",
            "diagnosis": [{ "icd10": "I35.0", "text": "Aortic stenosis", "rank": "primary", "agreement": "confirmed" }],
            "recommendations": [{ "kind": "follow_up", "text": "Echo in six months" }],
            "answer_to_question": "No operation before the summer.",
            "reviewed_documents": [],
            "declaration": true,
        },
    });
    noor.acts(assignment, "submit_recommendation", opinion).await;
    for phone in [&mut amal, &mut noor, &mut omar] {
        phone.catches_up().await;
    }

    // Each record decodes as the phone's type for it.
    let requester_kinds = [
        "patient",
        "case",
        "document",
        "recommendation",
        "invoice",
        "specialty",
        "institution",
        "colleague",
        "notification",
    ];
    let provider_kinds = [
        "case",
        "document",
        "recommendation",
        "service_record",
        "specialty",
        "provider",
        "notification",
    ];
    for (phone, kinds) in [
        (&amal, requester_kinds.as_slice()),
        (&noor, provider_kinds.as_slice()),
    ] {
        let got: BTreeSet<&str> = phone.records.keys().map(|key| key.kind.as_str()).collect();
        assert_eq!(got, kinds.iter().copied().collect());
        for key in phone.records.keys() {
            phone
                .record(RecordKind::from_name(&key.kind).unwrap(), key.id)
                .unwrap();
        }
    }

    let Some(Record::Case(requesters)) = amal.record(RecordKind::Case, case.id.as_uuid()) else {
        panic!()
    };
    assert_eq!(requesters.case.status, CaseStatus::Done);
    assert_eq!(requesters.expert.unwrap().display_name, "Dr Noor Saleh");
    assert_eq!(requesters.case.assignment, None);
    assert_eq!((requesters.patient, requesters.institution_name), (None, None));
    let statuses = |timeline: &[mso_core::protocol::records::TimelineEntry]| {
        timeline
            .iter()
            .map(|entry| entry.status.name())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        statuses(&requesters.timeline),
        "New Assigned Accepted InProgress Done"
    );

    let Some(Record::Case(experts)) = noor.record(RecordKind::Case, case.id.as_uuid()) else {
        panic!()
    };
    assert_eq!(experts.case.assignment.unwrap().id, assignment);
    let name = experts.patient.unwrap().name.display();
    assert!(name.starts_with("Amal ") && name.ends_with(" Haddad"), "{name}");
    assert_eq!(experts.institution_name.as_deref(), Some("Tishreen Hospital"));
    assert_eq!(experts.expert, None);
    assert_eq!(statuses(&experts.timeline), "Assigned Accepted InProgress Done");
    assert_ne!(
        experts.timeline[0].at, requesters.timeline[1].at,
        "the time of the assignment before"
    );

    let Some(Record::Invoice(invoice)) = amal.all(RecordKind::Invoice).pop() else {
        panic!()
    };
    assert_eq!(
        (invoice.number.as_str(), invoice.amounts.gross.minor),
        ("MSO-2026-1", 29_750)
    );
    let Some(Record::ServiceRecord(service)) = noor.all(RecordKind::ServiceRecord).pop() else {
        panic!()
    };
    assert_eq!(service.fee.unwrap().minor, 15_000);
    assert_eq!(service.case_number, requesters.case.number.unwrap());

    let [to_amal, to_noor, to_omar] = [&amal, &noor, &omar].map(Words::sent_to);
    assert!(!to_amal.count(15_000), "the fee is told to the requester");
    for hidden in [
        "canary",
        "fell ill",
        "fee",
        "overrides",
        "Omar",
        &omar_id.to_string(),
        &assignment.to_string(),
    ] {
        let told = to_amal.all_with(hidden);
        assert!(told.is_empty(), "{hidden} is told to the requester: {told:?}");
    }
    let identifier = requesters.case.patient_id.to_string().to_uppercase();
    assert!(to_amal.mention(&identifier));
    for (name, words) in [("noor", &to_noor), ("omar", &to_omar)] {
        for hidden in [
            identifier.as_str(),
            "identifiers",
            "canary",
            "fell ill",
            "overrides",
            "invoice",
            "gross",
        ] {
            assert!(!words.mention(hidden), "{hidden} is told to {name}");
        }
        for hidden in [25_000, 29_750, 4_750] {
            assert!(!words.count(hidden), "{hidden} is told to {name}");
        }
    }
    assert!(!to_noor.mention("Omar") && !to_noor.mention(&omar_id.to_string()));
    assert!(!to_omar.mention("Noor") && !to_omar.mention("valve"));
}
