//! Who acts: role, person, and from where.
//!
//! Not here: tokens, passwords, sessions (server), and what each role may do (`command.rs`).

use serde::{Deserialize, Serialize};

use crate::ids::{DeviceId, InstitutionId, PartyId, ProviderId, SessionId, UserId};

/// A user's role: exactly one each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Asks for opinions on behalf of an institution.
    Requester,
    /// The expert who gives them.
    Provider,
    /// Assigns cases and watches over the process.
    Admin,
    /// The server itself: jobs and completed uploads.
    System,
}

/// The role together with the party it acts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Acting {
    /// For an institution.
    Requester {
        /// The institution whose cases and patients are seen.
        institution: InstitutionId,
    },
    /// For the own profile.
    Provider {
        /// The profile that assignments name.
        provider: ProviderId,
    },
    /// For the operator of the deployment.
    Admin,
    /// The server itself.
    System,
}

/// Where a command was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "origin", content = "id", rename_all = "snake_case")]
pub enum Origin {
    /// An enrolled phone, which signs its requests.
    Device(DeviceId),
    /// A console or API session.
    Session(SessionId),
    /// The server's own work.
    Server,
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Actor {
    /// The person.
    pub user: UserId,
    /// The role and the party acted for.
    pub acting: Acting,
    /// The device or session.
    pub origin: Origin,
}

impl Acting {
    /// The bare role.
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
    /// The server itself.
    pub const SYSTEM: Self = Self {
        user: UserId::SYSTEM,
        acting: Acting::System,
        origin: Origin::Server,
    };

    /// The bare role.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.acting.role()
    }

    /// The institution acted for, when a requester acts.
    #[must_use]
    pub const fn institution(&self) -> Option<InstitutionId> {
        match self.acting {
            Acting::Requester { institution } => Some(institution),
            Acting::Provider { .. } | Acting::Admin | Acting::System => None,
        }
    }

    /// The own profile, when a provider acts.
    #[must_use]
    pub const fn provider(&self) -> Option<ProviderId> {
        match self.acting {
            Acting::Provider { provider } => Some(provider),
            Acting::Requester { .. } | Acting::Admin | Acting::System => None,
        }
    }

    /// The device, when the actor uses an enrolled phone.
    #[must_use]
    pub const fn device(&self) -> Option<DeviceId> {
        match self.origin {
            Origin::Device(device) => Some(device),
            Origin::Session(_) | Origin::Server => None,
        }
    }

    /// The parties whose streams the actor reads. Admins have no streams: they read by the API.
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
