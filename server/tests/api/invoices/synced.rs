//! What phones receive about money: changes reach the institution; nothing of an invoice reaches the expert,
//! and nothing of the fee the institution. Neither do error texts.

use mso_core::command::{Command, CommandEnvelope};
use mso_core::ids::{AssignmentId, CaseId, InvoiceId};
use mso_core::invoices::{CreditScope, InvoiceVerification, PaymentState};
use mso_core::protocol::records::{Record, RecordKind};
use mso_core::protocol::sync::Outcome;
use serde_json::json;

use super::{credit, done, euros, flag, payment, stored};
use crate::commands::world::World;
use crate::harness::Words;
use crate::sync::Replica;

fn invoice(phone: &Replica<'_>, id: InvoiceId) -> mso_core::invoices::Invoice {
    let Some(Record::Invoice(invoice)) = phone.record(RecordKind::Invoice, id.as_uuid()) else {
        panic!("no invoice on the phone")
    };
    invoice
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_an_invoice_reaches_the_institutions_phones_and_no_experts() {
    let world = World::new().await;
    let (_, id) = done(&world, "1").await;
    let mut amal = Replica::of(world.server().requester("amal").await);
    let mut noor = Replica::of(world.server().provider("noor").await);
    amal.catches_up().await;
    noor.catches_up().await;
    assert_eq!(invoice(&amal, id).payment, PaymentState::Open);

    world
        .apply(&world.admin, payment(&world, id, euros(1_234)), None)
        .await;
    world
        .apply(&world.requester, flag(id, "the canary of disputes"), None)
        .await;
    let (note, command) = credit(&world, id, CreditScope::Whole);
    world.apply(&world.admin, command, None).await;
    amal.catches_up().await;
    noor.catches_up().await;

    let seen = invoice(&amal, id);
    assert_eq!(
        (seen.payment, seen.fully_credited, seen.version),
        (PaymentState::Paid, true, 4)
    );
    let InvoiceVerification::Flagged(dispute) = &seen.verification else {
        panic!()
    };
    assert_eq!(
        (dispute.by, dispute.reason.as_str()),
        (Some(world.requester.user), "the canary of disputes")
    );
    assert_eq!(invoice(&amal, note).amounts.gross, euros(-29_750));
    // Complete, except for the names of admins.
    let mut whole = stored(&world, id).await;
    for paid in &mut whole.payments {
        paid.recorded_by = None;
    }
    assert_eq!(seen, whole);

    let (to_amal, to_noor) = (Words::sent_to(&amal), Words::sent_to(&noor));
    let admin = world.admin.user.to_string();
    assert!(!to_amal.count(15_000), "the fee is told to the requester");
    for hidden in ["fee", "service_record", admin.as_str()] {
        assert!(!to_amal.mention(hidden), "{hidden} is told to the requester");
    }
    let (id, note) = (id.to_string(), note.to_string());
    for hidden in [29_750, 25_000, 4_750, 1_234] {
        assert!(!to_noor.count(hidden), "{hidden} is told to the provider");
    }
    for hidden in [
        "nvoice",
        "canary",
        "gross",
        "price",
        "quote",
        id.as_str(),
        note.as_str(),
    ] {
        assert!(!to_noor.mention(hidden), "{hidden} is told to the provider");
    }
    assert!(to_noor.count(15_000), "the own fee is not told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settled_service_reaches_the_experts_phone() {
    let world = World::new().await;
    done(&world, "1").await;
    let mut noor = Replica::of(world.server().provider("noor").await);
    noor.catches_up().await;
    let id = sqlx::query_scalar("select id from service_record")
        .fetch_one(&world.root)
        .await
        .unwrap();
    let service_record_id = mso_core::ids::ServiceRecordId::from_uuid(id);
    let approve = mso_core::invoices::ApproveService { service_record_id };
    world
        .apply(&world.admin, Command::ApproveService(approve), None)
        .await;
    noor.catches_up().await;
    let Some(Record::ServiceRecord(record)) = noor.record(RecordKind::ServiceRecord, id) else {
        panic!()
    };
    assert_eq!((record.state.name(), record.version), ("approved", 2));
    assert!(record.performed_from.is_some() && record.turnaround_minutes.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_tell_no_amount_and_no_invoice() {
    let world = World::new().await;
    let (_, id) = done(&world, "1").await;
    let noor = world.server().provider("noor").await;
    let amal = world.server().requester("amal").await;
    let rima = world.server().admin().await;
    let money = json!({ "minor": 99_999_999, "currency": "EUR" });
    let pay = json!({ "invoice_id": id, "payment_id": id, "amount": money, "received_on": "2026-11-23" });
    for (user, kind, payload, status, code) in [
        (&rima, "record_payment", pay.clone(), 409, "payment_above_open"),
        (&amal, "record_payment", pay.clone(), 403, "forbidden"),
        (&noor, "record_payment", pay, 404, "not_found"),
        (
            &noor,
            "flag_invoice",
            json!({ "invoice_id": id, "reason": "x" }),
            404,
            "not_found",
        ),
        (
            &amal,
            "verify_invoice",
            json!({ "invoice_id": id }),
            403,
            "forbidden",
        ),
    ] {
        let answer = user.commands(&user.envelope(kind, payload)).await;
        let problem = answer.refused(status, code);
        assert_eq!(problem.detail, None, "{kind}");
        let words = Words::of(&answer);
        for hidden in [29_750, 25_000, 15_000] {
            assert!(!words.count(hidden), "{hidden} is told");
        }
    }
    // A Done that fails because there is no seller tells the expert nothing about money either.
    let patient = world.verified_patient("2").await;
    let (case, token) = super::in_progress(&world, patient).await;
    without_a_seller(&world, case).await;
    let answer = noor.commands(&submission(&world, case, token)).await;
    let problem = answer.refused(500, "internal");
    assert_eq!(problem.detail, None);
}

/// The case's price is in a currency in which nobody issues invoices.
async fn without_a_seller(world: &World, case: CaseId) {
    sqlx::query("update case_quote set currency = 'USD' where case_id = $1")
        .bind(case.as_uuid())
        .execute(&world.root)
        .await
        .unwrap();
}

fn submission(world: &World, case: CaseId, token: AssignmentId) -> CommandEnvelope {
    let submit = Command::SubmitRecommendation(world.submit_recommendation(case));
    let mut envelope = world.request(submit, Some(token)).envelope;
    envelope.issued_at = world.fixture.now;
    envelope
}

#[tokio::test]
async fn a_command_that_the_server_fails_on_is_held_with_a_reference_and_another_case_goes_on() {
    let world = World::new().await;
    let mut noor = Replica::of(world.server().provider("noor").await);
    let (patient, other) = (
        world.verified_patient("1").await,
        world.verified_patient("2").await,
    );
    let (failing, first_token) = super::in_progress(&world, patient).await;
    let (going, second_token) = super::in_progress(&world, other).await;
    without_a_seller(&world, failing).await;
    let first = submission(&world, failing, first_token);
    let behind = submission(&world, failing, first_token);
    let second = submission(&world, going, second_token);
    let answer = noor.pushes(&[first.clone(), behind, second]).await;
    let Outcome::Held { code, reference } = &answer.results[0].outcome else {
        panic!("{:?}", answer.results)
    };
    assert_eq!(code, "fault");
    assert!(!reference.is_empty());
    assert_eq!(
        answer.results[1].outcome,
        Outcome::Retry,
        "not tried before the one before it"
    );
    assert_eq!(answer.results[2].outcome, Outcome::Applied);

    // Once an operator has mended it, the same bytes are applied.
    sqlx::query("update case_quote set currency = 'EUR' where case_id = $1")
        .bind(failing.as_uuid())
        .execute(&world.root)
        .await
        .unwrap();
    let answer = noor.pushes(&[first]).await;
    assert_eq!(answer.results[0].outcome, Outcome::Applied);
}
