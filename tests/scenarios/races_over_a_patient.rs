//! Races over one patient's record: two colleagues edit it (R6), and it is deactivated or merged while a case
//! for it is on its way (R16).

use anyhow::{Context, Result};
use mso_tests::admin::Answer;
use mso_tests::opinions;
use mso_tests::phone::Phone;
use serde_json::{Value, json};

use crate::cast::{level, refusal, refusals};
use crate::stage::{REQUESTER, Stage, case_with, patient, status};

fn edit(patient_id: &str, field: &str, value: &Value) -> Value {
    json!({"patient_id": patient_id, "changes": [{"field": field, "value": value}]})
}

/// A field of a patient as shown on a phone.
fn shown(phone: &mut Phone, patient_id: &str, field: &str) -> Result<Value> {
    let patient = phone.ok("patient", json!({"patient_id": patient_id}))?;
    Ok(patient.pointer(&format!("/{field}")).cloned().unwrap_or_default())
}

/// R6.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_of_different_fields_merge_and_of_the_same_field_the_second_author_chooses() -> Result<()> {
    let stage = Stage::set().await?;
    let mut first = stage.signed_in("first", REQUESTER)?;
    let patient_id = patient(&mut first, "T22000129")?;
    level(&mut first)?;
    let mut second = stage.signed_in("second", &stage.colleague()?)?;

    // Both are offline. Both change the telephone; each changes some of the rest.
    let number = |end: u32| json!(format!("+4930555{end}"));
    first.ok("edit_patient", edit(&patient_id, "phone", &number(1111)))?;
    first.ok(
        "edit_patient",
        edit(&patient_id, "email", &json!("amal@example.org")),
    )?;
    second.ok(
        "edit_patient",
        edit(&patient_id, "preferred_language", &json!("ar")),
    )?;
    second.ok("edit_patient", edit(&patient_id, "phone", &number(2222)))?;
    level(&mut first)?;
    level(&mut second)?;
    level(&mut first)?;

    assert_eq!(
        refusals(&mut second)?,
        [refusal("edit_patient", "field_conflict")]
    );
    assert_eq!(refusals(&mut first)?, []);
    for phone in [&mut first, &mut second] {
        assert_eq!(
            shown(phone, &patient_id, "phone")?,
            number(1111),
            "never overwritten silently"
        );
        assert_eq!(shown(phone, &patient_id, "email")?, json!("amal@example.org"));
        assert_eq!(shown(phone, &patient_id, "preferred_language")?, json!("ar"));
    }
    let conflicts = second.ok("edit_conflicts", json!({}))?;
    let both = json!([{
        "mine": {"field": "phone", "value": number(2222)},
        "theirs": {"field": "phone", "value": number(1111)},
    }]);
    assert_eq!(conflicts.pointer("/conflicts/0/fields"), Some(&both));

    let command = conflicts
        .pointer("/conflicts/0/command_id")
        .context("no command")?;
    let mine = both.pointer("/0/mine").context("no value")?;
    second.ok("resolve_edit", json!({"command_id": command, "mine": [mine]}))?;
    level(&mut second)?;
    level(&mut first)?;
    for phone in [&mut first, &mut second] {
        assert_eq!(
            shown(phone, &patient_id, "phone")?,
            number(2222),
            "somebody chose it"
        );
        assert_eq!(phone.ok("edit_conflicts", json!({}))?, json!({"conflicts": []}));
    }
    Ok(())
}

