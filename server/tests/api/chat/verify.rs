//! The chats as stored verify, and whatever is changed past the server is found.

use mso_core::actor::Actor;
use mso_core::chat::{Payload, RowKind};
use mso_core::ids::ChatEntryId;
use mso_server::chat::{Answer, Item, VerifiedChats, verify};

use super::people::{appended, begun, phone, reassigned};
use crate::commands::world::World;

async fn verified(world: &World) -> VerifiedChats {
    let database = &world.state().database;
    let mut tx = database.begin_snapshot(&Actor::SYSTEM).await.unwrap();
    verify(&mut tx).await.unwrap()
}

/// Where something is wrong, and the code.
async fn found(world: &World) -> Vec<(u64, &'static str)> {
    let broken = verified(world).await.broken;
    broken
        .into_iter()
        .map(|broken| (broken.seq, broken.fault.code()))
        .collect()
}

/// Changes rows as only somebody with all rights over the database can.
async fn past_all_triggers(world: &World, statements: &'static str) {
    let mut tx = world.root.begin().await.unwrap();
    let off = "set local session_replication_role = replica";
    sqlx::query(off).execute(&mut *tx).await.unwrap();
    sqlx::raw_sql(statements).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// Keeps the chat's rows as they are.
const KEEP: &str = "
    create table kept_certificate as table chat_certificate;
    create table kept_chat as table chat;
    create table kept_entry as table chat_entry;
    create table kept_text as table chat_text;
    create table kept_wrap as table chat_wrap;
    create table kept_chain as table chat_chain;
    create table kept_membership as table membership;";

/// Brings back what was kept. Columns that are computed are not given.
const RESTORE: &str = "
    delete from chat_certificate; insert into chat_certificate select * from kept_certificate;
    delete from chat;
    insert into chat (case_id, stream, seq, head, epoch, epoch_hash, epoch_rev, roster, created_at)
      select case_id, stream, seq, head, epoch, epoch_hash, epoch_rev, roster, created_at from kept_chat;
    delete from chat_entry; insert into chat_entry select * from kept_entry;
    delete from chat_text;
    insert into chat_text (entry_id, nonce, ciphertext) select entry_id, nonce, ciphertext from kept_text;
    delete from chat_wrap;
    insert into chat_wrap (entry_id, certificate, user_id, sealed)
      select entry_id, certificate, user_id, sealed from kept_wrap;
    delete from chat_chain; insert into chat_chain select * from kept_chain;
    delete from membership; insert into membership select * from kept_membership;";

const NOTHING: [(u64, &str); 0] = [];

/// What is done to the chat of [`begun`], at which entry it is found, and the code.
const TAMPERED: [(&str, u64, &str); 26] = [
    ("delete from chat_entry where seq = 8", 8, "chat_log_cut"),
    ("delete from chat_entry where seq = 7", 7, "chat_log_gap"),
    ("delete from chat_entry where seq = 1", 1, "chat_log_gap"),
    ("delete from chat", 1, "chat_without_head"),
    // Bytes: without the digest; with it; so that they are no entry any more.
    (
        "update chat_entry set signed = set_byte(signed, length(signed) - 1, get_byte(signed, length(signed) - 1) # 1)
         where seq = 7",
        7,
        "chat_digest_differs",
    ),
    (
        "update chat_entry set signed = set_byte(signed, length(signed) - 20, get_byte(signed, length(signed) - 20) # 1)
         where seq = 5;
         update chat_entry set digest = sha256(signed) where seq = 5",
        5,
        "chat_bad_signature",
    ),
    ("update chat_entry set signed = substr(signed, 2) where seq = 6", 6, "chat_malformed"),
    ("update chat_entry set at = at + interval '1 second' where seq = 3", 3, "chat_chain_broken"),
    ("update chat_entry set kind = 'refused' where seq = 8", 8, "chat_chain_broken"),
    (
        "update chat_entry set seq = 9 where seq = 7;
         update chat_entry set seq = 7 where seq = 8;
         update chat_entry set seq = 8 where seq = 9",
        7,
        "chat_chain_broken",
    ),
    ("update chat_entry set device_seq = 2 where seq = 8", 8, "chat_columns_differ"),
    ("update chat_entry set device_id = null where seq = 8", 8, "chat_columns_differ"),
    ("update chat set head = sha256('another')", 8, "chat_head_differs"),
    ("update chat set seq = 7", 8, "chat_head_differs"),
    ("update chat set epoch_rev = epoch_rev + 1", 8, "chat_state_differs"),
    ("update chat set roster = head", 8, "chat_state_differs"),
    (
        "update chat_chain set seq = seq + 1 where device_id = (select device_id from chat_entry where seq = 8)",
        8,
        "chat_link_differs",
    ),
    (
        "update chat_text t set ciphertext = other.ciphertext from kept_text other
         where t.entry_id = (select id from chat_entry where seq = 7) and other.entry_id <> t.entry_id",
        7,
        "chat_text_differs",
    ),
    (
        "insert into chat_text (entry_id, nonce, ciphertext) select id, 'x', 'x' from chat_entry where seq = 2",
        2,
        "chat_secret_misplaced",
    ),
    (
        "insert into chat_wrap (entry_id, certificate, user_id, sealed)
         select w.entry_id, sha256('another'), w.user_id, w.sealed from chat_wrap w limit 1",
        6,
        "chat_extra_recipient",
    ),
    (
        "update chat_wrap set sealed = sealed || sealed
         where user_id = (select id from mso_user where email = 'noor@example.org')",
        6,
        "chat_bad_wrap",
    ),
    (
        "update chat_wrap set user_id = (select id from mso_user where email = 'adam@example.org')
         where user_id = (select id from mso_user where email = 'noor@example.org')",
        6,
        "chat_wrap_of_another",
    ),
    (
        "update chat_certificate set signed = signed || signed
         where user_id = (select id from mso_user where email = 'noor@example.org')",
        3,
        "chat_certificate_unpublished",
    ),
    (
        "insert into membership (party, stream, from_seq)
         select u.id, c.stream, 0 from chat c, mso_user u where u.email = 'adam@example.org'",
        8,
        "chat_unknown_reader",
    ),
    (
        "insert into membership (party, stream, from_seq)
         select u.id, c.stream, 0 from chat c, mso_user u where u.email = 'rima@example.org'",
        8,
        "chat_unknown_reader",
    ),
    (
        "update membership m set from_seq = 0 from chat c
         where m.stream = c.stream and m.party = (select id from mso_user where email = 'noor@example.org')",
        4,
        "chat_reader_too_early",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_changed_past_the_server_is_found_with_its_place_and_a_code() {
    let world = World::new().await;
    let (chat, ..) = begun(&world).await;
    assert_eq!(
        verified(&world).await,
        VerifiedChats {
            chats: 1,
            entries: 8,
            broken: Vec::new()
        }
    );
    past_all_triggers(&world, KEEP).await;
    for (tamper, seq, code) in TAMPERED {
        past_all_triggers(&world, tamper).await;
        assert_eq!(found(&world).await, [(seq, code)], "{tamper}");
        let broken = verified(&world).await.broken;
        assert_eq!(broken[0].case_id, chat.log.log.case_id(), "{tamper}");
        past_all_triggers(&world, RESTORE).await;
    }
    // Back as it was; and a text that was erased is no fault.
    assert_eq!(found(&world).await, NOTHING);
    past_all_triggers(&world, "delete from chat_text").await;
    assert_eq!(found(&world).await, NOTHING);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_by_whom_the_log_does_not_know_is_found_whatever_heads_are_written_with_it() {
    let world = World::new().await;
    let (chat, ..) = begun(&world).await;
    let stranger = phone(&world, world.stranger).await;
    let row = chat.log.row(RowKind::Add, &stranger.device, &stranger.device);
    let entry = chat.log.entry(Payload::Roster(row));
    let case_id = chat.log.log.case_id();
    let head = entry.head(case_id, chat.log.log.head().hash);
    let at = mso_server::database::from_timestamp(entry.at);
    let mut tx = world.root.begin().await.unwrap();
    sqlx::query(
        "insert into chat_entry (id, case_id, seq, kind, digest, signed, head, at)
         values ($1, $2, 9, 'roster', $3, $4, $5, $6)",
    )
    .bind(ChatEntryId::generate(entry.at).as_uuid())
    .bind(case_id.as_uuid())
    .bind(entry.payload.digest().as_bytes().as_slice())
    .bind(entry.payload.encode())
    .bind(head.as_bytes().as_slice())
    .bind(at)
    .execute(&mut *tx)
    .await
    .unwrap();
    sqlx::query("update chat set seq = 9, head = $1")
        .bind(head.as_bytes().as_slice())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(found(&world).await, [(9, "chat_unknown_certificate")]);
    assert_eq!(verified(&world).await.entries, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_whose_readers_changed_verifies_and_a_text_for_a_burnt_slot_is_found() {
    let world = World::new().await;
    let (mut chat, requester, _, key) = begun(&world).await;
    let case_id = chat.log.log.case_id();
    let late = chat.seal(&requester, &key, "For the first expert.");
    reassigned(&world, case_id).await;
    assert_eq!(
        chat.send(&requester, Item::Envelope(late)).await,
        Answer::Burnt { seq: 10 }
    );
    let key = chat.rotate(&requester).await;
    assert_eq!(
        chat.write(&requester, &key, "Among ourselves.").await,
        appended(12)
    );
    let whole = VerifiedChats {
        chats: 1,
        entries: 12,
        broken: Vec::new(),
    };
    assert_eq!(verified(&world).await, whole);
    past_all_triggers(
        &world,
        "insert into chat_text (entry_id, nonce, ciphertext)
         select e.id, t.nonce, t.ciphertext from chat_entry e, chat_text t where e.kind = 'refused' limit 1",
    )
    .await;
    assert_eq!(found(&world).await, [(10, "chat_refused_slot_filled")]);
    // Whoever was removed does not read on.
    past_all_triggers(
        &world,
        "delete from chat_text t using chat_entry e where e.id = t.entry_id and e.kind = 'refused';
         update membership m set to_seq = null from chat c
         where c.stream = m.stream and m.party = (select id from mso_user where email = 'noor@example.org')",
    )
    .await;
    assert_eq!(found(&world).await, [(12, "chat_unknown_reader")]);
}
