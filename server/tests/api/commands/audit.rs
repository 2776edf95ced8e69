//! The audit chains verify, and a change of any entry is detected.

use mso_core::actor::Actor;
use mso_core::audit::{Fault, PayloadKey};
use mso_core::command::Command;
use mso_core::protocol::cbor;
use mso_server::audit::{Verified, verify};
use uuid::Uuid;

use super::world::World;

async fn verified(world: &World) -> Verified {
    let mut tx = world
        .state()
        .database
        .begin_snapshot(&Actor::SYSTEM)
        .await
        .unwrap();
    verify(&mut tx).await.unwrap()
}

async fn done(world: &World) -> Uuid {
    let patient = world.verified_patient("1").await;
    let case = world.new_case(patient).await;
    let token = world.in_progress(case, &world.cardiologist).await;
    let submit = Command::SubmitRecommendation(world.submit_recommendation(case));
    world
        .apply(&world.cardiologist, submit.clone(), Some(token))
        .await;
    let another = Command::SubmitRecommendation(world.submit_recommendation(case));
    assert_eq!(
        world.run(&world.cardiologist, another, Some(token)).await,
        "case_done"
    );
    case.as_uuid()
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_and_refused_commands_are_chained_and_the_chains_hold() {
    let world = World::new().await;
    let case = done(&world).await;
    let entries =
        "select string_agg(action || ' ' || role || ' ' || outcome, ', ' order by seq) from audit_entry
                   where stream = $1";
    assert_eq!(
        world.text(entries, case).await,
        "submit_case requester applied, assign_case admin applied, accept_case provider applied, \
         start_review provider applied, submit_recommendation provider applied, \
         submit_recommendation provider case_done"
    );
    let verified = verified(&world).await;
    assert_eq!(verified.broken, []);
    let entries = world.count("select count(*) from audit_entry").await;
    assert_eq!(i64::try_from(verified.entries), Ok(entries));
}

/// Changes rows as only somebody with all rights over the database can.
async fn past_all_triggers(world: &World, statement: &str, stream: Uuid) {
    let mut tx = world.root.begin().await.unwrap();
    let off = "set local session_replication_role = replica";
    sqlx::query(off).execute(&mut *tx).await.unwrap();
    let statement = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(stream);
    statement.execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_a_dropped_and_a_cut_off_entry_are_found() {
    let world = World::new().await;
    let case = done(&world).await;
    for (tamper, undo, seq, fault) in [
        (
            "update audit_entry set outcome = 'applied' where stream = $1 and seq = 6",
            "update audit_entry set outcome = 'case_done' where stream = $1 and seq = 6",
            6,
            Fault::Changed,
        ),
        (
            "update audit_entry set hash = prev_hash where stream = $1 and seq = 3",
            "update audit_entry e set hash = (select prev_hash from audit_entry where stream = $1 and seq = 4)
             where stream = $1 and seq = 3",
            3,
            Fault::Changed,
        ),
        (
            "update audit_head set seq = 5 where stream = $1",
            "update audit_head set seq = 6 where stream = $1",
            7,
            Fault::Gap,
        ),
        ("delete from audit_entry where stream = $1 and seq = 6", "select $1::uuid", 6, Fault::Gap),
        ("delete from audit_entry where stream = $1 and seq = 2", "select $1::uuid", 2, Fault::Gap),
    ] {
        past_all_triggers(&world, tamper, case).await;
        let broken = verified(&world).await.broken;
        assert_eq!(broken.len(), 1, "{tamper}");
        assert_eq!((broken[0].stream.as_uuid(), broken[0].seq, broken[0].fault), (case, seq, fault), "{tamper}");
        past_all_triggers(&world, undo, case).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_proves_the_payload_only_with_its_key() {
    let world = World::new().await;
    let request = world.request(Command::CreatePatient(world.create_patient("1")), None);
    world.send(&world.requester, &request).await;
    let (key, digest): (Vec<u8>, Vec<u8>) =
        sqlx::query_as("select digest_key, payload_digest from audit_entry where action = 'create_patient'")
            .fetch_one(&world.root)
            .await
            .unwrap();
    let payload = cbor::encode(&request.envelope).unwrap();
    let key = PayloadKey::new(key.try_into().unwrap());
    assert_eq!(key.digest(&payload).as_bytes().as_slice(), digest);
    // Erasing the key does not break a chain.
    sqlx::query("update audit_entry set digest_key = null")
        .execute(&world.root)
        .await
        .unwrap();
    assert_eq!(verified(&world).await.broken, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_never_run_backwards_within_a_case_even_if_the_servers_clock_does() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    let case = world.new_case(patient).await;
    world.later(60);
    let assignment = world.assigned(case, &world.cardiologist).await;
    world.later(-120);
    let accept = Command::AcceptCase(mso_core::cases::AcceptCase { case_id: case });
    world.apply(&world.cardiologist, accept, Some(assignment)).await;
    let backwards =
        "select count(*) from (select at - lag(at) over (partition by stream order by seq) as step
                     from audit_entry) steps where step < interval '0'";
    assert_eq!(world.count(backwards).await, 0);
}
