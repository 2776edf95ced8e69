//! Races between the users who reassign a case and the expert who has it: R2, R3, R5, R8, R17. (R1 is in
//! `provider_accepts_offline`.)
//!
//! One side acts without seeing what the other has done; the server's answer is the same whoever comes first.

use anyhow::{Context, Result};
use mso_server::admin::demo::PASSWORD;
use mso_tests::admin::{Admin, Answer, new_id};
use mso_tests::opinions;
use serde_json::{Value, json};

use crate::cast::{Cast, about, give_to_generalist, level, refusal, refusals, why};
use crate::stage::{CARDIOLOGIST, GENERALIST, REQUESTER, Stage, case_with, patient, status};

fn no(code: &str) -> Answer {
    Answer::Refused(code.to_owned())
}

/// R2.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_with_a_stale_page_takes_an_accepted_case_away_only_after_confirming_it() -> Result<()> {
    let stage = Stage::set().await?;
    let mut cast = Cast::on(&stage).await?;
    let case_id = cast.case_id.clone();
    let case = cast.case();
    cast.provider.ok("accept", case)?;
    level(&mut cast.provider)?;

    let other = stage.admin.provider_named("Gene Ralist").await?;
    let stale = stage.admin.reassign(&case_id, &other, "Too slow.").await?;
    assert_eq!(stale, no("stale_state"));
    let seen_before = stage
        .admin
        .reassign_seen(&case_id, &other, "Too slow.", "Assigned");
    assert_eq!(seen_before.await?, no("stale_state"));
    assert_eq!(cast.status_at_provider()?, "Accepted", "nothing was taken away");

    let read = stage.admin.get(&format!("/v1/cases/{case_id}")).await?;
    assert!(
        read.to_string().contains("\"Accepted\""),
        "the page, read again: {read}"
    );
    give_to_generalist(&stage.admin, &case_id, "Accepted").await?;
    level(&mut cast.provider)?;
    assert_eq!(cast.provider.ok("cases", json!({}))?, json!({"cases": []}));
    assert_eq!(cast.status_at_requester()?, "Assigned");
    let (_, statuses) = stage.database().await?.case(case_id.parse()?).await?;
    let statuses: Vec<_> = statuses
        .iter()
        .filter_map(|step| step.get("status")?.as_str())
        .collect();
    assert_eq!(statuses, ["New", "Assigned", "Accepted", "Assigned"]);
    Ok(())
}

/// R3.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opinion_that_comes_after_reassignment_is_kept_for_its_author_and_can_be_given_again() -> Result<()>
{
    let stage = Stage::set().await?;
    let mut cast = Cast::on(&stage).await?;
    let case_id = cast.case_id.clone();
    cast.begin_review()?;
    stage.proxy.set_refusing(true);
    let opinion = cast.opinion();
    cast.provider.ok("submit_recommendation", opinion)?;
    assert_eq!(
        status(&cast.provider.ok("case", cast.case())?),
        "Done",
        "shown at once"
    );
    give_to_generalist(&stage.admin, &case_id, "InProgress").await?;
    stage.proxy.set_refusing(false);
    level(&mut cast.provider)?;

    let told = refusals(&mut cast.provider)?;
    assert_eq!(told, [refusal("submit_recommendation", "assignment_superseded")]);
    assert_eq!(cast.provider.ok("cases", json!({}))?, json!({"cases": []}));
    assert_eq!(why(cast.provider.ask("case", cast.case())?)?, "not_found");
    let kept = cast.provider.ok("kept_opinions", json!({}))?;
    assert_eq!(kept.pointer("/kept/0/case_id"), Some(&json!(case_id)));
    assert_eq!(kept.pointer("/kept/0/days"), Some(&json!(30)));
    let words = opinions::opinion();
    assert_eq!(
        kept.pointer("/kept/0/content/answer_to_question"),
        words.get("answer_to_question")
    );
    assert!(
        !kept.to_string().contains("Haddad"),
        "nothing says who the patient is"
    );

    let database = stage.database().await?;
    let quarantined = "select count(*) from quarantine where refusal = 'assignment_superseded'
                       and payload::text like '%Repair is indicated now%' and discarded_at is null";
    assert_eq!(database.count(quarantined).await?, 1);
    assert_eq!(database.count("select count(*) from recommendation").await?, 0);
    assert_eq!(database.count("select count(*) from invoice").await?, 0);
    let mut successor = stage.signed_in("successor", GENERALIST)?;
    for phone in [&mut successor, &mut cast.requester] {
        level(phone)?;
        let shown = phone.ok("case", about(&case_id, json!({})))?;
        assert!(!shown.to_string().contains("Repair is indicated now"), "{shown}");
    }

    // The admin assigns the case back, and its author submits the same text again.
    let author = stage.admin.provider_named("Carla Cardio").await?;
    let back = stage
        .admin
        .reassign(&case_id, &author, "The opinion is written.")
        .await?;
    assert_eq!(back, Answer::Applied);
    level(&mut cast.provider)?;
    cast.begin_review()?;
    let case = cast.case();
    cast.provider.ok("submit_kept_opinion", case)?;
    level(&mut cast.provider)?;
    assert_eq!(cast.status_at_requester()?, "Done");
    assert_eq!(database.count("select count(*) from invoice").await?, 1);
    Ok(())
}

