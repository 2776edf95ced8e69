//! A case that goes the long way: rejected, given to another expert, returned for a missing file, answered and sent on,
//! and finished.

use anyhow::{Context, Result};
use mso_tests::admin::Answer;
use mso_tests::phone::Phone;
use mso_tests::{binaries, opinions};
use serde_json::{Value, json};

use crate::main_job::{MainJob, status_of};
use crate::timeline::Timeline;
use crate::{GENERALIST, Stage};

/// Waits until the phone shows the case in this status.
fn until(phone: &mut Phone, case: &Value, status: &str) -> Result<Value> {
    phone.ok("sync", json!({}))?;
    phone.wait(&format!("the case to be {status}"), 30, "case", case, |shown| {
        status_of(shown) == status
    })
}

fn with(case: &Value, fields: Value) -> Value {
    let mut all = case.clone();
    if let (Some(all), Value::Object(fields)) = (all.as_object_mut(), fields) {
        all.extend(fields);
    }
    all
}

fn text(of: &Value, pointer: &str) -> String {
    let text = of.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or("?").to_owned()
}

/// Returns the case's id.
pub(crate) async fn run(stage: &Stage, timeline: &Timeline, job: &mut MainJob) -> Result<String> {
    timeline.chapter("A rejection: the admin finds another expert");
    let (requester, provider) = (&mut job.requester, &mut job.provider);
    let case_id = requester.text("submit_case", opinions::request(&job.patient_id, &[]), "case_id")?;
    let case = json!({"case_id": case_id});
    requester.ok("sync", json!({}))?;
    let answer = stage.admin.assign(&case_id, &job.provider_id).await?;
    anyhow::ensure!(answer == Answer::Applied, "assign was answered {answer:?}");
    until(provider, &case, "Assigned")?;
    let reason = json!({"reason": "conflict_of_interest", "text": "The patient is a relative of mine."});
    provider.ok("reject", with(&case, reason))?;
    provider.ok("sync", json!({}))?;
    let gone = provider.ask("case", case.clone())?.is_err();
    anyhow::ensure!(gone, "a rejected case leaves the phone");
    timeline.say(
        "provider",
        "Dr Cardio rejected the case, and it has left her phone with its keys",
    );
    let shown = until(requester, &case, "Rejected")?;
    timeline.say(
        "requester",
        &format!("sees: being reassigned, {}", text(&shown, "/rejection")),
    );
    let other = stage.admin.provider_named("Gene Ralist").await?;
    let answer = stage.admin.assign(&case_id, &other).await?;
    anyhow::ensure!(answer == Answer::Applied, "assign was answered {answer:?}");
    timeline.say("admin", "assigned it to Dr Ralist");

    timeline.chapter("A return: the requester answers with a file");
    let mut second = stage.start_phone("second provider", GENERALIST)?;
    until(&mut second, &case, "Assigned")?;
    second.ok("accept", case.clone())?;
    let question = json!({"text": "Please add the referral letter, with the drugs that are taken."});
    let issue_id = second.text("return_case", with(&case, question), "issue_id")?;
    second.ok("sync", json!({}))?;
    timeline.say(
        "second provider",
        "accepted, and returned the case: a letter is missing",
    );
    until(requester, &case, "Returned")?;
    let path = binaries::testdata()?.join("scan.pdf");
    let letter = json!({"path": path, "kind": "referral", "title": "Referral letter"});
    let document_id = requester.text("stage_file", letter, "document_id")?;
    requester.ok("add_document", with(&case, json!({"document_id": document_id})))?;
    let said = json!({"issue_id": issue_id, "text": "Attached.", "document_ids": [document_id]});
    requester.ok("answer_issue", with(&case, said))?;
    requester.ok("resubmit", case.clone())?;
    timeline.say(
        "requester",
        "answered, added the letter and sent the case on; it goes on when the letter has arrived",
    );
    until(requester, &case, "Accepted")?;
    until(&mut second, &case, "Accepted")?;
    let issues = second.ok("issues", case.clone())?;
    timeline.say(
        "second provider",
        &format!(
            "has the case back as it was, with the answer: {}",
            text(&issues, "/issues/0/answers/0/text")
        ),
    );
    second.ok("start_review", case.clone())?;
    let opinion = json!({"opinion": opinions::opinion()});
    second.ok("submit_recommendation", with(&case, opinion))?;
    second.ok("sync", json!({}))?;
    let shown = until(requester, &case, "Done")?;
    timeline.say(
        "requester",
        &format!("Done. Expert: {}", text(&shown, "/expert_name")),
    );
    second.quit().context("the second provider's phone")?;
    Ok(case_id)
}
