//! Requester and expert chat about a case, online and offline; nobody else can read it; and what becomes of it when the
//! expert changes.

use anyhow::{Context, Result};
use mso_tests::phone::Phone;
use serde_json::{Value, json};

use crate::chatting::{pairs, texts, with};
use crate::stage::{CARDIOLOGIST, REQUESTER, Stage, case_with, patient};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requester_and_expert_chat_online_and_offline() -> Result<()> {
    let stage = Stage::set().await?;
    let mut amal = stage.signed_in("requester", REQUESTER)?;
    let patient_id = patient(&mut amal, "T22000129")?;
    let (case_id, _) = case_with(&mut amal, &patient_id, &[])?;
    let case = json!({"case_id": case_id});
    amal.ok("sync", json!({}))?;
    // The row that founds the chat travelled behind the command.
    assert_eq!(amal.ok("chat", case.clone())?["state"], "open");
    stage.assign_to_cardiologist(&case_id).await?;
    let mut carla = stage.signed_in("provider", CARDIOLOGIST)?;
    carla.ok("accept", case.clone())?;
    carla.ok("write_message", with(&case, "text", "Which drugs does he take?"))?;
    assert_eq!(
        texts(&mut carla, &case)?,
        pairs(&[("Which drugs does he take?", "waiting")])
    );
    carla.ok("sync", json!({}))?;
    assert_eq!(
        texts(&mut carla, &case)?,
        pairs(&[("Which drugs does he take?", "sent")])
    );

    amal.ok("sync", json!({}))?;
    let chat = amal.ok("chat", case.clone())?;
    assert_eq!(
        (&chat["state"], &chat["unread"]),
        (&json!("expert_to_admit"), &json!(1))
    );
    assert_eq!(
        texts(&mut amal, &case)?,
        pairs(&[("Which drugs does he take?", "sent")])
    );
    // Nothing of the team's goes before it has admitted the expert.
    amal.ok("write_message", with(&case, "text", "Bisoprolol, 5 mg."))?;
    amal.ok("sync", json!({}))?;
    let held = texts(&mut amal, &case)?;
    assert_eq!(held.last(), pairs(&[("Bisoprolol, 5 mg.", "not_sent")]).last());
    let expert = chat["expert"].clone();
    amal.ok("admit_expert", with(&case, "user_id", expert))?;
    amal.ok("mark_chat_read", case.clone())?;
    amal.ok("sync", json!({}))?;
    let chat = amal.ok("chat", case.clone())?;
    assert_eq!((&chat["state"], &chat["unread"]), (&json!("open"), &json!(0)));
    let both = [
        ("Which drugs does he take?", "sent"),
        ("Bisoprolol, 5 mg.", "sent"),
    ];
    assert_eq!(texts(&mut amal, &case)?, pairs(&both));
    carla.ok("sync", json!({}))?;
    let both = [
        ("Which drugs does he take?", "read"),
        ("Bisoprolol, 5 mg.", "sent"),
    ];
    assert_eq!(texts(&mut carla, &case)?, pairs(&both));
    let number = |phone: &mut Phone| -> Result<Value> {
        let chat = phone.ok("chat", case.clone())?;
        let members = chat["members"].as_array().context("members")?;
        let other = members.iter().find(|member| member["is_own"] == false);
        Ok(other.context("the other")?["safety_number"].clone())
    };
    let numbers = (number(&mut amal)?, number(&mut carla)?);
    assert_eq!(numbers.0, numbers.1);
    assert_eq!(numbers.0.as_str().map(str::len), Some(60));

    // Offline on one side; edits, reactions and withdrawals of both.
    stage.proxy.set_refusing(true);
    let first = carla.ok("write_message", with(&case, "text", "And potasium?"))?;
    let second = carla.ok("write_message", with(&case, "text", "Forget it."))?;
    carla.ok(
        "edit_message",
        with(
            &with(&case, "message", first["id"].clone()),
            "text",
            "And potassium?",
        ),
    )?;
    assert!(carla.ask("sync", json!({}))?.is_err());
    stage.proxy.set_refusing(false);
    carla.ok("sync", json!({}))?;
    carla.ok("withdraw_message", with(&case, "message", second["id"].clone()))?;
    amal.ok("sync", json!({}))?;
    amal.ok(
        "react",
        with(&with(&case, "message", first["id"].clone()), "reaction", "👍"),
    )?;
    amal.ok("sync", json!({}))?;
    carla.ok("sync", json!({}))?;
    amal.ok("sync", json!({}))?;
    let at_last = [
        ("Which drugs does he take?", "read"),
        ("Bisoprolol, 5 mg.", "sent"),
        ("And potassium?", "sent"),
        ("–", "sent"),
    ];
    assert_eq!(texts(&mut carla, &case)?, pairs(&at_last));
    let page = carla.ok("messages", case.clone())?;
    assert_eq!(page["messages"][1]["reactions"][0][1], "👍");
    let found = amal.ok("search_messages", json!({"text": "POTASSIUM"}))?;
    assert_eq!(found["found"], json!([[case_id, first["id"]]]));

    // Both have the same log, nothing of it was set aside, and the database holds no word of it.
    let (one, other) = (amal.ok("chat", case.clone())?, carla.ok("chat", case.clone())?);
    assert_eq!(one["entries"], other["entries"]);
    assert_eq!((&one["set_aside"], &other["set_aside"]), (&json!([]), &json!([])));
    assert_eq!((&one["fault"], &other["fault"]), (&Value::Null, &Value::Null));
    Ok(())
}
