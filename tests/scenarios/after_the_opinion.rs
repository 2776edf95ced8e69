//! What follows an opinion, with phones of every language on either side: it is read and assessed, asked about and answered,
//! amended, and a version that was an error is shown as one.

use std::path::Path;

use anyhow::{Context, Result};
use mso_tests::admin::Answer;
use mso_tests::opinions;
use serde_json::{Value, json};

use crate::cast::{about, level, why};
use crate::stage::{CARDIOLOGIST, REQUESTER, Stage, patient, programs, status};

fn text<'a>(shown: &'a Value, place: &str) -> Option<&'a str> {
    shown.pointer(place).and_then(Value::as_str)
}

/// The opinion with this answer, and whether the expert knows of the allergy.
fn opinion(answer: &str, acknowledged: bool) -> Value {
    let mut opinion = opinions::opinion();
    if let Some(fields) = opinion.as_object_mut() {
        fields.insert("answer_to_question".to_owned(), json!(answer));
    }
    if let Some(Value::Object(medication)) = opinion.pointer_mut("/medications/0") {
        medication.insert("allergy_acknowledged".to_owned(), json!(acknowledged));
    }
    json!({ "opinion": opinion })
}

async fn after_the_opinion(asks: &Path, answers: &Path) -> Result<()> {
    let stage = Stage::set().await?;
    let mut requester = stage.signed_in_on(asks, "requester", REQUESTER)?;
    let patient_id = patient(&mut requester, "T22000129")?;
    let mut asked = opinions::request(&patient_id, &[]);
    let fields = asked.as_object_mut().context("a request is an object")?;
    fields.insert(
        "allergies".to_owned(),
        json!([{"substance": "Ramipril", "reaction": "Cough"}]),
    );
    let case_id = requester.text("submit_case", asked, "case_id")?;
    level(&mut requester)?;
    stage.assign_to_cardiologist(&case_id).await?;
    let mut provider = stage.signed_in_on(answers, "provider", CARDIOLOGIST)?;
    level(&mut provider)?;
    let case = json!({"case_id": case_id});
    let say = |fields: Value| about(&case_id, fields);

    // A medicine to which the patient is allergic is advised knowingly or not at all.
    provider.ok("accept", case.clone())?;
    provider.ok("start_review", case.clone())?;
    let unaware = provider.ask(
        "submit_recommendation",
        say(opinion("Repair is indicated now.", false)),
    )?;
    assert_eq!(why(unaware)?, "refused allergy_unacknowledged");
    provider.ok(
        "submit_recommendation",
        say(opinion("Repair is indicated now.", true)),
    )?;
    level(&mut provider)?;
    level(&mut requester)?;
    let shown = requester.ok("case", case.clone())?;
    assert_eq!(status(&shown), "Done");
    assert_eq!(
        shown.pointer("/recommendation/entered_in_error"),
        Some(&Value::Null)
    );

    // Read, assessed and asked about without the network.
    stage.proxy.set_refusing(true);
    requester.ok("mark_recommendation_read", case.clone())?;
    let assessed =
        json!({"recommendation_version": 1, "rating": 4, "outcome": "followed", "comment": "Clear."});
    requester.ok("give_feedback", say(assessed))?;
    let question = "Before the repair, should torasemide be paused?";
    let asked = requester.text(
        "request_clarification",
        say(json!({"text": question})),
        "clarification_id",
    )?;
    stage.proxy.set_refusing(false);
    level(&mut requester)?;

    level(&mut provider)?;
    let shown = provider.ok("case", case.clone())?;
    assert_eq!(
        text(&shown, "/clarifications/0/id"),
        Some(asked.as_str()),
        "{shown}"
    );
    assert_eq!(text(&shown, "/clarifications/0/text"), Some(question));
    assert_eq!(shown.pointer("/feedback/0/feedback/rating"), Some(&json!(4)));
    let reply = json!({"clarification_id": asked, "text": "No, continue it."});
    provider.ok("answer_clarification", say(reply))?;
    provider.ok(
        "amend_recommendation",
        say(opinion("Repair within four weeks.", true)),
    )?;
    level(&mut provider)?;

    level(&mut requester)?;
    let shown = requester.ok("case", case.clone())?;
    assert_eq!(text(&shown, "/clarifications/0/answer"), Some("No, continue it."));
    let (newest, earlier) = ("/recommendation", "/earlier_recommendations/0");
    let answer = |version: &str| format!("{version}/opinion/answer_to_question");
    assert_eq!(text(&shown, &answer(newest)), Some("Repair within four weeks."));
    assert_eq!(text(&shown, &answer(earlier)), Some("Repair is indicated now."));

    let reason = "Written for another patient.";
    let mark = json!({"case_id": case_id, "version": 2, "reason": reason});
    assert_eq!(
        stage.admin.command("mark_entered_in_error", mark).await?,
        Answer::Applied
    );
    for phone in [&mut requester, &mut provider] {
        level(phone)?;
        let shown = phone.ok("case", case.clone())?;
        assert_eq!(
            text(&shown, "/recommendation/entered_in_error/reason"),
            Some(reason),
            "{shown}"
        );
        let earlier = shown.pointer("/earlier_recommendations/0/entered_in_error");
        assert_eq!(earlier, Some(&Value::Null));
    }
    requester.quit()?;
    provider.quit()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_opinion_is_read_assessed_asked_about_amended_and_taken_back() -> Result<()> {
    // Each asks one other, and is asked by one other.
    let programs = programs()?;
    let answering = programs.iter().cycle().skip(1);
    for ((asks, program), (answers, other)) in programs.iter().zip(answering) {
        eprintln!("a {asks} phone asks, a {answers} phone answers");
        after_the_opinion(program, other).await?;
    }
    Ok(())
}
