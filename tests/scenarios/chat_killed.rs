//! kill -9 at any moment of a chat: what was shown as written is there after the restart, reaches the other side, and reaches
//! it once.
//!
//! 300 rounds, in turn on the requester's and the expert's phone, with a real process and a real SIGKILL. The moments come from
//! a fixed seed.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use mso_tests::phone::Phone;
use serde_json::{Value, json};

use crate::chatting::{Chatting, with};
use crate::phone_killed::{Moments, kill_after, restart};
use crate::stage::Stage;

const ROUNDS: u64 = 300;

/// Ids and texts of all messages, oldest first.
fn all(phone: &mut Phone, case: &Value) -> Result<Vec<(String, String)>> {
    let mut shown: Vec<(String, String)> = Vec::new();
    loop {
        let request = shown
            .last()
            .map_or_else(|| case.clone(), |(id, _)| with(case, "before", id.as_str()));
        let page = phone.ok("messages", request)?;
        let page = page
            .get("messages")
            .and_then(Value::as_array)
            .context("messages")?;
        if page.is_empty() {
            shown.reverse();
            return Ok(shown);
        }
        let field = |row: &Value, name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
        shown.extend(
            page.iter()
                .filter_map(|row| Some((field(row, "id")?, field(row, "text")?))),
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_shown_as_written_survive_every_kill_and_arrive_once() -> Result<()> {
    let stage = Stage::set().await?;
    let mut chat = Chatting::on(&stage).await?;
    let case = chat.case();
    let mut moments = Moments(20_261_128);
    let mut written = BTreeMap::new();
    for round in 0..ROUNDS {
        let (name, other) = if round % 2 == 0 {
            ("requester", "provider")
        } else {
            ("provider", "requester")
        };
        // The other side writes as well, so that there is something to receive while the phone is killed.
        let (killed, bystander) = if round % 2 == 0 {
            (&mut chat.requester, &mut chat.provider)
        } else {
            (&mut chat.provider, &mut chat.requester)
        };
        if round % 3 == 0 {
            let text = format!("{round} of the {other}");
            let id = bystander.text("write_message", with(&case, "text", text.as_str()), "id")?;
            written.insert(id, text);
            bystander.ok("sync", json!({}))?;
        }
        killed.ok("go_online", json!({}))?;
        let mut killer = None;
        let armed_at = moments.next(3);
        for number in 0.. {
            if number == armed_at {
                killer = Some(kill_after(killed.process(), moments.next(60_000)));
            }
            let text = format!("{round}-{number} of the {name}");
            match killed.ask("write_message", with(&case, "text", text.as_str())) {
                Ok(Ok(answer)) => {
                    let id = answer.get("id").and_then(Value::as_str).context("no id")?;
                    written.insert(id.to_owned(), text);
                }
                Ok(Err(error)) => anyhow::bail!("a message was not taken: {error:?}"),
                Err(_killed) => break,
            }
            // Not faster than anybody writes, so that there is more than writing to be killed in.
            std::thread::sleep(std::time::Duration::from_millis(8));
        }
        assert!(
            killer
                .context("the phone stopped before it was killed")?
                .join()
                .is_ok()
        );
        *killed = restart(&stage, name)?;
        let shown: BTreeMap<_, _> = all(killed, &case)?.into_iter().collect();
        let lost = written
            .iter()
            .filter(|(id, text)| text.ends_with(name) && shown.get(*id) != Some(text));
        let lost: Vec<_> = lost.collect();
        assert!(lost.is_empty(), "round {round}: written and lost: {lost:?}");
    }
    assert!(written.len() > 300, "only {} messages", written.len());

    chat.level()?;
    chat.level()?;
    let (one, other) = (all(&mut chat.requester, &case)?, all(&mut chat.provider, &case)?);
    assert_eq!(one, other, "both phones show the same");
    let mut texts: Vec<_> = one.iter().map(|(_, text)| text).collect();
    texts.sort();
    let before = texts.len();
    texts.dedup();
    assert_eq!(texts.len(), before, "a text is shown once");
    let shown: BTreeMap<_, _> = one.iter().cloned().collect();
    for (id, text) in &written {
        assert_eq!(shown.get(id), Some(text));
    }
    for phone in [&mut chat.requester, &mut chat.provider] {
        let shown = phone.ok("chat", case.clone())?;
        assert!(shown["fault"].is_null(), "{shown}");
        assert_eq!(shown["set_aside"], json!([]));
    }
    Ok(())
}
