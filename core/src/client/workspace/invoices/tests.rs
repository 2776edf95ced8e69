use crate::client::notice::NoticeKind;
use crate::client::sync::{Page, Plan};
use crate::client::testing::phone::{Phone, grant, page, plan, record, refused};
use crate::client::workspace::WorkspaceError;
use crate::command::Aggregate;
use crate::ids::{CaseId, InvoiceId};
use crate::invoices::fixtures::a_hundred;
use crate::invoices::{CreditOf, Invoice, InvoiceVerification};
use crate::protocol::records::RecordKind;
use crate::refusal::Refusal;
use crate::testing::text;

/// The phone receives invoices of one case.
fn with(phone: &Phone, invoices: &[&Invoice]) {
    let records = invoices.iter().map(|invoice| {
        record(
            RecordKind::Invoice,
            invoice.id.as_uuid(),
            invoice.case_id,
            invoice.version,
            invoice,
        )
    });
    phone.receive(&plan(Page {
        grants: vec![grant(invoices[0].case_id, 1)],
        records: records.collect(),
        ..page()
    }));
}

fn shown(phone: &Phone, id: InvoiceId) -> Invoice {
    let mut all = phone.invoices();
    all.retain(|invoice| invoice.id == id);
    all.pop().unwrap()
}

#[test]
fn a_dispute_shows_at_once_waits_for_the_server_and_goes_again_when_it_is_refused() {
    let phone = Phone::of_requester();
    let invoice = a_hundred(&phone.world);
    with(&phone, &[&invoice]);
    phone
        .workspace
        .flag_invoice(invoice.id, text("not ordered"))
        .unwrap();

    let InvoiceVerification::Flagged(flag) = shown(&phone, invoice.id).verification else {
        panic!()
    };
    assert_eq!(
        (flag.by, flag.reason),
        (Some(phone.world.requester), text("not ordered"))
    );
    let waiting = &phone.workspace.outbox().unwrap()[0];
    assert_eq!(
        (waiting.command.clone(), waiting.aggregate),
        ("flag_invoice".to_owned(), Some(Aggregate::Invoice(invoice.id)))
    );
    // An admin verifies it meanwhile: what waits is laid over it again, payment and all.
    let mut verified = invoice.clone();
    verified.version = 2;
    verified.verification = InvoiceVerification::Verified {
        by: None,
        at: phone.world.now,
    };
    with(&phone, &[&verified]);
    assert_eq!(shown(&phone, invoice.id).verification.name(), "flagged");

    // And the second dispute of a colleague came first.
    phone.receive(&Plan {
        settled: vec![refused(waiting.command_id, "invoice_flagged")],
        ..plan(page())
    });
    assert_eq!(shown(&phone, invoice.id), verified);
    assert_eq!(
        phone.workspace.notices().unwrap()[0].kind,
        NoticeKind::CommandRefused
    );
}

#[test]
fn an_invoice_that_is_not_here_cannot_be_disputed_and_one_is_disputed_once() {
    let phone = Phone::of_requester();
    let invoice = a_hundred(&phone.world);
    let flag = |words: &str| phone.workspace.flag_invoice(invoice.id, text(words));
    assert!(matches!(flag("not ordered"), Err(WorkspaceError::NotFound)));
    with(&phone, &[&invoice]);
    flag("not ordered").unwrap();
    assert!(matches!(
        flag("and too dear"),
        Err(WorkspaceError::Refused(Refusal::InvoiceFlagged))
    ));
}

#[test]
fn the_invoice_of_a_case_is_the_newest_that_asks() {
    let phone = Phone::of_requester();
    let case_id = CaseId::generate(phone.world.now);
    let later = |minutes: i64| phone.world.now.plus_millis(minutes * 60_000);
    let first = Invoice {
        case_id,
        fully_credited: true,
        ..a_hundred(&phone.world)
    };
    let note = Invoice {
        case_id,
        issued_at: later(1),
        credit_of: Some(CreditOf {
            invoice_id: first.id,
            number: first.number.clone(),
            reason: text("wrong buyer"),
        }),
        ..a_hundred(&phone.world)
    };
    let again = Invoice {
        case_id,
        issued_at: later(2),
        reissue_of: Some(first.id),
        ..a_hundred(&phone.world)
    };
    with(&phone, &[&first, &note]);
    assert_eq!(phone.workspace.invoice(case_id).unwrap(), Some(first.clone()));
    with(&phone, &[&again]);
    assert_eq!(phone.workspace.invoice(case_id).unwrap(), Some(again.clone()));
    assert_eq!(
        phone.workspace.invoices_of(case_id).unwrap(),
        [again, note, first]
    );
}
