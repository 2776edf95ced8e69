//! The invoice record: what was issued, which never changes, and what became of it: verified or disputed, paid, credited.
//!
//! Not here: amounts (`amounts.rs`, `credit.rs`), and when something may happen (the operation files). The invariant:
//! what is left to pay is the gross amount without what was credited and what was paid, and the payment's state follows
//! from it.

use serde::{Deserialize, Serialize};

use super::{InvoiceAmounts, InvoiceHead};
use crate::actor::Role;
use crate::ids::{CaseId, InvoiceId, PaymentId, UserId};
use crate::money::{Money, MoneyError};
use crate::text::{Reason, Text};
use crate::time::{Date, Timestamp};

/// A dispute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// By whom; hidden from who may not know an admin's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// In which role.
    pub role: Role,
    /// When.
    pub at: Timestamp,
    /// What is wrong.
    pub reason: Reason,
}

/// Whether somebody has looked at an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum InvoiceVerification {
    /// Nobody yet.
    #[default]
    Pending,
    /// An admin has, and it is right.
    Verified {
        /// By whom; hidden from who may not know an admin's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
        /// When.
        at: Timestamp,
    },
    /// It is disputed.
    Flagged(Flag),
}

impl InvoiceVerification {
    /// The name as stored.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Verified { .. } => "verified",
            Self::Flagged(_) => "flagged",
        }
    }
}

named! {
    /// How far an invoice is paid.
    #[derive(Default)]
    pub enum PaymentState {
        /// Not at all.
        #[default]
        Open = "open",
        /// In part.
        Partly = "partly",
        /// Nothing is left to pay: it was paid, credited, or both. So is every credit note.
        Paid = "paid",
        /// What was left is not expected any more.
        WrittenOff = "written_off",
    }
}

impl PaymentState {
    /// Of a new invoice or credit note over this amount.
    #[must_use]
    pub const fn at_issue(gross: Money) -> Self {
        if gross.minor > 0 { Self::Open } else { Self::Paid }
    }
}

/// Money that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Made by who recorded it.
    pub id: PaymentId,
    /// How much.
    pub amount: Money,
    /// The day it arrived.
    pub received_on: Date,
    /// Of the bank or the payer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Text<1, 200>>,
    /// By whom; hidden from who may not know an admin's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_by: Option<UserId>,
    /// When.
    pub recorded_at: Timestamp,
}

/// What was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteOff {
    /// By whom; for admins only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
    /// How much.
    pub amount: Money,
    /// Why; for admins only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// What a credit note takes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditOf {
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// Its number as people read it.
    pub number: String,
    /// Why.
    pub reason: Reason,
}

/// An invoice or a credit note. What the first release did not send has a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// The id.
    pub id: InvoiceId,
    /// For which case.
    pub case_id: CaseId,
    /// `MSO-2026-1`: series and gapless number.
    pub number: String,
    /// When.
    pub issued_at: Timestamp,
    /// How much; on a credit note, below zero.
    pub amounts: InvoiceAmounts,
    /// From whom, to whom, by when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<InvoiceHead>,
    /// Present: it is a credit note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_of: Option<CreditOf>,
    /// It stands in for this one, which was credited in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reissue_of: Option<InvoiceId>,
    /// This one stands in for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reissued_as: Option<InvoiceId>,
    /// Whether somebody has looked at it.
    #[serde(default)]
    pub verification: InvoiceVerification,
    /// Disputes that were settled, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past_flags: Vec<Flag>,
    /// How far it is paid.
    #[serde(default)]
    pub payment: PaymentState,
    /// What arrived, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<Payment>,
    /// What was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_off: Option<WriteOff>,
    /// How much of the gross amount was credited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credited: Option<Money>,
    /// All of it was.
    #[serde(default)]
    pub fully_credited: bool,
    /// Counts changes, from 1.
    #[serde(default = "first")]
    pub version: u64,
}

const fn first() -> u64 {
    1
}

