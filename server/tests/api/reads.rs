//! `GET /v1/cases`, `/v1/cases/{id}`, `/v1/providers`.

use serde_json::Value;

use crate::harness::{Server, User};

async fn numbers(user: &User<'_>, path: &str) -> (Vec<String>, Option<String>) {
    let answer: Value = user.get(path).await.ok(200).json();
    let cases = answer["cases"].as_array().unwrap().iter();
    let numbers = cases
        .map(|case| case["number"].as_str().unwrap().to_owned())
        .collect();
    (numbers, answer["next"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn each_role_lists_the_cases_of_its_scope_newest_first() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let first = amal.submits(Vec::new()).await;
    server.later(1);
    amal.submits(Vec::new()).await;
    let basma = User::in_session(&server, "basma").await;
    server.later(1);
    basma.submits(Vec::new()).await;
    let rima = server.admin().await;
    rima.assigns(&first, "noor").await;

    let number = |n: u32| format!("MSO-2026-{n:06}");
    assert_eq!(
        numbers(&rima, "/v1/cases").await,
        (vec![number(3), number(2), number(1)], None)
    );
    assert_eq!(numbers(&amal, "/v1/cases").await.0, [number(2), number(1)]);
    assert_eq!(numbers(&basma, "/v1/cases").await.0, [number(3)]);
    assert_eq!(
        numbers(&User::in_session(&server, "noor").await, "/v1/cases")
            .await
            .0,
        [number(1)]
    );
    assert!(
        numbers(&User::in_session(&server, "omar").await, "/v1/cases")
            .await
            .0
            .is_empty()
    );

    let (page, next) = numbers(&rima, "/v1/cases?limit=2").await;
    assert_eq!(page, [number(3), number(2)]);
    let rest = numbers(&rima, &format!("/v1/cases?limit=2&cursor={}", next.unwrap())).await;
    assert_eq!(rest, (vec![number(1)], None));
    rima.get("/v1/cases?cursor=nonsense")
        .await
        .refused(400, "bad_request");
    rima.get("/v1/cases?limit=many").await.refused(400, "bad_request");
}

#[tokio::test]
async fn a_case_outside_the_scope_is_as_if_it_did_not_exist() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let case = amal.submits(Vec::new()).await;
    let rima = server.admin().await;
    let path = format!("/v1/cases/{}", case.id);
    for name in ["basma", "noor"] {
        User::in_session(&server, name)
            .await
            .get(&path)
            .await
            .refused(404, "not_found");
    }
    rima.get("/v1/cases/no-id").await.refused(404, "not_found");
    server
        .call("GET", &path)
        .send()
        .await
        .refused(401, "sign_in_needed");
    rima.assigns(&case, "noor").await;

    let theirs: Value = User::in_session(&server, "noor")
        .await
        .get(&path)
        .await
        .ok(200)
        .json();
    assert_eq!(theirs["patient"]["name"]["family"], "Haddad");
    assert!(theirs["patient"].get("identifiers").is_none());
    let own: Value = amal.get(&path).await.ok(200).json();
    assert!(own.get("assignment").is_none() && own.get("expert").is_none());
    let admins: Value = rima.get(&path).await.ok(200).json();
    assert_eq!(admins["assignment"]["display_name"], "Dr Noor Saleh");

    let mut tx = server.database().await;
    let reads =
        sqlx::query_scalar("select count(*) from audit_entry where action = 'read_case' and stream = $1");
    let reads: i64 = reads.bind(case.id.as_uuid()).fetch_one(tx.conn()).await.unwrap();
    assert_eq!(reads, 3);
}

#[tokio::test]
async fn admins_see_how_many_open_cases_an_expert_has() {
    let server = Server::start().await;
    let amal = User::in_session(&server, "amal").await;
    let case = amal.submits(Vec::new()).await;
    let rima = server.admin().await;
    rima.assigns(&case, "noor").await;
    let answer: Value = rima.get("/v1/providers").await.ok(200).json();
    let providers = answer["providers"].as_array().unwrap();
    let noor = providers
        .iter()
        .find(|provider| provider["display_name"] == "Dr Noor Saleh")
        .unwrap();
    assert_eq!(
        (noor["open_cases"].as_i64(), noor["max_open"].as_i64()),
        (Some(1), Some(10))
    );
    assert_eq!(noor["specialties"][0], "cardiology");
    amal.get("/v1/providers").await.refused(404, "not_found");
}
