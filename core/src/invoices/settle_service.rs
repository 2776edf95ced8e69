//! `SettleService`: a provider was paid for a service. approved → settled. Needs the server.

use serde::{Deserialize, Serialize};

use super::ServiceState;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::ServiceRecordId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettleService {
    pub service_record_id: ServiceRecordId,
}

impl Operation for SettleService {
    const SPEC: Spec = Spec::online("settle_service", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::ServiceRecord(self.service_record_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(record) = facts.service_record.existing()? else {
            return Ok(Decision::noop());
        };
        match record.state {
            ServiceState::Approved => {}
            ServiceState::Recorded => return Err(Refusal::NotApproved),
            ServiceState::Settled => return Ok(Decision::noop()),
        }
        let settled = record.changed(|record| {
            record.state = ServiceState::Settled;
            record.settled_at = Some(ctx.now);
        });
        Ok(Decision::of(Event::ServiceRecord(settled)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Fact;
    use crate::invoices::fixtures::a_service_record;
    use crate::invoices::{ApproveService, ServiceRecord};
    use crate::testing::Fixture;

    #[test]
    fn a_service_is_settled_only_after_it_was_approved_and_each_only_once() {
        let fixture = Fixture::new();
        let record = a_service_record(&fixture);
        let facts = |record: &ServiceRecord| Facts {
            service_record: Fact::Known(Some(record.clone())),
            ..Facts::default()
        };
        let after = |decision: Decision| {
            let [Event::ServiceRecord(record)] = decision.events.as_slice() else {
                panic!("{decision:?}")
            };
            (**record).clone()
        };
        let approve = ApproveService {
            service_record_id: record.id,
        };
        let settle = SettleService {
            service_record_id: record.id,
        };
        let admin = fixture.as_admin();
        assert_eq!(settle.decide(&facts(&record), &admin), Err(Refusal::NotApproved));
        let approved = after(approve.decide(&facts(&record), &admin).unwrap());
        assert_eq!(
            (approved.state, approved.approved_at),
            (ServiceState::Approved, Some(fixture.now))
        );
        assert_eq!(approve.decide(&facts(&approved), &admin), Ok(Decision::noop()));
        let settled = after(settle.decide(&facts(&approved), &admin).unwrap());
        assert_eq!((settled.state, settled.version), (ServiceState::Settled, 3));
        assert_eq!(settle.decide(&facts(&settled), &admin), Ok(Decision::noop()));
        assert_eq!(approve.decide(&facts(&settled), &admin), Ok(Decision::noop()));
    }
}
