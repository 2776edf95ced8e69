//! Races over one patient's record: two colleagues edit it (R6), and it is deactivated or merged while a case
//! for it is on its way (R16).

use anyhow::{Context, Result};
use mso_tests::admin::Answer;
use mso_tests::phone::Phone;
use mso_tests::{binaries, opinions};
use serde_json::{Value, json};

use crate::cast::{level, refusal, refusals};
use crate::stage::{REQUESTER, Stage, case_with, or_rust, patient, status};

fn edit(patient_id: &str, field: &str, value: &Value) -> Value {
    json!({"patient_id": patient_id, "entered": {field: value}})
}

/// A field of a patient as shown on a phone.
fn shown(phone: &mut Phone, patient_id: &str, field: &str) -> Result<Value> {
    let patient = phone.ok("patient", json!({"patient_id": patient_id}))?;
    Ok(patient
        .pointer(&format!("/fields/{field}"))
        .cloned()
        .unwrap_or_default())
}

/// R6.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_of_different_fields_merge_and_of_the_same_field_the_second_author_chooses() -> Result<()> {
    let (kotlin, swift) = (
        or_rust(binaries::kotlin_phone(), "Kotlin")?,
        or_rust(binaries::swift_phone(), "Swift")?,
    );
    let stage = Stage::set().await?;
    let mut first = stage.signed_in_on(&swift, "first", REQUESTER)?;
    let patient_id = patient(&mut first, "T22000129")?;
    level(&mut first)?;
    let mut second = stage.signed_in_on(&kotlin, "second", &stage.colleague()?)?;

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
    for (place, value) in [
        ("fields", json!(["phone"])),
        ("mine/phone", number(2222)),
        ("theirs/phone", number(1111)),
    ] {
        let told = conflicts.pointer(&format!("/conflicts/0/{place}"));
        assert_eq!(told, Some(&value), "{conflicts}");
    }

    let command = conflicts
        .pointer("/conflicts/0/command_id")
        .context("no command")?;
    second.ok("resolve_edit", json!({"command_id": command, "mine": ["phone"]}))?;
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
    let entered = |family: &str, given: &str, born: &str, sex: &str, number: &str| {
        json!({"patient_id": patient_id, "entered": {
            "family_name": family, "given_name": given, "birth_date": born, "sex": sex,
            "identifiers": [{"kind": "national_id", "issuer": "DE", "number": number}],
        }})
    };
    let one = entered("Haddad", "Amal A.", "1958-04-18", "male", "T22000130");
    first.ok("edit_patient", one)?;
    let other = entered("Hadad", "Amal", "1958-04-19", "other", "T22000131");
    second.ok("edit_patient", other)?;
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
    assert_eq!(as_first_said.pointer("/fields/sex"), Some(&json!("male")));
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
