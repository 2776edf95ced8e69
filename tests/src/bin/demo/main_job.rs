//! The main job: a case from a phone without network to recommendation and invoice.

use anyhow::{Context, Result};
use mso_tests::admin::Answer;
use mso_tests::{binaries, opinions, phone::Phone};
use serde_json::{Value, json};

use crate::timeline::Timeline;
use crate::{PROVIDER, REQUESTER, Stage};

/// A file of the case as staged on the requester's phone.
struct Taken {
    document_id: String,
    bytes: u64,
}

/// What the second part and the summary need.
pub(crate) struct MainJob {
    pub(crate) requester: Phone,
    pub(crate) provider: Phone,
    pub(crate) provider_id: String,
    pub(crate) patient_id: String,
    pub(crate) case_id: String,
}

pub(crate) fn status_of(case: &Value) -> &str {
    case.pointer("/summary/status")
        .and_then(Value::as_str)
        .unwrap_or("")
}

pub(crate) async fn run(stage: &Stage, timeline: &Timeline) -> Result<MainJob> {
    timeline.chapter("The requester's phone, offline");
    let mut requester = stage.start_phone("requester", REQUESTER)?;
    timeline.say(
        "requester",
        "signed in, device enrolled, catalogue received; now goes offline",
    );
    requester.ok("go_offline", json!({}))?;
    let patient_id = requester.text(
        "create_patient",
        opinions::patient("Haddad", "Amal", "T22000129"),
        "patient_id",
    )?;
    requester.ok(
        "verify_patient",
        json!({"patient_id": patient_id, "method": "document_seen"}),
    )?;
    timeline.say("requester", "created and verified the patient");
    let files = take_files(&mut requester, timeline)?;
    let ids: Vec<_> = files.iter().map(|file| file.document_id.clone()).collect();
    let case_id = requester.text("submit_case", opinions::request(&patient_id, &ids), "case_id")?;
    let waiting = requester.ok("outbox", json!({}))?;
    let waiting = waiting
        .get("outbox")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    timeline.say(
        "requester",
        &format!("submitted the case: {waiting} commands wait to be sent"),
    );

    timeline.chapter("Online: the upload is cut twice and resumes");
    let largest = files.iter().max_by_key(|file| file.bytes).context("no files")?;
    let path = format!("/v1/uploads/{}", largest.document_id);
    stage.proxy.cut_upload_at(&path, largest.bytes * 3 / 10);
    stage.proxy.cut_upload_at(&path, largest.bytes * 7 / 10);
    requester.ok("go_online", json!({}))?;
    let case = json!({"case_id": case_id});
    requester.wait("all files at the server", 60, "case", &case, |case| {
        let stored = |document: &Value| document.get("stored") == Some(&json!(true));
        case.get("documents")
            .and_then(Value::as_array)
            .is_some_and(|all| all.len() == 3 && all.iter().all(stored))
    })?;
    let counts = stage.proxy.counts();
    timeline.say(
        "network",
        &format!(
            "cut {} connections; {} bytes were sent again",
            counts.cuts, counts.bytes_resent
        ),
    );
    timeline.say(
        "requester",
        "all three files are with the server, whole and hash-checked",
    );

    timeline.chapter("The admin assigns");
    let provider_id = stage.admin.provider_named("Carla Cardio").await?;
    let mut provider = stage.start_phone("provider", PROVIDER)?;
    let answer = stage.admin.assign(&case_id, &provider_id).await?;
    anyhow::ensure!(answer == Answer::Applied, "assign was answered {answer:?}");
    timeline.say(
        "admin",
        "assigned the case to Dr Cardio by specialty and availability",
    );

    timeline.chapter("The provider's phone");
    provider.ok("go_online", json!({}))?;
    provider.ok("sync", json!({}))?;
    provider.wait(
        "case and files on the provider's phone",
        60,
        "case",
        &case,
        |case| {
            let present = |document: &Value| document.get("transfer") == Some(&json!("present"));
            case.get("documents")
                .and_then(Value::as_array)
                .is_some_and(|all| all.len() == 3 && all.iter().all(present))
        },
    )?;
    timeline.say(
        "provider",
        "received the case and its three files; now goes offline",
    );
    provider.ok("go_offline", json!({}))?;
    provider.ok("accept", case.clone())?;
    provider.ok("start_review", case.clone())?;
    provider.ok(
        "submit_recommendation",
        json!({"case_id": case_id, "opinion": opinions::opinion()}),
    )?;
    let shown = provider.ok("case", case.clone())?;
    let pending = shown
        .pointer("/summary/pending")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    timeline.say(
        "provider",
        &format!(
            "accepted, reviewed and recommended offline: shows {}, {pending} commands wait",
            status_of(&shown)
        ),
    );
    provider.ok("go_online", json!({}))?;
    provider.wait(
        "the recommendation at the server",
        30,
        "status",
        &json!({}),
        |status| status.get("pending_commands") == Some(&json!(0)),
    )?;
    timeline.say("provider", "online again: everything was accepted");

    timeline.chapter("The requester reads");
    requester.ok("sync", json!({}))?;
    let shown = requester.wait("recommendation and invoice", 30, "case", &case, |case| {
        let there = |field: &str| case.get(field).is_some_and(|value| !value.is_null());
        status_of(case) == "Done" && there("recommendation") && there("invoice")
    })?;
    let text = |pointer: &str| {
        shown
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or("?")
            .to_owned()
    };
    timeline.say("requester", &format!("Done. Expert: {}", text("/expert_name")));
    timeline.say(
        "requester",
        &format!("answer: {}", text("/recommendation/opinion/answer_to_question")),
    );
    timeline.say(
        "requester",
        &format!(
            "invoice {} over {}",
            text("/invoice/number"),
            text("/invoice/gross/display")
        ),
    );
    Ok(MainJob {
        requester,
        provider,
        provider_id,
        patient_id,
        case_id,
    })
}

fn take_files(phone: &mut Phone, timeline: &Timeline) -> Result<Vec<Taken>> {
    let folder = binaries::testdata()?;
    let sources = [
        ("camera.jpg", "photo", "Photograph of the referral letter"),
        ("scan.pdf", "referral", "Referral letter"),
        ("chest.dcm", "imaging", "Chest imaging"),
    ];
    let mut taken = Vec::new();
    for (name, kind, title) in sources {
        let path = folder.join(name);
        let staged = phone.ok("stage_file", json!({"path": path, "kind": kind, "title": title}))?;
        let text = |field: &str| staged.get(field).and_then(Value::as_str).map(str::to_owned);
        let file = Taken {
            document_id: text("document_id").context("no document id")?,
            bytes: staged.get("size").and_then(Value::as_u64).context("no size")?,
        };
        let media_type = text("media_type").unwrap_or_default();
        timeline.say(
            "requester",
            &format!(
                "took in {name}: {media_type}, {} bytes, sealed at rest",
                file.bytes
            ),
        );
        taken.push(file);
    }
    Ok(taken)
}
