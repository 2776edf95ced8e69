//! The statements that one command sends to PostgreSQL, from PostgreSQL's own log.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mso_tests::database::Database;

/// A statement with its parameters as text; `None` is NULL.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) parameters: Vec<Option<String>>,
}

/// Reads what is added to the log of this data folder's cluster.
pub(crate) struct Log {
    path: PathBuf,
    read: usize,
}

impl Log {
    /// From here on, new connections of requesters log each statement with its parameters. Nothing but a benchmark on
    /// invented patients may do that.
    pub(crate) async fn begin(data: &Path, database: &Database) -> Result<Self> {
        let log = "alter role mso_requester set log_statement = 'all';
                   alter role mso_requester set log_error_verbosity = 'default'";
        database.run(&[], log).await?;
        let path = data.join("postgres/log");
        Ok(Self {
            read: std::fs::read(&path)?.len(),
            path,
        })
    }

    pub(crate) async fn end(self, database: &Database) -> Result<()> {
        database.run(&[], "alter role mso_requester reset all").await
    }

    /// The statements since the last call, in order.
    pub(crate) fn statements(&mut self) -> Result<Vec<Statement>> {
        let log = std::fs::read(&self.path)?;
        let new = log.get(self.read..).context("the log was replaced")?;
        self.read = log.len();
        parse(std::str::from_utf8(new)?)
    }
}

fn parse(log: &str) -> Result<Vec<Statement>> {
    let mut statements: Vec<Statement> = Vec::new();
    let mut entries: Vec<String> = Vec::new();
    for line in log.lines() {
        match line.strip_prefix('\t') {
            Some(more) => {
                let entry = entries.last_mut().context("a log that begins within an entry")?;
                entry.push('\n');
                entry.push_str(more);
            }
            None => entries.push(line.to_owned()),
        }
    }
    for entry in entries {
        let Some((_, said)) = entry.split_once("] ") else {
            continue;
        };
        if let Some(statement) = said.strip_prefix("LOG:  ") {
            let sql = statement.strip_prefix("statement: ").or_else(|| {
                let (_, sql) = statement.strip_prefix("execute ")?.split_once(": ")?;
                Some(sql)
            });
            statements.extend(sql.map(|sql| Statement {
                sql: sql.to_owned(),
                parameters: Vec::new(),
            }));
        } else if let Some(parameters) = said.strip_prefix("DETAIL:  parameters: ") {
            let statement = statements.last_mut().context("parameters of nothing")?;
            statement.parameters = values(parameters)?;
        }
    }
    Ok(statements)
}

/// The values of `$1 = 'it''s', $2 = NULL`.
fn values(mut text: &str) -> Result<Vec<Option<String>>> {
    let mut values = Vec::new();
    while let Some((_, rest)) = text.split_once(" = ") {
        if let Some(rest) = rest.strip_prefix("NULL") {
            values.push(None);
            text = rest;
            continue;
        }
        let mut rest = rest.strip_prefix('\'').context("a parameter without quotes")?;
        let mut value = String::new();
        loop {
            let (part, after) = rest.split_once('\'').context("a parameter without an end")?;
            value.push_str(part);
            rest = after;
            match rest.strip_prefix('\'') {
                Some(more) => {
                    value.push('\'');
                    rest = more;
                }
                None => break,
            }
        }
        values.push(Some(value));
        text = rest;
    }
    Ok(values)
}
