//! `ReissueInvoice`: a new invoice for the same case, after the previous one was credited in full.
//!
//! It has the current buyer and seller, and the same or corrected items in the same currency. At any time a
//! case has at most one invoice that is not fully credited, and each is replaced at most once. Needs the
//! server.

use serde::{Deserialize, Serialize};

use super::{FollowUp, FurtherInvoice, InvoiceAmounts, LineItem, MAX_LINES};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Effect, Event};
use crate::facts::{Context, Facts};
use crate::ids::InvoiceId;
use crate::notifications::{Audience, NotificationKind, NotificationPriority, NotificationSubject, Notify};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReissueInvoice {
    /// The fully credited invoice.
    pub invoice_id: InvoiceId,
    /// The id of the new invoice.
    pub new_invoice_id: InvoiceId,
    /// The corrected items; `None` for the same items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<LineItem>>,
}

impl Operation for ReissueInvoice {
    const SPEC: Spec = Spec::online("reissue_invoice", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Invoice(self.invoice_id)
    }

    fn decide(&self, facts: &Facts, _: &Context) -> Result<Decision, Refusal> {
        if let Some(items) = &self.items {
            check(items)?;
        }
        let Some(invoice) = facts.invoice.existing()? else {
            return Ok(Decision::noop());
        };
        if invoice.is_credit_note() {
            return Err(Refusal::IsCreditNote);
        }
        if !invoice.fully_credited {
            return Err(Refusal::NotFullyCredited);
        }
        if invoice.reissued_as.is_some() {
            return Err(Refusal::AlreadyReissued);
        }
        let items = match &self.items {
            Some(items) => items.clone(),
            None => invoice
                .amounts
                .lines
                .iter()
                .map(|line| line.item.clone())
                .collect(),
        };
        let amounts = InvoiceAmounts::of_items(items)?;
        if amounts.gross.currency != invoice.amounts.gross.currency {
            return Err(Refusal::CurrencyMismatch);
        }
        let changed = invoice.changed(|invoice| invoice.reissued_as = Some(self.new_invoice_id))?;
        let new = FurtherInvoice {
            id: self.new_invoice_id,
            of: invoice.id,
            case_id: invoice.case_id,
            follows: FollowUp::Replaces,
            amounts,
        };
        let told = Notify {
            to: Audience::Team(invoice.case_id),
            kind: NotificationKind::InvoiceIssued,
            about: NotificationSubject::Invoice(self.new_invoice_id),
            priority: NotificationPriority::Normal,
        };
        Ok(Decision::of(Event::Invoice(changed))
            .with(Effect::IssueFurtherInvoice(Box::new(new)))
            .notifying(told))
    }
}

fn check(items: &[LineItem]) -> Result<(), Refusal> {
    if items.is_empty() || items.len() > MAX_LINES {
        return Err(Refusal::InvoiceLineInvalid { field: "items" });
    }
    items.iter().try_for_each(LineItem::check)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoices::fixtures::{a_hundred, euros, item};
    use crate::invoices::tests::{after, facts, issued};
    use crate::invoices::{CreditScope, Invoice, IssueCreditNote};
    use crate::money::{Currency, Money};
    use crate::testing::{Fixture, text};

    fn reissue(
        fixture: &Fixture,
        invoice: &Invoice,
        items: Option<Vec<LineItem>>,
    ) -> Result<Decision, Refusal> {
        let command = ReissueInvoice {
            invoice_id: invoice.id,
            new_invoice_id: InvoiceId::generate(fixture.now),
            items,
        };
        command.decide(&facts(invoice, &[]), &fixture.as_admin())
    }

    fn credited(fixture: &Fixture) -> Invoice {
        let invoice = a_hundred(fixture);
        let command = IssueCreditNote {
            invoice_id: invoice.id,
            credit_note_id: InvoiceId::generate(fixture.now),
            scope: CreditScope::Whole,
            reason: text("wrong buyer"),
        };
        after(
            &command
                .decide(&facts(&invoice, &[]), &fixture.as_admin())
                .unwrap(),
        )
    }

    #[test]
    fn a_credited_invoice_is_issued_again_once_over_the_same_or_corrected_items() {
        let fixture = Fixture::new();
        let invoice = credited(&fixture);
        let same = reissue(&fixture, &invoice, None).unwrap();
        assert_eq!(issued(&same).amounts, invoice.amounts);
        let corrected = reissue(
            &fixture,
            &invoice,
            Some(vec![item(1_000, euros(9_000), 0, 1_900)]),
        )
        .unwrap();
        assert_eq!(issued(&corrected).amounts.gross, euros(10_710));
        assert_eq!(
            reissue(&fixture, &after(&same), None),
            Err(Refusal::AlreadyReissued)
        );
    }

    #[test]
    fn nothing_is_issued_again_before_it_was_credited_or_in_another_currency() {
        let fixture = Fixture::new();
        assert_eq!(
            reissue(&fixture, &a_hundred(&fixture), None),
            Err(Refusal::NotFullyCredited)
        );
        let invoice = credited(&fixture);
        let dinars = Money {
            minor: 9_000,
            currency: Currency::KWD,
        };
        let refused = |items| reissue(&fixture, &invoice, Some(items)).unwrap_err();
        assert_eq!(
            refused(vec![item(1_000, dinars, 0, 0)]),
            Refusal::CurrencyMismatch
        );
        let mixed = vec![item(1_000, euros(1), 0, 0), item(1_000, dinars, 0, 0)];
        assert_eq!(refused(mixed), Refusal::CurrencyMismatch);
        assert_eq!(
            refused(Vec::new()),
            Refusal::InvoiceLineInvalid { field: "items" }
        );
        let negative = vec![item(-1_000, euros(1), 0, 0)];
        assert_eq!(
            refused(negative),
            Refusal::InvoiceLineInvalid { field: "quantity" }
        );
    }
}
