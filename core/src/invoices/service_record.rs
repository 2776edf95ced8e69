//! The service record: what a provider did, for the provider's own settlement.
//!
//! The invariant: it is the only financial thing that a provider sees; it bears the own fee and nothing of an invoice.

use serde::{Deserialize, Serialize};

use crate::ids::{CaseId, ProviderId, ServiceRecordId};
use crate::money::Money;
use crate::time::Timestamp;

named! {
    /// How far a service record is.
    #[derive(Default)]
    pub enum ServiceState {
        /// Written down at Done.
        #[default]
        Recorded = "recorded",
        /// An admin agrees.
        Approved = "approved",
        /// The provider was paid.
        Settled = "settled",
    }
}

/// What a provider did: the only financial record a provider sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRecord {
    /// The id.
    pub id: ServiceRecordId,
    /// For which case.
    pub case_id: CaseId,
    /// The case's number, as the case itself leaves the phone some day.
    pub case_number: String,
    /// Who did it.
    pub provider_id: ProviderId,
    /// What was done.
    pub service_code: String,
    /// When the case was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performed_from: Option<Timestamp>,
    /// When it was completed.
    pub performed_at: Timestamp,
    /// Whole minutes from the assignment to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turnaround_minutes: Option<u64>,
    /// The own fee, where configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
    /// How far it is.
    #[serde(default)]
    pub state: ServiceState,
    /// Since when it is approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<Timestamp>,
    /// Since when it is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
    /// Counts changes, from 1.
    #[serde(default = "first")]
    pub version: u64,
}

const fn first() -> u64 {
    1
}

impl ServiceRecord {
    /// The record one change later.
    pub(super) fn changed(&self, change: impl FnOnce(&mut Self)) -> Box<Self> {
        let mut record = self.clone();
        change(&mut record);
        record.version += 1;
        Box::new(record)
    }
}
