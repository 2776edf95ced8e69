//! Requester and expert chat about the case. The expert's phone goes offline and catches up; nothing of it can be read by
//! anybody else.

use anyhow::{Context, Result};
use mso_core::ids::CaseId;
use mso_tests::canaries::Canaries;
use mso_tests::database::Database;
use mso_tests::operator;
use mso_tests::phone::Phone;
use serde_json::{Value, json};

use crate::Stage;
use crate::main_job::MainJob;
use crate::timeline::Timeline;

/// What is written, in this order: by the requester or not, and the text.
const WRITTEN: [(bool, &str); 5] = [
    (true, "Thank you. He asks whether he may fly next week."),
    (false, "Is he free of pain without the tablets?"),
    (true, "For nine days now."),
    (true, "And his blood pressure is 128 over 79."),
    (false, "Then he may fly. No luggage above five kilos, please."),
];

/// Figures of the chat, read back from the phones, the database, the server's files and the line.
pub(crate) async fn run(stage: &Stage, timeline: &Timeline, job: &mut MainJob) -> Result<Value> {
    timeline.chapter("Requester and expert chat, and nobody else can read it");
    stage.proxy.record();
    let case = json!({"case_id": job.case_id});
    let say = |text: &str| json!({"case_id": job.case_id, "text": text});
    let (requester, provider) = (&mut job.requester, &mut job.provider);
    let chat = requester.ok("chat", case.clone())?;
    let expert = chat.get("expert").context("expert")?;
    requester.ok("admit_expert", json!({"case_id": job.case_id, "user_id": expert}))?;
    timeline.say("requester", "admits Dr Cardio to the chat, by name");
    let number = safety_number(requester, &case)?;
    provider.ok("sync", json!({}))?;
    for (by_requester, text) in WRITTEN.iter().take(2) {
        let by = if *by_requester {
            &mut *requester
        } else {
            &mut *provider
        };
        by.ok("write_message", say(text))?;
        timeline.say(
            if *by_requester { "requester" } else { "provider" },
            &format!("writes: {text}"),
        );
        until_shown(requester, &case, text)?;
        until_shown(provider, &case, text)?;
    }
    provider.ok("go_offline", json!({}))?;
    timeline.say("provider", "goes offline");
    for (by_requester, text) in WRITTEN.iter().skip(2) {
        let by = if *by_requester {
            &mut *requester
        } else {
            &mut *provider
        };
        by.ok("write_message", say(text))?;
        timeline.say(
            if *by_requester { "requester" } else { "provider" },
            &format!("writes: {text}"),
        );
    }
    provider.ok("go_online", json!({}))?;
    for (_, text) in WRITTEN {
        until_shown(provider, &case, text)?;
        until_shown(requester, &case, text)?;
    }
    let (one, other) = (shown(requester, &case)?, shown(provider, &case)?);
    anyhow::ensure!(one == other, "the phones show different chats");
    timeline.say("provider", "online again: both phones show the same chat");
    anyhow::ensure!(safety_number(provider, &case)? == number, "safety numbers differ");
    timeline.say("both", &format!("have the safety number {}", grouped(&number)));

    let database = Database::of_server(stage.server.data()).await?;
    let case_id: CaseId = job.case_id.parse().context("case id")?;
    let log = operator::log(&database, case_id).await?;
    let chat = requester.ok("chat", case.clone())?;
    let entries = chat.get("entries").and_then(Value::as_u64);
    let hits = plaintext_hits(stage, &database).await?;
    let figures = json!({
        "messages": one.len(),
        "server_plaintext_hits": hits,
        "log_verified": entries == Some(log.head().seq),
        "log_entries": log.head().seq,
    });
    timeline.say(
        "server",
        &format!(
            "holds {} signed entries in an unbroken chain, and {hits} readable words of them",
            log.head().seq
        ),
    );
    Ok(figures)
}

/// Where one of the texts stands readable: in the database, the server's files, or on the line since the chat began.
async fn plaintext_hits(stage: &Stage, database: &Database) -> Result<usize> {
    let texts: Vec<&str> = WRITTEN.iter().map(|(_, text)| *text).collect();
    let canaries = Canaries::of(&texts)?;
    database.checkpoint().await?;
    let mut hits = canaries.hits(database.dump().await?.as_bytes());
    hits += canaries.hits_in_files(stage.server.data())?;
    for direction in stage.proxy.recorded() {
        hits += canaries.hits_in_traffic(&direction)?;
    }
    Ok(hits)
}

/// Waits until a message is there, without asking: both phones are online.
fn until_shown(phone: &mut Phone, case: &Value, text: &str) -> Result<()> {
    let is_there = |page: &Value| {
        let rows = page.get("messages").and_then(Value::as_array);
        rows.into_iter()
            .flatten()
            .any(|row| row["text"] == text && row["state"] != "waiting")
    };
    phone.wait("a message", 30, "messages", case, is_there)?;
    Ok(())
}

/// Ids and texts, newest first.
fn shown(phone: &mut Phone, case: &Value) -> Result<Vec<(Value, Value)>> {
    let page = phone.ok("messages", case.clone())?;
    let rows = page
        .get("messages")
        .and_then(Value::as_array)
        .context("messages")?;
    Ok(rows
        .iter()
        .map(|row| (row["id"].clone(), row["text"].clone()))
        .collect())
}

fn safety_number(phone: &mut Phone, case: &Value) -> Result<String> {
    let chat = phone.ok("chat", case.clone())?;
    let members = chat.get("members").and_then(Value::as_array);
    let other = members
        .into_iter()
        .flatten()
        .find(|member| member["is_own"] == false);
    let number = other.and_then(|member| member.get("safety_number")?.as_str());
    Ok(number.context("no safety number")?.to_owned())
}

/// In groups of five, as people compare them.
fn grouped(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    let groups = digits.chunks(5).map(|group| group.iter().collect::<String>());
    groups.collect::<Vec<_>>().join(" ")
}