impl Invoice {
    /// Whether it takes back instead of asking.
    #[must_use]
    pub const fn is_credit_note(&self) -> bool {
        self.credit_of.is_some()
    }

    /// Gross, without what was credited.
    pub fn owed(&self) -> Result<Money, MoneyError> {
        self.credited.map_or(Ok(self.amounts.gross), |credited| {
            self.amounts.gross.minus(credited)
        })
    }

    /// What arrived.
    pub fn paid(&self) -> Result<Money, MoneyError> {
        let amounts = self.payments.iter().map(|payment| payment.amount);
        Money::sum(
            [Money::zero(self.amounts.gross.currency)]
                .into_iter()
                .chain(amounts),
        )
    }

    /// What is left to pay; nothing for a credit note, for what was written off and for what was paid before it was
    /// credited.
    pub fn left_to_pay(&self) -> Result<Money, MoneyError> {
        let nothing = Money::zero(self.amounts.gross.currency);
        if self.is_credit_note() || self.write_off.is_some() {
            return Ok(nothing);
        }
        let left = self.owed()?.minus(self.paid()?)?;
        Ok(if left.minor > 0 { left } else { nothing })
    }

    /// The record one change later, with the payment's state that follows.
    pub(super) fn changed(&self, change: impl FnOnce(&mut Self)) -> Result<Box<Self>, MoneyError> {
        let mut invoice = self.clone();
        change(&mut invoice);
        invoice.version += 1;
        invoice.payment = invoice.payment_state()?;
        Ok(Box::new(invoice))
    }

    fn payment_state(&self) -> Result<PaymentState, MoneyError> {
        Ok(if self.write_off.is_some() {
            PaymentState::WrittenOff
        } else if self.left_to_pay()?.minor == 0 {
            PaymentState::Paid
        } else if self.paid()?.minor > 0 {
            PaymentState::Partly
        } else {
            PaymentState::Open
        })
    }
}

/// How a further invoice follows an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FollowUp {
    /// It takes back.
    Credits {
        /// Why.
        reason: Reason,
    },
    /// It stands in for it.
    Replaces,
}

/// A credit note or a new invoice, as decided. The server gives it its number, in the seller's series of the year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FurtherInvoice {
    /// The new one.
    pub id: InvoiceId,
    /// The earlier one.
    pub of: InvoiceId,
    /// For which case.
    pub case_id: CaseId,
    /// How it follows.
    pub follows: FollowUp,
    /// How much.
    pub amounts: InvoiceAmounts,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invoice_of_the_first_release_reads_as_pending_and_open() {
        let id = "018f0000-0000-7000-8000-000000000001";
        let stored = format!(
            r#"{{"id": "{id}", "case_id": "{id}", "number": "MSO-2026-1", "issued_at": "2026-11-23T10:00:00Z",
                "amounts": {{"lines": [{{"service_code": "one_specialist", "net": {{"minor": 100, "currency": "JPY"}},
                "tax_rate_bp": 1000, "tax": {{"minor": 10, "currency": "JPY"}}}}],
                "net": {{"minor": 100, "currency": "JPY"}}, "tax": {{"minor": 10, "currency": "JPY"}},
                "gross": {{"minor": 110, "currency": "JPY"}}}}}}"#
        );
        let read: Invoice = serde_json::from_str(&stored).unwrap();
        assert_eq!(
            (&read.verification, read.payment),
            (&InvoiceVerification::Pending, PaymentState::Open)
        );
        assert_eq!(
            (read.version, read.head.is_none(), read.is_credit_note()),
            (1, true, false)
        );
        assert_eq!(read.left_to_pay().unwrap().minor, 110);
    }

    #[test]
    fn states_are_named_as_on_the_wire() {
        for state in PaymentState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        for verification in [
            InvoiceVerification::Pending,
            InvoiceVerification::Verified {
                by: None,
                at: Timestamp::from_unix_millis(0),
            },
        ] {
            assert_eq!(
                serde_json::to_value(&verification).unwrap()["state"],
                verification.name()
            );
        }
    }
}
