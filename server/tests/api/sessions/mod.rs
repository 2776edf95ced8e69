//! Signing in, enrolling, signing requests.

mod devices;
mod refresh;

use mso_core::crypto::SigningKey;
use mso_core::ids::DeviceId;
use mso_core::protocol::sessions::{SessionGrant, SignIn};
use mso_core::time::Timestamp;
use serde_json::json;

use crate::harness::{PASSWORD, Phone, Server, User};

/// A path behind the sign-in, where an authenticated caller gets "not found".
const SOME_FILE: &str = "/v1/documents/01941f29-7c00-7000-8000-000000000000/content";

fn sign_in(email: &str, password: &str) -> SignIn {
    SignIn {
        email: email.to_owned(),
        password: password.to_owned(),
        device: None,
    }
}

#[tokio::test]
async fn signing_in_opens_what_is_behind_it_for_a_quarter_of_an_hour() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    amal.get(SOME_FILE).await.refused(404, "not_found");
    server.later(14);
    amal.get(SOME_FILE).await.refused(404, "not_found");
    server.later(1);
    amal.get(SOME_FILE).await.refused(401, "sign_in_needed");
}

#[tokio::test]
async fn an_address_is_the_same_from_every_keyboard() {
    let server = Server::start().await;
    for email in [
        "AMAL@example.ORG",
        " Ａmal＠example.org",
        "am\u{200b}al@example.org",
    ] {
        let request = sign_in(email, PASSWORD);
        let answer = server.call("POST", "/v1/sessions").json(&request).send().await;
        answer.ok(201);
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let server = Server::start().await;
    let mut answers = Vec::new();
    for (email, password) in [
        ("amal@example.org", "wrong"),
        ("nobody@example.org", PASSWORD),
        ("nobody@example.org", ""),
        ("amal@example.org\0", PASSWORD),
        ("amal@example.org", &"x".repeat(5_000)),
    ] {
        let answer = server
            .call("POST", "/v1/sessions")
            .json(&sign_in(email, password))
            .send()
            .await;
        let problem = answer.refused(401, "sign_in_failed");
        answers.push((problem.title, problem.detail));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_eq!(server.count("session").await, 0);
}

#[tokio::test]
async fn an_address_is_known_in_any_case_of_letters() {
    let server = Server::start().await;
    let answer = server
        .call("POST", "/v1/sessions")
        .json(&sign_in(" AMAL@Example.org", PASSWORD))
        .send()
        .await;
    let grant: SessionGrant = answer.ok(201).json();
    assert_eq!(grant.display_name, "Amal Nasser");
}

#[tokio::test]
async fn a_token_that_was_never_given_opens_nothing() {
    let server = Server::start().await;
    for authorization in ["Bearer ", "Bearer AAAA", "Basic YW1hbDp4", "bearer"] {
        let call = server
            .call("GET", SOME_FILE)
            .header("authorization", authorization);
        call.send().await.refused(401, "sign_in_needed");
    }
    server
        .call("GET", SOME_FILE)
        .send()
        .await
        .refused(401, "sign_in_needed");
}

#[tokio::test]
async fn a_phones_request_is_taken_only_with_its_own_fresh_signature() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let phone = amal.phone.as_ref().unwrap();
    let call = amal.unsigned("GET", SOME_FILE);
    call.send().await.refused(401, "signature_invalid");

    let signed = amal.sign(call.clone());
    signed.send().await.refused(404, "not_found");
    signed
        .clone()
        .path("/v1/documents/01941f29-7c00-7000-8000-000000000001/content")
        .send()
        .await
        .refused(401, "signature_invalid");
    signed
        .clone()
        .without("signature")
        .send()
        .await
        .refused(401, "signature_invalid");
    signed
        .clone()
        .header("signature", "mso=:AAAA:")
        .send()
        .await
        .refused(401, "signature_invalid");

    let other = SigningKey::generate().unwrap();
    call.clone()
        .signed(phone.id, &other, server.now())
        .send()
        .await
        .refused(401, "signature_invalid");
    let stranger = DeviceId::generate(server.now());
    call.signed(stranger, &phone.key, server.now())
        .send()
        .await
        .refused(401, "signature_invalid");

    server.later(6);
    signed.send().await.refused(401, "signature_expired");
    amal.get(SOME_FILE).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_signed_request_carries_the_body_that_was_signed() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let before = server.count("command_log").await;
    let envelope = amal.envelope("create_patient", patient(server.now()));
    let signed = amal.sign(amal.unsigned("POST", "/v1/commands").json(&envelope));

    let mut other = serde_json::to_vec(&envelope).unwrap();
    other.push(b' ');
    signed
        .clone()
        .body(other)
        .send()
        .await
        .refused(401, "signature_invalid");
    signed
        .clone()
        .without("content-digest")
        .send()
        .await
        .refused(401, "signature_invalid");
    // Signed as if there were no body, then sent with one.
    let bodiless = amal.sign(
        amal.unsigned("POST", "/v1/commands")
            .header("content-type", "application/json"),
    );
    bodiless
        .body(serde_json::to_vec(&envelope).unwrap())
        .send()
        .await
        .refused(401, "signature_invalid");
    assert_eq!(
        (server.count("patient").await, server.count("command_log").await),
        (0, before)
    );

    signed.send().await.ok(200);
    assert_eq!(server.count("patient").await, 1);
}

fn patient(now: Timestamp) -> serde_json::Value {
    let id = mso_core::ids::PatientId::generate(now);
    json!({ "patient_id": id, "name": { "family": "Haddad" }, "birth_date": "1958", "sex": "female" })
}

#[tokio::test]
async fn enrolling_takes_the_proof_that_the_phone_has_its_key() {
    let server = Server::start().await;
    let phone = Phone::new(&server);
    let signed = phone.sign_in(&server, "amal");
    signed
        .clone()
        .without("signature")
        .send()
        .await
        .refused(401, "signature_invalid");
    let other = SigningKey::generate().unwrap();
    let unsigned = signed
        .clone()
        .without("signature")
        .without("signature-input")
        .without("content-digest");
    unsigned
        .signed(phone.id, &other, server.now())
        .send()
        .await
        .refused(401, "signature_invalid");
    let bodiless = server
        .call("POST", "/v1/sessions")
        .header("content-type", "application/json");
    let bodiless = bodiless.signed(phone.id, &phone.key, server.now());
    let body = SignIn {
        device: Some(phone.enrolment()),
        ..sign_in("amal@example.org", PASSWORD)
    };
    bodiless
        .body(serde_json::to_vec(&body).unwrap())
        .send()
        .await
        .refused(401, "signature_invalid");
    assert_eq!(
        (server.count("device").await, server.count("session").await),
        (0, 0)
    );

    signed.send().await.ok(201);
    assert_eq!(
        (server.count("device").await, server.count("session").await),
        (1, 1)
    );
}

#[tokio::test]
async fn a_device_id_belongs_to_one_user_and_one_key() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let phone = amal.phone.as_ref().unwrap();
    phone
        .sign_in(&server, "basma")
        .send()
        .await
        .refused(409, "device_taken");
    let with_other_key = Phone {
        id: phone.id,
        key: SigningKey::generate().unwrap(),
    };
    with_other_key
        .sign_in(&server, "amal")
        .send()
        .await
        .refused(409, "device_taken");
    assert_eq!(
        (server.count("device").await, server.count("session").await),
        (1, 1)
    );

    phone.sign_in(&server, "amal").send().await.ok(201);
    assert_eq!(server.count("device").await, 1);
    amal.get(SOME_FILE).await.refused(401, "sign_in_needed");
}

