//! Faults of executing a command.

use mso_core::money::MoneyError;

use crate::database::DatabaseError;

/// A fault, not an answer: nothing was done, and the same command may be sent again.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// It took too long.
    #[error("the command took longer than its deadline")]
    Deadline,
    /// Amounts that do not add up in 64 bits or one currency: a bug in the price list.
    #[error("the amounts of an invoice cannot be computed")]
    Money(#[from] MoneyError),
    /// Nobody is set up to issue invoices in the currency of the quote.
    #[error("no seller issues invoices in {currency}")]
    NoSeller {
        /// ISO 4217.
        currency: String,
    },
    /// The rule decided something without a fact that it needs: a bug.
    #[error("the decision lacks {0}")]
    Incomplete(&'static str),
}
