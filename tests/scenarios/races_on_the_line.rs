//! Races with the network and the clock: a lost response (R14), a revoked phone (R15), a clock that is years
//! ahead (R18).

use anyhow::{Context, Result};
use mso_core::time::{Clock, SystemClock};
use mso_tests::admin::Answer;
use mso_tests::phone::Phone;
use serde_json::{Value, json};

use crate::cast::{Cast, level, refusals, why};
use crate::stage::{CARDIOLOGIST, REQUESTER, Stage, case_with, patient, status};

/// R14.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opinion_whose_answer_is_lost_again_and_again_makes_one_invoice() -> Result<()> {
    let stage = Stage::set().await?;
    let mut cast = Cast::on(&stage).await?;
    cast.begin_review()?;
    let opinion = cast.opinion();
    cast.provider.ok("submit_recommendation", opinion)?;
    let mut numbers = Vec::new();
    let database = stage.database().await?;
    for _lost in 0..3 {
        stage.proxy.lose_next_answer_of("POST /v1/sync");
        drop(cast.provider.ask("sync", json!({}))?);
        numbers.push(database.invoice(cast.case_id.parse()?).await?);
    }
    assert_eq!(stage.proxy.counts().cuts, 3, "three answers were lost");
    level(&mut cast.provider)?;
    assert_eq!(refusals(&mut cast.provider)?, []);
    assert_eq!(cast.provider.ok("outbox", json!({}))?, json!({"outbox": []}));
    assert_eq!(status(&cast.provider.ok("case", cast.case())?), "Done");

    numbers.push(database.invoice(cast.case_id.parse()?).await?);
    numbers.dedup();
    let [Some(invoice)] = numbers.as_slice() else {
        anyhow::bail!("more than one invoice, or none: {numbers:?}");
    };
    assert!(text(invoice, "number")?.ends_with("-1"), "{invoice}");
    for table in [
        "select count(*) from invoice",
        "select count(*) from recommendation",
        "select count(*) from service_record",
        "select count(*) from command_log where name = 'submit_recommendation'",
    ] {
        assert_eq!(database.count(table).await?, 1, "{table}");
    }
    assert_eq!(cast.status_at_requester()?, "Done");
    Ok(())
}

fn text<'a>(answer: &'a Value, field: &str) -> Result<&'a str> {
    answer.get(field).and_then(Value::as_str).context("no such text")
}

/// R15: the phone was lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_a_revoked_phone_still_holds_takes_effect_and_an_opinion_among_it_is_kept() -> Result<()>
{
    let stage = Stage::set().await?;
    let mut cast = Cast::on(&stage).await?;
    cast.begin_review()?;
    let mut spare = stage.signed_in("spare", CARDIOLOGIST)?;
    let session = cast.provider.ok("session", json!({}))?;
    stage.proxy.set_refusing(true);
    let opinion = cast.opinion();
    cast.provider.ok("submit_recommendation", opinion)?;
    let revoke = json!({
        "user_id": text(&session, "user_id")?, "device_id": text(&session, "device_id")?, "reason": "Left in a taxi.",
    });
    assert_eq!(
        stage.admin.command("revoke_device", revoke).await?,
        Answer::Applied
    );
    stage.proxy.set_refusing(false);
    for _again in 0..2 {
        assert_eq!(why(cast.provider.ask("sync", json!({}))?)?, "sign_in_needed");
    }

    let database = stage.database().await?;
    let kept = "select count(*) from quarantine where refusal = 'actor_revoked'
                and payload::text like '%Repair is indicated now%'";
    assert_eq!(database.count(kept).await?, 1, "the words are kept, once");
    let audited = "select count(*) from audit_entry where outcome = 'actor_revoked'";
    assert_eq!(database.count(audited).await?, 1);
    assert_eq!(database.count("select count(*) from recommendation").await?, 0);
    let sent = "select count(*) from command_log where name = 'submit_recommendation'";
    assert_eq!(database.count(sent).await?, 0);
    assert_eq!(cast.status_at_requester()?, "InProgress");
    // The same expert continues on another phone.
    level(&mut spare)?;
    assert_eq!(status(&spare.ok("case", cast.case())?), "InProgress");
    let opinion = cast.opinion();
    spare.ok("submit_recommendation", opinion)?;
    level(&mut spare)?;
    assert_eq!(cast.status_at_requester()?, "Done");
    Ok(())
}

