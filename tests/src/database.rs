//! Reads the server's database for the demo's figures and the scenarios' assertions: what is stored, not what
//! was returned. Scenarios also break a row with it, as a mishap would, and mend it.
//!
//! Connects as the cluster's superuser over its private socket.

use std::path::Path;

use anyhow::{Context, Result};
use mso_server::database::embedded::Embedded;
use serde_json::{Value, json};
use sqlx::postgres::PgPool;
use sqlx::{Row, query};
use uuid::Uuid;

/// The database of a running server with an embedded cluster.
pub struct Database(PgPool);

impl Database {
    /// Connects to the cluster of this data folder.
    pub async fn of_server(data: &Path) -> Result<Self> {
        let options = Embedded::held_by_another(data, "mso")?.context("no server runs on this folder")?;
        Ok(Self(PgPool::connect_with(options).await?))
    }

    /// Number and statuses of a case.
    pub async fn case(&self, case_id: Uuid) -> Result<(String, Vec<Value>)> {
        let number = query("select number from mso_case where id = $1")
            .bind(case_id)
            .fetch_one(&self.0)
            .await?;
        let rows = query("select status, at from case_timeline where case_id = $1 order by version")
            .bind(case_id)
            .fetch_all(&self.0)
            .await?;
        let statuses = rows
            .iter()
            .map(|row| {
                let at: sqlx::types::time::OffsetDateTime = row.try_get("at")?;
                let millis = i64::try_from(at.unix_timestamp_nanos() / 1_000_000)?;
                let at = mso_core::time::Timestamp::from_unix_millis(millis).to_string();
                Ok(json!({"status": row.try_get::<String, _>("status")?, "at": at}))
            })
            .collect::<Result<_>>()?;
        Ok((number.try_get("number")?, statuses))
    }

    /// The documents of a case: id, file name, size, and the hash the server checked.
    pub async fn documents(&self, case_id: Uuid) -> Result<Vec<(Uuid, String, i64, String)>> {
        let rows = query(
            "select id, file_name, size, encode(sha256, 'hex') as sha256 from document
             where case_id = $1 and state = 'stored' order by declared_at, id",
        )
        .bind(case_id)
        .fetch_all(&self.0)
        .await?;
        rows.iter()
            .map(|row| {
                Ok((
                    row.try_get("id")?,
                    row.try_get("file_name")?,
                    row.try_get("size")?,
                    row.try_get("sha256")?,
                ))
            })
            .collect()
    }

    /// The invoice of a case: its number as printed, gross amount and currency.
    pub async fn invoice(&self, case_id: Uuid) -> Result<Option<Value>> {
        let row = query(
            "select s.prefix || '-' || i.fiscal_year || '-' || i.number as number, i.gross_minor, i.currency
             from invoice i join seller s on s.id = i.seller_id where i.case_id = $1",
        )
        .bind(case_id)
        .fetch_optional(&self.0)
        .await?;
        row.map(|row| {
            Ok(json!({
                "number": row.try_get::<String, _>("number")?,
                "gross_minor": row.try_get::<i64, _>("gross_minor")?,
                "currency": row.try_get::<String, _>("currency")?,
            }))
        })
        .transpose()
    }

    pub async fn service_record(&self, case_id: Uuid) -> Result<Option<Value>> {
        let row = query("select case_number, service_code, state from service_record where case_id = $1")
            .bind(case_id)
            .fetch_optional(&self.0)
            .await?;
        row.map(|row| {
            Ok(json!({
                "case_number": row.try_get::<String, _>("case_number")?,
                "service_code": row.try_get::<String, _>("service_code")?,
                "state": row.try_get::<String, _>("state")?,
            }))
        })
        .transpose()
    }

    /// A single text. The statement must be a constant.
    pub async fn text(&self, statement: &'static str) -> Result<String> {
        Ok(query(statement).fetch_one(&self.0).await?.try_get(0)?)
    }

    /// Changes exactly one row. The statement must be a constant.
    pub async fn change(&self, statement: &'static str) -> Result<()> {
        let changed = query(statement).execute(&self.0).await?.rows_affected();
        anyhow::ensure!(changed == 1, "{changed} rows changed: {statement}");
        Ok(())
    }

    /// Runs statements in one transaction, or a single one outside, after making these settings for it. The statements
    /// must be constants.
    pub async fn run(&self, settings: &[(&str, String)], statements: &'static str) -> Result<()> {
        if settings.is_empty() {
            sqlx::raw_sql(statements).execute(&self.0).await?;
            return Ok(());
        }
        let mut tx = self.0.begin().await?;
        for (name, value) in settings {
            query("select set_config($1, $2, true)")
                .bind(name)
                .bind(value)
                .execute(&mut *tx)
                .await?;
        }
        sqlx::raw_sql(statements).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// A count. The statement must be a constant.
    pub async fn count(&self, statement: &'static str) -> Result<i64> {
        Ok(query(statement).fetch_one(&self.0).await?.try_get(0)?)
    }

    /// Every row of every table, as text: what a dump of the database holds.
    pub async fn dump(&self) -> Result<String> {
        let tables = query(
            "select format('select t::text from %I.%I t', schemaname, tablename) from pg_tables
             where schemaname not in ('pg_catalog', 'information_schema')",
        );
        let mut rows = Vec::new();
        for table in tables.fetch_all(&self.0).await? {
            let select = table.try_get::<String, _>(0)?;
            for row in sqlx::raw_sql(sqlx::AssertSqlSafe(select))
                .fetch_all(&self.0)
                .await?
            {
                rows.push(row.try_get::<String, _>(0)?);
            }
        }
        Ok(rows.join("\n"))
    }

    /// Writes everything that is only in the write-ahead log and in memory to the tables' files.
    pub async fn checkpoint(&self) -> Result<()> {
        query("checkpoint").execute(&self.0).await?;
        Ok(())
    }

    /// The connections, for whoever does more to the database than read it.
    pub(crate) const fn pool(&self) -> &PgPool {
        &self.0
    }

    /// The outcomes of refused commands, by command name and code.
    pub async fn refused_commands(&self) -> Result<Vec<Value>> {
        let rows = query(
            "select name, outcome -> 'refusal' ->> 'code' as code from command_log
             where outcome ->> 'outcome' = 'refused' order by at",
        )
        .fetch_all(&self.0)
        .await?;
        rows.iter()
            .map(|row| {
                let (name, code) = (
                    row.try_get::<String, _>("name")?,
                    row.try_get::<String, _>("code")?,
                );
                Ok(json!({"command": name, "code": code}))
            })
            .collect()
    }
}
