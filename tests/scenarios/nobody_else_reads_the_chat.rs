//! What the participants write stands nowhere outside their phones: not for an admin, in the database, in the server's files and
//! logs, or on the line. Who leaves reads nothing newer, who comes nothing older.

use anyhow::{Context, Result};
use mso_server::admin::demo::PASSWORD;
use mso_tests::canaries::Canaries;
use mso_tests::opinions;
use serde_json::{Value, json};

use crate::cast::{give_to_generalist, level};
use crate::chatting::{Chatting, admit, messages, texts, with};
use crate::stage::{GENERALIST, Stage};

/// Written in the chat, edited into it, reacted with, and taken back.
const SECRETS: [&str; 5] = [
    "canary-5512-of-the-requester",
    "canary-7731-of-the-expert",
    "canary-0902-after-an-edit",
    "canary-4410-taken-back",
    "c4n4ry",
];

/// Lists that an admin reads, and one row of each kind.
const ADMIN_READS: [&str; 10] = [
    "/v1/cases",
    "/v1/cases/{case}",
    "/v1/cases/{case}/record",
    "/v1/patients",
    "/v1/users",
    "/v1/providers",
    "/v1/notifications",
    "/v1/invoices",
    "/v1/service-records",
    "/v1/devices",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn canaries_of_a_chat_are_found_nowhere_but_on_the_phones() -> Result<()> {
    let stage = Stage::set().await?;
    stage.proxy.record();
    let mut chat = Chatting::on(&stage).await?;
    let case = chat.case();
    let [by_requester, by_expert, edited, withdrawn, reaction] = SECRETS;
    chat.requester.ok("write_message", chat.text(by_requester))?;
    chat.level()?;
    let of_requester = messages(&mut chat.provider, &case)?[0]["id"].clone();
    let react = with(
        &with(&case, "message", of_requester.clone()),
        "reaction",
        reaction,
    );
    chat.provider.ok("react", react)?;
    let first = chat.provider.ok("write_message", chat.text(by_expert))?;
    chat.provider.ok("write_message", chat.text(withdrawn))?;
    // Long enough that its request is compressed.
    let filler = format!("{withdrawn} {}", "and so on ".repeat(300));
    let second = chat.provider.ok("write_message", chat.text(&filler))?;
    chat.level()?;
    let edit = with(&chat.text(edited), "message", first["id"].clone());
    chat.provider.ok("edit_message", edit)?;
    let withdraw = with(&case, "message", second["id"].clone());
    chat.provider.ok("withdraw_message", withdraw)?;
    chat.level()?;
    // The phones have it all; a search that finds nothing there would find nothing anywhere.
    for (secret, found) in [(by_requester, 1), (edited, 1), (by_expert, 0)] {
        let search = json!({"text": secret});
        let rows = chat.requester.ok("search_messages", search)?["found"].clone();
        assert_eq!(rows.as_array().map(Vec::len), Some(found), "{secret}");
    }
    assert_eq!(
        messages(&mut chat.requester, &case)?[0]["reactions"][0][1],
        reaction
    );

    let secrets = Canaries::of(&SECRETS)?;
    // What the server may know of, to show that each place was really looked at.
    let question = opinions::request("", &[])["clinical_question"].clone();
    let question = question.as_str().context("question")?.to_owned();
    let known = Canaries::of(&[question.as_str()])?;

    let mut answers = String::new();
    for path in ADMIN_READS {
        let answer = stage.admin.get(&path.replace("{case}", &chat.case_id)).await;
        answers.push_str(&answer.with_context(|| path.to_owned())?.to_string());
    }
    assert!(known.hits(answers.as_bytes()) > 0);
    assert_eq!(secrets.hits(answers.as_bytes()), 0, "an admin reads it");

    let database = stage.database().await?;
    let dump = database.dump().await?;
    assert!(known.hits(dump.as_bytes()) > 0);
    assert_eq!(secrets.hits(dump.as_bytes()), 0, "in the database");

    let (mut seen, mut read) = (0, 0);
    for direction in stage.proxy.recorded() {
        seen += known.hits_in_traffic(&direction)?;
        read += secrets.hits_in_traffic(&direction)?;
    }
    assert!(seen > 1, "up and down");
    assert_eq!(read, 0, "on the line");

    database.checkpoint().await?;
    let files = stage.server.data();
    assert!(known.hits_in_files(files)? > 0);
    assert_eq!(secrets.hits_in_files(files)?, 0, "in the server's files");
    for phone in [&chat.requester, &chat.provider] {
        assert_eq!(
            secrets.hits_in_files(phone.store())?,
            0,
            "a phone's files are encrypted"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admins_phone_gets_into_no_chat() -> Result<()> {
    let stage = Stage::set().await?;
    let mut chat = Chatting::on(&stage).await?;
    let case = chat.case();
    chat.requester.ok("write_message", chat.text("Between us."))?;
    chat.level()?;
    let before = chat.requester.ok("chat", case.clone())?;

    let mut phone = stage.phone(&mso_tests::binaries::rust_phone()?, "admin")?;
    let sign_in = json!({"email": "admin@demo.example", "password": PASSWORD});
    if phone.ask("sign_in", sign_in)?.is_ok() {
        drop(phone.ask("sync", json!({}))?);
        for verb in ["write_message", "chat", "messages", "mark_chat_read"] {
            assert!(phone.ask(verb, chat.text("Let me in."))?.is_err(), "{verb}");
        }
        drop(phone.ask("sync", json!({}))?);
    }
    let database = stage.database().await?;
    let as_reader = database
        .count("select count(*) from chat_wrap w join mso_user u on u.id = w.user_id where u.role = 'admin'");
    assert_eq!(as_reader.await?, 0);
    chat.level()?;
    let after = chat.requester.ok("chat", case)?;
    for field in ["members", "entries", "asking"] {
        assert_eq!(before[field], after[field]);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_former_expert_reads_nothing_newer_and_the_successor_nothing_older() -> Result<()> {
    let stage = Stage::set().await?;
    let mut chat = Chatting::on(&stage).await?;
    let case = chat.case();
    chat.requester.ok("write_message", chat.text("For Carla only."))?;
    chat.level()?;
    // Carla's phone keeps everything it has: it is without network when the case goes to somebody else.
    chat.provider.ok("go_offline", json!({}))?;
    chat.provider.ok("write_message", chat.text("Too late."))?;
    give_to_generalist(&stage.admin, &chat.case_id, "Accepted").await?;
    let mut gene = stage.signed_in("successor", GENERALIST)?;
    gene.ok("accept", case.clone())?;
    level(&mut gene)?;
    admit(&mut chat.requester, &chat.case_id)?;
    chat.requester.ok("write_message", chat.text("For Gene only."))?;
    level(&mut chat.requester)?;
    level(&mut gene)?;

    let only = |texts: Vec<(String, String)>| texts.into_iter().map(|(text, _)| text).collect::<Vec<_>>();
    assert_eq!(only(texts(&mut gene, &case)?), ["For Gene only."]);
    assert_eq!(
        only(texts(&mut chat.requester, &case)?),
        ["For Carla only.", "For Gene only."]
    );
    assert_eq!(
        only(texts(&mut chat.provider, &case)?),
        ["For Carla only.", "Too late."]
    );
    // No key since is addressed to Carla, and her phone is sent nothing of it.
    let database = stage.database().await?;
    let newest_key_is_hers = database.count(
        "select count(*) from chat_wrap w join mso_user u on u.id = w.user_id
         where u.email = 'cardiologist@demo.example'
           and w.entry_id = (select id from chat_entry where kind = 'epoch' order by seq desc limit 1)",
    );
    assert_eq!(newest_key_is_hers.await?, 0);
    stage.proxy.record();
    level(&mut chat.provider)?;
    for verb in ["chat", "messages", "case"] {
        let answer = chat.provider.ask(verb, case.clone())?;
        assert!(answer.is_err(), "{verb}: the case was to be purged");
    }
    let envelopes = database
        .count("select count(*) from chat_entry where kind = 'envelope'")
        .await?;
    level(&mut gene)?;
    level(&mut chat.requester)?;
    assert_eq!(
        only(texts(&mut gene, &case)?),
        ["For Gene only."],
        "what came too late never came"
    );
    assert_eq!(
        database
            .count("select count(*) from chat_entry where kind = 'envelope'")
            .await?,
        envelopes
    );
    let chat: Value = gene.ok("chat", case)?;
    assert!(chat["fault"].is_null(), "{chat}");
    assert_eq!(chat["members"].as_array().map(Vec::len), Some(2));
    Ok(())
}
