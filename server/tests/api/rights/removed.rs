//! The tests of this folder notice what is missing: grants, policies, keys and triggers are removed one at a time.

use sqlx::AssertSqlSafe;

use super::foreign::holes;
use super::grants::rewrites;
use super::sides::two_sides;

/// The table in which it must be noticed, what removes, and what restores.
const REMOVED: [(&str, &str, &str); 16] = [
    (
        "document",
        "alter policy requester_of_case on document using (true)",
        "alter policy requester_of_case on document using ((select true from mso_case c where c.id = case_id))",
    ),
    (
        "mso_case",
        "alter policy requester_own on mso_case using (true) with check (true)",
        "alter policy requester_own on mso_case using (institution_id = (select acting_institution()))
           with check (institution_id = (select acting_institution()))",
    ),
    (
        "mso_case",
        "alter policy provider_member on mso_case using (provider_id is not null)",
        "alter policy provider_member on mso_case using ((select true from membership m
           where m.party = (select acting_provider()) and m.stream = mso_case.id and m.to_seq is null))",
    ),
    (
        "assignment",
        "alter policy provider_own on assignment using (true)",
        "alter policy provider_own on assignment using (provider_id = (select acting_provider()))",
    ),
    (
        "patient",
        "alter policy provider_of_cases on patient using (acting_user() is not null)",
        "alter policy provider_of_cases on patient using ((select true from mso_case c
           where c.patient_id = patient.id and c.provider_id = (select acting_provider()) limit 1))",
    ),
    (
        "feed",
        "alter policy member on feed using (true)",
        "alter policy member on feed using (party = any ((select acting_parties())::uuid[])
           and (select true from membership m where m.party = feed.party and m.stream = feed.stream
                and m.to_seq is null and m.from_seq < feed.seq))",
    ),
    (
        "notification",
        "alter policy own on notification using (true)",
        "alter policy own on notification using (user_id = acting_user())",
    ),
    (
        "membership",
        "create policy hole on membership for insert to mso_effects with check (to_seq is null)",
        "drop policy hole on membership",
    ),
    (
        "membership",
        "create policy hole on membership for update to mso_effects using (true)",
        "drop policy hole on membership",
    ),
    (
        "audit_entry",
        "create policy hole on audit_entry for insert to mso_effects with check (user_id = acting_user())",
        "drop policy hole on audit_entry",
    ),
    (
        "service_record",
        "create policy hole on service_record for insert to mso_provider with check (provider_id = acting_provider())",
        "drop policy hole on service_record",
    ),
    (
        "feedback",
        "alter table feedback drop constraint feedback_institution_of_case",
        "alter table feedback add constraint feedback_institution_of_case
           foreign key (case_id, institution_id) references mso_case (id, institution_id)",
    ),
    (
        "patient_identifier",
        "alter table patient_identifier drop constraint patient_identifier_institution_of_patient",
        "alter table patient_identifier add constraint patient_identifier_institution_of_patient
           foreign key (patient_id, institution_id) references patient (id, institution_id)",
    ),
    (
        "audit_head",
        "alter table audit_head disable trigger audit_head_steps",
        "alter table audit_head enable trigger audit_head_steps",
    ),
    (
        "audit_entry",
        "grant update (outcome) on audit_entry to mso_system",
        "revoke update (outcome) on audit_entry from mso_system",
    ),
    (
        "mso_case",
        "alter table mso_case drop constraint case_expert_of_assignment",
        "select 1",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_removed_is_noticed() {
    let world = two_sides().await;
    for (table, remove, restore) in REMOVED {
        sqlx::query(AssertSqlSafe(remove))
            .execute(&world.root)
            .await
            .unwrap();
        let mut noticed = holes(&world, Some(table)).await;
        noticed.extend(rewrites(&world).await);
        assert!(
            noticed.iter().any(|hole| hole.contains(table)),
            "not noticed: {remove}"
        );
        sqlx::query(AssertSqlSafe(restore))
            .execute(&world.root)
            .await
            .unwrap();
    }
}
