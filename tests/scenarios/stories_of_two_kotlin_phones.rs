//! The stories S2, S3 and S4 with two Kotlin phones and an admin; S3 with a Swift phone on either side, too.
//!
//! In CI the phones must be built; elsewhere a Rust phone replaces one that was not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mso_server::admin::demo::PASSWORD;
use mso_tests::admin::{Admin, Answer};
use mso_tests::{binaries, opinions};
use serde_json::{Value, json};

use crate::cast::{Cast, about, give_to_generalist, level, refusal, refusals, why};
use crate::stage::{
    CARDIOLOGIST, GENERALIST, Stage, all_documents, case_with, or_rust, present, real_file, status,
};

fn kotlin() -> Result<PathBuf> {
    or_rust(binaries::kotlin_phone(), "Kotlin")
}

fn swift() -> Result<PathBuf> {
    or_rust(binaries::swift_phone(), "Swift")
}

/// The sealed files of a phone, by path.
fn sealed(store: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(store.join("files"))? {
        let path = entry?.path();
        if path.is_file() {
            found.insert(path.clone(), std::fs::read(path)?);
        }
    }
    Ok(found)
}

fn documents(case: &Value) -> Vec<&Value> {
    let documents = case.get("documents").and_then(Value::as_array);
    let ids = documents
        .into_iter()
        .flatten()
        .filter_map(|row| row.get("document_id"));
    ids.collect()
}

/// S2.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_case_leaves_the_phone_with_its_keys_and_another_expert_finishes_it() -> Result<()> {
    let stage = Stage::set().await?;
    let kotlin = kotlin()?;
    let mut cast = Cast::with(&stage, &kotlin, &kotlin, &["letter.pdf", "phone.jpg"]).await?;
    let (case_id, case) = (cast.case_id.clone(), cast.case());
    cast.provider.ok("accept", case.clone())?;
    level(&mut cast.provider)?;
    let shown = cast.provider.ok("case", case.clone())?;
    assert!(all_documents(&shown, present), "{shown}");
    let files: Vec<_> = documents(&shown)
        .into_iter()
        .map(|id| json!({"document_id": id}))
        .collect();
    assert_eq!(files.len(), 2);
    for file in &files {
        cast.provider.ok("document_sha256", file.clone())?;
    }
    let sealed_then = sealed(cast.provider.store())?;
    assert_eq!(sealed_then.len(), 2);

    let reject = cast.say(json!({"reason": "conflict_of_interest", "text": "The surgeon is my brother."}));
    cast.provider.ok("reject", reject)?;
    level(&mut cast.provider)?;
    level(&mut cast.provider)?;
    assert_eq!(cast.status_at_requester()?, "Rejected");

    // The old phone holds nothing, and what a thief had copied from it can no longer be decrypted.
    assert_eq!(why(cast.provider.ask("case", case.clone())?)?, "not_found");
    assert!(sealed(cast.provider.store())?.is_empty(), "the files are gone");
    for (path, bytes) in &sealed_then {
        std::fs::write(path, bytes)?;
    }
    for file in &files {
        assert_eq!(
            why(cast.provider.ask("document_sha256", file.clone())?)?,
            "not_found"
        );
    }
    let database = stage.database().await?;
    assert_eq!(
        database.count("select count(*) from purge_confirmation").await?,
        1
    );
    let former = Admin::sign_in(&stage.server.url(), CARDIOLOGIST, PASSWORD).await?;
    let id = files
        .first()
        .and_then(|file| file.get("document_id")?.as_str())
        .context("no file")?;
    for path in [
        format!("/v1/cases/{case_id}"),
        format!("/v1/documents/{id}/content"),
    ] {
        let refused = former.get(&path).await.err().context("it was read")?;
        assert!(refused.to_string().contains("404"), "{refused}");
    }

    // The next assignment.
    let again = stage.admin.provider_named("Carla Cardio").await?;
    let again = stage.admin.assign(&case_id, &again).await?;
    assert_eq!(again, Answer::Refused("rejected_before".to_owned()));
    let next = stage.admin.provider_named("Gene Ralist").await?;
    assert_eq!(stage.admin.assign(&case_id, &next).await?, Answer::Applied);
    let mut successor = stage.signed_in_on(&kotlin, "successor", GENERALIST)?;
    for verb in ["accept", "start_review"] {
        successor.ok(verb, case.clone())?;
    }
    successor.ok("submit_recommendation", cast.opinion())?;
    level(&mut successor)?;
    assert_eq!(cast.status_at_requester()?, "Done");
    let shown = cast.requester.ok("case", case)?;
    assert_eq!(shown.get("expert_name"), Some(&json!("Dr Gene Ralist")));
    assert!(
        !shown.to_string().contains("brother"),
        "the words are for admins: {shown}"
    );
    cast.requester.quit()?;
    cast.provider.quit()?;
    successor.quit()
}