/// R15: the user was suspended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_a_suspended_user_did_offline_takes_effect_while_they_are_suspended() -> Result<()> {
    let stage = Stage::set().await?;
    let mut cast = Cast::on(&stage).await?;
    let session = cast.provider.ok("session", json!({}))?;
    cast.provider.ok("accept", cast.case())?;
    let suspend = json!({"user_id": text(&session, "user_id")?, "reason": "Under inquiry."});
    assert_eq!(
        stage.admin.command("suspend_user", suspend).await?,
        Answer::Applied
    );
    assert_eq!(why(cast.provider.ask("sync", json!({}))?)?, "sign_in_needed");
    assert_eq!(cast.status_at_requester()?, "Assigned");
    let database = stage.database().await?;
    let sent = "select count(*) from command_log where name = 'accept_case'";
    assert_eq!(database.count(sent).await?, 0);
    Ok(())
}

fn year_of_submission(phone: &mut Phone, case_id: &str) -> Result<String> {
    let at = phone.text("submitted_at", json!({"case_id": case_id}), "submitted_at")?;
    Ok(at.chars().take(4).collect())
}

/// R18.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_whose_clock_is_years_ahead_changes_no_order_and_shows_the_servers_time() -> Result<()> {
    let stage = Stage::set().await?;
    let mut ahead = stage.signed_in_ahead("ahead", REQUESTER, "1500")?;
    let mut right = stage.signed_in("right", REQUESTER)?;
    let patient_id = patient(&mut ahead, "T22000129")?;
    let (first, _) = case_with(&mut ahead, &patient_id, &["letter.pdf"])?;
    let this_year = SystemClock.now().year().to_string();
    let believed = year_of_submission(&mut ahead, &first)?;
    assert_ne!(believed, this_year, "what the phone believes until it is sent");
    level(&mut ahead)?;
    level(&mut right)?;
    let (second, _) = case_with(&mut right, &patient_id, &[])?;
    level(&mut right)?;
    level(&mut ahead)?;

    for phone in [&mut ahead, &mut right] {
        for case_id in [&first, &second] {
            assert_eq!(year_of_submission(phone, case_id)?, this_year, "the server's");
        }
    }
    let database = stage.database().await?;
    let in_order = "select string_agg(id::text, ' ' order by submitted_at) from mso_case";
    assert_eq!(database.text(in_order).await?, format!("{first} {second}"));

    // An expert whose clock is ahead comes after an admin who acted earlier, not before.
    stage.assign_to_cardiologist(&first).await?;
    let mut expert = stage.signed_in_ahead("expert", CARDIOLOGIST, "1500")?;
    let mut tablet = stage.signed_in("tablet", CARDIOLOGIST)?;
    tablet.ok("accept", json!({"case_id": first}))?;
    level(&mut tablet)?;
    level(&mut expert)?;
    expert.ok("start_review", json!({"case_id": first}))?;
    level(&mut expert)?;
    assert_eq!(refusals(&mut expert)?, []);
    let (_, statuses) = database.case(first.parse()?).await?;
    let statuses: Vec<_> = statuses
        .iter()
        .map(|step| Ok((text(step, "status")?, text(step, "at")?)))
        .collect::<Result<_>>()?;
    let names: Vec<_> = statuses.iter().map(|(status, _)| *status).collect();
    assert_eq!(names, ["New", "New", "Assigned", "Accepted", "InProgress"]);
    assert!(
        statuses.iter().all(|(_, at)| at.starts_with(&this_year)),
        "{statuses:?}"
    );
    assert!(statuses.is_sorted_by_key(|(_, at)| *at), "{statuses:?}");
    Ok(())
}
