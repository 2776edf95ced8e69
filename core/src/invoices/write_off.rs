//! `WriteOffInvoice`: an admin no longer expects payment. open, partly → written off.
//!
//! The claim itself remains: the invoice is not credited. Needs the server.

use serde::{Deserialize, Serialize};

use super::WriteOff;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::InvoiceId;
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteOffInvoice {
    pub invoice_id: InvoiceId,
    /// For admins only.
    pub reason: Reason,
}

impl Operation for WriteOffInvoice {
    const SPEC: Spec = Spec::online("write_off_invoice", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Invoice(self.invoice_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(invoice) = facts.invoice.existing()? else {
            return Ok(Decision::noop());
        };
        if invoice.is_credit_note() {
            return Err(Refusal::IsCreditNote);
        }
        if invoice.write_off.is_some() {
            return Ok(Decision::noop());
        }
        let amount = invoice.left_to_pay()?;
        if amount.minor == 0 {
            return Err(Refusal::NothingToPay);
        }
        let written_off = invoice.changed(|invoice| {
            invoice.write_off = Some(WriteOff {
                by: Some(ctx.actor.user),
                at: ctx.now,
                amount,
                reason: Some(self.reason.clone()),
            });
        })?;
        Ok(Decision::of(Event::Invoice(written_off)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::PaymentId;
    use crate::invoices::fixtures::{a_hundred, euros};
    use crate::invoices::tests::{after, facts};
    use crate::invoices::{Invoice, PaymentState, RecordPayment};
    use crate::testing::{Fixture, text};

    #[test]
    fn what_is_left_is_given_up_and_nothing_can_be_paid_then() {
        let fixture = Fixture::new();
        let invoice = a_hundred(&fixture);
        let pay = |invoice: &Invoice, minor| {
            let command = RecordPayment {
                invoice_id: invoice.id,
                payment_id: PaymentId::generate(fixture.now),
                amount: euros(minor),
                received_on: fixture.now.date(),
                reference: None,
            };
            command.decide(&facts(invoice, &[]), &fixture.as_admin())
        };
        let write_off = |invoice: &Invoice| {
            let command = WriteOffInvoice {
                invoice_id: invoice.id,
                reason: text("bankrupt"),
            };
            command.decide(&facts(invoice, &[]), &fixture.as_admin())
        };
        let partly = after(&pay(&invoice, 1_900).unwrap());
        let given_up = after(&write_off(&partly).unwrap());
        assert_eq!(given_up.payment, PaymentState::WrittenOff);
        assert_eq!(given_up.write_off.as_ref().unwrap().amount, euros(10_000));
        assert_eq!(pay(&given_up, 1), Err(Refusal::InvoiceWrittenOff));
        assert_eq!(write_off(&given_up), Ok(Decision::noop()));

        let paid = after(&pay(&partly, 10_000).unwrap());
        assert_eq!(write_off(&paid), Err(Refusal::NothingToPay));
    }
}
