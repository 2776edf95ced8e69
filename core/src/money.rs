//! Money: minor units and an ISO 4217 code. No floats anywhere.
//!
//! Not here: prices, which the catalogue holds, and invoices. The invariant: every sum is checked, and every
//! rounding is half away from zero, per line (D-35).

use std::fmt;

pub use iso_currency::Currency;
use serde::{Deserialize, Serialize};

/// An amount in the currency's smallest unit: 12 345 with EUR is 123.45, with JPY 12 345, with KWD 12.345.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Smallest units; negative on credit notes.
    pub minor: i64,
    /// ISO 4217.
    pub currency: Currency,
}

/// Money could not be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result does not fit 64 bits.
    #[error("amount too large")]
    Overflow,
    /// Two currencies in one sum.
    #[error("amounts of two currencies")]
    CurrencyMismatch,
}

impl Money {
    /// The sum of two amounts of one currency.
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

    /// This amount times `numerator / denominator`, rounded half away from zero. A rate of 1,900 basis
    /// points is `times(1900, 10_000)`.
    pub fn times(self, numerator: u32, denominator: u32) -> Result<Self, MoneyError> {
        let product = i128::from(self.minor) * i128::from(numerator);
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
    /// As people read it: `EUR 123.45`, with exactly the currency's decimals.
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
    fn sums_are_checked() {
        let most = money(i64::MAX, Currency::EUR);
        assert_eq!(most.plus(money(1, Currency::EUR)), Err(MoneyError::Overflow));
        assert_eq!(
            most.plus(money(1, Currency::USD)),
            Err(MoneyError::CurrencyMismatch)
        );
    }
}
