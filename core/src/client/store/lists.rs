//! Lists by pages, from table `record_term`: only the records of one page are read and decoded.
//!
//! Invariant: going from page to page shows every record that stays where it is exactly once, whatever happens to others.

use std::fmt;
use std::str::FromStr;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};
use uuid::Uuid;

use super::terms;
use super::{StoreError, Stored, records};
use crate::patients::PatientQuery;
use crate::protocol::records::{Record, RecordKind};

/// Where in a list a row stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    term: String,
    id: Uuid,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.term)
    }
}

/// The text is not a place that this store gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAPlace;

impl FromStr for Place {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let (id, term) = text.split_once(' ').ok_or(NotAPlace)?;
        let id = id.parse().map_err(|_| NotAPlace)?;
        if !term.starts_with("place ") {
            return Err(NotAPlace);
        }
        Ok(Self {
            term: term.to_owned(),
            id,
        })
    }
}

/// Which rows of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    /// `None`: from the beginning.
    pub(crate) after: Option<Place>,
    pub(crate) limit: u32,
}

/// Rows of a list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rows {
    pub(crate) records: Vec<Record>,
    /// Where the next page begins; `None`: these are the last rows.
    pub(crate) next: Option<Place>,
}

/// The text of a query, with the values of its places in order.
#[derive(Default)]
struct Statement {
    sql: String,
    values: Vec<Value>,
}

impl Statement {
    fn add(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    fn value(&mut self, value: impl Into<Value>) {
        self.add("?");
        self.values.push(value.into());
    }

    /// Where `t` has a term that begins like this.
    fn begins(&mut self, table: &str, start: String) {
        self.add(&format!("{table}.term >= "));
        self.value(start.clone());
        self.add(&format!(" and {table}.term < "));
        self.value(format!("{start}{}", char::MAX));
    }
}

/// The records of a kind as shown, in the order of their list.
pub(crate) fn page(conn: &Connection, kind: RecordKind, range: &Range) -> Result<Rows, StoreError> {
    let mut places = Statement::default();
    places.add("select t.kind, t.term, t.id, t.laid from record_term t where t.kind = ");
    places.value(kind.name().to_owned());
    rows(conn, kind, places, range)
}

/// The patients as shown that a query finds, by name: [`PatientQuery::finds`] in SQL. A merged one is found as its survivor.
pub(crate) fn search(conn: &Connection, query: &PatientQuery, range: &Range) -> Result<Rows, StoreError> {
    let kind = RecordKind::Patient;
    let mut words = query.words();
    // The longest word leaves the fewest to look at.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let Some((first, others)) = words.split_first() else {
        return page(conn, kind, range);
    };
    let mut hits = Statement::default();
    hits.add("with hit (id) as (");
    found(&mut hits);
    hits.begins("f", terms::word(first));
    for other in others {
        hits.add(" and exists (select 1 from record_term w where w.kind = f.kind and w.id = f.id and w.laid = f.laid and ");
        hits.begins("w", terms::word(other));
        hits.add(")");
    }
    if let Some(value) = query.identifier() {
        hits.add(" union ");
        found(&mut hits);
        hits.add("f.term = ");
        hits.value(terms::value(value));
    }
    hits.add(
        ") select t.kind, t.term, t.id, t.laid from hit cross join record_term t \
         where t.kind = 'patient' and t.id = hit.id",
    );
    rows(conn, kind, hits, range)
}

/// The number of records as shown that have a term, counted up to `most`.
pub(crate) fn count(conn: &Connection, kind: RecordKind, term: &str, most: u32) -> Result<u32, StoreError> {
    let mut statement = conn.prepare_cached(
        "select count(*) from (select 1 from record_term t where t.kind = ?1 and t.term = ?2 \
           and (t.laid = 1 or not exists (select 1 from overlay o where o.kind = t.kind and o.id = t.id)) limit ?3)",
    )?;
    Ok(statement.query_row(params![kind.name(), term, most], |row| row.get(0))?)
}

/// Begins a query of ids under which patients are shown, whose terms `f` count.
fn found(hits: &mut Statement) {
    hits.add(
        "select distinct coalesce((select substr(s.term, 4) from record_term s where s.kind = f.kind and s.id = f.id \
           and s.laid = f.laid and s.term >= 'as ' and s.term < 'as!'), f.id) \
         from record_term f where f.kind = 'patient' \
           and (f.laid = 1 or not exists (select 1 from overlay o where o.kind = f.kind and o.id = f.id)) and ",
    );
}

/// Goes on with a query of terms `t`: only places that count, of this range, with their records.
fn rows(
    conn: &Connection,
    kind: RecordKind,
    mut query: Statement,
    range: &Range,
) -> Result<Rows, StoreError> {
    query.add(" and t.term < 'place!' and (t.term, t.id) > (");
    match &range.after {
        Some(after) => {
            query.value(after.term.clone());
            query.add(", ");
            query.value(after.id.to_string());
        }
        None => query.add("'place ', ''"),
    }
    query.add(
        ") and (t.laid = 1 or not exists (select 1 from overlay o where o.kind = t.kind and o.id = t.id)) \
         order by t.term, t.id limit ",
    );
    let limit = usize::try_from(range.limit.max(1)).unwrap_or(usize::MAX);
    query.value(i64::from(range.limit.max(1)) + 1);
    let sql = with_bodies(&query.sql);
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(query.values), row)?;
    let mut rows: Vec<(Place, Option<Vec<u8>>)> = rows.collect::<Result<_, _>>()?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|(place, _)| place.clone());
    let records = rows
        .into_iter()
        .filter_map(|(_, body)| records::decode(kind, &body?))
        .collect();
    Ok(Rows { records, next })
}

/// The bodies of these places: read after the places are sorted and cut.
fn with_bodies(places: &str) -> String {
    format!(
        "select p.term, p.id, coalesce(o.body, r.body) from ({places}) p \
         left join overlay o on o.kind = p.kind and o.id = p.id \
         left join record r on p.laid = 0 and r.kind = p.kind and r.id = p.id \
         order by p.term, p.id"
    )
}

fn row(row: &Row<'_>) -> rusqlite::Result<(Place, Option<Vec<u8>>)> {
    let place = Place {
        term: row.get(0)?,
        id: row.get::<_, Stored<Uuid>>(1)?.0,
    };
    Ok((place, row.get(2)?))
}
