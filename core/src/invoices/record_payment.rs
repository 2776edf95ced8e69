//! `RecordPayment`: a payment for an invoice was received. open, partly → partly, paid.
//!
//! It cannot exceed the open amount. The sender generates the payment's id, so recording it twice counts
//! once. Needs the server.

use serde::{Deserialize, Serialize};

use super::Payment;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::{InvoiceId, PaymentId};
use crate::money::Money;
use crate::refusal::Refusal;
use crate::text::Line;
use crate::time::Date;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordPayment {
    pub invoice_id: InvoiceId,
    pub payment_id: PaymentId,
    /// In the invoice's currency.
    pub amount: Money,
    /// The date of receipt.
    pub received_on: Date,
    /// From the bank or the payer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Line<1, 200>>,
}

impl Operation for RecordPayment {
    const SPEC: Spec = Spec::online("record_payment", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Invoice(self.invoice_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        if self.amount.minor <= 0 {
            return Err(Refusal::AmountInvalid);
        }
        // In some time zones it is already tomorrow.
        if self.received_on > ctx.latest_today() {
            return Err(Refusal::PaymentDateInvalid);
        }
        let Some(invoice) = facts.invoice.existing()? else {
            return Ok(Decision::noop());
        };
        if let Some(recorded) = invoice
            .payments
            .iter()
            .find(|payment| payment.id == self.payment_id)
        {
            return if self.is_same_payment(recorded) {
                Ok(Decision::noop())
            } else {
                Err(Refusal::PaymentExists)
            };
        }
        if invoice.is_credit_note() {
            return Err(Refusal::IsCreditNote);
        }
        if self.amount.currency != invoice.amounts.gross.currency {
            return Err(Refusal::CurrencyMismatch);
        }
        if invoice.write_off.is_some() {
            return Err(Refusal::InvoiceWrittenOff);
        }
        if self.amount.minor > invoice.left_to_pay()?.minor {
            return Err(Refusal::PaymentAboveOpen);
        }
        let paid = invoice.changed(|invoice| {
            invoice.payments.push(Payment {
                id: self.payment_id,
                amount: self.amount,
                received_on: self.received_on,
                reference: self.reference.clone(),
                recorded_by: Some(ctx.actor.user),
                recorded_at: ctx.now,
            });
        })?;
        Ok(Decision::of(Event::Invoice(paid)))
    }
}

impl RecordPayment {
    fn is_same_payment(&self, recorded: &Payment) -> bool {
        (recorded.amount, recorded.received_on, &recorded.reference)
            == (self.amount, self.received_on, &self.reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoices::fixtures::{a_hundred, euros};
    use crate::invoices::tests::{after, facts};
    use crate::invoices::{Invoice, PaymentState};
    use crate::money::Currency;
    use crate::testing::{Fixture, text};

    fn payment(fixture: &Fixture, invoice: &Invoice, amount: Money) -> RecordPayment {
        RecordPayment {
            invoice_id: invoice.id,
            payment_id: PaymentId::generate(fixture.now),
            amount,
            received_on: fixture.now.date(),
            reference: None,
        }
    }

    #[test]
    fn payments_add_up_to_paid_and_no_further() {
        let fixture = Fixture::new();
        let mut invoice = a_hundred(&fixture);
        let pay = |invoice: &Invoice, minor| {
            payment(&fixture, invoice, euros(minor)).decide(&facts(invoice, &[]), &fixture.as_admin())
        };
        for (minor, state) in [
            (1, PaymentState::Partly),
            (11_898, PaymentState::Partly),
            (1, PaymentState::Paid),
        ] {
            assert_eq!(pay(&invoice, 11_901), Err(Refusal::PaymentAboveOpen));
            invoice = after(&pay(&invoice, minor).unwrap());
            assert_eq!(invoice.payment, state, "{minor}");
        }
        assert_eq!(pay(&invoice, 1), Err(Refusal::PaymentAboveOpen));
    }

    #[test]
    fn what_is_no_payment_of_this_invoice_is_refused() {
        let fixture = Fixture::new();
        let invoice = a_hundred(&fixture);
        let code = |change: &dyn Fn(&mut RecordPayment)| {
            let mut command = payment(&fixture, &invoice, euros(100));
            change(&mut command);
            command
                .decide(&facts(&invoice, &[]), &fixture.as_admin())
                .unwrap_err()
        };
        assert_eq!(code(&|pay| pay.amount.minor = 0), Refusal::AmountInvalid);
        assert_eq!(code(&|pay| pay.amount.minor = -1), Refusal::AmountInvalid);
        assert_eq!(
            code(&|pay| pay.amount.currency = Currency::USD),
            Refusal::CurrencyMismatch
        );
        let later = fixture.now.date().plus_days(3);
        assert_eq!(code(&|pay| pay.received_on = later), Refusal::PaymentDateInvalid);
    }

    #[test]
    fn the_same_payment_counts_once() {
        let fixture = Fixture::new();
        let invoice = a_hundred(&fixture);
        let pay = payment(&fixture, &invoice, euros(100));
        let paid = after(&pay.decide(&facts(&invoice, &[]), &fixture.as_admin()).unwrap());
        assert_eq!(
            pay.decide(&facts(&paid, &[]), &fixture.as_admin()),
            Ok(Decision::noop())
        );
        let other = RecordPayment {
            reference: Some(text("bank 7")),
            ..pay
        };
        assert_eq!(
            other.decide(&facts(&paid, &[]), &fixture.as_admin()),
            Err(Refusal::PaymentExists)
        );
    }
}
