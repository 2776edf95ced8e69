//! The requester's team on a case: who is told, and who decides who belongs to it.

use mso_core::cases::{AddTeamMember, RemoveTeamMember, StartReview};
use mso_core::command::Command;
use mso_core::ids::{CaseId, UserId};
use mso_core::notifications::NotificationKind;
use mso_core::people::SuspendUser;
use mso_core::protocol::records::{Record, RecordKind};
use mso_core::testing::text;

use super::world::World;
use crate::sync::Replica;

fn add(case_id: CaseId, user_id: UserId) -> Command {
    Command::AddTeamMember(AddTeamMember { case_id, user_id })
}

fn remove(case_id: CaseId, user_id: UserId) -> Command {
    Command::RemoveTeamMember(RemoveTeamMember { case_id, user_id })
}

/// The team as a phone shows it.
fn team(phone: &Replica<'_>, case_id: CaseId) -> Vec<UserId> {
    let Some(Record::Case(record)) = phone.record(RecordKind::Case, case_id.as_uuid()) else {
        panic!("no case on the phone")
    };
    record.case.team
}

/// What the phone's user was told.
fn inbox(phone: &Replica<'_>) -> Vec<NotificationKind> {
    let mut kinds = Vec::new();
    for record in phone.all(RecordKind::Notification) {
        if let Record::Notification(notification) = record {
            kinds.push(notification.kind);
        }
    }
    kinds
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_in_the_team_is_told_what_happens_and_one_who_left_it_is_not() {
    let world = World::new().await;
    let case_id = world.case().await;
    let (amal, adam) = (world.requester.user, world.colleague().await.user);
    let mut phone = Replica::of(world.server().requester("adam").await);
    world.apply(&world.requester, add(case_id, adam), None).await;
    assert_eq!(world.last_act(case_id).await, "add_team_member requester applied");
    let token = world.accepted(case_id, &world.cardiologist).await;
    phone.catches_up().await;
    assert_eq!(team(&phone, case_id), [amal, adam]);
    assert_eq!(inbox(&phone), [NotificationKind::CaseAccepted]);

    world.apply(&world.requester, remove(case_id, adam), None).await;
    let start = Command::StartReview(StartReview { case_id });
    world.apply(&world.cardiologist, start, Some(token)).await;
    assert_eq!(
        world.told(case_id).await,
        "adam case_accepted, amal case_accepted, noor case_assigned, rima case_ready, amal case_under_review"
    );
    // The case stays everybody's at the institution.
    phone.catches_up().await;
    assert_eq!(team(&phone, case_id), [amal]);
    assert_eq!(inbox(&phone), [NotificationKind::CaseAccepted]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_members_change_the_team() {
    let world = World::new().await;
    let case_id = world.case().await;
    world.assigned(case_id, &world.cardiologist).await;
    let colleague = world.colleague().await;
    let amal = world.requester.user;
    for (actor, answer) in [
        (&colleague, "not_owner"),
        (&world.stranger, "not_found"),
        (&world.generalist, "not_found"),
        (&world.cardiologist, "forbidden"),
        (&world.admin, "forbidden"),
    ] {
        assert_eq!(world.run(actor, add(case_id, colleague.user), None).await, answer);
        assert_eq!(world.run(actor, remove(case_id, amal), None).await, answer);
    }
    // A member may leave, and is then no member any more.
    world
        .apply(&world.requester, add(case_id, colleague.user), None)
        .await;
    world.apply(&world.requester, remove(case_id, amal), None).await;
    assert_eq!(
        world.run(&world.requester, add(case_id, amal), None).await,
        "not_owner"
    );
    world.apply(&colleague, add(case_id, amal), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_active_colleagues_join_the_team() {
    let world = World::new().await;
    let case_id = world.case().await;
    let adam = world.colleague().await.user;
    let nobody = UserId::generate(world.fixture.now);
    let others = [
        world.stranger.user,
        world.cardiologist.user,
        world.admin.user,
        nobody,
    ];
    for user in others {
        assert_eq!(
            world.run(&world.requester, add(case_id, user), None).await,
            "not_found"
        );
    }
    let suspend = Command::SuspendUser(SuspendUser {
        user_id: adam,
        reason: text("under inquiry"),
    });
    world.apply(&world.admin, suspend, None).await;
    assert_eq!(
        world.run(&world.requester, add(case_id, adam), None).await,
        "not_found"
    );
    let members = "select cardinality(team)::text from mso_case where id = $1";
    assert_eq!(world.text(members, case_id.as_uuid()).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_is_suspended_is_told_nothing() {
    let world = World::new().await;
    let case_id = world.case().await;
    let adam = world.colleague().await.user;
    world.apply(&world.requester, add(case_id, adam), None).await;
    let suspend = Command::SuspendUser(SuspendUser {
        user_id: adam,
        reason: text("under inquiry"),
    });
    world.apply(&world.admin, suspend, None).await;
    world.accepted(case_id, &world.cardiologist).await;
    assert_eq!(
        world.told(case_id).await,
        "amal case_accepted, noor case_assigned, rima case_ready"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_team_never_becomes_empty_and_what_is_so_already_changes_nothing() {
    let world = World::new().await;
    let case_id = world.case().await;
    let (amal, adam) = (world.requester.user, world.colleague().await.user);
    let before = world.records().await;
    assert_eq!(
        world.run(&world.requester, remove(case_id, amal), None).await,
        "last_team_member"
    );
    world.apply(&world.requester, remove(case_id, adam), None).await;
    world.apply(&world.requester, add(case_id, amal), None).await;
    assert_eq!(world.records().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_team_of_a_done_case_changes_until_its_window_ends() {
    let world = World::new().await;
    let case_id = world.case().await;
    let token = world.in_progress(case_id, &world.cardiologist).await;
    world.finished(case_id, token).await;
    let adam = world.colleague().await.user;
    world.apply(&world.requester, add(case_id, adam), None).await;
    world.later(40 * 24 * 60);
    assert_eq!(
        world.run(&world.requester, remove(case_id, adam), None).await,
        "window_closed"
    );
}
