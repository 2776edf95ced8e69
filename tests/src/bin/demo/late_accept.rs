//! The late accept (R1): a provider accepts offline what an admin has meanwhile reassigned.

use anyhow::{Context, Result};
use mso_tests::admin::Answer;
use mso_tests::opinions;
use serde_json::{Value, json};

use crate::Stage;
use crate::main_job::MainJob;
use crate::timeline::Timeline;

/// The results of the main job, and the second case.
pub(crate) struct LateAccept {
    pub(crate) job: MainJob,
    pub(crate) case_id: String,
}

pub(crate) async fn run(stage: &Stage, timeline: &Timeline, mut job: MainJob) -> Result<LateAccept> {
    timeline.chapter("A late accept");
    let case_id = job
        .requester
        .text("submit_case", opinions::request(&job.patient_id, &[]), "case_id")?;
    let case = json!({"case_id": case_id});
    job.requester.wait(
        "the second case at the server",
        30,
        "status",
        &json!({}),
        |status| status.get("pending_commands") == Some(&json!(0)),
    )?;
    let answer = stage.admin.assign(&case_id, &job.provider_id).await?;
    anyhow::ensure!(answer == Answer::Applied, "assign was answered {answer:?}");
    job.provider.ok("sync", json!({}))?;
    job.provider.wait(
        "the second case on the provider's phone",
        30,
        "case",
        &case,
        |case| case.pointer("/summary/status") == Some(&json!("Assigned")),
    )?;
    timeline.say(
        "admin",
        "assigned a third case to Dr Cardio, whose phone has received it",
    );

    job.provider.ok("go_offline", json!({}))?;
    job.provider.ok("accept", case.clone())?;
    timeline.say(
        "provider",
        "offline: accepted; shows \u{201c}Accepted, waiting to send\u{201d}",
    );
    let other = stage.admin.provider_named("Gene Ralist").await?;
    let answer = stage
        .admin
        .reassign(&case_id, &other, "Dr Cardio cannot be reached")
        .await?;
    anyhow::ensure!(answer == Answer::Applied, "reassign was answered {answer:?}");
    timeline.say("admin", "reassigned the case to Dr Ralist meanwhile");

    job.provider.ok("go_online", json!({}))?;
    let notices = job.provider.wait(
        "a notice on the provider's phone",
        30,
        "notices",
        &json!({}),
        |answer| {
            let refused = |notice: &Value| notice.get("code") == Some(&json!("assignment_superseded"));
            answer
                .get("notices")
                .and_then(Value::as_array)
                .is_some_and(|all| all.iter().any(refused))
        },
    )?;
    let count = notices
        .get("notices")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    job.provider.wait(
        "the case to leave the provider's phone",
        30,
        "cases",
        &json!({}),
        |answer| !holds(answer, &case_id),
    )?;
    let count =
        format!("online: refused assignment_superseded; {count} notices; the case is gone from the phone");
    timeline.say("provider", &count);
    job.provider
        .wait("the purge confirmed", 30, "status", &json!({}), |s| {
            s.get("pending_commands") == Some(&json!(0))
        })
        .context("settling")?;
    Ok(LateAccept { job, case_id })
}

/// Whether a `cases` response lists this case.
pub(crate) fn holds(answer: &Value, case_id: &str) -> bool {
    let this = |case: &Value| case.get("case_id").and_then(Value::as_str) == Some(case_id);
    answer
        .get("cases")
        .and_then(Value::as_array)
        .is_some_and(|all| all.iter().any(this))
}
