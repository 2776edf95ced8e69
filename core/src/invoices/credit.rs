//! The amounts of a credit note: a whole invoice, or a net amount of some lines.
//!
//! The invariant: at any time, the rest of a line bears the tax that an invoice over it would bear,
//! `tax left = round(net left × rate)`. So a credit note's tax is the difference of two rounded amounts:
//! parts of a line credited one after another add up exactly to the line and never exceed it. Rounding each
//! part separately would not: 19 % of 1.00 is 0.19, but of 0.50 twice 0.10.

use serde::{Deserialize, Serialize};

use super::line::{LineItem, Quantity, tax_of};
use super::{Invoice, InvoiceAmounts, InvoiceLine};
use crate::money::{Money, MoneyError};
use crate::refusal::Refusal;

/// The part of one line to credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditLine {
    /// The sequence number of the invoice line.
    pub seq: u32,
    /// Net amount; `None` credits the rest of the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net: Option<Money>,
}

/// The part of an invoice to credit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum CreditScope {
    /// The rest of the invoice.
    Whole,
    /// Parts of some lines.
    Lines { lines: Vec<CreditLine> },
}

/// The part of a line that was not credited yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOfLine<'a> {
    line: &'a InvoiceLine,
    pub net: Money,
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

    /// Returns the credit note's line for the whole rest.
    fn rest(&self, seq: u32) -> Result<InvoiceLine, MoneyError> {
        if self.touched {
            self.part(seq, self.net)
        } else {
            self.line.mirrored(seq)
        }
    }

    /// Returns the credit note's line for a part of it.
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

/// The part of an invoice that was not credited yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left<'a> {
    /// In the order of the invoice's lines.
    pub lines: Vec<LeftOfLine<'a>>,
}

impl<'a> Left<'a> {
    /// Computes the rest of the invoice after these credit notes.
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

    /// Whether the invoice was credited in full.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        !self.lines.iter().any(LeftOfLine::has_anything)
    }

    /// Returns the amounts of a credit note over `scope` and subtracts them from the rest.
    pub fn credit(&mut self, scope: &CreditScope) -> Result<InvoiceAmounts, Refusal> {
        let mut credits = Vec::new();
        match scope {
            CreditScope::Whole => {
                for line in &mut self.lines {
                    // A line of amount zero is part of the invoice, too.
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
