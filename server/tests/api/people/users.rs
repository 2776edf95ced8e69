//! Users: one email address each, suspended and deactivated, and never the last admin.

use mso_core::ids::UserId;
use serde_json::{Value, json};

use super::{admin_invitation, institution_id, invitation, redeems, token, user_id};
use crate::harness::{PASSWORD, Phone, Server, User};

#[tokio::test]
async fn an_address_is_one_users_in_any_letter_case_however_fast_two_admins_are() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let mut taken = invitation(&server, "sami").await;
    taken["email"] = json!("AMAL@Example.org");
    rima.is_refused("invite_user", taken, 409, "email_taken").await;

    let (mut one, mut other) = (
        invitation(&server, "lina").await,
        invitation(&server, "lina").await,
    );
    one["email"] = json!("Lina@example.org");
    other["email"] = json!("lina@EXAMPLE.org");
    let (one, other) = (
        rima.envelope("invite_user", one),
        rima.envelope("invite_user", other),
    );
    let (one, other) = tokio::join!(rima.commands(&one), rima.commands(&other));
    let mut codes = [one, other].map(|answer| {
        let answer: Value = answer.json();
        answer["outcome"]
            .as_str()
            .or(answer["code"].as_str())
            .unwrap()
            .to_owned()
    });
    codes.sort_unstable();
    assert_eq!(codes, ["applied", "email_taken"]);
}

#[tokio::test]
async fn role_and_party_of_an_invitation_fit_each_other_and_exist() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let base = invitation(&server, "sami").await;
    let institution = institution_id(&server, "amal").await;
    let noor = server.provider_id("noor").await;
    for wrong in [
        json!({ "role": "requester" }),
        json!({ "role": "admin", "institution_id": institution }),
        json!({ "role": "provider", "provider_id": noor, "institution_id": institution }),
        json!({ "role": "system" }),
    ] {
        let mut envelope = serde_json::to_value(rima.envelope("invite_user", base.clone())).unwrap();
        envelope["payload"]["position"] = wrong;
        rima.post("/v1/commands", &envelope)
            .await
            .refused(400, "bad_request");
    }
    let with = |position: Value| {
        let mut payload = base.clone();
        payload["position"] = position;
        payload
    };
    let nobody = UserId::generate(server.now());
    let unknown = with(json!({ "role": "requester", "institution_id": nobody }));
    rima.is_refused("invite_user", unknown, 404, "not_found").await;
    let unknown = with(json!({ "role": "provider", "provider_id": nobody }));
    rima.is_refused("invite_user", unknown, 404, "not_found").await;
    let second = with(json!({ "role": "provider", "provider_id": noor }));
    rima.is_refused("invite_user", second, 409, "provider_has_user")
        .await;
    rima.does("invite_user", base.clone()).await;
    let mut other = base;
    other["email"] = json!("other@example.org");
    rima.is_refused("invite_user", other, 409, "user_exists").await;
}

#[tokio::test]
async fn who_is_suspended_is_out_at_once_and_in_again_when_reactivated() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let amal = User::in_session(&server, "amal").await;
    let id = user_id(&server, "amal").await;
    rima.does(
        "suspend_user",
        json!({ "user_id": id, "reason": "keys left in the door" }),
    )
    .await;
    amal.get("/v1/cases").await.refused(401, "actor_revoked");
    let sign_in = json!({ "email": "amal@example.org", "password": PASSWORD });
    server
        .call("POST", "/v1/sessions")
        .json(&sign_in)
        .send()
        .await
        .refused(401, "actor_revoked");
    rima.does("reactivate_user", json!({ "user_id": id })).await;
    amal.get("/v1/cases").await.ok(200);
}

#[tokio::test]
async fn the_last_active_admin_stays() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let id = user_id(&server, "rima").await;
    let leave = json!({ "user_id": id, "reason": "tired" });
    rima.is_refused("suspend_user", leave.clone(), 409, "last_admin")
        .await;
    rima.is_refused("deactivate_user", leave.clone(), 409, "last_admin")
        .await;
    // An invited admin who has not joined yet does not count.
    rima.does("invite_user", admin_invitation(&server, "zaki")).await;
    rima.is_refused("deactivate_user", leave.clone(), 409, "last_admin")
        .await;
    redeems(&server, &token(&server, "zaki").await, PASSWORD)
        .await
        .ok(204);

    // Two admins remove each other at once: one of them succeeds, and one admin is left.
    let zaki = User::in_session(&server, "zaki").await;
    let other = json!({ "user_id": user_id(&server, "zaki").await, "reason": "tired" });
    let (by_rima, by_zaki) = (
        rima.envelope("suspend_user", other),
        zaki.envelope("suspend_user", leave),
    );
    let (by_rima, by_zaki) = tokio::join!(rima.commands(&by_rima), zaki.commands(&by_zaki));
    let applied = [&by_rima, &by_zaki]
        .iter()
        .filter(|answer| answer.status == 200)
        .count();
    assert_eq!(applied, 1, "{by_rima:?} {by_zaki:?}");
    let mut tx = server.database().await;
    let left = "select count(*) from mso_user where role = 'admin' and status = 'active'";
    let left: i64 = sqlx::query_scalar(left).fetch_one(tx.conn()).await.unwrap();
    assert_eq!(left, 1);
}

