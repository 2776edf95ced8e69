//! `GET /v1/invoices`, `/v1/invoices/{id}`, `/v1/service-records`.

use mso_core::invoices::CreditScope;
use serde_json::Value;

use super::{credit, done, euros, flag, payment, verify};
use crate::commands::world::World;
use crate::harness::{User, Words};

async fn numbers(user: &User<'_>, path: &str) -> (Vec<String>, Option<String>) {
    let answer: Value = user.get(path).await.ok(200).json();
    let invoices = answer["invoices"].as_array().unwrap().iter();
    let numbers = invoices.map(|invoice| invoice["number"].as_str().unwrap().to_owned());
    (numbers.collect(), answer["next"].as_str().map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn invoices_are_listed_newest_first_by_page_and_by_state() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for number in ["1", "2", "3"] {
        ids.push(done(&world, number).await);
        world.later(1);
    }
    let [(first_case, first), (_, second), _] = ids.as_slice() else {
        panic!()
    };
    world.apply(&world.admin, verify(*first), None).await;
    world
        .apply(&world.admin, payment(&world, *first, euros(100)), None)
        .await;
    world
        .apply(&world.requester, flag(*second, "not ordered"), None)
        .await;
    world
        .apply(&world.admin, credit(&world, *first, CreditScope::Whole).1, None)
        .await;

    let amal = User::in_session(world.server(), "amal").await;
    let basma = User::in_session(world.server(), "basma").await;
    let rima = world.server().admin().await;
    let number = |n: u32| format!("MSO-2026-{n}");
    let all = vec![number(4), number(3), number(2), number(1)];
    for user in [&amal, &rima] {
        assert_eq!(numbers(user, "/v1/invoices").await, (all.clone(), None));
        for (filter, expected) in [
            ("verification=verified", vec![number(1)]),
            ("verification=flagged", vec![number(2)]),
            ("verification=pending", vec![number(4), number(3)]),
            ("payment=open", vec![number(3), number(2)]),
            ("payment=paid", vec![number(4), number(1)]),
            ("payment=partly", vec![]),
            ("kind=credit_note", vec![number(4)]),
            ("kind=invoice&payment=paid", vec![number(1)]),
        ] {
            assert_eq!(
                numbers(user, &format!("/v1/invoices?{filter}")).await.0,
                expected,
                "{filter}"
            );
        }
        let of_case = format!("/v1/invoices?case_id={first_case}");
        assert_eq!(numbers(user, &of_case).await.0, [number(4), number(1)]);
        let (page, next) = numbers(user, "/v1/invoices?limit=3").await;
        assert_eq!(page, all[..3]);
        let rest = numbers(user, &format!("/v1/invoices?limit=3&cursor={}", next.unwrap())).await;
        assert_eq!(rest, (vec![number(1)], None));
        for nonsense in ["cursor=nonsense", "payment=perhaps", "limit=many", "case_id=1"] {
            user.get(&format!("/v1/invoices?{nonsense}"))
                .await
                .refused(400, "bad_request");
        }
    }
    assert_eq!(numbers(&basma, "/v1/invoices").await.0, Vec::<String>::new());
    world
        .server()
        .call("GET", "/v1/invoices")
        .send()
        .await
        .refused(401, "sign_in_needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_read_by_who_pays_it_and_by_admins_and_by_nobody_else() {
    let world = World::new().await;
    let (case, id) = done(&world, "1").await;
    world.apply(&world.admin, verify(id), None).await;
    world
        .apply(&world.admin, payment(&world, id, euros(100)), None)
        .await;
    let path = format!("/v1/invoices/{id}");
    let amal = User::in_session(world.server(), "amal").await;
    let rima = world.server().admin().await;

    let answer = amal.get(&path).await.ok(200);
    let own: Value = answer.json();
    assert_eq!(own["number"], "MSO-2026-1");
    assert_eq!(own["case_number"], "MSO-2026-000001");
    assert_eq!(own["amounts"]["gross"]["minor"], 29_750);
    assert_eq!(own["amounts"]["tax_by_rate"][0]["tax"]["minor"], 4_750);
    assert_eq!(own["head"]["seller"]["tax_number"], "T-1");
    assert_eq!(
        (&own["payment"], &own["verification"]["state"]),
        (&"partly".into(), &"verified".into())
    );
    assert_eq!(own["payments"][0]["reference"], "bank 7");
    let words = Words::of(&answer);
    let admin = world.admin.user.to_string();
    for hidden in ["fee", admin.as_str(), "recorded_by"] {
        assert!(!words.mention(hidden), "{hidden} is told to the requester: {own}");
    }
    assert!(!words.count(15_000), "the fee is told to the requester");
    let whole: Value = rima.get(&path).await.ok(200).json();
    assert_eq!(whole["payments"][0]["recorded_by"], admin.as_str());
    assert_eq!(whole["left_to_pay"]["minor"], 29_650);

    for name in ["basma", "noor", "omar"] {
        let other = User::in_session(world.server(), name).await;
        other.get(&path).await.refused(404, "not_found");
    }
    let noor = User::in_session(world.server(), "noor").await;
    noor.get("/v1/invoices").await.refused(404, "not_found");
    rima.get("/v1/invoices/no-id").await.refused(404, "not_found");
    world
        .server()
        .call("GET", &path)
        .send()
        .await
        .refused(401, "sign_in_needed");

    let reads = "select count(*) from audit_entry where action = 'read_invoice' and stream = $1";
    assert_eq!(super::count_of(&world, reads, case.as_uuid()).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_admin_notes_of_a_write_off_is_no_business_of_who_did_not_pay() {
    let world = World::new().await;
    let (_, id) = done(&world, "1").await;
    let write_off = mso_core::invoices::WriteOffInvoice {
        invoice_id: id,
        reason: mso_core::testing::text("the canary of write-offs"),
    };
    world
        .apply(
            &world.admin,
            mso_core::command::Command::WriteOffInvoice(write_off),
            None,
        )
        .await;
    let amal = User::in_session(world.server(), "amal").await;
    let own: Value = amal.get(&format!("/v1/invoices/{id}")).await.ok(200).json();
    assert_eq!(
        (&own["payment"], &own["write_off"]["amount"]["minor"]),
        (&"written_off".into(), &29_750.into())
    );
    assert!(!own.to_string().contains("canary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_lists_the_own_service_records_and_never_a_price() {
    let world = World::new().await;
    done(&world, "1").await;
    let path = "/v1/service-records";
    let noor = User::in_session(world.server(), "noor").await;
    let answer = noor.get(path).await.ok(200);
    let own: Value = answer.json();
    let [record] = own["service_records"].as_array().unwrap().as_slice() else {
        panic!("{own}")
    };
    assert_eq!(
        (&record["fee"]["minor"], &record["state"]),
        (&15_000.into(), &"recorded".into())
    );
    assert_eq!(record["case_number"], "MSO-2026-000001");
    let words = Words::of(&answer);
    for hidden in [25_000, 29_750, 4_750] {
        assert!(!words.count(hidden), "{hidden} is told to the provider: {own}");
    }
    // The number of the invoice is the beginning of the case's.
    assert_eq!(words.all_with("MSO-2026"), ["MSO-2026-000001"]);
    for hidden in ["invoice", "price", "Tishreen"] {
        assert!(!words.mention(hidden), "{hidden} is told to the provider: {own}");
    }
    let omar: Value = User::in_session(world.server(), "omar")
        .await
        .get(path)
        .await
        .ok(200)
        .json();
    assert_eq!(omar["service_records"].as_array().unwrap().len(), 0);
    let rima = world.server().admin().await;
    for (filter, found) in [("", 1), ("?state=recorded", 1), ("?state=settled", 0)] {
        let all: Value = rima.get(&format!("{path}{filter}")).await.ok(200).json();
        assert_eq!(
            all["service_records"].as_array().unwrap().len(),
            found,
            "{filter}"
        );
    }
    let all: Value = rima.get(path).await.ok(200).json();
    assert_eq!(all["service_records"][0]["provider_name"], "Dr Noor Saleh");
    User::in_session(world.server(), "amal")
        .await
        .get(path)
        .await
        .refused(404, "not_found");
    rima.get("/v1/service-records?state=perhaps")
        .await
        .refused(400, "bad_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_of_the_first_release_is_read_as_ever() {
    let world = World::new().await;
    let (_, id) = done(&world, "1").await;
    let old = r#"update invoice set
        lines = '[{"service_code": "one_specialist", "net": {"minor": 25000, "currency": "EUR"}, "tax_rate_bp": 1900,
                   "tax": {"minor": 4750, "currency": "EUR"}}]',
        buyer = '{"name": "Tishreen Hospital", "address": null, "registration_number": null, "tax_number": null}'"#;
    sqlx::query(old).execute(&world.root).await.unwrap();
    let amal = User::in_session(world.server(), "amal").await;
    let own: Value = amal.get(&format!("/v1/invoices/{id}")).await.ok(200).json();
    assert_eq!(own["amounts"]["lines"][0]["quantity"], 1_000);
    assert_eq!(own["amounts"]["lines"][0]["unit_net"]["minor"], 25_000);
    // It can be credited like any other.
    world
        .apply(&world.admin, credit(&world, id, CreditScope::Whole).1, None)
        .await;
    let sum = "select sum(gross_minor)::bigint from invoice where id = $1 or credit_of = $1";
    assert_eq!(super::count_of(&world, sum, id.as_uuid()).await, 0);
}
