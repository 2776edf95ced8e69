//! Who reads what of a chat in the database, under the login of the own role.

use mso_core::actor::Actor;
use mso_core::chat::RowKind;
use mso_server::chat::Answer;
use sqlx::AssertSqlSafe;

use super::people::{ENTRIES, TEXTS, WRAPS, begun, phone, reassigned};
use crate::commands::world::World;

/// Why the database does not run this statement under the actor's login.
async fn refused(world: &World, actor: &Actor, statement: &str) -> sqlx::Error {
    let mut tx = world.state().database.begin_scoped(actor).await.unwrap();
    let result = sqlx::query(AssertSqlSafe(statement)).execute(tx.conn()).await;
    result.expect_err(statement)
}

#[tokio::test(flavor = "multi_thread")]
async fn participants_read_the_log_whole_texts_since_they_came_and_their_own_wraps() {
    let world = World::new().await;
    let (mut chat, requester, expert, _) = begun(&world).await;
    for phone in [&requester, &expert] {
        assert_eq!(chat.read_by(&phone.actor, ENTRIES).await, 8);
        assert_eq!(chat.read_by(&phone.actor, TEXTS).await, 2);
        assert_eq!(chat.read_by(&phone.actor, WRAPS).await, 1);
    }
    for outsider in [world.colleague().await, world.stranger, world.generalist] {
        for query in [ENTRIES, TEXTS, WRAPS] {
            assert_eq!(chat.read_by(&outsider, query).await, 0);
        }
    }
    // The former expert reads nothing from the moment of the reassignment; the successor the log, and no text.
    let case_id = chat.log.log.case_id();
    reassigned(&world, case_id).await;
    for query in [ENTRIES, TEXTS, WRAPS] {
        assert_eq!(chat.read_by(&expert.actor, query).await, 0);
    }
    let token = "select assignment_id::text from mso_case where id = $1";
    let token = world.text(token, case_id.as_uuid()).await.parse().unwrap();
    let accept = mso_core::command::Command::AcceptCase(mso_core::cases::AcceptCase { case_id });
    world.apply(&world.generalist, accept, Some(token)).await;
    let successor = phone(&world, world.generalist).await;
    assert_eq!(chat.read_by(&successor.actor, ENTRIES).await, 0);
    assert!(matches!(
        chat.join(&successor, token).await,
        Answer::Appended { .. }
    ));
    assert_eq!(chat.read_by(&successor.actor, ENTRIES).await, 11);
    assert_eq!(chat.read_by(&successor.actor, TEXTS).await, 0);
    assert_eq!(chat.read_by(&successor.actor, WRAPS).await, 0);
    chat.change(RowKind::Admit, &requester, &successor).await;
    let key = chat.rotate(&requester).await;
    chat.write(&requester, &key, "Welcome.").await;
    assert_eq!(chat.read_by(&successor.actor, TEXTS).await, 1);
    assert_eq!(chat.read_by(&successor.actor, WRAPS).await, 1);
    assert_eq!(chat.read_by(&requester.actor, TEXTS).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_neither_reads_a_chat_nor_becomes_a_reader_by_any_row() {
    let world = World::new().await;
    let (chat, ..) = begun(&world).await;
    for table in [
        "chat_entry",
        "chat_text",
        "chat_wrap",
        "chat_chain",
        "chat_certificate",
    ] {
        let refused = refused(&world, &world.admin, &format!("select * from {table}")).await;
        assert!(refused.to_string().contains("permission denied"), "{table}");
    }
    // As the superuser, whom no policy stops.
    let join =
        "insert into membership (party, stream, from_seq) select u.id, c.stream, 0 from mso_user u, chat c
                where u.email = 'rima@example.org' and c.case_id = $1";
    let case_id = chat.log.log.case_id().as_uuid();
    let joined = sqlx::query(join).bind(case_id).execute(&world.root).await;
    let refused = joined.unwrap_err();
    assert_eq!(
        refused.as_database_error().unwrap().constraint(),
        Some("membership_of_chat")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_itself_reads_no_text_and_no_wrap_and_rewrites_nothing() {
    let world = World::new().await;
    let (_chat, ..) = begun(&world).await;
    for forbidden in [
        "select ciphertext from chat_text",
        "select nonce from chat_text",
        "select sealed from chat_wrap",
        "update chat_entry set signed = ''",
        "delete from chat_entry",
        "update chat set seq = seq + 2",
        "update chat set seq = seq - 1",
        "update chat set seq = seq + 1",
        "update chat_chain set seq = seq + 2",
        "delete from chat_text",
    ] {
        refused(&world, &Actor::SYSTEM, forbidden).await;
    }
}
