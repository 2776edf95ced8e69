//! A case from the patient to the invoice, and what the database contains afterwards.

use mso_core::actor::Actor;
use mso_core::cases::{AcceptCase, StartReview};
use mso_core::command::Command;
use mso_core::documents::{DeclareDocument, MarkDocumentStored};
use mso_core::protocol::sync::Outcome;

use super::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_case_goes_from_the_patient_to_the_invoice() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    let file = world.fixture.file();
    let submit = world.submit_case(patient, vec![file.clone()]);
    let case_id = submit.case_id;
    world
        .apply(&world.requester, Command::SubmitCase(submit), None)
        .await;

    let assign = world.assign_case(case_id, &world.cardiologist);
    assert_eq!(
        world.run(&world.admin, Command::AssignCase(assign), None).await,
        "uploads_pending"
    );
    let stored = MarkDocumentStored {
        case_id,
        document_id: file.document_id,
        sha256: file.sha256,
    };
    world
        .apply(&Actor::SYSTEM, Command::MarkDocumentStored(stored), None)
        .await;

    let token = world.assigned(case_id, &world.cardiologist).await;
    let expert = &world.cardiologist;
    world.later(1);
    world
        .apply(expert, Command::AcceptCase(AcceptCase { case_id }), Some(token))
        .await;
    world.later(1);
    world
        .apply(expert, Command::StartReview(StartReview { case_id }), Some(token))
        .await;
    world.later(1);
    let submit = Command::SubmitRecommendation(world.submit_recommendation(case_id));
    let executed = world.send(expert, &world.request(submit, Some(token))).await;
    assert_eq!(executed.outcome, Outcome::Applied);
    let kinds: Vec<_> = executed.touched.iter().map(|key| key.kind.as_str()).collect();
    for kind in ["case", "recommendation", "invoice", "service_record"] {
        assert!(kinds.contains(&kind), "{kind} of {kinds:?}");
    }

    let id = case_id.as_uuid();
    let timeline = "select string_agg(action, ' ' order by version) from case_timeline where case_id = $1";
    assert_eq!(
        world.text(timeline, id).await,
        "submit_case mark_document_stored assign_case accept_case start_review submit_recommendation"
    );
    let number = world.text("select number from mso_case where id = $1", id).await;
    assert_eq!(number, "MSO-2026-000001");
    let invoice = "select (seller ->> 'prefix') || '-' || fiscal_year || '-' || number || ' ' || gross_minor || ' '
                   || currency || ' due ' || due_date || ' to ' || (buyer ->> 'name') from invoice where case_id = $1";
    assert_eq!(
        world.text(invoice, id).await,
        "MSO-2026-1 29750 EUR due 2026-12-23 to Tishreen Hospital"
    );
    let service = "select case_number || ' ' || service_code || ' ' || fee_minor || ' ' || state
                   from service_record where case_id = $1";
    assert_eq!(
        world.text(service, id).await,
        "MSO-2026-000001 one_specialist 15000 recorded"
    );
    let attempt = "select state || ' ' || (accepted_at < started_at and started_at < completed_at)
                   from assignment where case_id = $1";
    assert_eq!(world.text(attempt, id).await, "completed true");

    // One row for each of the seven commands that touched the case, without a gap.
    let feed = "select string_agg(seq || ':' || (select string_agg(item ->> 0, '+' order by item ->> 0)
                from jsonb_array_elements(changed) item), ' ' order by seq)
                from (select distinct seq, changed from feed where stream = $1) as told";
    assert_eq!(
        world.text(feed, id).await,
        "1:case+document 2:case+document 3:case 4:case 5:case 6:case+invoice+recommendation"
    );
    let own = world.cardiologist.provider().unwrap().as_uuid();
    assert!(world.text(feed, own).await.ends_with("grant 3:service_record"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_after_done_is_marked_as_such() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    let case_id = world.new_case(patient).await;
    let token = world.in_progress(case_id, &world.cardiologist).await;
    world.finished(case_id, token).await;

    let file = world.fixture.file();
    let declare = DeclareDocument {
        case_id,
        file: file.clone(),
    };
    world
        .apply(&world.requester, Command::DeclareDocument(declare.clone()), None)
        .await;
    let after = "select after_opinion::text from document where id = $1";
    assert_eq!(world.text(after, file.document_id.as_uuid()).await, "true");
    assert_eq!(
        world
            .run(&world.requester, Command::DeclareDocument(declare), None)
            .await,
        "document_exists"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_series_of_prices_refuses_the_case() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    sqlx::query("delete from price")
        .execute(&world.root)
        .await
        .unwrap();
    let submit = world.submit_case(patient, Vec::new());
    assert_eq!(
        world
            .run(&world.requester, Command::SubmitCase(submit), None)
            .await,
        "no_price"
    );
}
