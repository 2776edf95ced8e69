//! Database errors, without any stored data.
//!
//! The invariant: no message, detail or value from PostgreSQL is kept. They quote rows ("Key (value)=(…)
//! already exists"), and errors end up in logs.

/// A failed database operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// No connection, or the connection broke.
    #[error("the database cannot be reached ({0})")]
    Unreachable(&'static str),
    /// PostgreSQL rejected a statement.
    #[error("the database refused a statement: sqlstate {code}, constraint {constraint:?}, table {table:?}")]
    Statement {
        /// The SQLSTATE.
        code: String,
        /// Name of the violated constraint.
        constraint: Option<String>,
        /// Name of the affected table.
        table: Option<String>,
    },
    /// A stored value does not fit the type it was stored from: a bug, or someone edited the row.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(&'static str),
    /// A statement does not fit the schema: a bug.
    #[error("a statement does not fit the schema ({0})")]
    Mismatch(String),
    #[error("the schema could not be migrated: {0}")]
    Migrate(String),
    /// The address cannot be parsed.
    #[error("the database address cannot be read")]
    Options,
}

impl DatabaseError {
    /// The violated constraint, if any.
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

    /// Checks that a statement affected exactly one row.
    pub fn one(rows: u64, what: &'static str) -> Result<(), Self> {
        if rows == 1 {
            Ok(())
        } else {
            Err(Self::Mismatch(format!("no row of {what} to change")))
        }
    }

    /// Whether the same transaction may succeed if it is retried: serialisation failure or deadlock.
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

impl DatabaseError {
    /// Whether what is stored does not fit what it is read as. The transaction can go on.
    #[must_use]
    pub const fn is_unreadable(&self) -> bool {
        match self {
            Self::Corrupt(_) | Self::Mismatch(_) => true,
            Self::Unreachable(_) | Self::Statement { .. } | Self::Migrate(_) | Self::Options => false,
        }
    }

    /// Whether repeating the same operation later cannot help: stored data or the program must be mended first.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Corrupt(_) | Self::Mismatch(_) => true,
            // Classes of SQLSTATE: data, constraint, syntax and rights. The others are connections, resources, deadlocks,
            // time limits and operators.
            Self::Statement { code, .. } => ["22", "23", "42", "0A"]
                .iter()
                .any(|class| code.starts_with(class)),
            Self::Unreachable(_) | Self::Migrate(_) | Self::Options => false,
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
