//! What a credit note takes back: an invoice, or of some lines so much before tax.
//!
//! The invariant: at any time, what is left of a line bears the tax that an invoice over it would bear,
//! `tax left = round(net left × rate)`. So a credit note's tax is the difference of two rounded amounts: parts of a line
//! credited one after another add up to the line, to the last smallest unit, and never to more. Rounding each part by
//! itself would not: 19 % of 1.00 are 0.19, of 0.50 twice 0.10.

use serde::{Deserialize, Serialize};

use super::line::{LineItem, Quantity, tax_of};
use super::{Invoice, InvoiceAmounts, InvoiceLine};
use crate::money::{Money, MoneyError};
use crate::refusal::Refusal;

/// Of one line, what is to be credited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditLine {
    /// Which line of the invoice.
    pub seq: u32,
    /// How much before tax; without it, all that is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net: Option<Money>,
}

/// What is to be credited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum CreditScope {
    /// All that is left of the invoice.
    Whole,
    /// So much of some lines.
    Lines {
        /// Which, and how much.
        lines: Vec<CreditLine>,
    },
}

/// What is left of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOfLine<'a> {
    line: &'a InvoiceLine,
    /// Before tax.
    pub net: Money,
    /// Tax.
    pub tax: Money,
    touched: bool,
}

impl LeftOfLine<'_> {
    fn has_anything(&self) -> bool {
        self.net.minor != 0 || self.tax.minor != 0
    }

    fn take(&mut self, credit: &InvoiceLine) -> Result<(), MoneyError> {
        self.net = self.net.plus(credit.net)?;
        self.tax = self.tax.plus(credit.tax)?;
        self.touched = true;
        Ok(())
    }

    /// The credit note's line over all that is left.
    fn rest(&self, seq: u32) -> Result<InvoiceLine, MoneyError> {
        if self.touched {
            self.part(seq, self.net)
        } else {
            self.line.mirrored(seq)
        }
    }

    /// The credit note's line over so much of it.
    fn part(&self, seq: u32, net: Money) -> Result<InvoiceLine, MoneyError> {
        let after = tax_of(self.net.minus(net)?, self.line.item.tax_rate_bp)?;
        let item = LineItem {
            quantity: Quantity::ONE.negated()?,
            unit_net: net,
            discount: None,
            ..self.line.item.clone()
        };
        Ok(InvoiceLine {
            seq,
            item,
            net: net.negated()?,
            tax: after.minus(self.tax)?,
            credits: Some(self.line.seq),
        })
    }
}

/// What is left of an invoice to be credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left<'a> {
    /// By line, in the invoice's order.
    pub lines: Vec<LeftOfLine<'a>>,
}

impl<'a> Left<'a> {
    /// What these credit notes leave of the invoice.
    pub fn of(invoice: &'a Invoice, credit_notes: &[Invoice]) -> Result<Self, MoneyError> {
        let whole = |line: &'a InvoiceLine| LeftOfLine {
            line,
            net: line.net,
            tax: line.tax,
            touched: false,
        };
        let mut left = Self {
            lines: invoice.amounts.lines.iter().map(whole).collect(),
        };
        for credit in credit_notes.iter().flat_map(|note| &note.amounts.lines) {
            if let Some(line) = credit.credits.and_then(|seq| left.line(seq)) {
                line.take(credit)?;
            }
        }
        Ok(left)
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        !self.lines.iter().any(LeftOfLine::has_anything)
    }

    /// The amounts of a credit note over this much, which is taken off what is left.
    pub fn credit(&mut self, scope: &CreditScope) -> Result<InvoiceAmounts, Refusal> {
        let mut credits = Vec::new();
        match scope {
            CreditScope::Whole => {
                for line in &mut self.lines {
                    // A line that never cost anything is part of the invoice, too.
                    if line.has_anything() || !line.touched {
                        let credit = line.rest(number(&credits))?;
                        line.take(&credit)?;
                        credits.push(credit);
                    }
                }
            }
            CreditScope::Lines { lines } => {
                for CreditLine { seq, net } in lines {
                    let line = self.line(*seq).ok_or(Refusal::CreditLineUnknown)?;
                    if !line.has_anything() {
                        return Err(Refusal::NothingToCredit);
                    }
                    let credit = match net {
                        None => line.rest(number(&credits))?,
                        Some(net) if net.currency != line.net.currency => {
                            return Err(Refusal::CurrencyMismatch);
                        }
                        Some(net) if net.minor <= 0 => return Err(Refusal::AmountInvalid),
                        Some(net) if net.minor > line.net.minor => return Err(Refusal::CreditAboveLeft),
                        Some(net) if *net == line.net => line.rest(number(&credits))?,
                        Some(net) => line.part(number(&credits), *net)?,
                    };
                    line.take(&credit)?;
                    credits.push(credit);
                }
            }
        }
        if credits.is_empty() {
            return Err(Refusal::NothingToCredit);
        }
        Ok(InvoiceAmounts::of_lines(credits)?)
    }

    fn line(&mut self, seq: u32) -> Option<&mut LeftOfLine<'a>> {
        self.lines.iter_mut().find(|left| left.line.seq == seq)
    }
}

fn number(lines: &[InvoiceLine]) -> u32 {
    u32::try_from(lines.len()).unwrap_or(u32::MAX).saturating_add(1)
}
