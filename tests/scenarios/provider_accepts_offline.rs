//! A provider accepts while offline: the example of `docs/ARCHITECTURE.md`, with the response lost once; and
//! the same when the case was meanwhile reassigned (R1).

use anyhow::Result;
use mso_tests::admin::Answer;
use serde_json::{Value, json};

use crate::stage::{CARDIOLOGIST, REQUESTER, Stage, case_with, patient, status};

/// A case without files, assigned to the cardiologist, on the cardiologist's phone.
async fn an_assigned_case(
    stage: &Stage,
) -> Result<(mso_tests::phone::Phone, mso_tests::phone::Phone, String)> {
    let mut requester = stage.signed_in("requester", REQUESTER)?;
    let patient_id = patient(&mut requester, "T22000129")?;
    let (case_id, _) = case_with(&mut requester, &patient_id, &[])?;
    requester.ok("sync", json!({}))?;
    stage.assign_to_cardiologist(&case_id).await?;
    let provider = stage.signed_in("provider", CARDIOLOGIST)?;
    Ok((requester, provider, case_id))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acceptance_made_offline_takes_effect_once_although_its_answer_was_lost() -> Result<()> {
    let stage = Stage::set().await?;
    let (mut requester, mut provider, case_id) = an_assigned_case(&stage).await?;
    let case = json!({"case_id": case_id});

    stage.proxy.set_refusing(true);
    provider.ok("accept", case.clone())?;
    let shown = provider.ok("case", case.clone())?;
    assert_eq!(status(&shown), "Accepted", "shown at once");
    assert_eq!(
        shown.pointer("/summary/pending"),
        Some(&json!(["accept_case"])),
        "and said to be waiting"
    );
    assert!(provider.ask("sync", json!({}))?.is_err(), "there is no network");

    stage.proxy.set_refusing(false);
    stage.proxy.lose_next_answer_of("POST /v1/sync");
    let first = provider.ask("sync", json!({}))?;
    let second = provider.ask("sync", json!({}))?;
    assert!(
        first.is_err() || second.is_ok(),
        "the lost answer is asked for again"
    );
    assert_eq!(stage.proxy.counts().cuts, 1, "one answer was lost");
    let shown = provider.ok("case", case.clone())?;
    assert_eq!(
        (status(&shown), shown.pointer("/summary/pending")),
        ("Accepted", Some(&json!([])))
    );

    let database = stage.database().await?;
    let (_, statuses) = database.case(case_id.parse()?).await?;
    let accepted = statuses
        .iter()
        .filter(|step| step.get("status") == Some(&json!("Accepted")))
        .count();
    assert_eq!(accepted, 1, "one effect");
    let logged = database
        .count("select count(*) from command_log where name = 'accept_case'")
        .await?;
    let audited = database
        .count("select count(*) from audit_entry where action = 'accept_case'")
        .await?;
    assert_eq!((logged, audited), (1, 1));

    requester.ok("sync", json!({}))?;
    let shown = requester.ok("case", case)?;
    assert_eq!(status(&shown), "Accepted");
    assert_eq!(
        shown.get("expert_name"),
        Some(&json!("Dr Carla Cardio")),
        "the requester is told who"
    );
    Ok(())
}

/// R1.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_accept_is_refused_after_reassignment_and_the_case_leaves_the_phone() -> Result<()> {
    let stage = Stage::set().await?;
    let (_requester, mut provider, case_id) = an_assigned_case(&stage).await?;
    let case = json!({"case_id": case_id});
    provider.ok("accept", case.clone())?;
    let other = stage.admin.provider_named("Gene Ralist").await?;
    assert_eq!(
        stage
            .admin
            .reassign(&case_id, &other, "cannot be reached")
            .await?,
        Answer::Applied
    );

    provider.ok("sync", json!({}))?;
    assert_eq!(
        provider.ok("cases", json!({}))?,
        json!({"cases": []}),
        "the case is gone"
    );
    assert!(provider.ask("case", case)?.is_err());
    let notices = provider.ok("notices", json!({}))?;
    let codes: Vec<_> = notices
        .get("notices")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|notice| notice.get("code")?.as_str())
        .collect();
    assert!(codes.contains(&"assignment_superseded"), "{codes:?}");
    assert_eq!(provider.ok("outbox", json!({}))?, json!({"outbox": []}));

    let database = stage.database().await?;
    let (_, statuses) = database.case(case_id.parse()?).await?;
    assert!(
        !statuses
            .iter()
            .any(|step| step.get("status") == Some(&json!("Accepted"))),
        "never accepted"
    );
    let refused = database.refused_commands().await?;
    assert_eq!(
        refused,
        [json!({"command": "accept_case", "code": "assignment_superseded"})]
    );
    provider.ok("sync", json!({}))?;
    assert_eq!(
        database.count("select count(*) from purge_confirmation").await?,
        1,
        "the phone confirmed"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_provider_takes_the_case_over_and_brings_it_to_done() -> Result<()> {
    let stage = Stage::set().await?;
    let (_requester, first, case_id) = an_assigned_case(&stage).await?;
    let other = stage.admin.provider_named("Gene Ralist").await?;
    assert_eq!(
        stage.admin.reassign(&case_id, &other, "on leave").await?,
        Answer::Applied
    );
    drop(first);
    let mut second = stage.signed_in("second", "generalist@demo.example")?;
    let case = json!({"case_id": case_id});
    for verb in ["accept", "start_review"] {
        second.ok(verb, case.clone())?;
    }
    let opinion = mso_tests::opinions::opinion();
    second.ok(
        "submit_recommendation",
        json!({"case_id": case_id, "opinion": opinion}),
    )?;
    second.ok("sync", json!({}))?;
    let database = stage.database().await?;
    assert!(database.invoice(case_id.parse()?).await?.is_some());
    assert_eq!(database.count("select count(*) from service_record").await?, 1);
    Ok(())
}
