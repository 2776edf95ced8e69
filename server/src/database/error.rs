//! What may go wrong with the database, without a word of what is stored in it.
//!
//! The invariant: no message, detail or value of PostgreSQL is kept. They quote rows ("Key (value)=(…) already
//! exists"), and an error ends in a log.

/// The database could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// No connection, or it broke.
    #[error("the database cannot be reached ({0})")]
    Unreachable(&'static str),
    /// PostgreSQL refused a statement.
    #[error("the database refused a statement: sqlstate {code}, constraint {constraint:?}, table {table:?}")]
    Statement {
        /// The SQLSTATE.
        code: String,
        /// The constraint that spoke, by name.
        constraint: Option<String>,
        /// Of which table.
        table: Option<String>,
    },
    /// A stored value is not what the type it was stored from allows: a bug, or somebody edited the row.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(&'static str),
    /// A statement did not fit the schema: a bug.
    #[error("a statement does not fit the schema ({0})")]
    Mismatch(String),
    /// The schema could not be brought up to date.
    #[error("the schema could not be migrated: {0}")]
    Migrate(String),
    /// The address given is none.
    #[error("the database address cannot be read")]
    Options,
}

impl DatabaseError {
    /// The constraint that spoke, if one did.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Statement { constraint, .. } => constraint.as_deref(),
            Self::Unreachable(_)
            | Self::Corrupt(_)
            | Self::Mismatch(_)
            | Self::Migrate(_)
            | Self::Options => None,
        }
    }

    /// Whether a statement met the one row that it was for.
    pub fn one(rows: u64, what: &'static str) -> Result<(), Self> {
        if rows == 1 {
            Ok(())
        } else {
            Err(Self::Mismatch(format!("no row of {what} to change")))
        }
    }

    /// Whether the same transaction may succeed when it is simply run again: serialisation failure or deadlock.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Statement { code, .. } => code == "40001" || code == "40P01",
            Self::Unreachable(_)
            | Self::Corrupt(_)
            | Self::Mismatch(_)
            | Self::Migrate(_)
            | Self::Options => false,
        }
    }
}

impl From<sqlx::Error> for DatabaseError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "sqlx::Error is non-exhaustive")]
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(database) => Self::Statement {
                code: database.code().map(|code| code.into_owned()).unwrap_or_default(),
                constraint: database.constraint().map(str::to_owned),
                table: database.table().map(str::to_owned),
            },
            sqlx::Error::Io(_) => Self::Unreachable("i/o"),
            sqlx::Error::Tls(_) => Self::Unreachable("tls"),
            sqlx::Error::Protocol(_) => Self::Unreachable("protocol"),
            sqlx::Error::PoolTimedOut => Self::Unreachable("no free connection"),
            sqlx::Error::PoolClosed => Self::Unreachable("closing"),
            sqlx::Error::WorkerCrashed => Self::Unreachable("worker"),
            sqlx::Error::Configuration(_) => Self::Options,
            sqlx::Error::ColumnDecode { index, .. } => Self::Mismatch(format!("column {index}")),
            sqlx::Error::ColumnNotFound(name) => Self::Mismatch(format!("column {name}")),
            sqlx::Error::RowNotFound => Self::Mismatch("no row".to_owned()),
            _ => Self::Mismatch("statement".to_owned()),
        }
    }
}
