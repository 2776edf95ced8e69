//! A line of an invoice: service, quantity, price and tax, and the two amounts that are rounded (D-35).
//!
//! The invariant: `net = round(quantity × unit_net) − discount` and, except on a credit note for part of a
//! line (`credit.rs`), `tax = round(net × rate)`, each rounded once, half away from zero. Sums are in
//! `amounts.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::money::{Money, MoneyError};
use crate::refusal::Refusal;

/// Maximum number of lines per invoice.
pub const MAX_LINES: usize = 100;

/// A tax rate of 100 % in basis points.
const WHOLE_RATE: u32 = 10_000;

/// A quantity in thousandths; negative on credit notes. On the wire: the number of thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(i64);

impl Quantity {
    pub const ONE: Self = Self(1_000);

    #[must_use]
    pub const fn of_thousandths(thousandths: i64) -> Self {
        Self(thousandths)
    }

    #[must_use]
    pub const fn thousandths(self) -> i64 {
        self.0
    }

    /// Returns the quantity with its sign reversed.
    pub fn negated(self) -> Result<Self, MoneyError> {
        self.0.checked_neg().map(Self).ok_or(MoneyError::Overflow)
    }
}

impl Default for Quantity {
    /// Lines of the first release had no quantity: each was one second opinion.
    fn default() -> Self {
        Self::ONE
    }
}

named! {
    /// The reason for a line's tax rate.
    pub enum TaxCategory {
        Standard = "standard",
        /// A reduced rate.
        Reduced = "reduced",
        /// Taxed at 0 %.
        Zero = "zero",
        /// Exempt by law.
        Exempt = "exempt",
        ReverseCharge = "reverse_charge",
        /// Outside the scope of the tax.
        OutsideScope = "outside_scope",
    }
}

impl TaxCategory {
    /// Returns the category of a rate for which no category is recorded.
    #[must_use]
    pub const fn of_rate(rate_bp: u32) -> Self {
        if rate_bp == 0 { Self::Zero } else { Self::Standard }
    }

    /// Whether a rate above zero is allowed.
    #[must_use]
    pub const fn is_taxed(self) -> bool {
        match self {
            Self::Standard | Self::Reduced => true,
            Self::Zero | Self::Exempt | Self::ReverseCharge | Self::OutsideScope => false,
        }
    }
}

/// The item of a line, before its amounts are computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineItem {
    /// By BCP 47 language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub description: BTreeMap<String, String>,
    pub service_code: String,
    #[serde(default)]
    pub quantity: Quantity,
    /// Price per unit, before tax.
    pub unit_net: Money,
    /// Subtracted from the line as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Money>,
    /// Tax in basis points, 0 to 10,000.
    pub tax_rate_bp: u32,
    /// The reason for the rate.
    pub tax_category: TaxCategory,
}

impl LineItem {
    /// Computes the line with its amounts.
    pub fn line(self, seq: u32) -> Result<InvoiceLine, MoneyError> {
        let net = self.net()?;
        let tax = tax_of(net, self.tax_rate_bp)?;
        Ok(InvoiceLine {
            seq,
            item: self,
            net,
            tax,
            credits: None,
        })
    }

    /// Checks the item for a line of an invoice (not of a credit note).
    ///
    /// # Errors
    ///
    /// [`Refusal::InvoiceLineInvalid`] names the first invalid field; [`Refusal::AmountTooLarge`] on
    /// overflow.
    pub fn check(&self) -> Result<(), Refusal> {
        let invalid = |field| Err(Refusal::InvoiceLineInvalid { field });
        if !(1..=64).contains(&self.service_code.chars().count()) {
            return invalid("service_code");
        }
        let words = |(language, text): (&String, &String)| {
            (2..=35).contains(&language.len())
                && language.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && (1..=500).contains(&text.chars().count())
                && !text.chars().any(char::is_control)
        };
        if self.description.len() > 20 || !self.description.iter().all(words) {
            return invalid("description");
        }
        if self.quantity <= Quantity::of_thousandths(0) {
            return invalid("quantity");
        }
        if self.unit_net.minor < 0 || self.unit_net.currency.exponent().is_none() {
            return invalid("unit_net");
        }
        if self.tax_rate_bp > WHOLE_RATE {
            return invalid("tax_rate_bp");
        }
        if self.tax_rate_bp > 0 && !self.tax_category.is_taxed() {
            return invalid("tax_category");
        }
        let discounted = self.discount.is_none_or(|discount| discount.minor >= 0);
        match self.net() {
            Ok(net) if discounted && net.minor >= 0 => Ok(()),
            Ok(_) | Err(MoneyError::CurrencyMismatch | MoneyError::NoAmounts) => invalid("discount"),
            Err(MoneyError::Overflow) => Err(Refusal::AmountTooLarge),
        }
    }

