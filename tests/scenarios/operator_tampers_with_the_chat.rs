//! Whoever runs the server changes a chat in the database, as its superuser: the phones notice, each time with an error of its
//! own, and go on to show what they had.

use anyhow::{Context, Result};
use mso_core::chat::{Payload, RosterRow, RowKind, Side, Signed, VERSION};
use mso_core::ids::{AssignmentId, CaseId, DeviceId, UserId};
use mso_core::testing::chat::ChatDevice;
use mso_core::time::{Clock, SystemClock};
use mso_tests::database::Database;
use mso_tests::operator;
use serde_json::json;

use crate::cast::level;
use crate::chatting::{Chatting, pairs, texts};
use crate::stage::Stage;

/// What is put into the chat.
#[derive(Debug, Clone, Copy)]
enum Attack {
    /// A row that adds the operator's puppet to the team, said to be by the requester's phone.
    RowInAnothersName,
    /// A row that adds the puppet, by the puppet itself.
    RowOfAnOutsider,
    /// The puppet says that it is the case's expert.
    PuppetExpert,
    /// The puppet, whom everybody may know of, makes a key for the readers and itself.
    KeyOfAnOutsider,
    /// A key in the requester's name that is also addressed to the puppet.
    KeyInAnothersName,
    /// The sealed text is another one.
    ExchangedText,
}

/// Attack, and the fault that ends the log on the requester's phone.
const ATTACKS: [(Attack, &str); 6] = [
    (Attack::RowInAnothersName, "chat_bad_signature"),
    (Attack::RowOfAnOutsider, "chat_not_a_member"),
    (Attack::PuppetExpert, "chat_not_a_member"),
    (Attack::KeyOfAnOutsider, "chat_unknown_certificate"),
    (Attack::KeyInAnothersName, "chat_bad_signature"),
    (Attack::ExchangedText, "chat_bad_signature"),
];

async fn put(database: &Database, case_id: CaseId, attack: Attack) -> Result<()> {
    let now = SystemClock.now();
    let log = operator::log(database, case_id).await?;
    let founder = log.roster().members().iter();
    let founder = founder
        .filter(|(_, member)| member.side == Side::Requester)
        .map(|(user, _)| *user);
    let founder = founder.min().context("no requester")?;
    let mut readers = log.roster().readers();
    let (certificate, _) = readers
        .find(|(_, device)| device.user_id == founder)
        .context("no phone")?;
    let puppet = ChatDevice::of(UserId::generate(now), DeviceId::generate(now), now);
    let row = |kind: RowKind, signer| RosterRow {
        version: VERSION,
        case_id,
        kind,
        user_id: puppet.user_id,
        identity_key: puppet.keys.identity.public(),
        signer,
        previous: (kind != RowKind::Expert).then(|| log.roster().hash()),
        assignment_id: (kind == RowKind::Expert).then(|| AssignmentId::generate(now)),
        created_at: now,
    };
    let own = puppet.keys.certificate.hash();
    let payload = match attack {
        Attack::ExchangedText => return operator::exchange_text(database, case_id).await,
        Attack::RowInAnothersName => {
            Payload::Roster(Signed::sign(row(RowKind::Add, certificate), &puppet.keys.signing))
        }
        Attack::RowOfAnOutsider => {
            Payload::Roster(Signed::sign(row(RowKind::Add, own), &puppet.keys.signing))
        }
        Attack::PuppetExpert => {
            Payload::Roster(Signed::sign(row(RowKind::Expert, own), &puppet.keys.signing))
        }
        Attack::KeyOfAnOutsider | Attack::KeyInAnothersName => {
            let (_, record, wraps) = puppet.keys.make_epoch(&log, now)?;
            let mut record = record.value().clone();
            if matches!(attack, Attack::KeyInAnothersName) {
                record.signer = certificate;
            }
            let record = Signed::sign(record, &puppet.keys.signing);
            Payload::Epoch { record, wraps }
        }
    };
    if !matches!(attack, Attack::KeyOfAnOutsider) {
        // Anybody's certificate may stand in the log; it makes nobody a reader.
        operator::put_entry(
            database,
            case_id,
            Payload::Device(puppet.keys.certificate.clone()),
        )
        .await?;
    }
    operator::put_entry(database, case_id, payload).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_by_the_operator_is_noticed_by_the_phones() -> Result<()> {
    let stage = Stage::set().await?;
    let database = stage.database().await?;
    let mut chat = Chatting::on(&stage).await?;
    let (is_fine, said) = stage.server.verify_audit()?;
    assert!(is_fine && said.contains("1 chats"), "{said}");
    for (number, (attack, fault)) in ATTACKS.into_iter().enumerate() {
        if number > 0 {
            chat.go_on_to_another_case(&stage).await?;
        }
        let case = chat.case();
        chat.requester.ok("write_message", chat.text("Before."))?;
        chat.level()?;
        let before = chat.requester.ok("chat", case.clone())?;
        chat.provider.ok("write_message", chat.text("During."))?;
        level(&mut chat.provider)?;
        put(&database, chat.case_id.parse()?, attack).await?;
        level(&mut chat.requester)?;
        let after = chat.requester.ok("chat", case.clone())?;
        assert_eq!(after["fault"], fault, "{attack:?}");
        assert_eq!(after["members"], before["members"], "{attack:?}");
        let shown = texts(&mut chat.requester, &case)?;
        assert_eq!(shown.first(), pairs(&[("Before.", "sent")]).first(), "{attack:?}");
        // So does an auditor, who reads nothing of it.
        let (is_fine, said) = stage.server.verify_audit()?;
        let found = said.lines().filter(|line| line.contains(&chat.case_id));
        assert!(!is_fine && found.count() > 0, "{attack:?}: {said}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_key_in_the_place_of_the_right_one_is_noticed() -> Result<()> {
    let stage = Stage::set().await?;
    let mut chat = Chatting::on(&stage).await?;
    let case = chat.case();
    chat.requester.ok("write_message", chat.text("Before."))?;
    level(&mut chat.requester)?;
    let provider = chat.provider.text("session", json!({}), "user_id")?;
    operator::exchange_wrap(&stage.database().await?, chat.case_id.parse()?, provider.parse()?).await?;
    level(&mut chat.provider)?;
    let shown = chat.provider.ok("chat", case.clone())?;
    assert_eq!(shown["fault"], "chat_bad_wrap");
    assert_eq!(texts(&mut chat.provider, &case)?, []);
    Ok(())
}
