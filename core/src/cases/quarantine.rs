//! A clinical text that came too late and is kept for its author (D-19): a recommendation under a token that is no longer
//! the case's, or from a device or user that was revoked meanwhile.
//!
//! Its author and the admins read it; the requester and the successor never do. Not here: entering it, which is part of
//! the refusal (`server/src/commands`).

use serde::{Deserialize, Serialize};

use crate::ids::{AssignmentId, CaseId, CommandId, QuarantineId, UserId};
use crate::time::Timestamp;

/// A refused opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// Drawn by the server.
    pub id: QuarantineId,
    /// Of which case.
    pub case_id: CaseId,
    /// Who wrote it.
    pub author: UserId,
    /// The command that was refused.
    pub command_id: CommandId,
    /// The token it carried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment_id: Option<AssignmentId>,
    /// The refusal's code.
    pub refusal: String,
    /// When the server took it.
    pub kept_at: Timestamp,
    /// When an admin discarded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discarded_at: Option<Timestamp>,
}
