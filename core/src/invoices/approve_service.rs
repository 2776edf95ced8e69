//! `ApproveService`: an admin confirms a provider's service. recorded → approved. Needs the server.

use serde::{Deserialize, Serialize};

use super::ServiceState;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Spec};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts};
use crate::ids::ServiceRecordId;
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveService {
    pub service_record_id: ServiceRecordId,
}

impl Operation for ApproveService {
    const SPEC: Spec = Spec::online("approve_service", &[Role::Admin]);

    fn aggregate(&self) -> Aggregate {
        Aggregate::ServiceRecord(self.service_record_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(record) = facts.service_record.existing()? else {
            return Ok(Decision::noop());
        };
        match record.state {
            ServiceState::Recorded => {}
            ServiceState::Approved | ServiceState::Settled => return Ok(Decision::noop()),
        }
        let approved = record.changed(|record| {
            record.state = ServiceState::Approved;
            record.approved_at = Some(ctx.now);
        });
        Ok(Decision::of(Event::ServiceRecord(approved)))
    }
}
