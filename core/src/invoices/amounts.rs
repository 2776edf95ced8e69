//! The amounts of an invoice: its lines and their sums.
//!
//! The invariant: totals are sums of rounded lines in one currency and are never rounded again (D-35).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::line::{InvoiceLine, LineItem, Quantity, TaxCategory, description_of};
use crate::catalogue::PriceEntry;
use crate::money::{Money, MoneyError};
use crate::refusal::Refusal;

/// The tax of all lines with the same rate and category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxAtRate {
    pub rate_bp: u32,
    /// The reason for the rate.
    pub category: TaxCategory,
    /// The taxable amount.
    pub net: Money,
    pub tax: Money,
}

/// The amounts of an invoice: totals are sums of rounded lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WireAmounts")]
pub struct InvoiceAmounts {
    pub lines: Vec<InvoiceLine>,
    /// Total before tax.
    pub net: Money,
    /// Total tax.
    pub tax: Money,
    /// The tax by rate, lowest rate first.
    pub tax_by_rate: Vec<TaxAtRate>,
    /// The amount payable.
    pub gross: Money,
}

impl InvoiceAmounts {
    /// Computes the totals of these lines.
    pub fn of_lines(lines: Vec<InvoiceLine>) -> Result<Self, MoneyError> {
        let net = Money::sum(lines.iter().map(|line| line.net))?;
        let tax = Money::sum(lines.iter().map(|line| line.tax))?;
        Ok(Self {
            tax_by_rate: tax_by_rate(&lines)?,
            gross: net.plus(tax)?,
            lines,
            net,
            tax,
        })
    }

    /// Computes the amounts for these items, numbered from 1.
    pub fn of_items(items: impl IntoIterator<Item = LineItem>) -> Result<Self, MoneyError> {
        let lines = (1..).zip(items).map(|(seq, item)| item.line(seq));
        Self::of_lines(lines.collect::<Result<_, _>>()?)
    }

    /// Returns amounts as stored, including totals; the tax by rate is computed from the lines.
    pub fn stored(lines: Vec<InvoiceLine>, net: Money, tax: Money, gross: Money) -> Result<Self, MoneyError> {
        Ok(Self {
            tax_by_rate: tax_by_rate(&lines)?,
            lines,
            net,
            tax,
            gross,
        })
    }

    /// Computes the amounts for one second opinion at the quoted price.
    pub fn of_quote(service_code: &str, price: &PriceEntry) -> Result<Self, MoneyError> {
        Self::of_items([LineItem {
            description: description_of(service_code),
            service_code: service_code.to_owned(),
            quantity: Quantity::ONE,
            unit_net: price.net,
            discount: None,
            tax_rate_bp: price.tax_rate_bp,
            tax_category: TaxCategory::of_rate(price.tax_rate_bp),
        }])
    }
}

fn tax_by_rate(lines: &[InvoiceLine]) -> Result<Vec<TaxAtRate>, MoneyError> {
    let mut rates = BTreeMap::<_, (Money, Money)>::new();
    for InvoiceLine { item, net, tax, .. } in lines {
        let nothing = (Money::zero(net.currency), Money::zero(tax.currency));
        let sums = rates
            .entry((item.tax_rate_bp, item.tax_category))
            .or_insert(nothing);
        *sums = (sums.0.plus(*net)?, sums.1.plus(*tax)?);
    }
    let at_rate = |((rate_bp, category), (net, tax))| TaxAtRate {
        rate_bp,
        category,
        net,
        tax,
    };
    Ok(rates.into_iter().map(at_rate).collect())
}

/// The wire format of amounts: the first release did not send the tax by rate.
#[derive(Deserialize)]
struct WireAmounts {
    lines: Vec<InvoiceLine>,
    net: Money,
    tax: Money,
    gross: Money,
}

impl TryFrom<WireAmounts> for InvoiceAmounts {
    type Error = MoneyError;

    fn try_from(stored: WireAmounts) -> Result<Self, MoneyError> {
        let WireAmounts {
            lines,
            net,
            tax,
            gross,
        } = stored;
        Self::stored(lines, net, tax, gross)
    }
}

impl From<MoneyError> for Refusal {
    /// Converts an amount that cannot be computed to the refusal for the sender.
    fn from(error: MoneyError) -> Self {
        match error {
            MoneyError::Overflow => Self::AmountTooLarge,
            MoneyError::CurrencyMismatch => Self::CurrencyMismatch,
            MoneyError::NoAmounts => Self::InvoiceLineInvalid { field: "items" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn totals_are_sums_of_rounded_lines() {
        let item = |minor, rate| LineItem {
            description: BTreeMap::new(),
            service_code: "one_specialist".to_owned(),
            quantity: Quantity::ONE,
            unit_net: Money {
                minor,
                currency: Currency::EUR,
            },
            discount: None,
            tax_rate_bp: rate,
            tax_category: TaxCategory::of_rate(rate),
        };
        // 5 % of 10 is 0.5, rounded up in each line: 3 and not round(1.5) = 2.
        let amounts =
            InvoiceAmounts::of_items([item(10, 500), item(10, 500), item(10, 500), item(7, 0)]).unwrap();
        let sums = [amounts.net, amounts.tax, amounts.gross].map(|sum| sum.minor);
        assert_eq!(sums, [37, 3, 40]);
        let by_rate: Vec<_> = amounts
            .tax_by_rate
            .iter()
            .map(|at| (at.rate_bp, at.net.minor, at.tax.minor))
            .collect();
        assert_eq!(by_rate, [(0, 7, 0), (500, 30, 3)]);
        assert_eq!(
            amounts.lines.iter().map(|line| line.seq).collect::<Vec<_>>(),
            [1, 2, 3, 4]
        );
    }

    #[test]
    fn amounts_of_the_first_release_read_as_ever() {
        let stored = r#"{"lines": [{"service_code": "one_specialist", "net": {"minor": 25000, "currency": "EUR"},
                         "tax_rate_bp": 1900, "tax": {"minor": 4750, "currency": "EUR"}}],
                         "net": {"minor": 25000, "currency": "EUR"}, "tax": {"minor": 4750, "currency": "EUR"},
                         "gross": {"minor": 29750, "currency": "EUR"}}"#;
        let read: InvoiceAmounts = serde_json::from_str(stored).unwrap();
        assert_eq!(read.gross.minor, 29_750);
        assert_eq!(read.tax_by_rate.len(), 1);
        assert_eq!(read.lines[0].item.quantity, Quantity::ONE);
        let again = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<InvoiceAmounts>(&again).unwrap(), read);
    }

    #[test]
    fn nothing_is_no_invoice_and_neither_are_two_currencies() {
        assert_eq!(InvoiceAmounts::of_lines(Vec::new()), Err(MoneyError::NoAmounts));
    }
}
