//! Price list versions and specialties.

use mso_core::ids::{CaseId, PriceListId};
use mso_core::time::Timestamp;
use serde_json::{Value, json};

use super::institution_id;
use crate::harness::{Server, User};

fn version(server: &Server, from: Option<Timestamp>, net: i64) -> Value {
    let money = |minor: i64| json!({ "minor": minor, "currency": "EUR" });
    let mut version = json!({ "price_list_id": PriceListId::generate(server.now()), "entries": [
        { "service_type": "one_specialist", "urgency": "routine", "net": money(net), "tax_rate_bp": 1900,
          "provider_fee": money(100) } ] });
    if let Some(from) = from {
        version["valid_from"] = json!(from);
    }
    version
}

/// The price of a case submitted now.
async fn quoted(server: &Server, user: &User<'_>) -> i64 {
    let case = user.submits(Vec::new()).await;
    let mut tx = server.database().await;
    let net =
        sqlx::query_scalar("select net_minor from case_quote where case_id = $1").bind(case.id.as_uuid());
    net.fetch_one(tx.conn()).await.unwrap()
}

#[tokio::test]
async fn a_new_version_takes_over_when_it_begins_and_leaves_what_was_quoted_as_it_was() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let amal = User::in_session(&server, "amal").await;
    assert_eq!(quoted(&server, &amal).await, 25_000);
    // The seeded version began at exactly this time.
    rima.is_refused(
        "add_price_list_version",
        version(&server, None, 1),
        409,
        "price_list_overlap",
    )
    .await;
    let soon = server.now().plus_hours(1);
    rima.does("add_price_list_version", version(&server, Some(soon), 30_000))
        .await;
    rima.is_refused(
        "add_price_list_version",
        version(&server, Some(soon), 1),
        409,
        "price_list_overlap",
    )
    .await;
    let past = server.now().plus_hours(-25);
    rima.is_refused(
        "add_price_list_version",
        version(&server, Some(past), 1),
        422,
        "price_backdated",
    )
    .await;
    assert_eq!(quoted(&server, &amal).await, 25_000);
    server.later(60);
    let amal = User::in_session(&server, "amal").await;
    assert_eq!(quoted(&server, &amal).await, 30_000);
    let mut tx = server.database().await;
    let urgent = "select count(*) from case_quote where net_minor = 25000";
    let old: i64 = sqlx::query_scalar(urgent).fetch_one(tx.conn()).await.unwrap();
    assert_eq!(old, 2);
}

#[tokio::test]
async fn an_institutions_own_price_comes_first_and_when_it_ends_everybodys_holds_again() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let mut own = version(&server, None, 9_000);
    own["entries"][0]["institution_id"] = json!(institution_id(&server, "amal").await);
    own["valid_to"] = json!(server.now().plus_hours(2));
    rima.does("add_price_list_version", own.clone()).await;
    own["price_list_id"] = json!(PriceListId::generate(server.now()));
    own["valid_from"] = json!(server.now().plus_hours(1));
    own["valid_to"] = json!(server.now().plus_hours(3));
    rima.is_refused("add_price_list_version", own.clone(), 409, "price_list_overlap")
        .await;
    own["entries"][0]["institution_id"] = json!(PriceListId::generate(server.now()));
    rima.is_refused("add_price_list_version", own, 404, "not_found")
        .await;

    let amal = User::in_session(&server, "amal").await;
    let basma = User::in_session(&server, "basma").await;
    assert_eq!(
        (quoted(&server, &amal).await, quoted(&server, &basma).await),
        (9_000, 25_000)
    );
    server.later(120);
    let amal = User::in_session(&server, "amal").await;
    assert_eq!(quoted(&server, &amal).await, 25_000);
}

#[tokio::test]
async fn versions_are_read_by_admins_and_added_once() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let soon = version(&server, Some(server.now().plus_hours(1)), 30_000);
    rima.does("add_price_list_version", soon.clone()).await;
    rima.does("add_price_list_version", soon.clone()).await;
    let mut other = soon;
    other["entries"][0]["net"]["minor"] = json!(1);
    rima.is_refused("add_price_list_version", other, 409, "price_list_exists")
        .await;
    let lists: Value = rima.get("/v1/price-lists").await.ok(200).json();
    let lists = lists["price_lists"].as_array().unwrap();
    assert_eq!(lists.len(), 2);
    assert_eq!(lists[1]["entries"][0]["net"]["minor"], 30_000);
    let first: Value = rima.get("/v1/price-lists?limit=1").await.ok(200).json();
    assert_eq!(first["price_lists"], json!([lists[0]]));
    let cursor = first["next"].as_str().unwrap();
    let rest = format!("/v1/price-lists?limit=1&cursor={cursor}");
    let rest: Value = rima.get(&rest).await.ok(200).json();
    assert_eq!(rest, json!({ "price_lists": [lists[1]] }));
    rima.get("/v1/price-lists?cursor=x")
        .await
        .refused(400, "bad_request");
    for name in ["amal", "noor"] {
        User::in_session(&server, name)
            .await
            .get("/v1/price-lists")
            .await
            .refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_specialty_that_was_taken_out_cannot_be_asked_for_and_is_hidden_from_all_but_admins() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let set =
        |display: &str, active: bool| json!({ "code": "cardiology", "display": display, "active": active });
    rima.does("set_specialty", set("Heart medicine", true)).await;
    let amal = User::in_session(&server, "amal").await;
    let shown: Value = amal.get("/v1/specialties").await.ok(200).json();
    assert_eq!(shown["specialties"][0]["display"], "Heart medicine");
    rima.does("set_specialty", set("Heart medicine", false)).await;
    let shown: Value = amal.get("/v1/specialties").await.ok(200).json();
    assert_eq!(shown["specialties"], json!([]));
    let shown: Value = rima.get("/v1/specialties").await.ok(200).json();
    assert_eq!(shown["specialties"][0]["active"], false);
    let patient = amal.adds_patient().await;
    let submit = json!({ "case_id": CaseId::generate(server.now()), "patient_id": patient, "request": amal.request(),
                         "documents": [] });
    amal.is_refused("submit_case", submit, 422, "specialty_unknown")
        .await;
}

#[tokio::test]
async fn a_price_in_a_currency_without_a_seller_is_refused_with_the_reason() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let soon = server.now().plus_hours(1);
    let mut dollars = version(&server, Some(soon), 30_000);
    for amount in ["net", "provider_fee"] {
        dollars["entries"][0][amount]["currency"] = json!("USD");
    }
    rima.is_refused("add_price_list_version", dollars, 409, "no_seller")
        .await;
    rima.does("add_price_list_version", version(&server, Some(soon), 30_000))
        .await;
}
