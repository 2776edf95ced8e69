//! What the operator changes by `mso admin`, seen from outside.

use mso_core::money::{Currency, Money};
use mso_core::refusal::Refusal;
use mso_server::admin::{AdminError, Change, Listing, NewLicence, NewPrice, NewSeller, Whom, list};
use serde_json::{Value, json};

use super::user_id;
use crate::harness::{PASSWORD, Server, User};

async fn change(server: &Server) -> Change {
    Change::begin(&server.state.database, server.now()).await.unwrap()
}

/// The operator's acts in this stream's audit.
async fn audited(server: &Server, stream: uuid::Uuid) -> Vec<String> {
    let mut tx = server.database().await;
    let actions = "select action from audit_entry where stream = $1 and role = 'system' order by seq";
    let actions = sqlx::query_scalar(actions).bind(stream);
    let actions: Vec<String> = actions.fetch_all(tx.conn()).await.unwrap();
    actions
        .into_iter()
        .filter(|action| !action.starts_with("create_"))
        .collect()
}

#[tokio::test]
async fn the_operator_finds_and_revokes_a_phone_by_its_users_address() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let phone = amal.phone.as_ref().unwrap().id;
    let mut operator = change(&server).await;
    let whom: Whom = " AMAL@example.org".parse().unwrap();
    let user = operator.user_id(&whom).await.unwrap();
    assert_eq!(user, amal.grant.user_id);
    assert!("nobody".parse::<Whom>().is_err());
    let phones = operator.devices(user).await.unwrap();
    assert_eq!(phones.iter().map(|phone| phone.id).collect::<Vec<_>>(), [phone]);
    operator.revoke_device(phone, "lost on a train").await.unwrap();
    operator.commit().await.unwrap();
    amal.get("/v1/me").await.refused(401, "actor_revoked");
    assert_eq!(audited(&server, user.as_uuid()).await, ["revoke_device"]);
}

#[tokio::test]
async fn the_operator_ends_sessions_and_sets_a_password_after_which_the_old_one_is_of_no_use() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let user = amal.grant.user_id;
    let mut operator = change(&server).await;
    assert_eq!(operator.end_sessions(user).await.unwrap(), 1);
    operator.commit().await.unwrap();
    amal.get("/v1/me").await.refused(401, "sign_in_needed");

    let session = User::in_session(&server, "amal").await;
    let mut operator = change(&server).await;
    let short = operator.set_password(user, "short").await;
    assert!(matches!(
        short,
        Err(AdminError::Invalid {
            field: "password",
            ..
        })
    ));
    operator
        .set_password(user, "another long password")
        .await
        .unwrap();
    operator.commit().await.unwrap();
    session.get("/v1/me").await.refused(401, "sign_in_needed");
    let old = json!({ "email": "amal@example.org", "password": PASSWORD });
    server
        .call("POST", "/v1/sessions")
        .json(&old)
        .send()
        .await
        .refused(401, "sign_in_failed");
    User::in_session_as(&server, "amal", "another long password").await;
    assert_eq!(
        audited(&server, user.as_uuid()).await,
        ["end_sessions", "set_password"]
    );
}

#[tokio::test]
async fn the_operator_suspends_and_reactivates_by_the_rules_of_admins() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let user = amal.grant.user_id;
    let mut operator = change(&server).await;
    let last = operator
        .suspend_user(user_id(&server, "rima").await, "tired")
        .await;
    assert!(
        matches!(last, Err(AdminError::Refused(Refusal::LastAdmin))),
        "{last:?}"
    );
    operator
        .suspend_user(user, "keys left in the door")
        .await
        .unwrap();
    let refused = operator.set_password(user, "another long password").await;
    assert!(
        matches!(refused, Err(AdminError::Refused(Refusal::InvalidState))),
        "{refused:?}"
    );
    operator.commit().await.unwrap();
    amal.get("/v1/me").await.refused(401, "actor_revoked");

    let mut operator = change(&server).await;
    operator.reactivate_user(user).await.unwrap();
    operator.commit().await.unwrap();
    amal.get("/v1/me").await.ok(200);
    assert_eq!(
        audited(&server, user.as_uuid()).await,
        ["suspend_user", "reactivate_user"]
    );
}

#[tokio::test]
async fn a_licence_that_the_operator_adds_counts_as_verified() {
    let server = Server::start().await;
    let noor = server.provider_id("noor").await;
    let licence = NewLicence {
        number: "L-2".to_owned(),
        authority: "Other Council".to_owned(),
        country: "FR".to_owned(),
        valid_from: server.now().date(),
        valid_to: server.now().date().plus_days(365),
    };
    let mut operator = change(&server).await;
    operator.add_licence(noor, &licence).await.unwrap();
    operator.commit().await.unwrap();
    let path = format!("/v1/providers/{noor}");
    let profile: Value = server.admin().await.get(&path).await.ok(200).json();
    let licences = profile["licences"].as_array().unwrap();
    let added = licences
        .iter()
        .find(|licence| licence["number"] == "L-2")
        .unwrap();
    assert!(added["verified"].is_object(), "{added}");
    assert_eq!(
        audited(&server, noor.as_uuid()).await,
        ["add_licence", "verify_licence"]
    );
}

#[tokio::test]
async fn the_operator_sets_prices_only_in_a_currency_that_has_a_seller() {
    let server = Server::start().await;
    let dollars = |minor| Money {
        minor,
        currency: Currency::USD,
    };
    let price = NewPrice {
        service: mso_core::cases::ServiceType::OneSpecialist,
        urgency: mso_core::cases::UrgencyLevel::Routine,
        institution: None,
        net: dollars(100),
        fee: dollars(50),
        tax_rate_bp: 0,
    };
    let later = server.now().plus_hours(1);
    let mut operator = change(&server).await;
    let refused = operator
        .create_price_list(later, std::slice::from_ref(&price))
        .await;
    assert!(
        matches!(refused, Err(AdminError::Refused(Refusal::NoSeller))),
        "{refused:?}"
    );
    let seller = NewSeller {
        legal_name: "mso Inc".to_owned(),
        address: "3 Long Street".to_owned(),
        registration_number: "R-2".to_owned(),
        tax_number: "T-2".to_owned(),
        currency: "USD".to_owned(),
        prefix: "MSU".to_owned(),
        bank_details: None,
        payment_days: 30,
    };
    operator.create_seller(&seller).await.unwrap();
    operator.create_price_list(later, &[price]).await.unwrap();
    operator.commit().await.unwrap();
    let sellers = list(&server.state.database, Listing::Sellers).await.unwrap();
    let words: Vec<_> = sellers.iter().map(|seller| seller.words.join(" ")).collect();
    assert_eq!(words, ["mso Ltd EUR MSO", "mso Inc USD MSU"]);
}
