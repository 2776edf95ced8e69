//! Phones that are online are told at once: of a message, of a case, and also if they talk to two servers on one database.
//! Without being told, a phone asks every 30 seconds; nothing here waits that long.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use mso_tests::binaries;
use mso_tests::phone::Phone;
use serde_json::{Value, json};

use crate::cast::{Cast, level};
use crate::chatting::Chatting;
use crate::stage::{Stage, case_with};

/// Well below the time after which a phone asks by itself.
const AT_ONCE: u64 = 8;

fn has(text: &str) -> impl Fn(&Value) -> bool {
    move |page| {
        let rows = page.get("messages").and_then(Value::as_array);
        rows.into_iter()
            .flatten()
            .any(|row| row.get("text").is_some_and(|shown| shown == text))
    }
}

/// Lets the phone begin to listen.
fn goes_online(phone: &mut Phone) -> Result<()> {
    phone.ok("go_online", json!({}))?;
    level(phone)?;
    std::thread::sleep(Duration::from_secs(1));
    Ok(())
}

/// Each writes this often, after the other's message has arrived.
fn take_turns(chat: &mut Chatting, rounds: u32) -> Result<()> {
    let case = chat.case();
    for round in 0..rounds {
        let (question, answer) = (format!("Question {round}?"), format!("Answer {round}."));
        chat.requester.ok("write_message", chat.text(&question))?;
        chat.provider
            .wait("the question", AT_ONCE, "messages", &case, has(&question))?;
        chat.provider.ok("write_message", chat.text(&answer))?;
        chat.requester
            .wait("the answer", AT_ONCE, "messages", &case, has(&answer))?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_and_cases_arrive_at_once() -> Result<()> {
    let stage = Stage::set().await?;
    let mut chat = Chatting::on(&stage).await?;
    let case = chat.case();
    goes_online(&mut chat.requester)?;
    goes_online(&mut chat.provider)?;
    take_turns(&mut chat, 6)?;

    // The line is cut and comes back: what was missed is there, and the next message is told again.
    stage.proxy.set_refusing(true);
    chat.requester
        .ok("write_message", chat.text("While you were away."))?;
    std::thread::sleep(Duration::from_millis(500));
    stage.proxy.set_refusing(false);
    for phone in [&mut chat.requester, &mut chat.provider] {
        goes_online(phone)?;
    }
    chat.provider.wait(
        "what was missed",
        AT_ONCE,
        "messages",
        &case,
        has("While you were away."),
    )?;
    std::thread::sleep(Duration::from_secs(2));
    chat.provider.ok("write_message", chat.text("Back again."))?;
    chat.requester
        .wait("the next message", AT_ONCE, "messages", &case, has("Back again."))?;

    // A case that the admin assigns.
    chat.requester.ok("go_offline", json!({}))?;
    let (second, _) = case_with(&mut chat.requester, &chat.patient_id, &[])?;
    level(&mut chat.requester)?;
    stage.assign_to_cardiologist(&second).await?;
    chat.provider
        .wait("the case", AT_ONCE, "case", &json!({"case_id": second}), |_| true)?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expert_who_is_admitted_reads_the_next_message_at_once() -> Result<()> {
    let stage = Stage::set().await?;
    let mut cast = Cast::on(&stage).await?;
    let case = cast.case();
    cast.provider.ok("accept", case.clone())?;
    goes_online(&mut cast.provider)?;
    goes_online(&mut cast.requester)?;
    let chat = cast.requester.ok("chat", case.clone())?;
    let admit = cast.say(json!({"user_id": chat.get("expert")}));
    cast.requester.ok("admit_expert", admit)?;
    let question = cast.say(json!({"text": "Since when?"}));
    cast.requester.ok("write_message", question)?;
    cast.provider
        .wait("the message", AT_ONCE, "messages", &case, has("Since when?"))?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_database_are_as_one() -> Result<()> {
    let stage = Stage::set().await?;
    let mut chat = Chatting::on(&stage).await?;
    let folder = tempfile::tempdir()?;
    let replica = stage.server.start_replica(&folder.path().join("replica"))?;
    // The expert goes on with the other server.
    let store = chat.provider.store().to_owned();
    let phone = std::mem::replace(
        &mut chat.provider,
        start(&replica.url(), &folder.path().join("other"))?,
    );
    phone.quit()?;
    chat.provider = start(&replica.url(), &store)?;
    goes_online(&mut chat.requester)?;
    goes_online(&mut chat.provider)?;
    take_turns(&mut chat, 4)?;
    // A server that stops does not wait for those who listen.
    let begun = Instant::now();
    replica.stop()?;
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    Ok(())
}

fn start(server: &str, store: &Path) -> Result<Phone> {
    Phone::start(&binaries::rust_phone()?, server, store, "provider")
}
