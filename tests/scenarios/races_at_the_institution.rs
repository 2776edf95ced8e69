//! Races between an institution's users and everybody else: R4, R7, R9, R13.
//!
//! What a requester does offline meets what an expert did meanwhile. The phone is corrected, and the user is
//! offered what can be done instead.

use anyhow::{Context, Result};
use mso_tests::admin::Answer;
use mso_tests::binaries;
use serde_json::{Value, json};

use crate::cast::{Cast, about, level, refusal, refusals};
use crate::stage::{CARDIOLOGIST, Stage, all_documents, present, real_file, status, stored};

/// A text field of the case's only issue in this response.
fn only_issue<'a>(issues: &'a Value, field: &str) -> Option<&'a str> {
    issues.pointer(&format!("/issues/0/{field}"))?.as_str()
}

/// R4.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_that_was_accepted_meanwhile_cannot_be_withdrawn_but_its_cancellation_asked_for() -> Result<()>
{
    let stage = Stage::set().await?;
    let mut cast = Cast::on(&stage).await?;
    let case_id = cast.case_id.clone();
    let mut expert_online = stage.signed_in("tablet", CARDIOLOGIST)?;
    level(&mut cast.requester)?;
    let withdraw = cast.say(json!({"reason": "We asked elsewhere in the meantime."}));
    cast.requester.ok("withdraw", withdraw)?;
    expert_online.ok("accept", cast.case())?;
    level(&mut expert_online)?;

    assert_eq!(cast.status_at_requester()?, "Accepted", "the status is put right");
    assert_eq!(
        refusals(&mut cast.requester)?,
        [refusal("withdraw_case", "ask_admin")]
    );
    let ask = cast.say(json!({"reason": "We asked elsewhere in the meantime."}));
    cast.requester.ok("request_cancellation", ask)?;
    level(&mut cast.requester)?;
    let issues = cast.requester.ok("issues", cast.case())?;
    assert_eq!(only_issue(&issues, "kind"), Some("cancel_request"));
    let told = stage.admin.get("/v1/notifications").await?;
    assert!(told.to_string().contains("cancellation_requested"), "{told}");

    let cancel = json!({"case_id": case_id, "reason": "Asked for by the hospital."});
    assert_eq!(stage.admin.command("cancel_case", cancel).await?, Answer::Applied);
    level(&mut expert_online)?;
    assert_eq!(expert_online.ok("cases", json!({}))?, json!({"cases": []}));
    let database = stage.database().await?;
    let closed = "select count(*) from mso_case where closure = 'cancelled'";
    assert_eq!(database.count(closed).await?, 1);
    assert_eq!(database.count("select count(*) from invoice").await?, 0);
    Ok(())
}

/// R7.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_of_the_question_is_refused_once_an_expert_works_on_it_and_a_file_says_what_is_new()
-> Result<()> {
    let stage = Stage::set().await?;
    let mut cast = Cast::on(&stage).await?;
    let first = "Is anticoagulation needed before the repair, and for how long afterwards?";
    let edit = cast.say(json!({"clinical_question": first}));
    cast.requester.ok("edit_question", edit)?;
    level(&mut cast.requester)?;
    let database = stage.database().await?;
    let asked = "select count(*) from mso_case where request::text like '%anticoagulation%'";
    assert_eq!(database.count(asked).await?, 1, "before that it is taken");

    let late = cast.say(json!({"clinical_question": "Is replacement better than repair in her case?"}));
    cast.requester.ok("edit_question", late)?;
    cast.provider.ok("accept", cast.case())?;
    level(&mut cast.provider)?;
    level(&mut cast.requester)?;
    assert_eq!(
        refusals(&mut cast.requester)?,
        [refusal("edit_case_details", "frozen")]
    );
    assert_eq!(
        database.count(asked).await?,
        1,
        "the question is the one that was accepted"
    );

    let file = json!({"path": real_file("letter.pdf")?, "kind": "other", "title": "What is new"});
    let file = cast.requester.text("stage_file", file, "document_id")?;
    let add = cast.say(json!({"document_id": file}));
    cast.requester.ok("add_document", add)?;
    let case = cast.case();
    cast.requester.ok("go_online", json!({}))?;
    cast.requester
        .wait("the file at the server", 60, "case", &case, |case| {
            all_documents(case, stored)
        })?;
    level(&mut cast.provider)?;
    let shown = cast.provider.ok("case", case)?;
    assert!(all_documents(&shown, present), "{shown}");
    Ok(())
}

