//! Joining by a link.

use serde_json::json;

use super::{invitation, redeems, token};
use crate::harness::{Server, User};

const CHOSEN: &str = "a password of my own";

async fn signs_in(server: &Server, name: &str, password: &str) -> crate::harness::Answer {
    let body = json!({ "email": format!("{name}@example.org"), "password": password });
    server.call("POST", "/v1/sessions").json(&body).send().await
}

#[tokio::test]
async fn a_link_lets_its_user_choose_a_password_once() {
    let server = Server::start().await;
    let rima = server.admin().await;
    rima.does("invite_user", invitation(&server, "sami").await).await;
    // Without a password nobody can sign in, and the answer does not say why.
    signs_in(&server, "sami", CHOSEN)
        .await
        .refused(401, "sign_in_failed");

    let link = token(&server, "sami").await;
    redeems(&server, &link, "too short")
        .await
        .refused(422, "password_unfit");
    redeems(&server, &link, CHOSEN).await.ok(204);
    signs_in(&server, "sami", CHOSEN).await.ok(201);
    redeems(&server, &link, "another password of mine")
        .await
        .refused(410, "invite_invalid");
    signs_in(&server, "sami", "another password of mine")
        .await
        .refused(401, "sign_in_failed");
}

#[tokio::test]
async fn a_link_is_worth_nothing_after_three_days_or_once_another_was_sent() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let invitation = invitation(&server, "sami").await;
    rima.does("invite_user", invitation.clone()).await;
    let first = token(&server, "sami").await;
    server.later(72 * 60);
    redeems(&server, &first, CHOSEN)
        .await
        .refused(410, "invite_invalid");

    let rima = server.admin().await;
    let renew = json!({ "user_id": invitation["user_id"] });
    rima.does("renew_invite", renew.clone()).await;
    let second = token(&server, "sami").await;
    rima.does("renew_invite", renew.clone()).await;
    let third = token(&server, "sami").await;
    for worthless in [&first, &second, &"A".repeat(64), &String::new()] {
        redeems(&server, worthless, CHOSEN)
            .await
            .refused(410, "invite_invalid");
    }
    server.later(72 * 60 - 1);
    redeems(&server, &third, CHOSEN).await.ok(204);
    let rima = server.admin().await;
    rima.is_refused("renew_invite", renew, 409, "invalid_state").await;
}

#[tokio::test]
async fn of_two_who_use_one_link_at_once_one_comes_in() {
    let server = Server::start().await;
    let rima = server.admin().await;
    rima.does("invite_user", invitation(&server, "sami").await).await;
    let link = token(&server, "sami").await;
    let (one, other) = tokio::join!(
        redeems(&server, &link, "the password of one"),
        redeems(&server, &link, "the password of the other")
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 410]);
}

#[tokio::test]
async fn a_link_of_somebody_who_was_deactivated_lets_nobody_in() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let invitation = invitation(&server, "sami").await;
    rima.does("invite_user", invitation.clone()).await;
    let link = token(&server, "sami").await;
    let user = &invitation["user_id"];
    rima.does(
        "deactivate_user",
        json!({ "user_id": user, "reason": "a mistake" }),
    )
    .await;
    redeems(&server, &link, CHOSEN)
        .await
        .refused(410, "invite_invalid");
    // A user who never chose a password is invited again.
    rima.does("reactivate_user", json!({ "user_id": user })).await;
    redeems(&server, &link, CHOSEN)
        .await
        .refused(410, "invite_invalid");
    let link = token(&server, "sami").await;
    redeems(&server, &link, CHOSEN).await.ok(204);
}

#[tokio::test]
async fn nothing_in_the_database_is_a_link_and_each_use_is_audited() {
    let server = Server::start().await;
    let rima = server.admin().await;
    rima.does("invite_user", invitation(&server, "sami").await).await;
    let link = token(&server, "sami").await;
    redeems(&server, &link, CHOSEN).await.ok(204);
    let mut tx = server.database().await;
    for table in ["invite", "mail", "mso_user", "command_log", "audit_entry", "feed"] {
        let rows = format!("select coalesce(string_agg(t::text, ' '), '') from {table} t");
        let rows: String = sqlx::query_scalar(sqlx::AssertSqlSafe(rows))
            .fetch_one(tx.conn())
            .await
            .unwrap();
        assert!(!rows.contains(&link) && !rows.contains(CHOSEN), "{table}");
    }
    let entries = "select count(*) from audit_entry where action = 'redeem_invite' and outcome = 'applied'";
    let entries: i64 = sqlx::query_scalar(entries).fetch_one(tx.conn()).await.unwrap();
    assert_eq!(entries, 1);
    let mails: i64 =
        sqlx::query_scalar("select count(*) from mail where kind = 'invite' and sent_at is null")
            .fetch_one(tx.conn())
            .await
            .unwrap();
    assert_eq!(mails, 1);
    drop(tx);
    let _sami = User::in_session_as(&server, "sami", CHOSEN).await;
}
