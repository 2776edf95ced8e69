//! Admins learn of a phone that was told to delete a case and does not confirm that it did.

use mso_server::jobs;
use serde_json::{Value, json};

use super::{Replica, purges};
use crate::harness::{Case, Phone, Server, User};

const DAY: i64 = 24 * 60;

async fn listed(server: &Server, query: &str) -> Value {
    let path = format!("/v1/unconfirmed-purges{query}");
    server.admin().await.get(&path).await.ok(200).json()
}

/// Of each row of the list the case and the phone.
async fn owed(server: &Server) -> Vec<(Value, Value)> {
    let list = listed(server, "").await;
    let rows = list["purges"].as_array().unwrap().iter();
    rows.map(|row| (row["case_id"].clone(), row["device_id"].clone()))
        .collect()
}

/// How often the admin was told that a phone has not confirmed.
async fn told(server: &Server) -> usize {
    let inbox: Value = server
        .admin()
        .await
        .get("/v1/notifications?limit=200")
        .await
        .ok(200)
        .json();
    let all = inbox["notifications"].as_array().unwrap().iter();
    all.filter(|one| one["kind"] == "purge_unconfirmed").count()
}

async fn passes(server: &Server, minutes: i64) {
    server.later(minutes);
    jobs::round(&server.state).await.unwrap();
}

async fn assigned(server: &Server) -> Case {
    let case = server.requester("amal").await.submits(Vec::new()).await;
    server.admin().await.assigns(&case, "noor").await;
    case
}

/// The phone signs in again, reads what it missed, and confirms what it was told to delete.
async fn comes_back(phone: &mut Replica<'_>, name: &str) -> usize {
    phone.user = User::on_phone(phone.user.server, name, phone.user.phone.take().unwrap()).await;
    let orders = purges(&phone.catches_up().await);
    phone
        .confirms(orders.iter().map(|order| order.id).collect())
        .await;
    orders.len()
}

#[tokio::test]
async fn a_phone_that_stays_away_with_a_case_taken_from_it_is_told_once_and_listed_until_it_confirms() {
    let server = Server::start().await;
    let case = assigned(&server).await;
    let mut away = Replica::of(server.provider("noor").await);
    let mut here = Replica::of(User::on_phone(&server, "noor", Phone::new(&server)).await);
    away.catches_up().await;
    here.catches_up().await;
    server.later(1);
    server.admin().await.reassigns(&case, "omar").await;
    assert_eq!(comes_back(&mut here, "noor").await, 1);
    server.later(1);
    // Not one of those that held the case.
    server.provider("noor").await;

    passes(&server, 14 * DAY - 2).await;
    assert_eq!((owed(&server).await, told(&server).await), (Vec::new(), 0));
    passes(&server, 1).await;
    let device = away.user.phone.as_ref().unwrap().id;
    let row = vec![(json!(case.id), json!(device))];
    assert_eq!((owed(&server).await, told(&server).await), (row.clone(), 1));
    let list = listed(&server, "").await;
    assert_eq!(list["purges"][0]["reason"], "reassigned");
    assert_eq!(list["purges"][0]["user_id"], json!(away.user.grant.user_id));
    passes(&server, DAY).await;
    assert_eq!((owed(&server).await, told(&server).await), (row, 1));

    assert_eq!(comes_back(&mut away, "noor").await, 1);
    assert_eq!(owed(&server).await, Vec::new());
    passes(&server, 30 * DAY).await;
    assert_eq!((owed(&server).await, told(&server).await), (Vec::new(), 1));
    for stranger in [server.requester("amal").await, server.provider("noor").await] {
        let answer = stranger.get("/v1/unconfirmed-purges").await;
        answer.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_case_given_back_is_not_owed_and_the_order_that_a_phone_skipped_ends_with_the_next_one() {
    let server = Server::start().await;
    let case = assigned(&server).await;
    let mut away = Replica::of(server.provider("noor").await);
    away.catches_up().await;
    server.later(1);
    server.admin().await.reassigns(&case, "omar").await;
    passes(&server, 14 * DAY).await;
    assert_eq!(owed(&server).await.len(), 1);
    server.admin().await.reassigns(&case, "noor").await;
    assert_eq!(owed(&server).await, Vec::new());
    assert_eq!(comes_back(&mut away, "noor").await, 0, "it may keep the case");

    server.later(1);
    server.admin().await.reassigns(&case, "omar").await;
    assert_eq!(comes_back(&mut away, "noor").await, 1);
    assert_eq!(owed(&server).await, Vec::new());
    passes(&server, 15 * DAY).await;
    assert_eq!((owed(&server).await, told(&server).await), (Vec::new(), 1));
}

#[tokio::test]
async fn the_list_comes_in_pages() {
    let server = Server::start().await;
    let mut cases = Vec::new();
    for _ in 0..3 {
        cases.push(assigned(&server).await);
    }
    server.provider("noor").await;
    server.later(1);
    for case in &cases {
        server.admin().await.reassigns(case, "omar").await;
    }
    passes(&server, 14 * DAY).await;
    let (mut seen, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = listed(&server, &query).await;
        let rows = page["purges"].as_array().unwrap();
        assert!(rows.len() <= 2);
        seen.extend(rows.iter().map(|row| row["case_id"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=2&cursor={next}");
    }
    seen.sort();
    let mut all: Vec<String> = cases.iter().map(|case| json!(case.id).to_string()).collect();
    all.sort();
    assert_eq!(seen, all);
    let rima = server.admin().await;
    for cursor in ["x", "2026-11-23T10:00:00.000Z_x", "__"] {
        let answer = rima.get(&format!("/v1/unconfirmed-purges?cursor={cursor}")).await;
        answer.refused(400, "bad_request");
    }
}
