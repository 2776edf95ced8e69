//! What nobody may change, the server's own login and admins included; and the whole list of grants.

use mso_core::actor::Actor;
use sqlx::AssertSqlSafe;

use super::sides::two_sides;
use crate::commands::world::World;

/// Each is refused to admins and to the server itself.
const REWRITES: [&str; 21] = [
    "update audit_entry set outcome = 'applied'",
    "update audit_entry set digest_key = null",
    "delete from audit_entry",
    "update audit_head set seq = seq - 1 where seq > 0",
    "update audit_head set seq = seq + 1, hash = 'x' where seq > 0",
    "insert into audit_entry (stream, seq, prev_hash, hash, at, user_id, role, action, entity, entity_id, outcome)
     select stream, seq + 2, hash, hash, now(), acting_user(), 'admin', 'x', 'case', stream, 'applied' from audit_head",
    "update stream_head set seq = seq - 1",
    "update feed set seq = seq + 1",
    "update membership set party = stream",
    "insert into membership (party, stream, from_seq)
     select i.id, c.id, 0 from institution i join mso_case c on c.institution_id <> i.id",
    "insert into membership (party, stream, from_seq) select p.id, c.id, 0 from provider p, mso_case c",
    "update mso_case set patient_id = (select p.id from patient p where p.institution_id <> mso_case.institution_id limit 1)",
    "update mso_case set institution_id = (select i.id from institution i where i.id <> mso_case.institution_id limit 1)",
    "update mso_case set provider_id = (select p.id from provider p where p.id <> mso_case.provider_id limit 1)
     where provider_id is not null",
    "update patient set institution_id = (select i.id from institution i where i.id <> patient.institution_id limit 1)",
    "update recommendation set content = '{}'",
    "update case_timeline set status = 'New'",
    "update case_quote set fee_minor = 1",
    "update command_log set request_sha256 = 'x'",
    "update assignment set ended_at = null where ended_at is not null",
    "update invoice set gross_minor = gross_minor",
];

/// Those of the rewrites that are not refused and change something.
pub(super) async fn rewrites(world: &World) -> Vec<String> {
    let mut done = Vec::new();
    for actor in [world.admin, Actor::SYSTEM] {
        for sql in REWRITES {
            let mut tx = world.state().database.begin_scoped(&actor).await.unwrap();
            let mut answer = sqlx::query(AssertSqlSafe(sql)).execute(tx.conn()).await;
            if answer.is_ok() {
                let checked = sqlx::query("set constraints all immediate")
                    .execute(tx.conn())
                    .await;
                answer = checked.and(answer);
            }
            if answer.is_ok_and(|answer| answer.rows_affected() > 0) {
                done.push(format!("{:?}: {sql}", actor.role()));
            }
        }
    }
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_rewrites_what_was_signed_issued_audited_or_told() {
    let world = two_sides().await;
    assert_eq!(rewrites(&world).await, Vec::<String>::new());
}

/// Every grant on every table, one line each: whoever widens one sees it here.
#[tokio::test(flavor = "multi_thread")]
async fn the_grants_are_these() {
    let world = World::new().await;
    let grants = "
      with rights as (
        select c.relname::text as of_table, r.rolname::text as login, p.privilege, array_agg(a.attname::text order by a.attnum)
          filter (where has_column_privilege(r.oid, c.oid, a.attnum, p.privilege)) as columns, count(*) as all_columns
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        cross join pg_roles r cross join (values ('select'), ('insert'), ('update')) p (privilege)
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> '_sqlx_migrations'
          and r.rolname in ('mso_requester', 'mso_provider', 'mso_admin', 'mso_system', 'mso_effects')
        group by 1, 2, 3)
      select of_table || ' ' || substr(login, 5) || ' ' || privilege
        || case when cardinality(columns) = all_columns then '' else ' ' || array_to_string(columns, ',') end
      from rights where cardinality(columns) > 0
      order by of_table, login, privilege";
    let grants: Vec<String> = sqlx::query_scalar(grants).fetch_all(&world.root).await.unwrap();
    insta::assert_snapshot!(grants.join("\n"));
}
