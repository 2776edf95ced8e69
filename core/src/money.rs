//! Money: minor units and an ISO 4217 code. No floats anywhere.
//!
//! Invariant: every sum is checked, and rounding is always half away from zero, per line (D-35).

#![deny(clippy::float_arithmetic)]

use std::fmt;

pub use iso_currency::Currency;
use serde::{Deserialize, Serialize};

/// An amount in the currency's minor unit: 12 345 is 123.45 in EUR, 12 345 in JPY, 12.345 in KWD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units; negative on credit notes.
    pub minor: i64,
    /// ISO 4217.
    pub currency: Currency,
}

/// Why an amount could not be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result does not fit in 64 bits.
    #[error("amount too large")]
    Overflow,
    /// The amounts have different currencies.
    #[error("amounts of two currencies")]
    CurrencyMismatch,
    /// The sum of no amounts, which has no currency.
    #[error("no amounts")]
    NoAmounts,
}

/// The currency with this ISO 4217 code, if it has a minor unit. Metals, funds' units of account and
/// test codes have none.
#[must_use]
pub fn currency(code: &str) -> Option<Currency> {
    Currency::from_code(code).filter(|currency| currency.exponent().is_some())
}

impl Money {
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Returns the sum of amounts in one currency.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        let mut amounts = amounts.into_iter();
        let first = amounts.next().ok_or(MoneyError::NoAmounts)?;
        amounts.try_fold(first, Self::plus)
    }

    /// Returns the sum of two amounts in the same currency.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self {
            minor,
            currency: self.currency,
        })
    }

    /// Returns this amount minus `other`, in the same currency.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.plus(other.negated()?)
    }

    /// Returns the amount with its sign reversed, as on a credit note.
    pub fn negated(self) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_neg().ok_or(MoneyError::Overflow)?;
        Ok(Self {
            minor,
            currency: self.currency,
        })
    }

    /// Returns this amount times `numerator / denominator`, rounded half away from zero. A rate of 1,900 basis
    /// points is `times(1900, 10_000)`, a quantity in thousandths `times(quantity, 1_000)`.
    pub fn times(self, numerator: impl Into<i64>, denominator: u32) -> Result<Self, MoneyError> {
        // The product of two 64-bit numbers fits in 128 bits.
        let product = i128::from(self.minor) * i128::from(numerator.into());
        let denominator = i128::from(denominator.max(1));
        let half = denominator / 2 * product.signum();
        let rounded = (product + half) / denominator;
        let minor = i64::try_from(rounded).map_err(|_| MoneyError::Overflow)?;
        Ok(Self {
            minor,
            currency: self.currency,
        })
    }
}

impl fmt::Display for Money {
    /// Human-readable: `EUR 123.45`, with exactly the currency's number of decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exponent = usize::from(self.currency.exponent().unwrap_or(0));
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = exponent + 1);
        let (whole, part) = digits.split_at(digits.len() - exponent);
        let point = if exponent == 0 { "" } else { "." };
        write!(f, "{} {sign}{whole}{point}{part}", self.currency.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, currency: Currency) -> Money {
        Money { minor, currency }
    }

    #[test]
    fn amounts_show_the_decimals_of_their_currency() {
        assert_eq!(money(12_345, Currency::EUR).to_string(), "EUR 123.45");
        assert_eq!(money(12_345, Currency::JPY).to_string(), "JPY 12345");
        assert_eq!(money(-5, Currency::KWD).to_string(), "KWD -0.005");
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        for (minor, expected) in [(50, 10), (52, 10), (53, 11), (-52, -10), (-53, -11), (0, 0)] {
            assert_eq!(
                money(minor, Currency::EUR).times(2_000, 10_000).unwrap().minor,
                expected,
                "{minor}"
            );
        }
        assert_eq!(money(125, Currency::EUR).times(1, 10).unwrap().minor, 13);
        assert_eq!(money(-125, Currency::EUR).times(1, 10).unwrap().minor, -13);
    }

    #[test]
    fn the_currency_table_is_the_one_of_iso_4217() {
        for (code, exponent) in [
            ("EUR", 2),
            ("USD", 2),
            ("SYP", 2),
            ("SAR", 2),
            ("AED", 2),
            ("JPY", 0),
            ("KRW", 0),
            ("CLP", 0),
            ("ISK", 0),
            ("VND", 0),
            ("XOF", 0),
            ("BHD", 3),
            ("IQD", 3),
            ("JOD", 3),
            ("KWD", 3),
            ("LYD", 3),
            ("OMR", 3),
            ("TND", 3),
            ("CLF", 4),
        ] {
            let known = currency(code).unwrap_or_else(|| panic!("{code}"));
            assert_eq!((known.code(), known.exponent()), (code, Some(exponent)));
        }
        for code in ["XAU", "XDR", "XTS", "XXX", "eur", "EU", "", "ABC"] {
            assert_eq!(currency(code), None, "{code}");
        }
    }

    #[test]
    fn half_goes_away_from_zero_and_everything_else_to_the_nearest() {
        // (amount, numerator, denominator, expected), calculated by hand.
        for (minor, numerator, denominator, expected) in [
            (1, 1, 2, 1),
            (-1, 1, 2, -1),
            (3, 1, 2, 2),
            (-3, 1, 2, -2),
            (1, 1, 3, 0),
            (2, 1, 3, 1),
            (-2, 1, 3, -1),
            (10_005, 1_000, 10_000, 1_001),
            (10_004, 1_000, 10_000, 1_000),
            (-10_005, 1_000, 10_000, -1_001),
            (333, 1_900, 10_000, 63),
            (50, 1_900, 10_000, 10),
            (26, 1_900, 10_000, 5),
            (1_999, 2_500, 1_000, 4_998),
            (1, 500, 1_000, 1),
            (1, 499, 1_000, 0),
            (1, -500, 1_000, -1),
            (7, 10_000, 10_000, 7),
            (i64::MAX, 10_000, 10_000, i64::MAX),
            (i64::MIN, 1, 1, i64::MIN),
        ] {
            let rounded = money(minor, Currency::EUR).times(i64::from(numerator), denominator);
            assert_eq!(
                rounded,
                Ok(money(expected, Currency::EUR)),
                "{minor} * {numerator} / {denominator}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_64_bits_is_an_error_and_never_another_amount() {
        let (most, least) = (money(i64::MAX, Currency::JPY), money(i64::MIN, Currency::JPY));
        assert_eq!(most.times(2, 1), Err(MoneyError::Overflow));
        assert_eq!(most.times(i64::MAX, 1), Err(MoneyError::Overflow));
        assert_eq!(least.negated(), Err(MoneyError::Overflow));
        assert_eq!(least.minus(money(1, Currency::JPY)), Err(MoneyError::Overflow));
        assert_eq!(Money::zero(Currency::JPY).minus(least), Err(MoneyError::Overflow));
        assert_eq!(
            Money::sum([most, money(1, Currency::JPY)]),
            Err(MoneyError::Overflow)
        );
        assert_eq!(Money::sum([]), Err(MoneyError::NoAmounts));
        assert_eq!(
            Money::sum([most, Money::zero(Currency::KWD)]),
            Err(MoneyError::CurrencyMismatch)
        );
    }

    #[test]
    fn sums_are_checked() {
        let most = money(i64::MAX, Currency::EUR);
        assert_eq!(most.plus(money(1, Currency::EUR)), Err(MoneyError::Overflow));
        assert_eq!(
            most.plus(money(1, Currency::USD)),
            Err(MoneyError::CurrencyMismatch)
        );
    }
}
