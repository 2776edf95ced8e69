//! A case that is returned, answered and resubmitted; rejected; withdrawn: with phones of every language on
//! either side.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;

use crate::cast::{about, why};
use crate::stage::{
    CARDIOLOGIST, REQUESTER, Stage, all_documents, case_with, patient, programs, status, stored,
};

async fn to_and_fro(asks: &Path, answers: &Path, number: &str) -> Result<()> {
    let stage = Stage::set().await?;
    let mut requester = stage.signed_in_on(asks, "requester", REQUESTER)?;
    let patient_id = patient(&mut requester, number)?;
    let (case_id, _) = case_with(&mut requester, &patient_id, &["letter.pdf"])?;
    let case = json!({"case_id": case_id});
    let with = |fields| about(&case_id, fields);
    requester.ok("sync", json!({}))?;
    requester.wait("the files at the server", 60, "case", &case, |case| {
        all_documents(case, stored)
    })?;
    stage.assign_to_cardiologist(&case_id).await?;
    let mut provider = stage.signed_in_on(answers, "provider", CARDIOLOGIST)?;
    provider.ok("sync", json!({}))?;

    // Returned offline; answered and resubmitted offline.
    stage.proxy.set_refusing(true);
    let short = provider.ask("return_case", with(json!({"text": "Why?"})))?;
    assert_eq!(why(short)?, "invalid");
    let question = json!({"text": "Which drugs are taken, and since when?"});
    let issue_id = provider.text("return_case", with(question), "issue_id")?;
    assert_eq!(status(&provider.ok("case", case.clone())?), "Returned");
    stage.proxy.set_refusing(false);
    provider.ok("sync", json!({}))?;
    requester.ok("sync", json!({}))?;
    assert_eq!(status(&requester.ok("case", case.clone())?), "Returned");
    let issues = requester.ok("issues", case.clone())?;
    let shown = json!({"id": issue_id, "kind": "return", "text": "Which drugs are taken, and since when?",
        "state": "open", "awaits_answer": true, "answers": [], "author_role": "provider",
        "allowed_actions": ["answer"]});
    let issue = issues.pointer("/issues/0").context("no issue")?;
    for (field, value) in shown.as_object().into_iter().flatten() {
        assert_eq!(issue.get(field), Some(value), "{field} of {issues}");
    }
    stage.proxy.set_refusing(true);
    let early = requester.ask("resubmit", case.clone())?;
    assert_eq!(why(early)?, "refused unanswered_issue");
    let answer = json!({"issue_id": issue_id, "text": "Ramipril 5 mg since 2009.", "document_ids": []});
    requester.ok("answer_issue", with(answer))?;
    let issues = requester.ok("issues", case.clone())?;
    assert_eq!(issues.pointer("/issues/0/awaits_answer"), Some(&json!(false)));
    let said = "/issues/0/answers/0/text";
    assert_eq!(issues.pointer(said), Some(&json!("Ramipril 5 mg since 2009.")));
    requester.ok("resubmit", case.clone())?;
    let shown = requester.ok("case", case.clone())?;
    assert_eq!(
        shown.pointer("/summary/pending"),
        Some(&json!(["answer_issue", "resubmit_case"]))
    );
    stage.proxy.set_refusing(false);
    requester.ok("sync", json!({}))?;
    provider.ok("sync", json!({}))?;
    assert_eq!(status(&provider.ok("case", case.clone())?), "Assigned");
    let issues = provider.ok("issues", case.clone())?;
    assert_eq!(
        issues.pointer("/issues/0/state"),
        Some(&json!("answered")),
        "{issues}"
    );
    assert_eq!(
        issues.pointer(said),
        Some(&json!("Ramipril 5 mg since 2009.")),
        "the expert reads the answer"
    );

    // Rejected: the case disappears from the expert's phone.
    let silent = provider.ask("reject", with(json!({"reason": "other"})))?;
    assert_eq!(why(silent)?, "refused reason_required");
    let note = json!({"reason": "other", "text": "The patient is a relative of mine."});
    provider.ok("reject", with(note))?;
    provider.ok("sync", json!({}))?;
    let gone = provider.ask("case", case.clone())?;
    assert_eq!(why(gone)?, "not_found");
    requester.ok("sync", json!({}))?;
    assert_eq!(status(&requester.ok("case", case.clone())?), "Rejected");

    // Withdrawn: nothing more can be done with it.
    requester.ok(
        "withdraw",
        with(json!({"reason": "We asked elsewhere in the meantime."})),
    )?;
    requester.ok("sync", json!({}))?;
    let shown = requester.ok("case", case.clone())?;
    assert_eq!(
        shown.pointer("/summary/allowed_actions"),
        Some(&json!([])),
        "{shown}"
    );
    assert_eq!(requester.ok("outbox", json!({}))?, json!({"outbox": []}));
    requester.quit()?;
    provider.quit()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_returned_case_is_answered_and_sent_on_by_phones_of_every_language() -> Result<()> {
    for (number, (asks, program)) in programs()?.iter().enumerate() {
        for (other, (answers, answering)) in programs()?.iter().enumerate() {
            eprintln!("a {asks} phone asks, a {answers} phone answers");
            to_and_fro(program, answering, &format!("T2200{number}{other}")).await?;
        }
    }
    Ok(())
}