/// S3.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_returned_twice_is_answered_in_words_and_files_and_goes_on_where_it_was() -> Result<()> {
    returned_twice(&kotlin()?, &kotlin()?).await
}

/// S3.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swift_phone_returns_a_case_twice_and_a_kotlin_phone_answers() -> Result<()> {
    returned_twice(&kotlin()?, &swift()?).await
}

/// S3.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kotlin_phone_returns_a_case_twice_and_a_swift_phone_answers() -> Result<()> {
    returned_twice(&swift()?, &kotlin()?).await
}

async fn returned_twice(asks: &Path, answers: &Path) -> Result<()> {
    let stage = Stage::set().await?;
    let mut cast = Cast::with(&stage, asks, answers, &["letter.pdf"]).await?;
    let case = cast.case();
    let database = stage.database().await?;

    // Returned before it was accepted; answered in words.
    let question = cast.say(json!({"text": "Which drugs are taken, and since when?"}));
    let issue = cast.provider.text("return_case", question, "issue_id")?;
    level(&mut cast.provider)?;
    assert_eq!(cast.status_at_requester()?, "Returned");
    let shown = cast.requester.ok("case", case.clone())?;
    assert_eq!(shown.get("expert_name"), Some(&Value::Null), "not accepted yet");
    let answer =
        cast.say(json!({"issue_id": issue, "text": "Ramipril 5 mg since 2009.", "document_ids": []}));
    cast.requester.ok("answer_issue", answer)?;
    cast.requester.ok("resubmit", case.clone())?;
    level(&mut cast.requester)?;
    assert_eq!(cast.status_at_provider()?, "Assigned", "where it was");

    // Returned from the review; answered offline, with a file.
    cast.begin_review()?;
    let question = cast.say(json!({"text": "Please send the photograph of the scar."}));
    let issue = cast.provider.text("return_case", question, "issue_id")?;
    level(&mut cast.provider)?;
    assert_eq!(cast.status_at_requester()?, "Returned");
    let shown = cast.requester.ok("case", case.clone())?;
    let name = shown.get("expert_name").and_then(Value::as_str);
    assert_eq!(name, Some("Dr Carla Cardio"), "who has accepted is known");
    stage.proxy.set_refusing(true);
    let early = cast.requester.ask("resubmit", case.clone())?;
    assert_eq!(why(early)?, "refused unanswered_issue");
    let file = json!({"path": real_file("phone.jpg")?, "kind": "photo", "title": "The scar"});
    let file = cast.requester.text("stage_file", file, "document_id")?;
    let add = cast.say(json!({"document_id": file}));
    cast.requester.ok("add_document", add)?;
    let answer = cast.say(json!({"issue_id": issue, "text": null, "document_ids": [file]}));
    cast.requester.ok("answer_issue", answer)?;
    cast.requester.ok("resubmit", case.clone())?;

    // The connection breaks in the middle of the file: the case waits for it, and nobody has to act again.
    stage.proxy.set_refusing(false);
    stage.proxy.cut_upload_at(&format!("/v1/uploads/{file}"), 100_000);
    drop(cast.requester.ask("sync", json!({}))?);
    let waits =
        "select count(*) from mso_case where status = 'Returned' and pending_resubmission is not null";
    assert_eq!(database.count(waits).await?, 1);
    assert_eq!(cast.status_at_provider()?, "Returned");
    level(&mut cast.requester)?;
    assert_eq!(cast.status_at_requester()?, "InProgress");
    assert_eq!(cast.status_at_provider()?, "InProgress", "where it was");
    let shown = cast.provider.ok("case", case.clone())?;
    assert!(all_documents(&shown, present), "{shown}");
    assert_eq!(documents(&shown).len(), 2);
    let issues = cast.provider.ok("issues", case.clone())?;
    let states = issues
        .get("issues")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let states: Vec<_> = states.filter_map(|issue| issue.get("state")?.as_str()).collect();
    assert_eq!(states, ["answered", "answered"]);

    let opinion = cast.opinion();
    cast.provider.ok("submit_recommendation", opinion)?;
    level(&mut cast.provider)?;
    assert_eq!(cast.status_at_requester()?, "Done");
    let reviewed = "select jsonb_array_length(content -> 'reviewed_documents')::bigint from recommendation";
    assert_eq!(database.count(reviewed).await?, 2, "the answer's file too");
    let (_, statuses) = database.case(cast.case_id.parse()?).await?;
    let mut statuses: Vec<_> = statuses
        .iter()
        .filter_map(|step| step.get("status")?.as_str())
        .collect();
    statuses.dedup();
    assert_eq!(
        statuses,
        [
            "New",
            "Assigned",
            "Returned",
            "Assigned",
            "Accepted",
            "InProgress",
            "Returned",
            "InProgress",
            "Done"
        ]
    );
    cast.requester.quit()?;
    cast.provider.quit()
}

