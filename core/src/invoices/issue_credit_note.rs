//! `IssueCreditNote`: an admin credits an invoice in whole or in part.
//!
//! The credit note is an invoice with negative amounts and its own number in the same seller's series. It
//! refers to the invoice, which itself is not edited. A credit never exceeds the rest of a line. Needs the
//! server.

use serde::{Deserialize, Serialize};

use super::{CreditScope, FollowUp, FurtherInvoice, Left};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Effect, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::InvoiceId;
use crate::money::Money;
use crate::notifications::{Audience, NotificationKind, NotificationPriority, NotificationSubject, Notify};
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueCreditNote {
    pub invoice_id: InvoiceId,
    pub credit_note_id: InvoiceId,
    pub scope: CreditScope,
    /// Printed on the credit note.
    pub reason: Reason,
}

impl Operation for IssueCreditNote {
    const SPEC: Spec = Spec::online("issue_credit_note", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Invoice(self.invoice_id)
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::CreditNotes]
    }

    fn decide(&self, facts: &Facts, _: &Context) -> Result<Decision, Refusal> {
        let (Some(invoice), Some(credit_notes)) = (facts.invoice.existing()?, facts.credit_notes.known())
        else {
            return Ok(Decision::noop());
        };
        if invoice.is_credit_note() {
            return Err(Refusal::IsCreditNote);
        }
        if credit_notes.iter().any(|note| note.id == self.credit_note_id) {
            return Err(Refusal::InvoiceExists);
        }
        if invoice.fully_credited {
            return Err(Refusal::NothingToCredit);
        }
        let mut left = Left::of(invoice, credit_notes)?;
        let amounts = left.credit(&self.scope)?;
        let fully = self.scope == CreditScope::Whole || left.is_nothing();
        let nothing = Money::zero(amounts.gross.currency);
        let credited = invoice.credited.unwrap_or(nothing).minus(amounts.gross)?;
        let changed = invoice.changed(|invoice| {
            invoice.credited = Some(credited);
            invoice.fully_credited = fully;
        })?;
        let credit_note = FurtherInvoice {
            id: self.credit_note_id,
            of: invoice.id,
            case_id: invoice.case_id,
            follows: FollowUp::Credits {
                reason: self.reason.clone(),
            },
            amounts,
        };
        let told = Notify {
            to: Audience::Team(invoice.case_id),
            kind: NotificationKind::InvoiceIssued,
            about: NotificationSubject::Invoice(self.credit_note_id),
            priority: NotificationPriority::Normal,
        };
        Ok(Decision::of(Event::Invoice(changed))
            .with(Effect::IssueFurtherInvoice(Box::new(credit_note)))
            .notifying(told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoices::fixtures::{an_invoice, euros, item};
    use crate::invoices::tests::{after, facts, issued};
    use crate::invoices::{CreditLine, CreditOf, Invoice, PaymentState};
    use crate::money::Currency;
    use crate::testing::{Fixture, text};

    fn credit(fixture: &Fixture, invoice: &Invoice, scope: CreditScope) -> Result<Decision, Refusal> {
        let command = IssueCreditNote {
            invoice_id: invoice.id,
            credit_note_id: InvoiceId::generate(fixture.now),
            scope,
            reason: text("wrong buyer"),
        };
        command.decide(&facts(invoice, &[]), &fixture.as_admin())
    }

    fn of_line(seq: u32, net: Option<Money>) -> CreditScope {
        CreditScope::Lines {
            lines: vec![CreditLine { seq, net }],
        }
    }

    #[test]
    fn a_credit_note_is_the_invoice_below_zero_and_names_its_lines() {
        let fixture = Fixture::new();
        let items = vec![item(1_500, euros(333), 1, 1_900), item(1_000, euros(0), 0, 0)];
        let invoice = an_invoice(&fixture, items);
        let decision = credit(&fixture, &invoice, CreditScope::Whole).unwrap();
        let note = issued(&decision);
        assert_eq!((note.of, note.case_id), (invoice.id, invoice.case_id));
        assert_eq!(
            [note.amounts.net, note.amounts.tax].map(|sum| sum.minor),
            [-499, -95]
        );
        assert_eq!(
            note.amounts
                .lines
                .iter()
                .map(|line| line.credits)
                .collect::<Vec<_>>(),
            [Some(1), Some(2)]
        );
        let invoice = after(&decision);
        assert!(invoice.fully_credited);
        assert_eq!(
            (invoice.credited, invoice.payment),
            (Some(euros(594)), PaymentState::Paid)
        );
    }

    #[test]
    fn part_of_a_line_leaves_the_rest_to_be_paid() {
        let fixture = Fixture::new();
        let invoice = an_invoice(
            &fixture,
            vec![
                item(1_000, euros(10_000), 0, 1_900),
                item(1_000, euros(700), 0, 0),
            ],
        );
        let decision = credit(&fixture, &invoice, of_line(1, Some(euros(2_500)))).unwrap();
        assert_eq!(issued(&decision).amounts.gross, euros(-2_975));
        let invoice = after(&decision);
        assert!(!invoice.fully_credited);
        assert_eq!(invoice.left_to_pay(), Ok(euros(12_600 - 2_975)));
    }

    #[test]
    fn what_cannot_be_credited_is_refused() {
        let fixture = Fixture::new();
        let invoice = an_invoice(&fixture, vec![item(1_000, euros(10_000), 0, 1_900)]);
        let refused = |scope| credit(&fixture, &invoice, scope).unwrap_err();
        assert_eq!(refused(of_line(2, None)), Refusal::CreditLineUnknown);
        assert_eq!(refused(of_line(1, Some(euros(10_001)))), Refusal::CreditAboveLeft);
        assert_eq!(refused(of_line(1, Some(euros(0)))), Refusal::AmountInvalid);
        let dollars = Money {
            minor: 1,
            currency: Currency::USD,
        };
        assert_eq!(refused(of_line(1, Some(dollars))), Refusal::CurrencyMismatch);
        assert_eq!(
            refused(CreditScope::Lines { lines: Vec::new() }),
            Refusal::NothingToCredit
        );
        let twice = CreditLine {
            seq: 1,
            net: Some(euros(6_000)),
        };
        assert_eq!(
            refused(CreditScope::Lines {
                lines: vec![twice; 2]
            }),
            Refusal::CreditAboveLeft
        );

        let note = Invoice {
            credit_of: Some(CreditOf {
                invoice_id: invoice.id,
                number: invoice.number.clone(),
                reason: text("wrong"),
            }),
            ..invoice.clone()
        };
        assert_eq!(
            credit(&fixture, &note, CreditScope::Whole),
            Err(Refusal::IsCreditNote)
        );
    }
}
