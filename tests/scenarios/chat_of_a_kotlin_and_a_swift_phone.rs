//! The apps' own languages chat: a Kotlin phone as the requester's and a Swift phone as the expert's. One goes offline, both
//! write, and it catches up.

use std::process::Command;

use anyhow::{Context, Result};
use mso_tests::binaries;
use mso_tests::phone::Phone;
use serde_json::{Value, json};

use crate::cast::level;
use crate::chatting::{Chatting, messages, pairs, texts, with};
use crate::stage::{Stage, or_rust};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kotlin_phone_and_a_swift_phone_chat_and_one_catches_up() -> Result<()> {
    let (kotlin, swift) = (
        or_rust(binaries::kotlin_phone(), "Kotlin")?,
        or_rust(binaries::swift_phone(), "Swift")?,
    );
    let stage = Stage::set().await?;
    let mut chat = Chatting::with(&stage, &kotlin, &swift).await?;
    let case = chat.case();
    chat.requester.ok(
        "write_message",
        chat.text("Schmerzen seit gestern, 8 von 10 – 痛み 😖"),
    )?;
    chat.level()?;
    let asked = messages(&mut chat.provider, &case)?;
    assert_eq!(asked[0]["text"], "Schmerzen seit gestern, 8 von 10 – 痛み 😖");
    let answer = with(
        &chat.text("Since when exactly?"),
        "reply_to",
        asked[0]["id"].clone(),
    );
    chat.provider.ok("write_message", answer)?;
    chat.provider.ok("mark_chat_read", case.clone())?;
    chat.level()?;
    assert_eq!(chat.requester.ok("chat", case.clone())?["unread"], 1);
    chat.requester.ok("mark_chat_read", case.clone())?;
    chat.level()?;

    // The expert's phone is without network; both go on.
    chat.provider.ok("go_offline", json!({}))?;
    let own = chat.provider.ok("write_message", chat.text("Any fever?"))?;
    chat.provider.ok(
        "edit_message",
        with(&chat.text("Any fever or chills?"), "message", own["id"].clone()),
    )?;
    for text in ["Since 7 pm.", "He slept badly.", "Sorry, since 8 pm."] {
        chat.requester.ok("write_message", chat.text(text))?;
    }
    level(&mut chat.requester)?;
    let written = texts(&mut chat.provider, &case)?;
    assert_eq!(
        written.last(),
        pairs(&[("Any fever or chills?", "waiting")]).last()
    );
    chat.level()?;

    let mut shown = (
        texts(&mut chat.requester, &case)?,
        texts(&mut chat.provider, &case)?,
    );
    for texts in [&mut shown.0, &mut shown.1] {
        for (_, state) in texts {
            state.clear();
        }
    }
    assert_eq!(shown.0, shown.1, "both show the same, in the same order");
    assert_eq!(shown.0.len(), 6);
    let replied = messages(&mut chat.requester, &case)?;
    assert_eq!(replied[1]["reply_to"], replied[0]["id"]);
    assert_eq!(replied[0]["state"], "read");
    let found = chat
        .provider
        .ok("search_messages", json!({"text": "SCHMERZEN"}))?;
    assert_eq!(found["found"][0][1], replied[0]["id"]);
    let (one, other) = (
        chat.requester.ok("chat", case.clone())?,
        chat.provider.ok("chat", case.clone())?,
    );
    assert_eq!(one["entries"], other["entries"]);
    for chat in [&one, &other] {
        assert!(chat["fault"].is_null(), "{chat}");
        assert_eq!(chat["set_aside"], json!([]));
    }
    for phone in [&mut chat.requester, &mut chat.provider] {
        verify_transcript(phone, &case)?;
    }
    chat.requester.quit()?;
    chat.provider.quit()
}

/// Exports the chat in both forms, and has the first verified by a program that shares no code with the phone's.
fn verify_transcript(phone: &mut Phone, case: &Value) -> Result<()> {
    let json = phone.text("chat_transcript", with(case, "kind", "json"), "transcript")?;
    let text = phone.text("chat_transcript", with(case, "kind", "text"), "transcript")?;
    let folder = tempfile::tempdir()?;
    let verify = |content: &str| -> Result<(bool, String)> {
        let file = folder.path().join("transcript.json");
        std::fs::write(&file, content)?;
        let done = Command::new(binaries::verifier())
            .args(["verify.mjs", "transcript"])
            .arg(&file)
            .output()?;
        let said = [done.stdout, done.stderr].concat();
        Ok((done.status.success(), String::from_utf8(said)?))
    };
    let (accepted, said) = verify(&json)?;
    anyhow::ensure!(accepted, "{said}");
    for written in ["Any fever or chills?", "He slept badly.", "痛み"] {
        anyhow::ensure!(said.contains(written), "{written}: {said}");
        anyhow::ensure!(text.contains(written), "{written}: {text}");
    }
    // One digit of what was opened, and of the log.
    let mut transcript: Value = serde_json::from_str(&json)?;
    for pointer in ["/opened/0/padded", "/entries/3"] {
        let honest = transcript.pointer(pointer).and_then(Value::as_str);
        let honest = honest.context("a transcript has it")?.to_owned();
        let middle = honest.len() / 2;
        let (start, end) = honest.split_at(middle);
        let digit = if end.starts_with('0') { "1" } else { "0" };
        let forged = json!([start, digit, end.get(1..).unwrap_or_default()].concat());
        *transcript.pointer_mut(pointer).context("a transcript has it")? = forged;
        let (accepted, said) = verify(&transcript.to_string())?;
        anyhow::ensure!(!accepted && said.contains("chat_"), "{pointer}: {said}");
        *transcript.pointer_mut(pointer).context("a transcript has it")? = json!(honest);
    }
    Ok(())
}