    fn net(&self) -> Result<Money, MoneyError> {
        let full = self.unit_net.times(self.quantity.thousandths(), 1_000)?;
        self.discount.map_or(Ok(full), |discount| full.minus(discount))
    }
}

/// Computes the tax on an amount, rounded half away from zero.
pub(super) fn tax_of(net: Money, rate_bp: u32) -> Result<Money, MoneyError> {
    net.times(rate_bp, WHOLE_RATE)
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredLine")]
pub struct InvoiceLine {
    /// Starts at 1.
    pub seq: u32,
    #[serde(flatten)]
    pub item: LineItem,
    pub net: Money,
    pub tax: Money,
    /// On a credit note: the sequence number of the invoice line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credits: Option<u32>,
}

impl InvoiceLine {
    /// Returns the line with reversed signs, as on a credit note for a line of which nothing was credited
    /// yet.
    pub(super) fn mirrored(&self, seq: u32) -> Result<Self, MoneyError> {
        let item = LineItem {
            quantity: self.item.quantity.negated()?,
            discount: self.item.discount.map(Money::negated).transpose()?,
            ..self.item.clone()
        };
        Ok(Self {
            seq,
            item,
            net: self.net.negated()?,
            tax: self.tax.negated()?,
            credits: Some(self.seq),
        })
    }
}

/// Any stored form of a line: the first release stored one second opinion at one price and nothing else.
#[derive(Deserialize)]
struct StoredLine {
    #[serde(default = "first")]
    seq: u32,
    #[serde(default)]
    description: BTreeMap<String, String>,
    service_code: String,
    #[serde(default)]
    quantity: Quantity,
    #[serde(default)]
    unit_net: Option<Money>,
    #[serde(default)]
    discount: Option<Money>,
    tax_rate_bp: u32,
    #[serde(default)]
    tax_category: Option<TaxCategory>,
    net: Money,
    tax: Money,
    #[serde(default)]
    credits: Option<u32>,
}

const fn first() -> u32 {
    1
}

impl From<StoredLine> for InvoiceLine {
    fn from(stored: StoredLine) -> Self {
        let StoredLine {
            seq,
            description,
            service_code,
            quantity,
            unit_net,
            discount,
            tax_rate_bp,
            tax_category,
            net,
            tax,
            credits,
        } = stored;
        let item = LineItem {
            description,
            service_code,
            quantity,
            unit_net: unit_net.unwrap_or(net),
            discount,
            tax_rate_bp,
            tax_category: tax_category.unwrap_or(TaxCategory::of_rate(tax_rate_bp)),
        };
        Self {
            seq,
            item,
            net,
            tax,
            credits,
        }
    }
}

/// Returns the description of a service on an invoice, by language; empty for an unknown code.
#[must_use]
pub fn description_of(service_code: &str) -> BTreeMap<String, String> {
    let words: &[(&str, &str)] = match service_code {
        "one_specialist" => &[
            ("ar", "رأي طبي ثانٍ من طبيب مختص"),
            ("de", "Ärztliche Zweitmeinung durch einen Facharzt"),
            ("en", "Medical second opinion by one specialist"),
        ],
        _ => &[],
    };
    words
        .iter()
        .map(|(language, text)| ((*language).to_owned(), (*text).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn item(quantity: i64, unit: i64, discount: Option<i64>, rate: u32, currency: Currency) -> LineItem {
        let money = |minor| Money { minor, currency };
        LineItem {
            description: BTreeMap::new(),
            service_code: "one_specialist".to_owned(),
            quantity: Quantity::of_thousandths(quantity),
            unit_net: money(unit),
            discount: discount.map(money),
            tax_rate_bp: rate,
            tax_category: TaxCategory::of_rate(rate),
        }
    }

    #[test]
    fn a_line_rounds_twice_and_each_time_half_away_from_zero() {
        // (quantity, unit, discount, rate, net, tax), calculated by hand in minor units of a currency with 2,
        // 0, 3 decimals.
        for (quantity, unit, discount, rate, net, tax) in [
            (1_000, 25_000, None, 1_900, 25_000, 4_750),
            (1_000, 10, None, 500, 10, 1),
            (1_000, 9, None, 500, 9, 0),
            (500, 1, None, 10_000, 1, 1),
            (499, 1, None, 10_000, 0, 0),
            (1_500, 333, None, 1_900, 500, 95),
            (1_500, 333, Some(1), 1_900, 499, 95),
            (2_500, 1_999, None, 725, 4_998, 362),
            (333, 1_000, None, 1_000, 333, 33),
            (-500, 1, None, 10_000, -1, -1),
            (-1_500, 333, Some(-1), 1_900, -499, -95),
            (1_000, 0, None, 1_900, 0, 0),
            (1_000, 100, Some(100), 1_900, 0, 0),
        ] {
            for currency in [Currency::EUR, Currency::JPY, Currency::KWD] {
                let line = item(quantity, unit, discount, rate, currency).line(1).unwrap();
                let money = |minor| Money { minor, currency };
                assert_eq!(
                    (line.net, line.tax),
                    (money(net), money(tax)),
                    "{quantity} × {unit} at {rate}"
                );
            }
        }
    }

    #[test]
    fn a_line_of_the_first_release_reads_as_one_opinion_at_its_price() {
        let stored = r#"{"service_code": "one_specialist", "net": {"minor": 25000, "currency": "EUR"},
                         "tax_rate_bp": 1900, "tax": {"minor": 4750, "currency": "EUR"}}"#;
        let read: InvoiceLine = serde_json::from_str(stored).unwrap();
        assert_eq!(
            read,
            item(1_000, 25_000, None, 1_900, Currency::EUR).line(1).unwrap()
        );
    }

    #[test]
    fn a_line_keeps_all_its_fields_through_json_and_cbor() {
        let mut line = item(-2_500, 1_999, Some(-3), 725, Currency::KWD).line(7).unwrap();
        line.credits = Some(2);
        line.item.description = description_of("one_specialist");
        line.item.tax_category = TaxCategory::Reduced;
        let json = serde_json::to_string(&line).unwrap();
        assert_eq!(serde_json::from_str::<InvoiceLine>(&json).unwrap(), line);
        let mut bytes = Vec::new();
        ciborium::into_writer(&line, &mut bytes).unwrap();
        assert_eq!(
            ciborium::from_reader::<InvoiceLine, _>(bytes.as_slice()).unwrap(),
            line
        );
    }

    #[test]
    fn a_line_that_makes_no_sense_names_the_field() {
        let good = item(1_000, 100, Some(100), 1_900, Currency::EUR);
        assert_eq!(good.check(), Ok(()));
        let refused = |change: &dyn Fn(&mut LineItem)| {
            let mut item = good.clone();
            change(&mut item);
            let refusal = item.check().unwrap_err();
            if let Refusal::InvoiceLineInvalid { field } = refusal {
                field
            } else {
                refusal.code()
            }
        };
        assert_eq!(refused(&|item| item.service_code.clear()), "service_code");
        assert_eq!(
            refused(&|item| item.quantity = Quantity::of_thousandths(0)),
            "quantity"
        );
        assert_eq!(refused(&|item| item.unit_net.minor = -1), "unit_net");
        assert_eq!(
            refused(&|item| item.unit_net.currency = Currency::XAU),
            "unit_net"
        );
        assert_eq!(refused(&|item| item.tax_rate_bp = 10_001), "tax_rate_bp");
        assert_eq!(
            refused(&|item| item.tax_category = TaxCategory::Exempt),
            "tax_category"
        );
        let discount = |minor, currency| Some(Money { minor, currency });
        assert_eq!(
            refused(&|item| item.discount = discount(101, Currency::EUR)),
            "discount"
        );
        assert_eq!(
            refused(&|item| item.discount = discount(-1, Currency::EUR)),
            "discount"
        );
        assert_eq!(
            refused(&|item| item.discount = discount(1, Currency::USD)),
            "discount"
        );
        let words = |language: &str, text: String| BTreeMap::from([(language.to_owned(), text)]);
        assert_eq!(
            refused(&|item| item.description = words("en", String::new())),
            "description"
        );
        assert_eq!(
            refused(&|item| item.description = words("english please", "x".to_owned())),
            "description"
        );
        let huge = |item: &mut LineItem| (item.unit_net.minor, item.discount) = (i64::MAX, None);
        assert_eq!(
            refused(&|item| (huge(item), item.quantity = Quantity::of_thousandths(2_000)).1),
            "amount_too_large"
        );
    }
}
