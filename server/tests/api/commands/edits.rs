//! Edits of the request: until an expert has accepted the case.

use mso_core::cases::{CaseRequest, EditCaseDetails, History, Urgency};
use mso_core::catalogue::SpecialtyCode;
use mso_core::command::Command;
use mso_core::ids::{CaseId, IssueId};
use mso_core::issues::{IssueKind, ReportIssue};
use mso_core::protocol::records::{Record, RecordKind};
use mso_core::testing::text;

use super::world::World;
use crate::sync::Replica;

const QUESTION: &str = "Can the operation wait until the summer?";
const STORED: &str = "select request ->> 'clinical_question' from mso_case where id = $1";

fn edited(world: &World) -> CaseRequest {
    CaseRequest {
        clinical_question: text(QUESTION),
        ..world.fixture.request()
    }
}

fn edit(case_id: CaseId, request: CaseRequest) -> Command {
    Command::EditCaseDetails(EditCaseDetails { case_id, request })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_a_case_that_nobody_has_yet_is_stored_and_told_to_nobody() {
    let world = World::new().await;
    let case_id = world.case().await;
    world
        .apply(&world.requester, edit(case_id, edited(&world)), None)
        .await;
    assert_eq!(world.text(STORED, case_id.as_uuid()).await, QUESTION);
    assert_eq!(world.told(case_id).await, "rima case_ready");
    assert_eq!(
        world.last_act(case_id).await,
        "edit_case_details requester applied"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_before_acceptance_reaches_the_experts_phone_and_one_without_a_difference_tells_nothing() {
    let world = World::new().await;
    let case_id = world.case().await;
    world.assigned(case_id, &world.cardiologist).await;
    let mut noor = Replica::of(world.server().provider("noor").await);
    noor.catches_up().await;
    // Any user of the institution edits, member of the team or not.
    let colleague = world.colleague().await;
    world.apply(&colleague, edit(case_id, edited(&world)), None).await;
    noor.catches_up().await;
    let Some(Record::Case(seen)) = noor.record(RecordKind::Case, case_id.as_uuid()) else {
        panic!("the expert's case is gone")
    };
    assert_eq!(seen.case.request, edited(&world));
    let told = "noor case_assigned, noor case_details_edited, rima case_ready";
    assert_eq!(world.told(case_id).await, told);

    let records = world.records().await;
    world
        .apply(&world.requester, edit(case_id, edited(&world)), None)
        .await;
    assert_eq!(world.records().await, records);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_acceptance_on_the_request_is_frozen_until_the_expert_returns_the_case() {
    let world = World::new().await;
    let case_id = world.case().await;
    let before = world.text(STORED, case_id.as_uuid()).await;
    let token = world.accepted(case_id, &world.cardiologist).await;
    assert_eq!(
        world
            .run(&world.requester, edit(case_id, edited(&world)), None)
            .await,
        "frozen"
    );
    assert_eq!(world.text(STORED, case_id.as_uuid()).await, before);

    let send_back = Command::ReportIssue(ReportIssue {
        case_id,
        issue_id: IssueId::generate(world.fixture.now),
        kind: IssueKind::Return,
        text: text("The question is not clear to me."),
        wanted_items: Vec::new(),
    });
    world.apply(&world.cardiologist, send_back, Some(token)).await;
    world
        .apply(&world.requester, edit(case_id, edited(&world)), None)
        .await;
    assert_eq!(world.text(STORED, case_id.as_uuid()).await, QUESTION);
    let told = world.told(case_id).await;
    assert!(told.contains("noor case_details_edited"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_behind_an_opinion_is_not_edited() {
    let world = World::new().await;
    let case_id = world.case().await;
    let token = world.in_progress(case_id, &world.cardiologist).await;
    let request = || edit(case_id, edited(&world));
    assert_eq!(world.run(&world.requester, request(), None).await, "frozen");
    world.finished(case_id, token).await;
    assert_eq!(world.run(&world.requester, request(), None).await, "case_done");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_changes_no_price_and_obeys_the_rules_of_a_new_request() {
    let world = World::new().await;
    let case_id = world.case().await;
    let plain = || world.fixture.request();
    let urgent = CaseRequest {
        urgency: Urgency::Urgent {
            reason: text("Worse since yesterday."),
        },
        ..plain()
    };
    let elsewhere = CaseRequest {
        specialty: SpecialtyCode::new("neurology").unwrap(),
        ..plain()
    };
    let empty = CaseRequest {
        history: History::default(),
        ..plain()
    };
    let mut later = plain();
    later.consent_basis.obtained_at = world.fixture.now.plus_hours(24 * 30);
    let before = world.records().await;
    for (request, answer) in [
        (urgent, "frozen"),
        (elsewhere.clone(), "specialty_unknown"),
        (empty, "nothing_to_review"),
        (later, "consent_invalid"),
    ] {
        let answered = world.run(&world.requester, edit(case_id, request), None).await;
        assert_eq!(answered, answer);
    }
    assert_eq!(world.records().await, before);
    // An expert was chosen for the specialty.
    world.assigned(case_id, &world.cardiologist).await;
    assert_eq!(
        world.run(&world.requester, edit(case_id, elsewhere), None).await,
        "frozen"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_institution_edits_its_request() {
    let world = World::new().await;
    let case_id = world.case().await;
    world.assigned(case_id, &world.cardiologist).await;
    for (actor, answer) in [
        (&world.stranger, "not_found"),
        (&world.generalist, "not_found"),
        (&world.cardiologist, "forbidden"),
        (&world.admin, "forbidden"),
    ] {
        let request = edit(case_id, edited(&world));
        assert_eq!(world.run(actor, request, None).await, answer);
    }
}
