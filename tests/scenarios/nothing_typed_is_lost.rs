//! What Kotlin phones do when the real world interferes: refusals, double taps, broken rows at the server, two devices of one
//! expert, many sign-outs. Nothing that was typed is lost, and one bad item stops nobody.

use std::path::PathBuf;

use anyhow::{Context, Result};
use mso_core::time::{Clock, SystemClock};
use mso_server::admin::demo::PASSWORD;
use mso_tests::phone::Phone;
use mso_tests::{binaries, opinions};
use serde_json::{Value, json};

use crate::cast::{about, level, refusals};
use crate::stage::{
    CARDIOLOGIST, REQUESTER, Stage, all_documents, case_with, patient, real_file, status, stored,
};

/// The Kotlin phone; nothing if it was not built, which CI does not allow.
#[expect(clippy::print_stderr, reason = "a test that does not run says so")]
fn kotlin() -> Result<Option<PathBuf>> {
    let phone = binaries::kotlin_phone();
    if phone.is_none() {
        anyhow::ensure!(std::env::var_os("CI").is_none(), "CI has no Kotlin phone");
        eprintln!("no Kotlin phone was built: not run");
    }
    Ok(phone)
}

fn list(phone: &mut Phone, verb: &str) -> Result<Vec<Value>> {
    let answer = phone.ok(verb, json!({}))?;
    let rows = answer
        .as_object()
        .and_then(|fields| fields.values().next()?.as_array());
    rows.cloned().with_context(|| format!("{verb} answered {answer}"))
}

fn only(phone: &mut Phone, verb: &str) -> Result<Value> {
    let mut rows = list(phone, verb)?;
    anyhow::ensure!(rows.len() == 1, "{verb}: {rows:?}");
    rows.pop().context("no row")
}

fn field(row: &Value, name: &str) -> Result<String> {
    let text = row.get(name).and_then(Value::as_str).map(str::to_owned);
    text.with_context(|| format!("no {name} in {row}"))
}