/// R6: the identifying fields.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_a_patient_is_is_never_overwritten_silently() -> Result<()> {
    let stage = Stage::set().await?;
    let mut first = stage.signed_in("first", REQUESTER)?;
    let patient_id = patient(&mut first, "T22000129")?;
    level(&mut first)?;
    let mut second = stage.signed_in("second", &stage.colleague()?)?;
    let identifiers = |number: &str| {
        let one = json!({"kind": "national_id", "issuer": "DE", "value": number});
        json!({"identifiers": [one]})
    };
    let one = json!([
        {"field": "name", "value": {"family": "Haddad", "given": "Amal A."}},
        {"field": "birth_date", "value": {"date": "1958-04-18"}},
        {"field": "sex", "value": "male"},
        {"field": "identifiers", "value": identifiers("T22000130")},
    ]);
    let other = json!([
        {"field": "name", "value": {"family": "Hadad", "given": "Amal"}},
        {"field": "birth_date", "value": {"date": "1958-04-19"}},
        {"field": "sex", "value": "other"},
        {"field": "identifiers", "value": identifiers("T22000131")},
    ]);
    first.ok("edit_patient", json!({"patient_id": patient_id, "changes": one}))?;
    second.ok(
        "edit_patient",
        json!({"patient_id": patient_id, "changes": other}),
    )?;
    level(&mut first)?;
    let as_first_said = first.ok("patient", json!({"patient_id": patient_id}))?;
    level(&mut second)?;
    assert_eq!(
        refusals(&mut second)?,
        [refusal("edit_patient", "field_conflict")]
    );
    assert_eq!(
        second.ok("patient", json!({"patient_id": patient_id}))?,
        as_first_said
    );
    assert_eq!(as_first_said.pointer("/sex"), Some(&json!("male")));
    let conflicts = second.ok("edit_conflicts", json!({}))?;
    let asked = conflicts.pointer("/conflicts/0/fields").and_then(Value::as_array);
    assert_eq!(
        asked.map(Vec::len),
        Some(4),
        "each field is asked about: {conflicts}"
    );
    Ok(())
}

/// R16.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_for_a_patient_who_was_deactivated_meanwhile_is_refused() -> Result<()> {
    let stage = Stage::set().await?;
    let mut requester = stage.signed_in("requester", REQUESTER)?;
    let patient_id = patient(&mut requester, "T22000129")?;
    level(&mut requester)?;
    stage.proxy.set_refusing(true);
    let (case_id, _) = case_with(&mut requester, &patient_id, &["letter.pdf"])?;
    let left = json!({"patient_id": patient_id, "inactive": {"reason": "left"}});
    assert_eq!(
        stage.admin.command("deactivate_patient", left).await?,
        Answer::Applied
    );
    stage.proxy.set_refusing(false);
    level(&mut requester)?;

    assert_eq!(
        refusals(&mut requester)?,
        [refusal("submit_case", "patient_inactive")]
    );
    assert_eq!(requester.ok("cases", json!({}))?.get("cases"), Some(&json!([])));
    assert!(requester.ask("case", json!({"case_id": case_id}))?.is_err());
    let database = stage.database().await?;
    assert_eq!(database.count("select count(*) from mso_case").await?, 0);
    assert_eq!(database.count("select count(*) from document").await?, 0);
    Ok(())
}

/// R16.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_for_a_patient_who_was_merged_meanwhile_becomes_the_survivors() -> Result<()> {
    let stage = Stage::set().await?;
    let mut requester = stage.signed_in("requester", REQUESTER)?;
    let duplicate = patient(&mut requester, "T22000129")?;
    let other = opinions::patient("Haddad", "Amal Maria", "T22000130");
    let survivor = requester.text("create_patient", other, "patient_id")?;
    let seen = json!({"patient_id": survivor, "method": "document_seen"});
    requester.ok("verify_patient", seen)?;
    level(&mut requester)?;
    stage.proxy.set_refusing(true);
    let (case_id, _) = case_with(&mut requester, &duplicate, &["letter.pdf"])?;
    let merge = json!({"patient_id": duplicate, "survivor_id": survivor, "reason": "Registered twice."});
    assert_eq!(
        stage.admin.command("merge_patients", merge).await?,
        Answer::Applied
    );
    stage.proxy.set_refusing(false);
    level(&mut requester)?;

    assert_eq!(refusals(&mut requester)?, []);
    let shown = requester.ok("case", json!({"case_id": case_id}))?;
    assert_eq!(status(&shown), "New");
    let name = shown.pointer("/summary/patient_name").map(Value::to_string);
    assert!(name.is_some_and(|name| name.contains("Amal Maria")), "{shown}");
    let database = stage.database().await?;
    let of = database.text("select patient_id::text from mso_case").await?;
    assert_eq!(of, survivor);
    stage.assign_to_cardiologist(&case_id).await
}
