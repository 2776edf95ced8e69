//! What was typed and not sent is there again after a kill, with its pictures; it stays on the phone until it is sent (D-33).
//! The first saved opinion starts the review (D-8).

use anyhow::{Context, Result};
use mso_tests::admin::new_id;
use mso_tests::{binaries, opinions};
use serde_json::{Value, json};

use crate::cast::{level, refusals};
use crate::stage::{
    CARDIOLOGIST, REQUESTER, Stage, all_documents, case_with, or_rust, patient, present, real_file, status,
    stored,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_written_case_survives_a_kill_with_its_pictures_and_is_sent_once() -> Result<()> {
    let kotlin = or_rust(binaries::kotlin_phone(), "Kotlin")?;
    let stage = Stage::set().await?;
    let mut requester = stage.signed_in_on(&kotlin, "requester", REQUESTER)?;
    let patient_id = patient(&mut requester, "T22000129")?;
    level(&mut requester)?;
    let picture = json!({"path": real_file("phone.jpg")?, "kind": "photo", "title": "The leg"});
    let picture = requester.text("stage_file", picture, "document_id")?;
    let case_id = new_id();
    let mut form = opinions::request(&patient_id, std::slice::from_ref(&picture));
    let fields = form.as_object_mut().context("no form")?;
    fields.insert("case_id".to_owned(), json!(case_id));
    // Too short to be sent.
    fields.insert("clinical_question".to_owned(), json!("Is re"));
    requester.ok("save_case_form", form.clone())?;
    requester.kill()?;

    let mut requester = stage.phone(&kotlin, "requester")?;
    let saved = requester.ok("saved_case_form", json!({"case_id": case_id}))?;
    assert_eq!(
        saved.pointer("/form/request/clinical_question"),
        Some(&json!("Is re"))
    );
    assert_eq!(saved.pointer("/form/documents"), Some(&json!([picture])));
    let early = requester.ask("submit_case", form.clone())?;
    assert!(
        early.is_err(),
        "a form that is not complete is not sent: {early:?}"
    );
    let saved = requester.ok("saved_case_form", json!({"case_id": case_id}))?;
    assert_ne!(saved.get("form"), Some(&Value::Null), "and stays");

    let whole = opinions::request(&patient_id, &[picture]);
    let question = whole.get("clinical_question").cloned().unwrap_or_default();
    let fields = form.as_object_mut().context("no form")?;
    fields.insert("clinical_question".to_owned(), question);
    assert_eq!(requester.text("submit_case", form.clone(), "case_id")?, case_id);
    let gone = requester.ok("saved_case_form", json!({"case_id": case_id}))?;
    assert_eq!(gone.get("form"), Some(&Value::Null));
    level(&mut requester)?;
    let case = json!({"case_id": case_id});
    requester.wait("the picture at the server", 60, "case", &case, |case| {
        all_documents(case, stored)
    })?;
    assert_eq!(refusals(&mut requester)?, []);
    let database = stage.database().await?;
    assert_eq!(database.count("select count(*) from mso_case").await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_saved_opinion_starts_the_review_and_no_server_sees_it() -> Result<()> {
    let swift = or_rust(binaries::swift_phone(), "Swift")?;
    let stage = Stage::set().await?;
    let mut requester = stage.signed_in("requester", REQUESTER)?;
    let patient_id = patient(&mut requester, "T22000129")?;
    let (case_id, _) = case_with(&mut requester, &patient_id, &["letter.pdf"])?;
    let case = json!({"case_id": case_id});
    level(&mut requester)?;
    requester.wait("the file at the server", 60, "case", &case, |case| {
        all_documents(case, stored)
    })?;
    stage.assign_to_cardiologist(&case_id).await?;
    let mut provider = stage.signed_in_on(&swift, "provider", CARDIOLOGIST)?;
    provider.wait("the file on the phone", 60, "case", &case, |case| {
        all_documents(case, present)
    })?;
    provider.ok("accept", case.clone())?;

    let half = |history: &str| {
        let mut opinion = opinions::opinion();
        if let Some(fields) = opinion.as_object_mut() {
            fields.insert("brief_history".to_owned(), json!(history));
            fields.insert("assessment".to_owned(), json!(""));
        }
        json!({"case_id": case_id, "opinion": opinion})
    };
    provider.ok("save_opinion", half("A word that no server may see: xyzzy"))?;
    provider.ok(
        "save_opinion",
        half("Two words that no server may see: xyzzy plugh"),
    )?;
    level(&mut provider)?;
    level(&mut requester)?;
    assert_eq!(status(&provider.ok("case", case.clone())?), "InProgress");
    assert_eq!(status(&requester.ok("case", case.clone())?), "InProgress");
    let database = stage.database().await?;
    let started = "select count(*) from command_log where name = 'start_review'";
    assert_eq!(database.count(started).await?, 1, "once");
    provider.kill()?;

    let mut provider = stage.phone(&swift, "provider")?;
    let saved = provider.ok("saved_opinion", case.clone())?;
    let history = saved.pointer("/form/brief_history");
    assert_eq!(
        history,
        Some(&json!("Two words that no server may see: xyzzy plugh"))
    );
    provider.ok(
        "submit_recommendation",
        json!({"case_id": case_id, "opinion": opinions::opinion()}),
    )?;
    level(&mut provider)?;
    let saved = provider.ok("saved_opinion", case.clone())?;
    assert_eq!(saved.get("form"), Some(&Value::Null));
    assert_eq!(status(&provider.ok("case", case)?), "Done");
    let everything = "select count(*) from database_to_xml(true, false, '') whole where whole::text like \
                      '%symptomatic primary mitral%'";
    assert_eq!(
        database.count(everything).await?,
        1,
        "the opinion that was sent is found"
    );
    let leaked =
        "select count(*) from database_to_xml(true, false, '') whole where whole::text like '%xyzzy%'";
    assert_eq!(database.count(leaked).await?, 0, "what was only saved is not");
    Ok(())
}
