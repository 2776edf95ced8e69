//! Phones are counted, and whoever has too many has a way back: signing out, or giving one up.

use mso_core::protocol::sessions::{DeviceLimit, OwnDevices, SignIn, SignInReplacing};
use serde_json::json;

use super::SOME_FILE;
use crate::harness::{Answer, Call, PASSWORD, Phone, Server, User};

/// A request to sign in on this phone in exchange for another one.
fn replacing(server: &Server, phone: &Phone, password: &str, retire: mso_core::ids::DeviceId) -> Call {
    let request = SignInReplacing {
        sign_in: SignIn {
            email: "amal@example.org".to_owned(),
            password: password.to_owned(),
            device: Some(phone.enrolment()),
        },
        retire: Some(retire),
    };
    server
        .call("POST", "/v1/sessions")
        .json(&request)
        .signed(phone.id, &phone.key, server.now())
}

async fn signs_out(user: &User<'_>) -> Answer {
    user.send(user.unsigned("DELETE", "/v1/sessions/current")).await
}

async fn with_phones<'a>(server: &'a Server, count: usize) -> Vec<User<'a>> {
    let mut users = Vec::new();
    for _ in 0..count {
        users.push(server.requester("amal").await);
        server.later(1);
    }
    users
}

fn id(user: &User<'_>) -> mso_core::ids::DeviceId {
    user.phone.as_ref().unwrap().id
}