/// S4.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_expert_does_offline_after_reassignment_is_refused_and_an_opinion_is_kept() -> Result<()> {
    let stage = Stage::set().await?;
    let kotlin = kotlin()?;
    let mut cast = Cast::with(&stage, &kotlin, &kotlin, &["letter.pdf"]).await?;
    let (written, _) = case_with(&mut cast.requester, &cast.patient_id, &[])?;
    level(&mut cast.requester)?;
    stage.assign_to_cardiologist(&written).await?;
    level(&mut cast.provider)?;
    let written_case = about(&written, json!({}));
    for verb in ["accept", "start_review"] {
        cast.provider.ok(verb, written_case.clone())?;
    }
    level(&mut cast.provider)?;

    // Offline: one case accepted (R1), an opinion given on the other (R3). Online: both are reassigned.
    stage.proxy.set_refusing(true);
    let accepted = cast.case_id.clone();
    let case = cast.case();
    cast.provider.ok("accept", case.clone())?;
    let opinion = about(&written, json!({"opinion": opinions::opinion()}));
    cast.provider.ok("submit_recommendation", opinion.clone())?;
    for (case, shows) in [(&case, "Accepted"), (&written_case, "Done")] {
        assert_eq!(
            status(&cast.provider.ok("case", case.clone())?),
            shows,
            "shown at once"
        );
    }
    give_to_generalist(&stage.admin, &accepted, "Assigned").await?;
    give_to_generalist(&stage.admin, &written, "InProgress").await?;
    stage.proxy.set_refusing(false);
    level(&mut cast.provider)?;
    level(&mut cast.provider)?;

    let mut told = refusals(&mut cast.provider)?;
    told.sort();
    let superseded = |command| refusal(command, "assignment_superseded");
    assert_eq!(
        told,
        [superseded("accept_case"), superseded("submit_recommendation")]
    );
    let list = cast.provider.ok("cases", json!({}))?;
    assert_eq!(list.get("cases"), Some(&json!([])));
    assert!(sealed(cast.provider.store())?.is_empty(), "the files are gone");
    assert_eq!(cast.provider.ok("outbox", json!({}))?, json!({"outbox": []}));
    for case in [&case, &written_case] {
        assert_eq!(why(cast.provider.ask("case", case.clone())?)?, "not_found");
    }
    let database = stage.database().await?;
    assert_eq!(
        database.count("select count(*) from purge_confirmation").await?,
        2
    );
    let audited = "select count(*) from audit_entry where outcome = 'assignment_superseded'";
    assert_eq!(database.count(audited).await?, 2, "the audit holds both");
    assert_eq!(database.count("select count(*) from quarantine").await?, 1);
    level(&mut cast.requester)?;
    for case in [&case, &written_case] {
        let shown = cast.requester.ok("case", case.clone())?;
        assert_eq!(status(&shown), "Assigned");
        assert_eq!(shown.get("recommendation"), Some(&json!(null)));
    }

    // The admin assigns the second one back to its author, who answers again.
    let author = stage.admin.provider_named("Carla Cardio").await?;
    let back = stage
        .admin
        .reassign(&written, &author, "The opinion is written.")
        .await?;
    assert_eq!(back, Answer::Applied);
    level(&mut cast.provider)?;
    for verb in ["accept", "start_review"] {
        cast.provider.ok(verb, written_case.clone())?;
    }
    cast.provider.ok("submit_recommendation", opinion)?;
    level(&mut cast.provider)?;
    level(&mut cast.requester)?;
    assert_eq!(status(&cast.requester.ok("case", written_case)?), "Done");
    assert_eq!(database.count("select count(*) from invoice").await?, 1);
    cast.requester.quit()?;
    cast.provider.quit()
}
