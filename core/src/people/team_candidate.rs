//! The user data needed to add a member to a case's team.

use crate::actor::Role;
use crate::ids::{InstitutionId, UserId};

/// A user who may become a member of a case's team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamCandidate {
    pub user_id: UserId,
    pub role: Role,
    pub institution_id: Option<InstitutionId>,
    /// Whether the user may sign in.
    pub active: bool,
}