/// The text at this place of a draft.
fn entered<'a>(draft: &'a Value, place: &str) -> Option<&'a str> {
    let texts = draft.get("texts")?.as_array()?.iter();
    let mut found = texts.filter(|text| text.get("place") == Some(&json!(place)));
    found.next()?.get("text")?.as_str()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_phones_that_enter_the_same_patient_offline_the_second_uses_the_first_ones() -> Result<()> {
    let Some(kotlin) = kotlin()? else { return Ok(()) };
    let stage = Stage::set().await?;
    let mut first = stage.signed_in_on(&kotlin, "first", REQUESTER)?;
    let mut second = stage.signed_in_on(&kotlin, "second", &stage.colleague()?)?;
    stage.proxy.set_refusing(true);
    let known = patient(&mut first, "T22000129")?;
    let twin = patient(&mut second, "T22000129")?;
    let (case_id, files) = case_with(&mut second, &twin, &["letter.pdf"])?;
    stage.proxy.set_refusing(false);
    level(&mut first)?;
    level(&mut second)?;

    let draft = only(&mut second, "drafts")?;
    assert_eq!(draft.get("code"), Some(&json!("patient_exists")));
    assert_eq!(draft.get("existing_patient"), Some(&json!(known)));
    assert_eq!(
        draft.get("waiting").and_then(Value::as_array).map(Vec::len),
        Some(2),
        "{draft}"
    );
    assert_eq!(list(&mut second, "staged_files")?.len(), 1);
    let chosen = json!({"command_id": field(&draft, "command_id")?, "patient_id": known});
    second.ok("use_existing_patient", chosen)?;
    assert_eq!(list(&mut second, "drafts")?, [] as [Value; 0]);
    level(&mut second)?;
    let case = second.wait(
        "the file at the server",
        60,
        "case",
        &json!({"case_id": case_id}),
        |case| all_documents(case, stored),
    )?;
    assert_eq!(case.pointer("/summary/patient_id"), Some(&json!(known)));
    let file = files.first().and_then(|file| file.get("document_id"));
    assert_eq!(case.pointer("/documents/0/document_id"), file);
    let database = stage.database().await?;
    assert_eq!(database.count("select count(*) from patient").await?, 1);
    assert_eq!(database.count("select count(*) from mso_case").await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_case_stays_with_its_words_and_file_over_a_restart_and_is_changed_and_sent() -> Result<()> {
    let Some(kotlin) = kotlin()? else { return Ok(()) };
    let stage = Stage::set().await?;
    let mut phone = stage.signed_in_on(&kotlin, "requester", REQUESTER)?;
    let patient_id = patient(&mut phone, "T22000129")?;
    level(&mut phone)?;
    let database = stage.database().await?;
    database
        .change("update specialty set active = false where code = 'cardiology'")
        .await?;
    let (case_id, _) = case_with(&mut phone, &patient_id, &["letter.pdf"])?;
    level(&mut phone)?;
    assert_eq!(list(&mut phone, "cases")?, [] as [Value; 0]);
    phone.kill()?;

    let mut phone = stage.phone(&kotlin, "requester")?;
    let draft = only(&mut phone, "drafts")?;
    assert_eq!(draft.get("operation"), Some(&json!("submit_case")));
    assert_eq!(draft.get("case_id"), Some(&json!(case_id)));
    assert_eq!(
        draft.get("kept_until"),
        Some(&Value::Null),
        "until its author decides"
    );
    let asked = opinions::request(&patient_id, &[]);
    for (place, name) in [
        ("/request/clinical_question", "clinical_question"),
        ("/request/history/present_illness", "present_illness"),
        ("/request/history/past_medical", "past_medical"),
        ("/request/treatment_so_far", "treatment_so_far"),
    ] {
        assert_eq!(
            entered(&draft, place),
            asked.get(name).and_then(Value::as_str),
            "{draft}"
        );
    }
    assert_eq!(
        phone.ok("unsent", json!({}))?,
        json!({"unsent": 2}),
        "a draft and a file"
    );

    database
        .change("update specialty set active = true where code = 'cardiology'")
        .await?;
    let question = "Is the valve to be repaired before the summer?";
    let changed = json!({
        "command_id": field(&draft, "command_id")?,
        "texts": [{"place": "/request/clinical_question", "text": question}],
    });
    phone.ok("send_draft_texts", changed)?;
    level(&mut phone)?;
    let case = json!({"case_id": case_id});
    let shown = phone.wait("the file at the server", 60, "case", &case, |case| {
        all_documents(case, stored)
    })?;
    assert_eq!(
        shown.pointer("/request/clinical_question"),
        Some(&json!(question))
    );
    assert_eq!(phone.ok("unsent", json!({}))?, json!({"unsent": 0}));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consent_of_a_clock_that_is_an_hour_ahead_is_taken() -> Result<()> {
    let Some(kotlin) = kotlin()? else { return Ok(()) };
    let stage = Stage::set().await?;
    let mut phone = stage.signed_in_on(&kotlin, "requester", REQUESTER)?;
    let patient_id = patient(&mut phone, "T22000129")?;
    let mut request = opinions::request(&patient_id, &[]);
    if let Some(at) = request.get_mut("consent_obtained_at") {
        *at = json!(SystemClock.now().plus_hours(1).to_string());
    }
    let case_id = phone.text("submit_case", request, "case_id")?;
    level(&mut phone)?;
    assert_eq!(refusals(&mut phone)?, []);
    assert_eq!(status(&phone.ok("case", json!({"case_id": case_id}))?), "New");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_form_that_is_sent_twice_makes_one_case() -> Result<()> {
    let Some(kotlin) = kotlin()? else { return Ok(()) };
    let stage = Stage::set().await?;
    let mut phone = stage.signed_in_on(&kotlin, "requester", REQUESTER)?;
    let patient_id = patient(&mut phone, "T22000129")?;
    let file = json!({"path": real_file("letter.pdf")?, "kind": "imaging", "title": "A file"});
    let document = phone.text("stage_file", file, "document_id")?;
    let case_id = phone.text("open_case_form", json!({}), "case_id")?;
    let form = about(&case_id, opinions::request(&patient_id, &[document]));
    for _tap in 0..2 {
        assert_eq!(phone.text("submit_case", form.clone(), "case_id")?, case_id);
    }
    assert_eq!(
        list(&mut phone, "outbox")?.len(),
        3,
        "patient, verification, case"
    );
    level(&mut phone)?;
    assert_eq!(
        phone.text("submit_case", form, "case_id")?,
        case_id,
        "after it was synced, too"
    );
    level(&mut phone)?;
    assert_eq!(refusals(&mut phone)?, []);
    let database = stage.database().await?;
    assert_eq!(database.count("select count(*) from mso_case").await?, 1);
    assert_eq!(database.count("select count(*) from document").await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opinion_on_which_the_server_fails_holds_up_its_own_case_only_until_that_is_mended() -> Result<()>
{
    let Some(kotlin) = kotlin()? else { return Ok(()) };
    let stage = Stage::set().await?;
    let mut requester = stage.signed_in("requester", REQUESTER)?;
    let patient_id = patient(&mut requester, "T22000129")?;
    let (one, _) = case_with(&mut requester, &patient_id, &[])?;
    let (other, _) = case_with(&mut requester, &patient_id, &[])?;
    level(&mut requester)?;
    for case_id in [&one, &other] {
        stage.assign_to_cardiologist(case_id).await?;
    }
    let mut expert = stage.signed_in_on(&kotlin, "expert", CARDIOLOGIST)?;
    for verb in ["accept", "start_review"] {
        expert.ok(verb, json!({"case_id": one}))?;
    }
    level(&mut expert)?;
    let database = stage.database().await?;
    database.change("update seller set currency = 'USD'").await?;
    expert.ok(
        "submit_recommendation",
        about(&one, json!({"opinion": opinions::opinion()})),
    )?;
    expert.ok("accept", json!({"case_id": other}))?;
    level(&mut expert)?;

    let held = only(&mut expert, "outbox")?;
    assert_eq!(held.get("command"), Some(&json!("submit_recommendation")));
    assert_eq!(held.get("state"), Some(&json!("held")));
    assert_eq!(held.pointer("/trouble/code"), Some(&json!("fault")));
    assert!(
        held.pointer("/trouble/reference")
            .and_then(Value::as_str)
            .is_some_and(|r| !r.is_empty())
    );
    assert_eq!(
        expert.ok("status", json!({}))?.get("held_commands"),
        Some(&json!(1))
    );
    level(&mut requester)?;
    let of = |phone: &mut Phone, case_id: &str| {
        Ok::<_, anyhow::Error>(status(&phone.ok("case", json!({"case_id": case_id}))?).to_owned())
    };
    assert_eq!(of(&mut requester, &other)?, "Accepted", "the other case went on");
    assert_eq!(of(&mut requester, &one)?, "InProgress");

    database.change("update seller set currency = 'EUR'").await?;
    expert.ok("send_held", json!({}))?;
    level(&mut expert)?;
    assert_eq!(list(&mut expert, "outbox")?, [] as [Value; 0]);
    level(&mut requester)?;
    assert_eq!(of(&mut requester, &one)?, "Done");
    assert_eq!(database.count("select count(*) from invoice").await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_the_server_cannot_read_takes_no_other_from_the_phone() -> Result<()> {
    let Some(kotlin) = kotlin()? else { return Ok(()) };
    let stage = Stage::set().await?;
    let mut phone = stage.signed_in_on(&kotlin, "requester", REQUESTER)?;
    let patient_id = patient(&mut phone, "T22000129")?;
    let (one, _) = case_with(&mut phone, &patient_id, &[])?;
    level(&mut phone)?;
    let database = stage.database().await?;
    database
        .change("update mso_case set request = jsonb_build_object('was', request)")
        .await?;
    let (other, _) = case_with(&mut phone, &patient_id, &[])?;
    level(&mut phone)?;

    let mut fresh = stage.signed_in_on(&kotlin, "fresh", &stage.colleague()?)?;
    let shown: Vec<_> = list(&mut fresh, "cases")?
        .iter()
        .map(|row| field(row, "case_id"))
        .collect::<Result<_>>()?;
    assert_eq!(shown, [other]);
    let unreadable = |phone: &mut Phone| {
        Ok::<_, anyhow::Error>(phone.ok("status", json!({}))?["unreadable_records"].clone())
    };
    assert_eq!(unreadable(&mut fresh)?, json!(1));
    assert_eq!(
        status(&phone.ok("case", json!({"case_id": one}))?),
        "New",
        "what a phone has stays"
    );

    database
        .change("update mso_case set request = request -> 'was' where request ? 'was'")
        .await?;
    level(&mut fresh)?;
    assert_eq!(unreadable(&mut fresh)?, json!(0));
    assert_eq!(list(&mut fresh, "cases")?.len(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_experts_tablet_that_was_offline_goes_on_where_the_phone_already_is() -> Result<()> {
    let Some(kotlin) = kotlin()? else { return Ok(()) };
    let stage = Stage::set().await?;
    let mut requester = stage.signed_in("requester", REQUESTER)?;
    let patient_id = patient(&mut requester, "T22000129")?;
    let (case_id, _) = case_with(&mut requester, &patient_id, &[])?;
    level(&mut requester)?;
    stage.assign_to_cardiologist(&case_id).await?;
    let case = json!({"case_id": case_id});
    let mut phone = stage.signed_in_on(&kotlin, "phone", CARDIOLOGIST)?;
    let mut tablet = stage.signed_in_on(&kotlin, "tablet", CARDIOLOGIST)?;
    for device in [&mut tablet, &mut phone] {
        for verb in ["accept", "start_review"] {
            device.ok(verb, case.clone())?;
        }
    }
    tablet.ok(
        "submit_recommendation",
        about(&case_id, json!({"opinion": opinions::opinion()})),
    )?;
    level(&mut phone)?;
    level(&mut tablet)?;
    assert_eq!(refusals(&mut tablet)?, []);
    assert_eq!(list(&mut tablet, "drafts")?, [] as [Value; 0]);
    level(&mut phone)?;
    assert_eq!(status(&phone.ok("case", case)?), "Done");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_may_be_signed_out_and_in_as_often_as_one_likes() -> Result<()> {
    let Some(kotlin) = kotlin()? else { return Ok(()) };
    let stage = Stage::set().await?;
    let mut phone = stage.signed_in_on(&kotlin, "requester", REQUESTER)?;
    // At most five phones of a user are active.
    for _again in 0..6 {
        phone.ok("sign_out", json!({}))?;
        phone.ok("sign_in", json!({"email": REQUESTER, "password": PASSWORD}))?;
        level(&mut phone)?;
    }
    Ok(())
}
