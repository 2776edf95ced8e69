//! The login roles, one for each kind of actor, and their passwords.
//!
//! Passwords are computed, not stored: a keyed hash of the role's name under a secret that all replicas share.

use mso_core::actor::Role;
use mso_core::crypto::{Sha256Hash, hmac_sha256};

/// The login role for this kind of actor.
pub(super) const fn login(role: Role) -> &'static str {
    match role {
        Role::Requester => "mso_requester",
        Role::Provider => "mso_provider",
        Role::Admin => "mso_admin",
        Role::System => "mso_system",
    }
}

pub(super) const LOGINS: [&str; 4] = [
    login(Role::Requester),
    login(Role::Provider),
    login(Role::Admin),
    login(Role::System),
];

/// The secret from which the role passwords are computed.
#[derive(Clone)]
pub struct RoleSecret([u8; 32]);

impl RoleSecret {
    /// Accepts any bytes.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(*Sha256Hash::of(secret).as_bytes())
    }

    pub(super) fn password(&self, login: &str) -> String {
        hmac_sha256(&self.0, login.as_bytes()).to_string()
    }
}

impl std::fmt::Debug for RoleSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoleSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_a_password_of_its_own_and_replicas_agree() {
        let passwords: std::collections::BTreeSet<_> = LOGINS
            .iter()
            .map(|login| RoleSecret::new(b"secret").password(login))
            .collect();
        assert_eq!(passwords.len(), LOGINS.len());
        assert!(passwords.contains(&RoleSecret::new(b"secret").password("mso_admin")));
        assert!(!passwords.contains(&RoleSecret::new(b"other").password("mso_admin")));
    }
}
