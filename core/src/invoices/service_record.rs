//! The service record: a provider's service, for settlement with the provider.
//!
//! The invariant: it is the only financial record that a provider sees; it contains the provider's own fee
//! and nothing of an invoice.

use serde::{Deserialize, Serialize};

use crate::ids::{CaseId, ProviderId, ServiceRecordId};
use crate::money::Money;
use crate::time::Timestamp;

named! {
    #[derive(Default)]
    pub enum ServiceState {
        /// Created at Done.
        #[default]
        Recorded = "recorded",
        /// Confirmed by an admin.
        Approved = "approved",
        Settled = "settled",
    }
}

/// A provider's service: the only financial record that a provider sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRecord {
    pub id: ServiceRecordId,
    pub case_id: CaseId,
    /// The case's number, because the case itself is eventually removed from the phone.
    pub case_number: String,
    pub provider_id: ProviderId,
    pub service_code: String,
    /// When the provider accepted the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performed_from: Option<Timestamp>,
    /// When the case was completed.
    pub performed_at: Timestamp,
    /// Whole minutes from assignment to completion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turnaround_minutes: Option<u64>,
    /// The provider's fee, if configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Money>,
    #[serde(default)]
    pub state: ServiceState,
    /// `None` until approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<Timestamp>,
    /// `None` until settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<Timestamp>,
    /// Number of changes, starting at 1.
    #[serde(default = "first")]
    pub version: u64,
}

const fn first() -> u64 {
    1
}

impl ServiceRecord {
    /// Returns a copy with this change and the next version.
    pub(super) fn changed(&self, change: impl FnOnce(&mut Self)) -> Box<Self> {
        let mut record = self.clone();
        change(&mut record);
        record.version += 1;
        Box::new(record)
    }
}
