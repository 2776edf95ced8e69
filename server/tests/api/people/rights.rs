//! Rows 50 to 61 of the rights matrix: who is not allowed.

use mso_core::ids::{DeviceId, InstitutionId, PriceListId, ProviderId, UserId};
use serde_json::{Value, json};

use super::{institution, institution_id, invitation, profile, user_id};
use crate::harness::{Server, User};

#[tokio::test]
async fn requesters_and_experts_set_nobody_and_nothing_up() {
    let server = Server::start().await;
    let now = server.now();
    let noor = server.provider_id("noor").await;
    let own = institution_id(&server, "amal").await;
    let adam = user_id(&server, "adam").await;
    let mut edit_own = institution(own, "X");
    edit_own["seen_version"] = json!(1);
    let mut edit_profile = profile(noor);
    edit_profile["seen_version"] = json!(1);
    let money = json!({ "minor": 0, "currency": "EUR" });
    let price = json!({ "service_type": "one_specialist", "urgency": "routine", "net": money, "tax_rate_bp": 0,
                        "provider_fee": money });
    let licence =
        json!({ "provider_id": noor, "authority": "Medical Council", "number": "noor", "reason": "mine" });
    let of_user = json!({ "user_id": adam, "reason": "because" });
    let of_own = json!({ "institution_id": own, "reason": "because" });
    let commands: Vec<(&str, Value)> = vec![
        (
            "create_institution",
            institution(InstitutionId::generate(now), "X"),
        ),
        ("edit_institution", edit_own),
        ("deactivate_institution", of_own.clone()),
        ("reactivate_institution", of_own),
        ("invite_user", invitation(&server, "sami").await),
        ("renew_invite", of_user.clone()),
        ("suspend_user", of_user.clone()),
        ("reactivate_user", of_user.clone()),
        ("deactivate_user", of_user),
        ("create_provider", profile(ProviderId::generate(now))),
        ("edit_provider", edit_profile),
        ("verify_licence", licence.clone()),
        ("revoke_licence", licence),
        (
            "add_price_list_version",
            json!({ "price_list_id": PriceListId::generate(now), "entries": [price] }),
        ),
        (
            "set_specialty",
            json!({ "code": "neurology", "display": "Neurology", "active": true }),
        ),
    ];
    let before = footprint(&server).await;
    for name in ["amal", "basma", "noor", "omar"] {
        let user = User::in_session(&server, name).await;
        for (kind, payload) in &commands {
            let answer = user.commands(&user.envelope(kind, payload.clone())).await;
            let code = answer.json::<Value>()["code"].as_str().map(str::to_owned);
            let allowed = ["forbidden", "not_found"];
            assert!(
                code.as_deref().is_some_and(|code| allowed.contains(&code)),
                "{name} {kind}: {code:?}"
            );
        }
    }
    assert_eq!(footprint(&server).await, before);
}

#[tokio::test]
async fn nobody_speaks_for_another_expert_or_revokes_another_users_phone() {
    let server = Server::start().await;
    let noor = server.provider_id("noor").await;
    let availability = json!({ "time_zone": "UTC", "accepting": false });
    let set = json!({ "provider_id": noor, "availability": availability });
    let licence = json!({ "provider_id": noor, "number": "X", "authority": "Y", "country": "DE",
                          "valid": { "from": "2026-01-01", "to": "2026-12-31" } });
    let revoke = json!({ "user_id": user_id(&server, "noor").await, "device_id": DeviceId::generate(server.now()),
                         "reason": "spite" });
    for name in ["amal", "omar"] {
        let user = User::in_session(&server, name).await;
        for (kind, payload) in [
            ("set_availability", &set),
            ("add_licence", &licence),
            ("revoke_device", &revoke),
        ] {
            user.is_refused(kind, payload.clone(), 404, "not_found").await;
        }
    }
    let rima = server.admin().await;
    rima.does("set_availability", set).await;
    let unknown = json!({ "provider_id": UserId::generate(server.now()), "availability": availability });
    rima.is_refused("set_availability", unknown, 404, "not_found")
        .await;
}

#[tokio::test]
async fn what_admins_read_is_not_there_for_others_and_for_nobody_without_signing_in() {
    let server = Server::start().await;
    let omar = server.provider_id("omar").await;
    for path in [
        "/v1/institutions",
        "/v1/users",
        "/v1/providers",
        "/v1/price-lists",
        &format!("/v1/providers/{omar}"),
    ] {
        server
            .call("GET", path)
            .send()
            .await
            .refused(401, "sign_in_needed");
        for name in ["amal", "noor"] {
            User::in_session(&server, name)
                .await
                .get(path)
                .await
                .refused(404, "not_found");
        }
        server.admin().await.get(path).await.ok(200);
    }
    for path in ["/v1/me", "/v1/colleagues", "/v1/specialties"] {
        server
            .call("GET", path)
            .send()
            .await
            .refused(401, "sign_in_needed");
    }
}

/// The tables that setup commands change.
async fn footprint(server: &Server) -> Vec<i64> {
    let mut tx = server.database().await;
    let mut counts = Vec::new();
    for sum in [
        "select coalesce(sum(version), 0)::bigint from institution",
        "select coalesce(sum(version), 0)::bigint from mso_user",
        "select coalesce(sum(version), 0)::bigint from provider",
        "select coalesce(sum(version), 0)::bigint from specialty",
        "select count(*) from provider_licence where verified_at is not null",
        "select count(*) from price",
        "select count(*) from invite",
        "select count(*) from mail",
    ] {
        counts.push(sqlx::query_scalar(sum).fetch_one(tx.conn()).await.unwrap());
    }
    counts
}
