//! A person who signs in.
//!
//! Not here: passwords, sessions, devices' keys (the server). The invariant: exactly one role, and with it the one
//! party that the role acts for.

use serde::{Deserialize, Serialize};

use super::{EmailAddress, Language, TeamCandidate, TimeZoneName};
use crate::actor::{Acting, Role};
use crate::ids::{InstitutionId, ProviderId, UserId};
use crate::text::Text;

/// Role and party. A requester without an institution, or an admin with one, cannot be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case", deny_unknown_fields)]
pub enum Position {
    /// Asks for opinions.
    Requester {
        /// On behalf of this institution.
        institution_id: InstitutionId,
    },
    /// Gives them.
    Provider {
        /// Under this profile.
        provider_id: ProviderId,
    },
    /// Assigns cases and sets up people.
    Admin {},
}

impl Position {
    /// Whom the user acts for.
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

    /// The bare role.
    #[must_use]
    pub const fn role(self) -> Role {
        self.acting().role()
    }

    /// A requester's institution.
    #[must_use]
    pub const fn institution(self) -> Option<InstitutionId> {
        match self {
            Self::Requester { institution_id } => Some(institution_id),
            Self::Provider { .. } | Self::Admin {} => None,
        }
    }

    /// A provider's profile.
    #[must_use]
    pub const fn provider(self) -> Option<ProviderId> {
        match self {
            Self::Provider { provider_id } => Some(provider_id),
            Self::Requester { .. } | Self::Admin {} => None,
        }
    }
}

named! {
    /// Whether a user may sign in.
    pub enum UserStatus {
        /// Has a link and no password yet.
        Invited = "invited",
        /// May.
        Active = "active",
        /// May not, for now.
        Suspended = "suspended",
        /// May not any more.
        Deactivated = "deactivated",
    }
}

/// A person who signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// Signs in by it. Nobody else's, in any letter case.
    pub email: EmailAddress,
    /// As shown.
    pub display_name: Text<1, 300>,
    /// Role and party.
    pub position: Position,
    /// Whether the user may sign in.
    pub status: UserStatus,
    /// Has chosen a password, so that being let in again needs no new link.
    pub joined: bool,
    /// In which language mail is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Language>,
    /// In whose local time times are shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZoneName>,
    /// Higher is newer.
    pub version: u64,
}

impl User {
    /// May sign in.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status == UserStatus::Active
    }

    /// What a case's team asks of a user.
    #[must_use]
    pub fn as_team_candidate(&self) -> TeamCandidate {
        TeamCandidate {
            user_id: self.id,
            role: self.position.role(),
            institution_id: self.position.institution(),
            active: self.is_active(),
        }
    }

    /// The same with another status, as of the next version.
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
