//! pgbench with the statements of a captured command: the rate that PostgreSQL reaches when nothing but it works.
//!
//! What a new command has of its own gets another value each time: ids made since the capture began, the names given
//! as marks, and the place in the audit chain, which is read from the head as the server does.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use super::capture::Statement;

/// A text of the captured command that must be another one each time, and an SQL expression for it, of the number `n`.
pub(crate) struct Mark {
    pub(crate) text: String,
    pub(crate) expression: &'static str,
}

/// Writes a script for pgbench that sends these statements in a transaction.
pub(crate) fn script(statements: &[Statement], since_ms: u64, marks: &[Mark]) -> Result<String> {
    let settings = statements.first().context("no statement was captured")?;
    let mut body = String::from("begin;\n");
    body.push_str(&settings_of(&settings.sql)?);
    let mut variables: Vec<String> = Vec::new();
    // A chain that the command begins starts from nothing each time.
    let begins_chain = statements
        .iter()
        .any(|statement| statement.sql.starts_with("insert into audit_head"));
    for statement in statements.iter().skip(1) {
        let mut sql = statement.sql.replace("--", "—");
        // From the last on, so that $1 does not take part of $12.
        for (index, value) in statement.parameters.iter().enumerate().rev() {
            let of_chain = of_chain(&statement.sql, index).filter(|_| !begins_chain);
            let written = match (of_chain, value) {
                (Some(of_chain), _) => of_chain.to_owned(),
                (None, None) => "null".to_owned(),
                (None, Some(value)) => {
                    let varied = varied(value, since_ms, marks);
                    if varied == quoted(value) {
                        varied
                    } else {
                        let name = format!("v{}", variables.len());
                        variables.push(format!("{varied} as {name}"));
                        format!(":{name}")
                    }
                }
            };
            sql = sql.replace(&format!("${}", index + 1), &written);
        }
        body.push_str(&without_comments(&sql));
        body.push_str(if reads_head(&statement.sql) && !begins_chain {
            "\n\\gset head_\n"
        } else {
            ";\n"
        });
    }
    let variables = variables.join(",\n  ");
    Ok(format!(
        "\\set n random(1, 1000000000000)\nselect {variables}\nfrom (select :n::bigint as n) n\n\\gset\n{body}"
    ))
}

/// The settings of the first message, in one statement: pgbench sends no two in one message.
fn settings_of(first: &str) -> Result<String> {
    let settings: Vec<String> = first
        .split("; ")
        .skip(1)
        .map(|set| {
            let (name, value) = set
                .strip_prefix("set local ")
                .and_then(|set| set.split_once(" = "))
                .context("a first message that is not begin and settings")?;
            let (name, value) = (name.replace('"', ""), value.trim_matches('\''));
            Ok(format!("set_config('{name}', '{value}', true)"))
        })
        .collect::<Result<_>>()?;
    Ok(format!("select {};\n", settings.join(", ")))
}

/// Whether this statement reads the head of the audit chain.
fn reads_head(sql: &str) -> bool {
    sql.contains("audit_head") && sql.starts_with("select") && sql.contains("hash")
}

/// What this parameter is, if it depends on the chain's head.
fn of_chain(sql: &str, index: usize) -> Option<&'static str> {
    match index {
        1 if appends(sql) => Some("(:head_seq::bigint + 1)"),
        2 if appends(sql) => Some(":head_hash"),
        _ => None,
    }
}

fn appends(sql: &str) -> bool {
    sql.contains("insert into audit_entry")
}

/// An expression for the value in which what must differ does.
fn varied(value: &str, since_ms: u64, marks: &[Mark]) -> String {
    let mut expression = quoted(value);
    let mut found: Vec<&str> = Vec::new();
    for (at, _) in value.match_indices('-') {
        let id = at.checked_sub(8).and_then(|from| value.get(from..from + 36));
        if let Some(id) = id.filter(|id| is_new(id, since_ms) && !found.contains(id)) {
            found.push(id);
            // The last twelve digits stay, so that two ids of one command differ.
            let (_, tail) = id.split_at(24);
            expression = format!(
                "replace({expression}, '{id}', '01900000-0' || right(to_hex(n + 1099511627776), 3) || '-7000-8' || \
                 substr(lpad(to_hex(n), 12, '0'), 1, 3) || '-' || lpad(to_hex((n * 4096 + {}) % 281474976710656), 12, '0'))",
                u64::from_str_radix(tail, 16).unwrap_or_default() % 4096,
            );
        }
    }
    for mark in marks {
        if value.contains(&mark.text) {
            expression = format!(
                "replace({expression}, {}, {})",
                quoted(&mark.text),
                mark.expression
            );
        }
    }
    expression
}

/// Whether this is a UUID of version 7 made since then.
fn is_new(id: &str, since_ms: u64) -> bool {
    let Some((high, rest)) = id.split_once('-') else {
        return false;
    };
    let (low, rest) = rest.split_at(4.min(rest.len()));
    rest.starts_with("-7") && u64::from_str_radix(&format!("{high}{low}"), 16).is_ok_and(|ms| ms >= since_ms)
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

fn without_comments(sql: &str) -> String {
    let lines = sql.lines().filter(|line| !line.trim_start().starts_with('—'));
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs one pgbench for each script at the same time, each with this many connections. Returns the sum of their
/// transactions per second.
pub(crate) fn run(socket: &Path, scripts: &[PathBuf], connections: usize, seconds: u64) -> Result<f64> {
    let children: Vec<Child> = scripts
        .iter()
        .map(|script| {
            Command::new("pgbench")
                .args(["--no-vacuum", "--protocol=prepared", "--username=mso_requester"])
                .arg(format!("--client={connections}"))
                .arg(format!("--time={seconds}"))
                .arg("--host")
                .arg(socket)
                .arg("--file")
                .arg(script)
                .arg("mso")
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .context("cannot start pgbench")
        })
        .collect::<Result<_>>()?;
    let mut sum = 0.0;
    for child in children {
        let done = child.wait_with_output()?;
        let (said, complained) = (String::from_utf8(done.stdout)?, String::from_utf8(done.stderr)?);
        anyhow::ensure!(done.status.success(), "pgbench: {complained}");
        let rate = said.lines().find_map(|line| line.strip_prefix("tps = "));
        let rate = rate.and_then(|line| line.split(' ').next());
        sum += rate.context("pgbench told no rate")?.parse::<f64>()?;
    }
    Ok(sum)
}