/// R9.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_resubmitted_by_two_colleagues_goes_on_once_and_neither_is_told_off() -> Result<()> {
    let stage = Stage::set().await?;
    let mut cast = Cast::on(&stage).await?;
    let case = cast.case();
    let colleague_name = stage.colleague()?;
    let mut colleague = stage.signed_in("colleague", &colleague_name)?;
    cast.begin_review()?;
    let question = cast.say(json!({"text": "Which drugs are taken, and since when?"}));
    let issue = cast.provider.text("return_case", question, "issue_id")?;
    level(&mut cast.provider)?;
    level(&mut cast.requester)?;
    let answer =
        cast.say(json!({"issue_id": issue, "text": "Ramipril 5 mg since 2009.", "document_ids": []}));
    cast.requester.ok("answer_issue", answer)?;
    level(&mut cast.requester)?;
    level(&mut colleague)?;

    // Both press the button without a network; in addition, the first one's response is lost.
    stage.proxy.set_refusing(true);
    for phone in [&mut cast.requester, &mut colleague] {
        phone.ok("resubmit", case.clone())?;
        assert_eq!(
            status(&phone.ok("case", case.clone())?),
            "InProgress",
            "shown at once"
        );
    }
    stage.proxy.set_refusing(false);
    stage.proxy.lose_next_answer_of("POST /v1/sync");
    drop(cast.requester.ask("sync", json!({}))?);
    level(&mut colleague)?;
    level(&mut cast.requester)?;

    for phone in [&mut cast.requester, &mut colleague] {
        assert_eq!(refusals(phone)?, []);
        assert_eq!(status(&phone.ok("case", case.clone())?), "InProgress");
        assert_eq!(phone.ok("outbox", json!({}))?, json!({"outbox": []}));
    }
    assert_eq!(cast.status_at_provider()?, "InProgress");
    let database = stage.database().await?;
    let resumed = "select count(*) from case_timeline where action = 'resubmit_case'";
    assert_eq!(database.count(resumed).await?, 1, "one effect");
    let applied =
        "select count(*) from command_log where name = 'resubmit_case' and outcome ->> 'outcome' = 'applied'";
    assert_eq!(database.count(applied).await?, 2, "two answers, alike");
    Ok(())
}

/// R13.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_arrives_after_the_opinion_is_marked_so_and_is_not_among_the_reviewed() -> Result<()> {
    let stage = Stage::set().await?;
    let rust = binaries::rust_phone()?;
    let mut cast = Cast::with(&stage, &rust, &rust, &["letter.pdf"]).await?;
    cast.begin_review()?;
    level(&mut cast.requester)?;
    let mut added = Vec::new();
    for name in ["phone.jpg", "scan.pdf"] {
        let file = json!({"path": real_file(name)?, "kind": "other", "title": "Found later"});
        let file = cast.requester.text("stage_file", file, "document_id")?;
        let add = cast.say(json!({"document_id": file}));
        cast.requester.ok("add_document", add)?;
        added.push(file.clone());
        // The first one is declared in time; its bytes are not sent.
        if added.len() == 1 {
            stage.proxy.cut_upload_at(&format!("/v1/uploads/{file}"), 1000);
            drop(cast.requester.ask("sync", json!({}))?);
        }
    }
    let opinion = cast.opinion();
    level(&mut cast.provider)?;
    cast.provider.ok("submit_recommendation", opinion)?;
    level(&mut cast.provider)?;
    let database = stage.database().await?;
    let announced = "select count(*) from document where state = 'declared'";
    assert_eq!(
        database.count(announced).await?,
        1,
        "on its way when the opinion was given"
    );

    let case = cast.case();
    cast.requester.ok("go_online", json!({}))?;
    cast.requester
        .wait("the files at the server", 60, "case", &case, |case| {
            all_documents(case, stored)
        })?;
    let marked = "select count(*) from document where state = 'stored' and after_opinion";
    assert_eq!(database.count(marked).await?, 2);
    let reviewed = "select jsonb_array_length(content -> 'reviewed_documents')::bigint from recommendation";
    assert_eq!(database.count(reviewed).await?, 1, "the one that was there");
    let told = "select count(*) from notification n join mso_user u on u.id = n.user_id
                where n.kind = 'document_added' and u.role = 'provider'";
    assert_eq!(database.count(told).await?, 2);
    level(&mut cast.provider)?;
    let shown = cast.provider.ok("case", case)?;
    let here = shown
        .get("documents")
        .and_then(Value::as_array)
        .context("documents")?;
    assert_eq!(here.len(), 3, "the expert has them all: {shown}");
    assert_eq!(cast.status_at_requester()?, "Done");

    let strike = about(
        &cast.case_id,
        json!({"document_id": added.first(), "reason": "Another patient's file."}),
    );
    assert_eq!(
        stage.admin.command("strike_document", strike).await?,
        Answer::Applied
    );
    Ok(())
}