#[tokio::test]
async fn a_user_has_at_most_five_phones() {
    let server = Server::start().await;
    let mut phones: Vec<_> = (0..6).map(|_| Phone::new(&server)).collect();
    let sixth = phones.pop().unwrap();
    for phone in phones {
        phone.sign_in(&server, "amal").send().await.ok(201);
    }
    sixth
        .sign_in(&server, "amal")
        .send()
        .await
        .refused(409, "too_many_devices");
    assert_eq!(
        (server.count("device").await, server.count("session").await),
        (5, 5)
    );
}

#[tokio::test]
async fn an_admin_has_no_phone() {
    let server = Server::start().await;
    Phone::new(&server)
        .sign_in(&server, "rima")
        .send()
        .await
        .refused(403, "forbidden");
    assert_eq!(
        (server.count("device").await, server.count("session").await),
        (0, 0)
    );
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    amal.send(amal.unsigned("DELETE", "/v1/sessions/current"))
        .await
        .ok(204);
    amal.get(SOME_FILE).await.refused(401, "sign_in_needed");
    amal.refresh(&amal.grant.refresh_token)
        .await
        .refused(401, "sign_in_needed");
}

#[tokio::test]
async fn a_suspended_user_is_told_so_and_may_do_nothing() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let mut tx = server.database().await;
    let suspend = sqlx::query("update mso_user set status = 'suspended' where id = $1");
    suspend
        .bind(amal.grant.user_id.as_uuid())
        .execute(tx.conn())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    amal.get(SOME_FILE).await.refused(401, "actor_revoked");
    amal.refresh(&amal.grant.refresh_token)
        .await
        .refused(401, "actor_revoked");
    let right = server
        .call("POST", "/v1/sessions")
        .json(&sign_in("amal@example.org", PASSWORD));
    right.send().await.refused(401, "actor_revoked");
    let wrong = server
        .call("POST", "/v1/sessions")
        .json(&sign_in("amal@example.org", "wrong"));
    wrong.send().await.refused(401, "sign_in_failed");
}

#[tokio::test]
async fn a_revoked_phone_is_told_so_and_may_do_nothing() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    let mut tx = server.database().await;
    sqlx::query("update device set state = 'revoked'")
        .execute(tx.conn())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    amal.get(SOME_FILE).await.refused(401, "actor_revoked");
    amal.refresh(&amal.grant.refresh_token)
        .await
        .refused(401, "actor_revoked");
    amal.phone
        .as_ref()
        .unwrap()
        .sign_in(&server, "amal")
        .send()
        .await
        .refused(401, "actor_revoked");
}

#[tokio::test]
async fn sign_ins_and_sign_outs_stand_in_the_users_audit() {
    let server = Server::start().await;
    let amal = server.requester("amal").await;
    amal.send(amal.unsigned("DELETE", "/v1/sessions/current"))
        .await
        .ok(204);
    let amal = User::in_session(&server, "amal").await;
    for token in [&amal.grant.refresh_token, &amal.grant.refresh_token] {
        amal.refresh(token).await;
        server.later(2);
    }
    let mut tx = server.database().await;
    let entries = sqlx::query_scalar::<_, String>(
        "select action || ' ' || outcome || case when device_id is null then '' else ' by phone' end
         from audit_entry where stream = $1 and entity = 'session' order by seq",
    );
    let entries = entries
        .bind(amal.grant.user_id.as_uuid())
        .fetch_all(tx.conn())
        .await
        .unwrap();
    let expected = [
        "sign_in applied by phone",
        "sign_out applied by phone",
        "sign_in applied",
        "refresh_session refresh_token_reused",
    ];
    assert_eq!(entries, expected);
}
