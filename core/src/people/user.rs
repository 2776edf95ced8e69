//! A user who signs in.
//!
//! The invariant: a user has exactly one role, and with it the one party for which the role acts. Passwords,
//! sessions and device keys are in the server.

use serde::{Deserialize, Serialize};

use super::{EmailAddress, Language, TeamCandidate, TimeZoneName};
use crate::actor::{Acting, Role};
use crate::ids::{InstitutionId, ProviderId, UserId};
use crate::text::Line;

/// Role and party. A requester without an institution, or an admin with one, cannot be represented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case", deny_unknown_fields)]
pub enum Position {
    /// Requests second opinions.
    Requester {
        /// Acts on behalf of this institution.
        institution_id: InstitutionId,
    },
    /// Gives second opinions.
    Provider {
        /// Acts under this profile.
        provider_id: ProviderId,
    },
    /// Assigns cases and manages users.
    Admin {},
}

impl Position {
    /// Returns the party for which the user acts.
    #[must_use]
    pub const fn acting(self) -> Acting {
        match self {
            Self::Requester { institution_id } => Acting::Requester {
                institution: institution_id,
            },
            Self::Provider { provider_id } => Acting::Provider {
                provider: provider_id,
            },
            Self::Admin {} => Acting::Admin,
        }
    }

    #[must_use]
    pub const fn role(self) -> Role {
        self.acting().role()
    }

    #[must_use]
    pub const fn institution(self) -> Option<InstitutionId> {
        match self {
            Self::Requester { institution_id } => Some(institution_id),
            Self::Provider { .. } | Self::Admin {} => None,
        }
    }

    #[must_use]
    pub const fn provider(self) -> Option<ProviderId> {
        match self {
            Self::Provider { provider_id } => Some(provider_id),
            Self::Requester { .. } | Self::Admin {} => None,
        }
    }
}

named! {
    pub enum UserStatus {
        /// Has a link but no password yet.
        Invited = "invited",
        Active = "active",
        /// Cannot sign in temporarily.
        Suspended = "suspended",
        /// Can no longer sign in.
        Deactivated = "deactivated",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    /// The sign-in name. Unique, ignoring letter case.
    pub email: EmailAddress,
    pub display_name: Line<1, 300>,
    pub position: Position,
    pub status: UserStatus,
    /// Whether the user has chosen a password, so that reactivation needs no new link.
    pub joined: bool,
    /// The language of emails to the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Language>,
    /// The time zone in which times are shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZoneName>,
    /// Increases with each change.
    pub version: u64,
}

impl User {
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == UserStatus::Active
    }

    /// Returns the data needed to add the user to a case's team.
    #[must_use]
    pub fn as_team_candidate(&self) -> TeamCandidate {
        TeamCandidate {
            user_id: self.id,
            role: self.position.role(),
            institution_id: self.position.institution(),
            active: self.is_active(),
        }
    }

    /// Returns the next version of the user with another status.
    #[must_use]
    pub(super) fn with_status(&self, status: UserStatus) -> Self {
        Self {
            status,
            version: self.version + 1,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_and_party_cannot_contradict_each_other() {
        let read = |json: &str| serde_json::from_str::<Position>(json);
        let id = "01919191-9191-7191-8191-919191919191";
        assert!(read(&format!(r#"{{"role":"requester","institution_id":"{id}"}}"#)).is_ok());
        assert!(read(&format!(r#"{{"role":"provider","provider_id":"{id}"}}"#)).is_ok());
        assert!(read(r#"{"role":"admin"}"#).is_ok());
        for wrong in [
            r#"{"role":"requester"}"#.to_owned(),
            r#"{"role":"provider"}"#.to_owned(),
            r#"{"role":"system"}"#.to_owned(),
            format!(r#"{{"role":"admin","institution_id":"{id}"}}"#),
            format!(r#"{{"role":"provider","provider_id":"{id}","institution_id":"{id}"}}"#),
            format!(r#"{{"role":"requester","institution_id":"{id}","provider_id":"{id}"}}"#),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }
}
