//! Errors of executing a command.

use mso_core::money::MoneyError;

use crate::database::DatabaseError;

/// An error, not an answer: nothing was written, and the same command may be sent again, at once or after an operator
/// has mended what it fails on ([`ExecuteError::is_permanent`]).
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the command took longer than its deadline")]
    Deadline,
    /// The amounts exceed 64 bits or mix currencies: a bug in the price list.
    #[error("the amounts of an invoice cannot be computed")]
    Money(#[from] MoneyError),
    /// No seller is set up for the currency of the quote.
    #[error("no seller issues invoices in {currency}")]
    NoSeller {
        /// ISO 4217.
        currency: String,
    },
    /// The rule decided something without a fact that it needs: a bug.
    #[error("the decision lacks {0}")]
    Incomplete(&'static str),
}

impl ExecuteError {
    /// Whether sending the command again later cannot help until an operator has mended something.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Database(error) => error.is_permanent(),
            Self::Deadline => false,
            Self::Money(_) | Self::NoSeller { .. } | Self::Incomplete(_) => true,
        }
    }
}
