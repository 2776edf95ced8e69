//! What the phones of both sides show of a closed case.

use mso_core::cases::Closure;
use mso_core::ids::StreamId;
use mso_core::protocol::records::{Record, RecordKind};

use super::closing::{cancel, withdraw};
use super::world::World;
use crate::harness::Words;
use crate::sync::{Replica, purges};

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_case_leaves_the_experts_phone_and_stays_on_the_requesters_with_the_reason() {
    let world = World::new().await;
    let patient = world.verified_patient("1").await;
    let (first, second) = (world.new_case(patient).await, world.new_case(patient).await);
    world.assigned(first, &world.cardiologist).await;
    world.accepted(second, &world.cardiologist).await;
    let mut amal = Replica::of(world.server().requester("amal").await);
    let mut noor = Replica::of(world.server().provider("noor").await);
    noor.catches_up().await;
    for (case_id, by, command, closure, why) in [
        (
            first,
            &world.requester,
            withdraw(first),
            Closure::Withdrawn,
            "seen elsewhere",
        ),
        (
            second,
            &world.admin,
            cancel(second),
            Closure::Cancelled,
            "the consent was taken back",
        ),
    ] {
        let id = case_id.as_uuid();
        assert!(noor.record(RecordKind::Case, id).is_some());
        world.apply(by, command, None).await;
        let orders = purges(&noor.catches_up().await);
        assert_eq!(orders.len(), 1, "{orders:?}");
        assert_eq!(
            (orders[0].stream, orders[0].reason.as_str()),
            (StreamId::from(case_id), closure.name())
        );
        assert!(noor.record(RecordKind::Case, id).is_none());
        noor.confirms(vec![orders[0].id]).await;

        amal.catches_up().await;
        let Some(Record::Case(own)) = amal.record(RecordKind::Case, id) else {
            panic!("the requester's case is gone")
        };
        assert_eq!(own.case.closure, Some(closure));
        let reason = own.case.closure_reason.as_ref().map(|reason| reason.as_str());
        assert_eq!(reason, Some(why));
        assert!(!Words::sent_to(&noor).mention(why), "the expert is told why");
    }
}