#[tokio::test]
async fn whoever_signs_out_every_time_never_has_too_many_phones() {
    let server = Server::start().await;
    for _ in 0..7 {
        let amal = server.requester("amal").await;
        signs_out(&amal).await.ok(204);
        amal.get(SOME_FILE).await.refused(401, "sign_in_needed");
        amal.refresh(&amal.grant.refresh_token)
            .await
            .refused(401, "sign_in_needed");
    }
    let phones = with_phones(&server, 5).await;
    Phone::new(&server)
        .sign_in(&server, "amal")
        .send()
        .await
        .refused(409, "too_many_devices");
    signs_out(&phones[0]).await.ok(204);
    server
        .requester("amal")
        .await
        .get(SOME_FILE)
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn a_phone_that_signed_out_counts_again_once_it_signs_in_with_its_own_key() {
    let server = Server::start().await;
    let mut phones = with_phones(&server, 5).await;
    signs_out(&phones[0]).await.ok(204);
    let back = phones.remove(0).phone.unwrap();
    let amal = User::on_phone(&server, "amal", back).await;
    amal.get(SOME_FILE).await.refused(404, "not_found");
    Phone::new(&server)
        .sign_in(&server, "amal")
        .send()
        .await
        .refused(409, "too_many_devices");
    // Somebody else's number takes its place: the phone that is back has none.
    signs_out(&amal).await.ok(204);
    server.requester("amal").await;
    amal.phone
        .as_ref()
        .unwrap()
        .sign_in(&server, "amal")
        .send()
        .await
        .refused(409, "too_many_devices");
    let mut tx = server.database().await;
    let audited = "select count(*) from audit_entry where action = 'sign_out' and device_id = $1";
    let audited: i64 = sqlx::query_scalar(audited)
        .bind(id(&amal).as_uuid())
        .fetch_one(tx.conn())
        .await
        .unwrap();
    assert_eq!(audited, 2);
}

#[tokio::test]
async fn at_the_limit_the_answer_names_the_phones_of_which_the_password_gives_one_up() {
    let server = Server::start().await;
    let phones = with_phones(&server, 5).await;
    let new = Phone::new(&server);
    let answer = new.sign_in(&server, "amal").send().await;
    let problem = answer.refused(409, "too_many_devices");
    assert!(problem.detail.unwrap().contains("retire"));
    let limit: DeviceLimit = answer.json();
    let named: Vec<_> = limit.devices.iter().map(|device| device.id).collect();
    assert_eq!(
        named,
        phones.iter().map(id).collect::<Vec<_>>(),
        "the oldest first"
    );
    assert_eq!(limit.devices[0].name, "a phone");

    let wrong = replacing(&server, &new, "wrong password", id(&phones[0]))
        .send()
        .await;
    let problem = wrong.refused(401, "sign_in_failed");
    assert_eq!(problem.detail, None);
    assert!(wrong.json::<serde_json::Value>().get("devices").is_none());
    phones[0].get(SOME_FILE).await.refused(404, "not_found");

    replacing(&server, &new, PASSWORD, id(&phones[0]))
        .send()
        .await
        .ok(201);
    phones[0].get(SOME_FILE).await.refused(401, "actor_revoked");
    phones[0]
        .refresh(&phones[0].grant.refresh_token)
        .await
        .refused(401, "actor_revoked");
    phones[0]
        .phone
        .as_ref()
        .unwrap()
        .sign_in(&server, "amal")
        .send()
        .await
        .refused(401, "actor_revoked");
    phones[1].get(SOME_FILE).await.refused(404, "not_found");
    let mut tx = server.database().await;
    let audited = "select count(*) from audit_entry where action = 'revoke_device' and entity_id = $1 and device_id = $2";
    let audited: i64 = sqlx::query_scalar(audited)
        .bind(id(&phones[0]).as_uuid())
        .bind(new.id.as_uuid())
        .fetch_one(tx.conn())
        .await
        .unwrap();
    assert_eq!(audited, 1);
}

#[tokio::test]
async fn nobody_gives_up_another_users_phone_or_the_one_in_their_hand() {
    let server = Server::start().await;
    let adam = server.requester("adam").await;
    let new = Phone::new(&server);
    replacing(&server, &new, PASSWORD, id(&adam))
        .send()
        .await
        .refused(404, "not_found");
    replacing(&server, &new, PASSWORD, new.id)
        .send()
        .await
        .refused(400, "bad_request");
    let without_phone = json!({ "email": "amal@example.org", "password": PASSWORD, "retire": id(&adam) });
    server
        .call("POST", "/v1/sessions")
        .json(&without_phone)
        .send()
        .await
        .refused(400, "bad_request");
    adam.get(SOME_FILE).await.refused(404, "not_found");
    assert_eq!(
        (server.count("device").await, server.count("session").await),
        (1, 1)
    );
}

#[tokio::test]
async fn everybody_reads_and_gives_up_the_own_phones_and_no_others() {
    let server = Server::start().await;
    let phones = with_phones(&server, 3).await;
    let (amal, lost, signed_out) = (&phones[0], &phones[1], &phones[2]);
    signs_out(signed_out).await.ok(204);
    let noor = server.provider("noor").await;
    let rima = server.admin().await;

    let read: OwnDevices = amal.get("/v1/devices").await.ok(200).json();
    let seen: Vec<_> = read
        .devices
        .iter()
        .map(|device| (device.id, device.current))
        .collect();
    assert_eq!(seen, [(id(lost), false), (id(amal), true)]);
    assert_eq!(read.devices[0].platform, "linux");
    let admins: OwnDevices = rima.get("/v1/devices").await.ok(200).json();
    assert_eq!(admins.devices, []);
    server
        .call("GET", "/v1/devices")
        .send()
        .await
        .refused(401, "sign_in_needed");

    let path = format!("/v1/devices/{}", id(lost));
    for other in [&noor, &rima] {
        other
            .send(other.unsigned("DELETE", &path))
            .await
            .refused(404, "not_found");
    }
    lost.get(SOME_FILE).await.refused(404, "not_found");
    let unknown = format!("/v1/devices/{}", mso_core::ids::DeviceId::generate(server.now()));
    amal.send(amal.unsigned("DELETE", &unknown))
        .await
        .refused(404, "not_found");

    for _again in 0..2 {
        amal.send(amal.unsigned("DELETE", &path)).await.ok(204);
    }
    lost.get(SOME_FILE).await.refused(401, "actor_revoked");
    let read: OwnDevices = amal.get("/v1/devices").await.ok(200).json();
    assert_eq!(read.devices.len(), 1);
    let mut tx = server.database().await;
    let open: i64 =
        sqlx::query_scalar("select count(*) from session where device_id = $1 and ended_at is null")
            .bind(id(lost).as_uuid())
            .fetch_one(tx.conn())
            .await
            .unwrap();
    assert_eq!(open, 0);
    let audited = "select count(*) from audit_entry where action = 'revoke_device' and outcome = 'applied' and user_id = $1";
    let audited: i64 = sqlx::query_scalar(audited)
        .bind(amal.grant.user_id.as_uuid())
        .fetch_one(tx.conn())
        .await
        .unwrap();
    assert_eq!(audited, 2);
}