/// R3: what an admin may do with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_discards_an_opinion_that_came_too_late_and_nobody_else_may() -> Result<()> {
    let stage = Stage::set().await?;
    let mut cast = Cast::on(&stage).await?;
    let case_id = cast.case_id.clone();
    cast.begin_review()?;
    stage.proxy.set_refusing(true);
    let opinion = cast.opinion();
    cast.provider.ok("submit_recommendation", opinion)?;
    give_to_generalist(&stage.admin, &case_id, "InProgress").await?;
    stage.proxy.set_refusing(false);
    level(&mut cast.provider)?;

    let database = stage.database().await?;
    let kept = database.text("select id::text from quarantine").await?;
    let discard = json!({"case_id": case_id, "quarantine_id": kept});
    for (email, refused) in [
        (REQUESTER, "forbidden"),
        (CARDIOLOGIST, "not_found"),
        (GENERALIST, "forbidden"),
    ] {
        let other = Admin::sign_in(&stage.server.url(), email, PASSWORD).await?;
        let answer = other.command("discard_quarantine", discard.clone()).await?;
        assert_eq!(answer, no(refused), "{email}");
    }
    let nobody = json!({"case_id": case_id, "quarantine_id": new_id()});
    assert_eq!(
        stage.admin.command("discard_quarantine", nobody).await?,
        no("no_quarantine")
    );
    assert_eq!(
        stage.admin.command("discard_quarantine", discard).await?,
        Answer::Applied
    );
    let discarded = "select count(*) from quarantine where discarded_at is not null";
    assert_eq!(database.count(discarded).await?, 1);
    Ok(())
}

/// R5.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_admins_who_assign_at_once_the_second_is_told_to_reassign() -> Result<()> {
    let stage = Stage::set().await?;
    let new_admin = [
        "create-admin",
        "--email",
        "second@demo.example",
        "--name",
        "Bo Admin",
    ];
    stage.server.set_up(&new_admin, PASSWORD)?;
    let second = Admin::sign_in(&stage.server.url(), "second@demo.example", PASSWORD).await?;
    let mut requester = stage.signed_in("requester", REQUESTER)?;
    let patient_id = patient(&mut requester, "T22000129")?;
    let (one, other) = (
        stage.admin.provider_named("Carla Cardio").await?,
        stage.admin.provider_named("Gene Ralist").await?,
    );
    for _round in 0..5 {
        let (case_id, _) = case_with(&mut requester, &patient_id, &[])?;
        level(&mut requester)?;
        let (first, late) = tokio::join!(
            stage.admin.assign(&case_id, &one),
            second.assign(&case_id, &other)
        );
        let answers = [first?, late?];
        let winner = answers.iter().position(|answer| *answer == Answer::Applied);
        let winner = winner.with_context(|| format!("nobody could assign: {answers:?}"))?;
        assert_eq!(answers.get(1 - winner), Some(&no("use_reassign")));
        let read = second.get(&format!("/v1/cases/{case_id}")).await?;
        let expert = [&one, &other][winner];
        assert!(
            read.to_string().contains(expert.as_str()),
            "the console shows who: {read}"
        );
    }
    Ok(())
}

/// R8.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_return_that_comes_after_reassignment_does_not_hold_the_case_of_the_successor() -> Result<()> {
    let stage = Stage::set().await?;
    let mut cast = Cast::on(&stage).await?;
    let case_id = cast.case_id.clone();
    stage.proxy.set_refusing(true);
    let question = cast.say(json!({"text": "Which drugs are taken, and since when?"}));
    cast.provider.ok("return_case", question)?;
    assert_eq!(status(&cast.provider.ok("case", cast.case())?), "Returned");
    give_to_generalist(&stage.admin, &case_id, "Assigned").await?;
    stage.proxy.set_refusing(false);
    level(&mut cast.provider)?;

    let told = refusals(&mut cast.provider)?;
    assert_eq!(told, [refusal("report_issue", "assignment_superseded")]);
    assert_eq!(why(cast.provider.ask("case", cast.case())?)?, "not_found");
    assert_eq!(
        cast.status_at_requester()?,
        "Assigned",
        "nobody was asked anything"
    );
    let database = stage.database().await?;
    assert_eq!(database.count("select count(*) from issue").await?, 0);
    // The text is clinical: the server keeps it for its author.
    let kept = "select count(*) from quarantine where payload::text like '%Which drugs are taken%'";
    assert_eq!(database.count(kept).await?, 1);
    Ok(())
}

/// R17.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_of_an_issue_that_an_admin_has_resolved_meanwhile_is_refused() -> Result<()> {
    let stage = Stage::set().await?;
    let mut cast = Cast::on(&stage).await?;
    let question = cast.say(json!({"text": "Which drugs are taken, and since when?"}));
    let issue = cast.provider.text("return_case", question, "issue_id")?;
    level(&mut cast.provider)?;
    stage.proxy.set_refusing(true);
    let edit = cast.say(json!({"issue_id": issue, "text": "Which drugs are taken? The list is enough."}));
    cast.provider.ok("edit_issue", edit)?;
    let note = json!({"case_id": cast.case_id, "issue_id": issue, "note": "Asked by telephone."});
    assert_eq!(stage.admin.command("resolve_issue", note).await?, Answer::Applied);
    stage.proxy.set_refusing(false);
    level(&mut cast.provider)?;

    let told = refusals(&mut cast.provider)?;
    assert_eq!(told, [refusal("edit_issue", "issue_closed")]);
    let issues = cast.provider.ok("issues", cast.case())?;
    let first = |field: &str| {
        issues
            .pointer(&format!("/issues/0/{field}"))
            .and_then(Value::as_str)
    };
    assert_eq!(
        (first("state"), first("text")),
        (Some("resolved"), Some("Which drugs are taken, and since when?"))
    );
    assert_eq!(cast.status_at_provider()?, "Assigned", "the case goes on");
    Ok(())
}
