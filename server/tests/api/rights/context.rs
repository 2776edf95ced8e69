//! What the database itself forbids, whatever the server's queries ask for.

use sqlx::Connection as _;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::commands::world::World;

const ROLES: [&str; 4] = ["mso_requester", "mso_provider", "mso_admin", "mso_system"];

async fn tables(world: &World) -> Vec<String> {
    let tables = "select relname::text from pg_class where relkind in ('r', 'p')
                  and relnamespace = 'public'::regnamespace and relname <> '_sqlx_migrations' order by 1";
    sqlx::query_scalar(tables).fetch_all(&world.root).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_table_is_without_forced_row_security_and_no_login_owns_or_bypasses() {
    let world = World::new().await;
    let bare: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
         and relname <> '_sqlx_migrations' and not (relrowsecurity and relforcerowsecurity)",
    )
    .fetch_all(&world.root)
    .await
    .unwrap();
    assert_eq!(bare, Vec::<String>::new());
    let owned = "select count(*) from pg_class c join pg_roles r on r.oid = c.relowner
                 where r.rolname like 'mso\\_%' and r.rolcanlogin and not r.rolsuper";
    assert_eq!(world.count(owned).await, 0);
    let strong = "select count(*) from pg_roles where rolname in
                  ('mso_requester', 'mso_provider', 'mso_admin', 'mso_system')
                  and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolinherit)";
    assert_eq!(world.count(strong).await, 0);
    let definers = "select count(*) from pg_proc where pronamespace = 'public'::regnamespace and prosecdef";
    assert_eq!(world.count(definers).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_has_not_said_who_acts_sees_no_row_of_any_table() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    let case = world.new_case(patient).await;
    let token = world.in_progress(case, &world.cardiologist).await;
    world.finished(case, token).await;

    for role in ROLES {
        let mut login = world.log_in(role).await;
        assert!(readable_but_empty(&world, role, &mut login).await > 5, "{role}");
        // Nor does a pooled connection whose last transaction had made the settings: they end with the
        // transaction.
        let mut tx = login.begin().await.unwrap();
        let user = "select set_config('mso.user', $1, true), set_config('mso.parties', $1, true)";
        sqlx::query(user)
            .bind(world.admin.user.to_string())
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert!(readable_but_empty(&world, role, &mut login).await > 5, "{role}");
        login.close().await.unwrap();
    }
}

/// How many tables the role may read at all. None of them shows a row.
async fn readable_but_empty(world: &World, role: &str, login: &mut PgConnection) -> usize {
    let mut readable = 0;
    for table in tables(world).await {
        let count = format!("select count(*) from {table}");
        match sqlx::query_scalar::<_, i64>(AssertSqlSafe(count))
            .fetch_one(&mut *login)
            .await
        {
            Ok(rows) => {
                assert_eq!(rows, 0, "{role} sees {table}");
                readable += 1;
            }
            Err(error) => {
                let code = error
                    .as_database_error()
                    .and_then(|error| error.code().map(|code| code.into_owned()));
                assert_eq!(code.as_deref(), Some("42501"), "{role} on {table}: {error}");
            }
        }
    }
    readable
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_context_that_is_not_theirs_roles_see_nothing_of_a_case() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    world.new_case(patient).await;
    for actor in [&world.stranger, &world.cardiologist] {
        let mut tx = world.state().database.begin_scoped(actor).await.unwrap();
        for table in [
            "mso_case",
            "document",
            "case_timeline",
            "case_quote",
            "recommendation",
        ] {
            let count = format!("select count(*) from {table}");
            let rows: i64 = sqlx::query_scalar(AssertSqlSafe(count))
                .fetch_one(tx.conn())
                .await
                .unwrap();
            assert_eq!(rows, 0, "{table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_deletes_and_only_the_server_reads_secrets() {
    let world = World::new().await;
    let deletes = "select count(*) from information_schema.role_table_grants
                   where grantee in ('mso_requester', 'mso_provider', 'mso_admin', 'mso_system')
                   and (privilege_type = 'TRUNCATE' or (privilege_type = 'DELETE' and table_name not in ('access_token', 'patient_identifier')))";
    assert_eq!(world.count(deletes).await, 0);
    for role in ["mso_requester", "mso_provider", "mso_admin"] {
        let mut login = world.log_in(role).await;
        for secret in [
            "select password_hash from mso_user",
            "select sha256 from access_token",
            "select id from session",
        ] {
            let error = sqlx::query(secret).fetch_all(&mut login).await.unwrap_err();
            assert!(
                error.to_string().contains("permission denied"),
                "{role}: {secret}: {error}"
            );
        }
        login.close().await.unwrap();
    }
    let mut provider = world.log_in("mso_provider").await;
    for hidden in [
        "select * from invoice",
        "select net_minor from price",
        "select value from patient_identifier",
    ] {
        assert!(
            sqlx::query(hidden).fetch_all(&mut provider).await.is_err(),
            "{hidden}"
        );
    }
}
