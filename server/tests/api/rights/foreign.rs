//! For every table and both logins of people, with their honest context and also under the role for consequences: own rows
//! are read and no others; rows of others are neither changed nor deleted nor added.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::AssertSqlSafe;

use super::ownership::{SHARED, TABLES, Table};
use super::sides::{Attacker, two_sides};
use crate::commands::world::World;

/// Insufficient privilege, or a row that no policy permits.
const DENIED: &str = "42501";

/// Keys that say, besides the policies, that a row belongs to the parties of its case.
const KEYS: [&str; 5] = [
    "patient_identifier_institution_of_patient",
    "feedback_institution_of_case",
    "invoice_institution_of_case",
    "case_patient_of_institution",
    "audit_entry_follows",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_listed_with_whose_its_rows_are() {
    let world = World::new().await;
    let tables = "select relname::text from pg_class where relkind in ('r', 'p')
                  and relnamespace = 'public'::regnamespace and relname <> '_sqlx_migrations' order by 1";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&world.root).await.unwrap();
    let listed: BTreeSet<&str> = TABLES.iter().chain(&SHARED).map(|table| table.name).collect();
    assert_eq!(tables, listed.into_iter().collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_or_writes_rows_of_others() {
    let world = two_sides().await;
    assert_eq!(holes(&world, None).await, Vec::<String>::new());
}

/// All that one side may do to rows of the other, or may not read of its own; of one table, or of all.
pub(super) async fn holes(world: &World, only: Option<&str>) -> Vec<String> {
    let mut holes = Vec::new();
    for attacker in Attacker::all(world) {
        for table in TABLES
            .iter()
            .filter(|table| only.is_none_or(|only| only == table.name))
        {
            let mut found = Vec::from_iter(reads(world, &attacker, table).await);
            found.extend(changes(world, &attacker, table).await);
            found.extend(additions(world, &attacker, table).await);
            let role = if attacker.effects { " as consequence" } else { "" };
            holes.extend(
                found
                    .into_iter()
                    .map(|hole| format!("{}{role}: {}: {hole}", attacker.login.name(), table.name)),
            );
        }
    }
    holes
}

/// The condition of foreign rows, over the table `t`.
fn foreign(world: &World, attacker: &Attacker, table: &Table) -> String {
    let own = attacker.ids_in(table.written_by(attacker.login, attacker.effects), world);
    format!("not coalesce(({own}), false)")
}

async fn texts(world: &World, sql: String) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_all(&world.root)
        .await
        .unwrap()
}

async fn reads(world: &World, attacker: &Attacker, table: &Table) -> Option<String> {
    if attacker.effects {
        return None;
    }
    let (name, own) = (table.name, attacker.ids_in(table.read_by(attacker.login), world));
    let count = format!("select count(*)::text from {name} t where {own}");
    let expected: u64 = texts(world, count).await[0].parse().unwrap();
    match attacker.tries(world, &format!("select 1 from {name}"), &[]).await {
        Ok(seen) if seen == expected => None,
        Err(code) if code == DENIED && own == "false" => None,
        other => Some(format!("reads {other:?} rows, not {expected}")),
    }
}

/// Every column of every foreign row set to what it is, counters to the next; and every foreign row deleted.
async fn changes(world: &World, attacker: &Attacker, table: &Table) -> Vec<String> {
    let (name, key) = (table.name, table.key());
    let foreign = foreign(world, attacker, table);
    let keys = texts(
        world,
        format!("select distinct {key}::text from {name} t where {foreign} and {key} is not null"),
    )
    .await;
    if keys.is_empty() {
        let none = table.read_by(attacker.login) == "true" || name.starts_with("price");
        return if none {
            Vec::new()
        } else {
            vec!["nothing foreign to try".to_owned()]
        };
    }
    let columns = format!(
        "select attname::text from pg_attribute
         where attrelid = '{name}'::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''"
    );
    let mut attempts = vec![format!("delete from {name} where {key}::text = any($1)")];
    for column in texts(world, columns).await {
        let value = match column.as_str() {
            "seq" | "next_number" => format!("{column} + 1"),
            "to_seq" => "from_seq".to_owned(),
            _ => column.clone(),
        };
        attempts.push(format!(
            "update {name} set {column} = {value} where {key}::text = any($1)"
        ));
    }
    let mut done = Vec::new();
    for attempt in attempts {
        match attacker.tries(world, &attempt, &keys).await {
            Ok(0) => {}
            Err(code) if code == DENIED => {}
            other => done.push(format!("{attempt}: {other:?}")),
        }
    }
    done
}

/// Foreign rows added once more: as they are, and in the attacker's own name.
async fn additions(world: &World, attacker: &Attacker, table: &Table) -> Vec<String> {
    let name = table.name;
    let role = if attacker.effects {
        "mso_effects"
    } else {
        attacker.login.name()
    };
    let columns = texts(
        world,
        format!(
            "select attname::text from pg_attribute
             where attrelid = '{name}'::regclass and attnum > 0 and not attisdropped and attgenerated = ''
               and attidentity = '' and has_column_privilege('{role}', attrelid, attnum, 'insert')"
        ),
    )
    .await;
    if columns.is_empty() {
        return Vec::new();
    }
    let foreign = foreign(world, attacker, table);
    let next = match name {
        "audit_entry" => {
            "(select jsonb_build_object('seq', h.seq + 1, 'prev_hash', h.hash) from audit_head h where h.stream = t.stream)"
        }
        "audit_head" => "'{\"seq\": 0}'",
        "feed" => {
            "(select jsonb_build_object('seq', h.seq + 1) from stream_head h where h.stream = t.stream)"
        }
        "membership" => "'{\"from_seq\": 0, \"to_seq\": null}'",
        "invoice" => {
            "(select jsonb_build_object('number', s.next_number) from invoice_series s where s.seller_id = t.seller_id)"
        }
        "patient_identifier" => "'{\"ordinal\": 100, \"value\": \"100\"}'",
        "command_log" => "'{\"outcome\": null}'",
        _ => "'{}'",
    };
    let rows = format!("select (to_jsonb(t) || {next}::jsonb)::text from {name} t where {foreign} limit 8");
    let mut done = Vec::new();
    for row in texts(world, rows).await {
        for claims in [&[], table.claims] {
            let mut row: Value = serde_json::from_str(&row).unwrap();
            for (column, whose) in claims {
                row[*column] = attacker.ids_in(whose, world).into();
            }
            if row.get("id").is_some_and(Value::is_string) {
                row["id"] = mso_core::ids::CaseId::generate(world.server().now())
                    .to_string()
                    .into();
            }
            let names = columns.join(", ");
            let insert = format!(
                "insert into {name} ({names}) select {names} from jsonb_populate_record(null::{name}, ($1::text[])[1]::jsonb)"
            );
            match attacker.tries(world, &insert, &[row.to_string()]).await {
                Err(code) if code == DENIED || KEYS.contains(&code.as_str()) => {}
                other => done.push(format!("adds {row}: {other:?}")),
            }
        }
    }
    done
}
