//! Money for a screen.

use mso_core::money;

/// An amount in minor units, and as people read it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Amount {
    /// Smallest units of the currency.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// `EUR 123.45`, with the currency's own decimals.
    pub display: String,
}

impl From<money::Money> for Amount {
    fn from(money: money::Money) -> Self {
        Self {
            minor: money.minor,
            currency: money.currency.code().to_owned(),
            display: money.to_string(),
        }
    }
}
