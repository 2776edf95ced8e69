//! The apps' own languages: a Kotlin/JVM phone as the requester's and a Swift phone as the expert's, through
//! state classes, bindings and core.
//!
//! In CI both must be built. Elsewhere the scenario uses those that were built and reports which are missing.

use anyhow::{Context, Result};
use mso_tests::phone::Phone;
use mso_tests::{binaries, opinions};
use serde_json::{Value, json};

use crate::stage::{
    CARDIOLOGIST, REQUESTER, Stage, all_documents, case_with, or_rust, patient, present, status, stored,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kotlin_phone_asks_and_a_swift_phone_answers() -> Result<()> {
    let (kotlin, swift) = (
        or_rust(binaries::kotlin_phone(), "Kotlin")?,
        or_rust(binaries::swift_phone(), "Swift")?,
    );

    let stage = Stage::set().await?;
    let mut requester = stage.signed_in_on(&kotlin, "requester", REQUESTER)?;
    requester.ok("go_offline", json!({}))?;
    let patient_id = patient(&mut requester, "T22000129")?;
    let (case_id, files) = case_with(&mut requester, &patient_id, &["letter.pdf", "phone.jpg"])?;
    let case = json!({"case_id": case_id});
    let shown = requester.ok("case", case.clone())?;
    assert_eq!(status(&shown), "New");
    assert_eq!(shown.pointer("/summary/pending"), Some(&json!(["submit_case"])));
    requester.ok("go_online", json!({}))?;
    requester.wait("the files at the server", 60, "case", &case, |case| {
        all_documents(case, stored)
    })?;

    stage.assign_to_cardiologist(&case_id).await?;
    let mut provider = stage.signed_in_on(&swift, "provider", CARDIOLOGIST)?;
    provider.ok("sync", json!({}))?;
    let shown = provider.ok("case", case.clone())?;
    assert!(all_documents(&shown, present), "{shown}");
    assert_eq!(
        shown.pointer("/summary/allowed_actions"),
        Some(&json!([
            "accept",
            "reject",
            "return",
            "report_issue",
            "request_release"
        ]))
    );
    let file = files.first().context("no file")?;
    let id = json!({"document_id": file.get("document_id")});
    let here = provider.text("document_sha256", id, "sha256")?;
    assert_eq!(Some(here.as_str()), file.get("sha256").and_then(Value::as_str));

    let told = notifications(&mut provider)?;
    let assigned = told.first().context("no notification of the assignment")?;
    assert_eq!(assigned.get("kind"), Some(&json!("case_assigned")));
    assert_eq!(assigned.get("case_number"), shown.pointer("/summary/number"));
    assert_eq!(
        provider.ok("unread_notifications", json!({}))?,
        json!({"unread": told.len()})
    );
    for one in &told {
        provider.ok(
            "mark_notification_read",
            json!({"notification_id": one.get("id")}),
        )?;
    }
    assert_eq!(
        provider.ok("unread_notifications", json!({}))?,
        json!({"unread": 0})
    );
    let leave = json!({"time_zone": "Europe/Berlin", "accepting": true,
        "weekly": [{"days": ["monday", "tuesday"], "from": "08:00", "to": "16:30"}],
        "exceptions": [{"from": "2027-07-05", "to": "2027-07-16", "kind": "leave"}]});
    provider.ok("set_availability", leave.clone())?;
    let profile = provider.ok("profile", json!({}))?;
    assert_eq!(profile.pointer("/profile/availability"), Some(&leave));

    stage.proxy.set_refusing(true);
    provider.ok("accept", case.clone())?;
    provider.ok("start_review", case.clone())?;
    let incomplete = json!({"case_id": case_id, "opinion": {
        "brief_history": "too short", "assessment": "", "diagnosis": [], "recommendations": [], "medications": [],
        "answer_to_question": "", "urgency_flag": false, "declaration": true,
    }});
    let refused = provider.ask("submit_recommendation", incomplete)?;
    assert_eq!(
        refused.err().map(|error| error.kind).as_deref(),
        Some("invalid"),
        "the border checks text"
    );
    let opinion = json!({"case_id": case_id, "opinion": opinions::opinion()});
    provider.ok("submit_recommendation", opinion)?;
    let shown = provider.ok("case", case.clone())?;
    assert_eq!(status(&shown), "Done");
    let waiting = json!(["accept_case", "start_review", "submit_recommendation"]);
    assert_eq!(shown.pointer("/summary/pending"), Some(&waiting));
    stage.proxy.set_refusing(false);
    provider.ok("sync", json!({}))?;

    requester.ok("sync", json!({}))?;
    let shown = requester.wait(
        "the opinion on the requester's phone",
        30,
        "case",
        &case,
        |case| status(case) == "Done" && case.get("invoice").is_some_and(|invoice| !invoice.is_null()),
    )?;
    assert_eq!(shown.get("expert_name"), Some(&json!("Dr Carla Cardio")));
    let told = notifications(&mut requester)?;
    let kinds: Vec<_> = told.iter().filter_map(|one| one.get("kind")).collect();
    assert!(kinds.contains(&&json!("recommendation_given")), "{kinds:?}");
    let invoices = requester.ok("invoices", json!({}))?;
    assert_eq!(invoices.pointer("/invoices/0/payment"), Some(&json!("open")));
    assert_eq!(invoices.pointer("/invoices/0/case_id"), Some(&json!(case_id)));
    let colleagues = requester.ok("colleagues", json!({}))?;
    assert!(
        colleagues.pointer("/colleagues/0/display_name").is_some(),
        "{colleagues}"
    );
    let told = requester.ok("changes", json!({}));
    if let Ok(told) = told {
        assert!(
            told.get("count").and_then(Value::as_u64) > Some(0),
            "observers were told: {told}"
        );
    }
    requester.quit()?;
    provider.quit()
}

/// The notifications that a phone shows, newest first.
fn notifications(phone: &mut Phone) -> Result<Vec<Value>> {
    let page = phone.ok("notifications", json!({}))?;
    let rows = page.get("notifications").and_then(Value::as_array);
    Ok(rows.cloned().unwrap_or_default())
}
