//! What happens to an invoice and a service record after issue: verified, disputed, paid, written off,
//! credited, reissued, approved, settled.

use mso_core::command::Command;
use mso_core::ids::{InvoiceId, PaymentId, ServiceRecordId};
use mso_core::invoices::{
    ApproveService, CreditLine, CreditScope, InvoiceVerification, PaymentState, RecordPayment, SettleService,
    VerifyInvoice, WriteOffInvoice,
};
use mso_core::testing::text;

use super::{count_of, credit, done, euros, flag, payment, reissue, stored, verify};
use crate::commands::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_says_from_whom_to_whom_for_what_and_by_when() {
    let world = World::new().await;
    let sql = "update seller set bank_details = 'DE00 0000', payment_days = 14";
    sqlx::query(sql).execute(&world.root).await.unwrap();
    let (case, id) = done(&world, "1").await;
    let invoice = stored(&world, id).await;
    let head = invoice.head.clone().unwrap();
    assert_eq!((invoice.case_id, invoice.number.as_str()), (case, "MSO-2026-1"));
    assert_eq!(
        (head.seller.legal_name.as_str(), head.buyer.name.as_str()),
        ("mso Ltd", "Tishreen Hospital")
    );
    assert_eq!(head.seller.bank_details.as_deref(), Some("DE00 0000"));
    let days = (head.supply_date.to_string(), head.due_date.to_string());
    assert_eq!(days, ("2026-11-23".to_owned(), "2026-12-07".to_owned()));
    let [line] = invoice.amounts.lines.as_slice() else {
        panic!()
    };
    assert_eq!(
        (line.item.quantity.thousandths(), line.item.unit_net, line.net),
        (1_000, euros(25_000), euros(25_000))
    );
    assert_eq!(
        line.item.description["en"],
        "Medical second opinion by one specialist"
    );
    assert_eq!((line.tax, invoice.amounts.gross), (euros(4_750), euros(29_750)));
    assert_eq!(invoice.amounts.tax_by_rate.len(), 1);
    assert_eq!(
        (invoice.verification, invoice.payment),
        (InvoiceVerification::Pending, PaymentState::Open)
    );

    // Later changes of the seller do not change the invoice.
    sqlx::query("update seller set legal_name = 'Other Ltd'")
        .execute(&world.root)
        .await
        .unwrap();
    assert_eq!(
        stored(&world, id).await.head.unwrap().seller.legal_name,
        "mso Ltd"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispute_reaches_the_admins_and_ends_only_when_one_says_so() {
    let world = World::new().await;
    let (_, id) = done(&world, "1").await;
    world.apply(&world.admin, verify(id), None).await;
    world
        .apply(&world.requester, flag(id, "we never asked"), None)
        .await;
    let InvoiceVerification::Flagged(dispute) = stored(&world, id).await.verification else {
        panic!()
    };
    assert_eq!(
        (dispute.by, dispute.reason.as_str()),
        (Some(world.requester.user), "we never asked")
    );
    let told = "select count(*) from notification where invoice_id = $1 and kind = 'invoice_flagged'";
    assert_eq!(count_of(&world, told, id.as_uuid()).await, 1);

    assert_eq!(
        world.run(&world.requester, flag(id, "and too dear"), None).await,
        "invoice_flagged"
    );
    assert_eq!(world.run(&world.admin, verify(id), None).await, "invoice_flagged");
    let settle = Command::VerifyInvoice(VerifyInvoice {
        invoice_id: id,
        settles_dispute: true,
    });
    world.apply(&world.admin, settle, None).await;
    let invoice = stored(&world, id).await;
    assert_eq!(
        (
            invoice.verification.name(),
            invoice.past_flags.len(),
            invoice.version
        ),
        ("verified", 1, 4)
    );
    // Not allowed for anybody else.
    for outsider in [&world.stranger, &world.cardiologist] {
        let code = world.run(outsider, flag(id, "not ours"), None).await;
        assert!(["not_found", "forbidden"].contains(&code.as_str()), "{code}");
    }
    assert_eq!(
        world.run(&world.stranger, flag(id, "not ours"), None).await,
        "not_found"
    );
    assert_eq!(
        world
            .run(&world.admin, verify(InvoiceId::generate(world.fixture.now)), None)
            .await,
        "not_found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_are_counted_once_and_never_above_what_is_left() {
    let world = World::new().await;
    let (_, id) = done(&world, "1").await;
    let (_, other) = done(&world, "2").await;
    let once = RecordPayment {
        invoice_id: id,
        payment_id: PaymentId::generate(world.fixture.now),
        amount: euros(10_000),
        received_on: world.fixture.now.date(),
        reference: None,
    };
    for _ in 0..2 {
        world
            .apply(&world.admin, Command::RecordPayment(once.clone()), None)
            .await;
    }
    let elsewhere = RecordPayment {
        invoice_id: other,
        ..once.clone()
    };
    assert_eq!(
        world
            .run(&world.admin, Command::RecordPayment(elsewhere), None)
            .await,
        "payment_exists"
    );
    assert_eq!(stored(&world, id).await.payment, PaymentState::Partly);
    assert_eq!(
        world
            .run(&world.admin, payment(&world, id, euros(19_751)), None)
            .await,
        "payment_above_open"
    );

    // Of many concurrent payments, as many succeed as fit.
    let sends = (0..8).map(|_| world.run(&world.admin, payment(&world, id, euros(5_000)), None));
    let codes = futures::future::join_all(sends.collect::<Vec<_>>()).await;
    assert_eq!(
        codes.iter().filter(|code| *code == "applied").count(),
        3,
        "{codes:?}"
    );
    assert_eq!(
        codes.iter().filter(|code| *code == "payment_above_open").count(),
        5,
        "{codes:?}"
    );
    world
        .apply(&world.admin, payment(&world, id, euros(4_750)), None)
        .await;
    let invoice = stored(&world, id).await;
    assert_eq!(
        (invoice.payment, invoice.paid(), invoice.payments.len()),
        (PaymentState::Paid, Ok(euros(29_750)), 5)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_expected_any_more_is_written_off() {
    let world = World::new().await;
    let (_, id) = done(&world, "1").await;
    world
        .apply(&world.admin, payment(&world, id, euros(750)), None)
        .await;
    let write_off = Command::WriteOffInvoice(WriteOffInvoice {
        invoice_id: id,
        reason: text("bankrupt"),
    });
    world.apply(&world.admin, write_off, None).await;
    let invoice = stored(&world, id).await;
    assert_eq!(invoice.payment, PaymentState::WrittenOff);
    assert_eq!(invoice.write_off.unwrap().amount, euros(29_000));
    assert_eq!(
        world.run(&world.admin, payment(&world, id, euros(1)), None).await,
        "invoice_written_off"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_credited_in_parts_and_never_above_itself() {
    let world = World::new().await;
    let (case, id) = done(&world, "1").await;
    let part = |minor| CreditScope::Lines {
        lines: vec![CreditLine {
            seq: 1,
            net: Some(euros(minor)),
        }],
    };
    let (first, command) = credit(&world, id, part(10_000));
    world.apply(&world.admin, command, None).await;
    let note = stored(&world, first).await;
    assert_eq!(
        [note.amounts.net, note.amounts.tax, note.amounts.gross],
        [euros(-10_000), euros(-1_900), euros(-11_900)]
    );
    let of = note.credit_of.unwrap();
    assert_eq!(
        (of.invoice_id, of.number.as_str(), of.reason.as_str()),
        (id, "MSO-2026-1", "the canary of credits")
    );
    assert_eq!((note.payment, note.case_id), (PaymentState::Paid, case));
    assert_eq!(
        world
            .run(&world.admin, credit(&world, id, part(15_001)).1, None)
            .await,
        "credit_above_left"
    );
    assert_eq!(
        world
            .run(&world.admin, payment(&world, id, euros(17_851)), None)
            .await,
        "payment_above_open"
    );

    // Of many concurrent credit notes, as many succeed as fit: three of 50.00.
    let sends = (0..6).map(|_| world.run(&world.admin, credit(&world, id, part(5_000)).1, None));
    let codes = futures::future::join_all(sends.collect::<Vec<_>>()).await;
    assert_eq!(
        codes.iter().filter(|code| *code == "applied").count(),
        3,
        "{codes:?}"
    );
    let invoice = stored(&world, id).await;
    assert!(invoice.fully_credited);
    assert_eq!(
        (invoice.credited, invoice.payment),
        (Some(euros(29_750)), PaymentState::Paid)
    );
    let sum = "select sum(gross_minor)::bigint from invoice where id = $1 or credit_of = $1";
    assert_eq!(count_of(&world, sum, id.as_uuid()).await, 0);
    let told = "select count(*) from notification n join invoice i on i.id = n.invoice_id
                where i.credit_of = $1 and n.kind = 'invoice_issued'";
    assert_eq!(count_of(&world, told, id.as_uuid()).await, 4);
    for command in [verify(first), flag(first, "why?")] {
        world.apply(&world.admin, command, None).await;
    }
    for (command, code) in [
        (credit(&world, id, CreditScope::Whole).1, "nothing_to_credit"),
        (credit(&world, first, CreditScope::Whole).1, "is_credit_note"),
        (payment(&world, first, euros(1)), "is_credit_note"),
        (reissue(&world, first).1, "is_credit_note"),
    ] {
        assert_eq!(world.run(&world.admin, command, None).await, code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credited_invoice_is_issued_again_once_with_the_buyer_as_it_is_now() {
    let world = World::new().await;
    let (case, id) = done(&world, "1").await;
    assert_eq!(
        world.run(&world.admin, reissue(&world, id).1, None).await,
        "not_fully_credited"
    );
    let (note, command) = credit(&world, id, CreditScope::Whole);
    world.apply(&world.admin, command, None).await;
    let sql = "update institution set address = '9 New Road' where id = (select institution_id from invoice limit 1)";
    sqlx::query(sql).execute(&world.root).await.unwrap();

    let sends = (0..4).map(|_| reissue(&world, id)).map(|(new, command)| {
        let world = &world;
        async move { (new, world.run(&world.admin, command, None).await) }
    });
    let outcomes = futures::future::join_all(sends.collect::<Vec<_>>()).await;
    let new: Vec<_> = outcomes
        .iter()
        .filter(|(_, code)| code == "applied")
        .map(|(new, _)| *new)
        .collect();
    let [new] = new.as_slice() else {
        panic!("{outcomes:?}")
    };
    assert_eq!(
        outcomes
            .iter()
            .filter(|(_, code)| code == "already_reissued")
            .count(),
        3
    );
    let (old, new) = (stored(&world, id).await, stored(&world, *new).await);
    assert_eq!((old.reissued_as, new.reissue_of), (Some(new.id), Some(id)));
    assert_eq!(
        (new.number.as_str(), new.case_id, new.payment),
        ("MSO-2026-3", case, PaymentState::Open)
    );
    assert_eq!(new.amounts, old.amounts);
    assert_eq!(
        new.head.clone().unwrap().buyer.address.as_deref(),
        Some("9 New Road")
    );
    let note = stored(&world, note).await.head.unwrap();
    assert_eq!(Some(note.buyer), old.head.map(|head| head.buyer));

    // And once more, from the new one.
    world
        .apply(&world.admin, credit(&world, new.id, CreditScope::Whole).1, None)
        .await;
    world.apply(&world.admin, reissue(&world, new.id).1, None).await;
    assert_eq!(super::numbers(&world).await, [1, 2, 3, 4, 5]);
    assert_eq!(
        world.run(&world.admin, reissue(&world, id).1, None).await,
        "already_reissued"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_credit_note_sent_again_draws_no_second_number() {
    let world = World::new().await;
    let (_, id) = done(&world, "1").await;
    let request = world.request(credit(&world, id, CreditScope::Whole).1, None);
    let before_and_after =
        |executed: &mso_server::commands::Executed| crate::commands::world::code(&executed.outcome);
    assert_eq!(
        before_and_after(&world.send(&world.admin, &request).await),
        "applied"
    );
    let footprint = world.footprint().await;
    assert_eq!(
        before_and_after(&world.send(&world.admin, &request).await),
        "replayed applied"
    );
    assert_eq!(world.footprint().await, footprint);

    // The same credit note under another command, and another invoice's id.
    let (_, other) = done(&world, "2").await;
    let (taken, command) = credit(
        &world,
        other,
        CreditScope::Lines {
            lines: vec![CreditLine {
                seq: 1,
                net: Some(euros(1)),
            }],
        },
    );
    world.apply(&world.admin, command.clone(), None).await;
    assert_eq!(world.run(&world.admin, command, None).await, "invoice_exists");
    let (_, third) = done(&world, "3").await;
    let Command::IssueCreditNote(mut foreign) = credit(&world, third, CreditScope::Whole).1 else {
        panic!()
    };
    foreign.credit_note_id = taken;
    assert_eq!(
        world
            .run(&world.admin, Command::IssueCreditNote(foreign), None)
            .await,
        "invoice_exists"
    );
    assert_eq!(super::numbers(&world).await, [1, 2, 3, 4, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_approved_and_then_settled() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    let case = world.new_case(patient).await;
    let token = world.assigned(case, &world.cardiologist).await;
    world.later(90);
    let accept = Command::AcceptCase(mso_core::cases::AcceptCase { case_id: case });
    world.apply(&world.cardiologist, accept, Some(token)).await;
    let start = Command::StartReview(mso_core::cases::StartReview { case_id: case });
    world.apply(&world.cardiologist, start, Some(token)).await;
    world.later(30);
    super::finished(&world, case, token).await;
    let took =
        "select turnaround_minutes || ' ' || extract(epoch from performed_at - performed_from)::bigint / 60
                from service_record where case_id = $1";
    assert_eq!(world.text(took, case.as_uuid()).await, "120 30");

    let id = sqlx::query_scalar("select id from service_record")
        .fetch_one(&world.root)
        .await
        .unwrap();
    let service_record_id = ServiceRecordId::from_uuid(id);
    let approve = Command::ApproveService(ApproveService { service_record_id });
    let settle = Command::SettleService(SettleService { service_record_id });
    assert_eq!(
        world.run(&world.admin, settle.clone(), None).await,
        "not_approved"
    );
    for outsider in [&world.cardiologist, &world.requester] {
        let code = world.run(outsider, approve.clone(), None).await;
        assert!(["not_found", "forbidden"].contains(&code.as_str()), "{code}");
    }
    world.apply(&world.admin, approve, None).await;
    world.apply(&world.admin, settle, None).await;
    let state = "select state || ' ' || version from service_record where id = $1";
    assert_eq!(world.text(state, id).await, "settled 3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_cost_nothing_has_an_invoice_that_is_paid() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    let (case, token) = super::in_progress(&world, patient).await;
    let sql = "update case_quote set net_minor = 0, tax_rate_bp = 0";
    sqlx::query(sql).execute(&world.root).await.unwrap();
    let id = super::finished(&world, case, token).await;
    let invoice = stored(&world, id).await;
    assert_eq!(
        (invoice.payment, invoice.amounts.gross),
        (PaymentState::Paid, euros(0))
    );
    world
        .apply(&world.admin, credit(&world, id, CreditScope::Whole).1, None)
        .await;
    world.apply(&world.admin, reissue(&world, id).1, None).await;
}
