//! `FlagInvoice`: the paying institution or an admin disputes an invoice. pending, verified → flagged.
//!
//! Works offline: it is accepted whatever happened to the invoice in the meantime, except another dispute.
//! Admins are notified.

use serde::{Deserialize, Serialize};

use super::{Flag, InvoiceVerification};
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::InvoiceId;
use crate::notifications::{Audience, NotificationKind, NotificationPriority, NotificationSubject, Notify};
use crate::refusal::Refusal;
use crate::text::Reason;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagInvoice {
    /// For a requester, an invoice of their own institution.
    pub invoice_id: InvoiceId,
    pub reason: Reason,
}

impl Operation for FlagInvoice {
    const SPEC: Spec = Spec::offline("flag_invoice", &[Role::Requester, Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::Invoice(self.invoice_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(invoice) = facts.invoice.existing()? else {
            return Ok(Decision::noop());
        };
        let payer = invoice.head.as_ref().map(|head| head.institution_id);
        if ctx
            .actor
            .institution()
            .zip(payer)
            .is_some_and(|(own, payer)| own != payer)
        {
            return Err(Refusal::NotFound);
        }
        if let InvoiceVerification::Flagged(flag) = &invoice.verification {
            if flag.reason == self.reason {
                return Ok(Decision::noop());
            }
            return Err(Refusal::InvoiceFlagged);
        }
        let flagged = invoice.changed(|invoice| {
            invoice.verification = InvoiceVerification::Flagged(Flag {
                by: Some(ctx.actor.user),
                role: ctx.actor.role(),
                at: ctx.now,
                reason: self.reason.clone(),
            });
        })?;
        Ok(Decision::of(Event::Invoice(flagged)).notifying(Notify {
            to: Audience::Admins,
            kind: NotificationKind::InvoiceFlagged,
            about: NotificationSubject::Invoice(self.invoice_id),
            priority: NotificationPriority::Normal,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{Acting, Actor};
    use crate::decision::Effect;
    use crate::ids::InstitutionId;
    use crate::invoices::fixtures::a_hundred;
    use crate::invoices::tests::{after, facts};
    use crate::testing::{Fixture, text};

    #[test]
    fn who_pays_may_dispute_and_admins_are_told() {
        let fixture = Fixture::new();
        let invoice = a_hundred(&fixture);
        let flag = |words: &str| FlagInvoice {
            invoice_id: invoice.id,
            reason: text(words),
        };
        for ctx in [fixture.as_requester(), fixture.as_admin()] {
            let decision = flag("not ordered").decide(&facts(&invoice, &[]), &ctx).unwrap();
            let flagged = after(&decision);
            let InvoiceVerification::Flagged(kept) = &flagged.verification else {
                panic!()
            };
            assert_eq!((kept.by, kept.role), (Some(ctx.actor.user), ctx.actor.role()));
            let [Effect::Notify(told)] = decision.effects.as_slice() else {
                panic!()
            };
            assert_eq!(
                (told.to, told.kind),
                (Audience::Admins, NotificationKind::InvoiceFlagged)
            );

            let again = facts(&flagged, &[]);
            assert_eq!(flag("not ordered").decide(&again, &ctx), Ok(Decision::noop()));
            assert_eq!(
                flag("and too dear").decide(&again, &ctx),
                Err(Refusal::InvoiceFlagged)
            );
        }
    }

    #[test]
    fn another_institution_finds_no_such_invoice() {
        let fixture = Fixture::new();
        let invoice = a_hundred(&fixture);
        let institution = InstitutionId::generate(fixture.now);
        let stranger = Context {
            actor: Actor {
                acting: Acting::Requester { institution },
                ..fixture.as_requester().actor
            },
            ..fixture.as_requester()
        };
        let flag = FlagInvoice {
            invoice_id: invoice.id,
            reason: text("not ours"),
        };
        assert_eq!(
            flag.decide(&facts(&invoice, &[]), &stranger),
            Err(Refusal::NotFound)
        );
    }
}
