//! `VerifyInvoice`: an admin has checked an invoice and found it correct. pending, flagged → verified.
//!
//! A disputed invoice is verified only if the sender states that the dispute is settled, so that a page
//! opened before the dispute cannot end it unseen. Needs the server.

use serde::{Deserialize, Serialize};

use super::InvoiceVerification;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::InvoiceId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyInvoice {
    pub invoice_id: InvoiceId,
    /// Whether the open dispute is settled.
    #[serde(default)]
    pub settles_dispute: bool,
}

impl Operation for VerifyInvoice {
    const SPEC: Spec = Spec::online("verify_invoice", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Invoice(self.invoice_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(invoice) = facts.invoice.existing()? else {
            return Ok(Decision::noop());
        };
        let flag = match &invoice.verification {
            InvoiceVerification::Verified { .. } => return Ok(Decision::noop()),
            InvoiceVerification::Flagged(_) if !self.settles_dispute => return Err(Refusal::InvoiceFlagged),
            InvoiceVerification::Flagged(flag) => Some(flag.clone()),
            InvoiceVerification::Pending => None,
        };
        let verified = invoice.changed(|invoice| {
            invoice.past_flags.extend(flag);
            invoice.verification = InvoiceVerification::Verified {
                by: Some(ctx.actor.user),
                at: ctx.now,
            };
        })?;
        Ok(Decision::of(Event::Invoice(verified)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoices::fixtures::a_hundred;
    use crate::invoices::tests::{after, facts};
    use crate::invoices::{FlagInvoice, Invoice};
    use crate::testing::{Fixture, text};

    fn verified(fixture: &Fixture, invoice: &Invoice, settles_dispute: bool) -> Result<Decision, Refusal> {
        let command = VerifyInvoice {
            invoice_id: invoice.id,
            settles_dispute,
        };
        command.decide(&facts(invoice, &[]), &fixture.as_admin())
    }

    #[test]
    fn a_pending_invoice_is_verified_once() {
        let fixture = Fixture::new();
        let invoice = after(&verified(&fixture, &a_hundred(&fixture), false).unwrap());
        let by = Some(fixture.admin);
        assert_eq!(
            invoice.verification,
            InvoiceVerification::Verified { by, at: fixture.now }
        );
        assert_eq!(invoice.version, 2);
        assert_eq!(verified(&fixture, &invoice, false), Ok(Decision::noop()));
    }

    #[test]
    fn a_dispute_ends_only_by_who_has_seen_it_and_is_kept() {
        let fixture = Fixture::new();
        let invoice = a_hundred(&fixture);
        let flag = FlagInvoice {
            invoice_id: invoice.id,
            reason: text("not ordered"),
        };
        let flagged = after(
            &flag
                .decide(&facts(&invoice, &[]), &fixture.as_requester())
                .unwrap(),
        );
        assert_eq!(verified(&fixture, &flagged, false), Err(Refusal::InvoiceFlagged));
        let settled = after(&verified(&fixture, &flagged, true).unwrap());
        assert_eq!(settled.past_flags[0].reason, text("not ordered"));
        assert_eq!(settled.verification.name(), "verified");
    }
}
