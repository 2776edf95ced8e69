//! Who may come in: users suspended, reactivated or given a password, their phones and their sessions.
//!
//! Suspending, reactivating and revoking follow the rules of the admin commands. The invariant: setting a
//! password and ending access also end the sessions that began with the old one.

use mso_core::decision::{Decision, Effect, Event};
use mso_core::facts::{Fact, Facts};
use mso_core::ids::{DeviceId, UserId};
use mso_core::people::{Device, Position, ReactivateUser, RevokeDevice, SuspendUser, User, UserStatus};
use mso_core::refusal::Refusal;

use super::change::Change;
use super::error::{AdminError, refused, text};
use crate::people::{store, write};
use crate::sessions::{self, Passwords};

/// How the operator names a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    Id(UserId),
    /// Ignoring letter case.
    Email(String),
}

impl std::str::FromStr for Whom {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains('@') && !text.contains('\0') {
            return Ok(Self::Email(text.trim().to_owned()));
        }
        text.parse()
            .map(Self::Id)
            .map_err(|_| "neither an e-mail address nor a user's id")
    }
}

impl Change {
    /// The id of a user.
    pub async fn user_id(&mut self, whom: &Whom) -> Result<UserId, AdminError> {
        let id = match whom {
            Whom::Id(id) => Some(*id),
            Whom::Email(email) => store::user_of_email(self.tx.conn(), email).await?,
        };
        id.ok_or(AdminError::Unknown { what: "user" })
    }

    /// What the user with this address is, if there is one.
    pub(crate) async fn position_of(&mut self, email: &str) -> Result<Option<Position>, AdminError> {
        let Some(id) = store::user_of_email(self.tx.conn(), email).await? else {
            return Ok(None);
        };
        Ok(store::user(self.tx.conn(), id).await?.map(|user| user.position))
    }

    /// All phones of a user, newest first, revoked ones too.
    pub async fn devices(&mut self, user: UserId) -> Result<Vec<Device>, AdminError> {
        self.lock_user(user).await?;
        Ok(store::devices(self.tx.conn(), user).await?)
    }

    /// Revokes a phone for good and ends its sessions.
    pub async fn revoke_device(&mut self, device: DeviceId, reason: &str) -> Result<(), AdminError> {
        let ctx = self.context();
        let found = store::lock_device(self.tx.conn(), &ctx.actor, device).await?;
        let found = found.ok_or(AdminError::Unknown { what: "device" })?;
        let user = found.user_id;
        let command = RevokeDevice {
            user_id: user,
            device_id: device,
            reason: text("reason", reason)?,
        };
        let facts = Facts {
            device: Fact::Known(Some(found)),
            ..Facts::default()
        };
        let decision = self.decide(&command, &facts)?;
        write::device(self.tx.conn(), &decision, self.now).await?;
        self.audit(user, "revoke_device", "device", device.as_uuid())
            .await
    }

    /// Ends all sessions of a user; returns how many. The user may sign in again.
    pub async fn end_sessions(&mut self, user: UserId) -> Result<u64, AdminError> {
        self.lock_user(user).await?;
        let ended = sessions::end_sessions_of_user(self.tx.conn(), user, self.now).await?;
        self.audit(user, "end_sessions", "user", user.as_uuid()).await?;
        Ok(ended)
    }

    /// Suspends a user, who is out at once.
    pub async fn suspend_user(&mut self, user: UserId, reason: &str) -> Result<(), AdminError> {
        let command = SuspendUser {
            user_id: user,
            reason: text("reason", reason)?,
        };
        // Before the user, as the command locks them.
        let admins = store::lock_active_admins(self.tx.conn()).await?;
        let before = self.lock_user(user).await?;
        let facts = Facts {
            user: Fact::Known(Some(before.clone())),
            active_admins: Fact::Known(admins),
            ..Facts::default()
        };
        let decision = self.decide(&command, &facts)?;
        self.write_user(&before, &decision).await?;
        self.audit(user, "suspend_user", "user", user.as_uuid()).await
    }

    /// Lets a suspended or deactivated user in again. Who never chose a password gets a new link.
    pub async fn reactivate_user(&mut self, user: UserId) -> Result<(), AdminError> {
        let before = self.lock_user(user).await?;
        let facts = Facts {
            user: Fact::Known(Some(before.clone())),
            ..Facts::default()
        };
        let decision = self.decide(&ReactivateUser { user_id: user }, &facts)?;
        self.write_user(&before, &decision).await?;
        self.audit(user, "reactivate_user", "user", user.as_uuid()).await
    }

    /// Gives an active user another password and ends the user's sessions.
    pub async fn set_password(&mut self, user: UserId, password: &str) -> Result<(), AdminError> {
        let hash = hashed(password).await?;
        match self.lock_user(user).await?.status {
            UserStatus::Active => {}
            // An invited user joins by the link, which goes to the mailbox; the others are not to come in.
            UserStatus::Invited | UserStatus::Suspended | UserStatus::Deactivated => {
                return Err(AdminError::Refused(Refusal::InvalidState));
            }
        }
        store::set_password(self.tx.conn(), user, &hash).await?;
        sessions::end_sessions_of_user(self.tx.conn(), user, self.now).await?;
        self.audit(user, "set_password", "user", user.as_uuid()).await
    }

    async fn lock_user(&mut self, user: UserId) -> Result<User, AdminError> {
        let found = store::lock_user(self.tx.conn(), user).await?;
        found.ok_or(AdminError::Unknown { what: "user" })
    }

    async fn write_user(&mut self, before: &User, decision: &Decision) -> Result<(), AdminError> {
        for event in &decision.events {
            if let Event::User(after) = event {
                write::user(self.tx.conn(), Some(before), after, self.now, &mut self.touched)
                    .await
                    .map_err(refused)?;
            }
        }
        for effect in &decision.effects {
            if let Effect::Invite(user) = effect {
                store::invite(self.tx.conn(), *user, self.now).await?;
            }
        }
        Ok(())
    }
}

/// The hash to store for a new password.
pub(super) async fn hashed(password: &str) -> Result<String, AdminError> {
    Passwords::admit(password).map_err(|_| AdminError::Invalid {
        field: "password",
        problem: "has fewer than twelve characters, or too many",
    })?;
    let password = password.to_owned();
    let hashed = tokio::task::spawn_blocking(move || Passwords::hash(&password)).await;
    Ok(hashed.map_err(|_| sessions::PasswordError::Broken)??)
}
