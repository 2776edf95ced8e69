//! What must be known of a user before a case's team takes that user in.

use crate::actor::Role;
use crate::ids::{InstitutionId, UserId};

/// A user who may become a member of a case's team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamCandidate {
    /// Who.
    pub user_id: UserId,
    /// In which role.
    pub role: Role,
    /// Of which institution.
    pub institution_id: Option<InstitutionId>,
    /// May sign in.
    pub active: bool,
}
