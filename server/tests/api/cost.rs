//! What a request reads does not grow with what else there is: 100,000 cases, patients and streams of the same institution,
//! and as many earlier assignments of the same expert.
//!
//! Counted by PostgreSQL itself, whatever plans it chose: rows read by sequential scans, index entries, and look-ups. A
//! single sequential scan of a large table, or one look-up for each stream, is above the bound.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use crate::harness::{Phone, Server, User};
use crate::sync::{IDLE_MILLIS, Replica};

/// Rows, index entries and look-ups of all the requests below together.
const MOST: i64 = 50_000;

/// Rows, index entries and look-ups counted so far, by table.
async fn read_so_far(superuser: &mut PgConnection) -> BTreeMap<String, i64> {
    let read =
        "select t.relname::text, (t.seq_tup_read + coalesce(sum(i.idx_tup_read + i.idx_scan), 0))::bigint
                from pg_stat_user_tables t left join pg_stat_user_indexes i on i.relid = t.relid
                group by t.relid, t.relname, t.seq_tup_read";
    sqlx::query_as(read)
        .fetch_all(superuser)
        .await
        .unwrap()
        .into_iter()
        .collect()
}

/// Waits until every other connection to the database has ended, since one reports what it counted when it ends.
async fn others_ended(superuser: &mut PgConnection) {
    let others = "select count(*) from pg_stat_activity
                where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()";
    while sqlx::query_scalar::<_, i64>(others)
        .fetch_one(&mut *superuser)
        .await
        .unwrap()
        > 0
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Reads pages until there are no more; without the look at the whole feed that other tests take.
async fn reads_on(phone: &mut Replica<'_>) {
    loop {
        let page = phone.round(&phone.request()).await;
        if !page.more && page.next_after_ms == IDLE_MILLIS {
            return;
        }
        if !page.more {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_reads_more_because_there_are_more_cases() {
    let server = Server::start().await;
    let rima = server.admin().await;
    let mut amal = Replica::of(server.requester("amal").await);
    amal.user.submits(Vec::new()).await;
    amal.catches_up().await;
    let mut noor = Replica::of(server.provider("noor").await);
    noor.catches_up().await;
    let mut superuser = server.superuser.connect().await.unwrap();
    sqlx::raw_sql(include_str!("cost.sql"))
        .execute(&mut superuser)
        .await
        .unwrap();
    let before = read_so_far(&mut superuser).await;

    for _ in 0..3 {
        let case = amal.user.submits(Vec::new()).await;
        rima.get(&format!("/v1/cases/{}/candidates", case.id))
            .await
            .ok(200);
        let assignment = rima.assigns(&case, "noor").await;
        reads_on(&mut amal).await;
        reads_on(&mut noor).await;
        noor.acts(assignment, "accept_case", json!({ "case_id": case.id }))
            .await;
        reads_on(&mut noor).await;
        reads_on(&mut amal).await;
        amal.round(&amal.request()).await;
        let requesters = [
            "/v1/cases",
            "/v1/patients",
            "/v1/invoices",
            "/v1/notifications",
            &format!("/v1/cases/{}", case.id),
        ];
        for path in requesters {
            let answer = amal.user.get(path).await;
            assert!([200, 404].contains(&answer.status), "{path}: {answer:?}");
        }
        for path in ["/v1/cases", "/v1/service-records"] {
            noor.user.get(path).await.ok(200);
        }
        let admins = [
            "/v1/cases",
            "/v1/cases?status=New&limit=5",
            "/v1/cases?status=Accepted&limit=5",
            "/v1/cases?overdue=true",
            "/v1/patients",
            "/v1/invoices",
            "/v1/notifications",
            &format!("/v1/cases/{}/record", case.id),
        ];
        for path in admins {
            rima.get(path).await.ok(200);
        }
        // The first page of a phone that has nothing yet.
        let mut fresh = Replica::of(User::on_phone(&server, "adam", Phone::new(&server)).await);
        fresh.round(&fresh.request()).await;
    }

    server.state.database.close().await;
    others_ended(&mut superuser).await;
    let after = read_so_far(&mut superuser).await;
    superuser.close().await.unwrap();
    let mut read: Vec<(i64, String)> = after
        .into_iter()
        .map(|(table, after)| (after - before.get(&table).copied().unwrap_or(0), table))
        .collect();
    read.sort_unstable();
    read.reverse();
    let sum: i64 = read.iter().map(|(rows, _)| rows).sum();
    read.truncate(8);
    assert!(sum > 0, "nothing was counted");
    assert!(sum < MOST, "{sum} rows, entries and look-ups; most in {read:?}");
}
