//! The acting user: role, party and origin.

use serde::{Deserialize, Serialize};

use crate::ids::{DeviceId, InstitutionId, PartyId, ProviderId, SessionId, UserId};

named! {
    /// A user has exactly one role.
    pub enum Role {
        /// Requests opinions on behalf of an institution.
        Requester = "requester",
        /// The expert who gives opinions.
        Provider = "provider",
        /// Assigns cases and supervises the process.
        Admin = "admin",
        /// The server itself: background jobs and completed uploads.
        System = "system",
    }
}

/// A role together with the party it acts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Acting {
    Requester {
        /// Only this institution's cases and patients are visible to the actor.
        institution: InstitutionId,
    },
    /// A provider acts for their own profile.
    Provider {
        /// The profile that assignments refer to.
        provider: ProviderId,
    },
    /// The operator of the deployment.
    Admin,
    System,
}

/// Where a command comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "origin", content = "id", rename_all = "snake_case")]
pub enum Origin {
    /// An enrolled phone, which signs its requests.
    Device(DeviceId),
    /// A console or API session.
    Session(SessionId),
    /// The server's own jobs.
    Server,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Actor {
    pub user: UserId,
    pub acting: Acting,
    pub origin: Origin,
}

impl Acting {
    #[must_use]
    pub const fn role(&self) -> Role {
        match self {
            Self::Requester { .. } => Role::Requester,
            Self::Provider { .. } => Role::Provider,
            Self::Admin => Role::Admin,
            Self::System => Role::System,
        }
    }
}

impl Actor {
    /// The server itself, for work that no person triggers.
    pub const SYSTEM: Self = Self {
        user: UserId::SYSTEM,
        acting: Acting::System,
        origin: Origin::Server,
    };

    #[must_use]
    pub const fn role(&self) -> Role {
        self.acting.role()
    }

    /// The institution, if the actor is a requester.
    #[must_use]
    pub const fn institution(&self) -> Option<InstitutionId> {
        match self.acting {
            Acting::Requester { institution } => Some(institution),
            Acting::Provider { .. } | Acting::Admin | Acting::System => None,
        }
    }

    /// The actor's own profile, if the actor is a provider.
    #[must_use]
    pub const fn provider(&self) -> Option<ProviderId> {
        match self.acting {
            Acting::Provider { provider } => Some(provider),
            Acting::Requester { .. } | Acting::Admin | Acting::System => None,
        }
    }

    /// The device, if the actor uses an enrolled phone.
    #[must_use]
    pub const fn device(&self) -> Option<DeviceId> {
        match self.origin {
            Origin::Device(device) => Some(device),
            Origin::Session(_) | Origin::Server => None,
        }
    }

    /// The parties whose streams the actor reads. Admins have no streams; they read through the API.
    #[must_use]
    pub fn parties(&self) -> Vec<PartyId> {
        match self.acting {
            Acting::Requester { institution } => {
                vec![self.user.into(), institution.into(), PartyId::EVERYONE]
            }
            Acting::Provider { provider } => vec![self.user.into(), provider.into(), PartyId::EVERYONE],
            Acting::Admin | Acting::System => Vec::new(),
        }
    }
}