#[tokio::test]
async fn when_an_expert_leaves_their_cases_are_queued_to_be_given_back() {
    let server = Server::start().await;
    let rima = server.admin().await;
    for name in ["noor", "amal"] {
        let user = user_id(&server, name).await;
        rima.does("deactivate_user", json!({ "user_id": user, "reason": "retired" }))
            .await;
    }
    let mut tx = server.database().await;
    let jobs = "select payload::text from job where kind = 'unassign_cases'";
    let jobs: Vec<String> = sqlx::query_scalar(jobs).fetch_all(tx.conn()).await.unwrap();
    let noor = server.provider_id("noor").await.to_string();
    assert_eq!(jobs.len(), 1);
    assert!(jobs[0].contains(&noor), "{jobs:?}");
}

#[tokio::test]
async fn a_phone_is_revoked_by_its_owner_or_an_admin_and_is_of_no_more_use() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let other = User::on_phone(&server, "amal", Phone::new(&server)).await;
    let adam = server.requester("adam").await;
    let (rima, id) = (server.admin().await, user_id(&server, "amal").await);
    let phone = |user: &User<'_>| user.phone.as_ref().unwrap().id;
    let revoke = |device| json!({ "user_id": id, "device_id": device, "reason": "lost on a train" });

    adam.is_refused("revoke_device", revoke(phone(&amal)), 404, "not_found")
        .await;
    let mine =
        json!({ "user_id": user_id(&server, "adam").await, "device_id": phone(&amal), "reason": "not mine" });
    adam.is_refused("revoke_device", mine, 404, "not_found").await;
    amal.does("revoke_device", revoke(phone(&other))).await;
    other.get("/v1/me").await.refused(401, "actor_revoked");
    rima.does("revoke_device", revoke(phone(&amal))).await;
    amal.get("/v1/me").await.refused(401, "actor_revoked");

    let read: Value = rima.get(&format!("/v1/users/{id}")).await.ok(200).json();
    let states: Vec<_> = read["devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|device| &device["state"])
        .collect();
    assert_eq!(states, ["revoked", "revoked"]);
    assert_eq!(read["devices"][0]["reason"], "lost on a train");
}

#[tokio::test]
async fn everybody_reads_the_own_user_and_only_admins_read_others() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let me: Value = amal.get("/v1/me").await.ok(200).json();
    assert_eq!(
        (&me["email"], &me["role"]),
        (&json!("amal@example.org"), &json!("requester"))
    );
    assert_eq!(me["devices"].as_array().unwrap().len(), 1);
    let colleagues: Value = amal.get("/v1/colleagues").await.ok(200).json();
    let names: Vec<_> = colleagues["colleagues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|colleague| colleague["display_name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Adam Weiss", "Amal Nasser"]);
    assert!(colleagues["colleagues"][0].get("email").is_none());

    let path = format!("/v1/users/{}", user_id(&server, "amal").await);
    for name in ["amal", "noor"] {
        let user = User::in_session(&server, name).await;
        user.get("/v1/users").await.refused(404, "not_found");
        user.get(&path).await.refused(404, "not_found");
    }
    User::in_session(&server, "noor")
        .await
        .get("/v1/colleagues")
        .await
        .refused(404, "not_found");
    let rima = server.admin().await;
    let users: Value = rima.get("/v1/users?limit=2").await.ok(200).json();
    let emails: Vec<_> = users["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| &user["email"])
        .collect();
    assert_eq!(emails, ["adam@example.org", "amal@example.org"]);
    let rest: Value = rima
        .get(&format!("/v1/users?cursor={}", users["next"].as_str().unwrap()))
        .await
        .ok(200)
        .json();
    assert_eq!(rest["users"].as_array().unwrap().len(), 4);
}
