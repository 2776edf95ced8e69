//! Arguments that end or restore access: phones, sessions, suspension, passwords.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use mso_core::ids::DeviceId;
use mso_core::people::{Device, DeviceState};
use mso_server::admin::{Change, Whom};

use super::people::password;
use crate::cli::print_line;

#[derive(Debug, Args)]
pub(super) struct OneUser {
    /// The user's e-mail address, or id.
    #[arg(long)]
    user: Whom,
}

#[derive(Debug, Args)]
pub(super) struct Suspension {
    #[command(flatten)]
    whom: OneUser,
    /// Why, in 1 to 2000 characters.
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
pub(super) struct Revocation {
    /// The phone, as `mso admin devices` prints the id.
    #[arg(long)]
    device: DeviceId,
    /// Why, in 1 to 2000 characters. Admins read it.
    #[arg(long)]
    reason: String,
}

/// The password is read from the file, else from MSO_PASSWORD, else from standard input.
#[derive(Debug, Args)]
pub(super) struct NewPassword {
    #[command(flatten)]
    whom: OneUser,
    /// File whose first line is the password (else MSO_PASSWORD, else standard input).
    #[arg(long)]
    password_file: Option<PathBuf>,
}

impl OneUser {
    /// Prints the user's phones: id, state, name, platform, app version, enrolled, last sync.
    pub(super) async fn print_devices(&self, change: &mut Change) -> Result<()> {
        let user = change.user_id(&self.user).await?;
        for device in change.devices(user).await? {
            print_line(&line(&device))?;
        }
        Ok(())
    }

    pub(super) async fn end_sessions(&self, change: &mut Change) -> Result<String> {
        let user = change.user_id(&self.user).await?;
        Ok(change.end_sessions(user).await?.to_string())
    }

    pub(super) async fn reactivate(&self, change: &mut Change) -> Result<String> {
        let user = change.user_id(&self.user).await?;
        change.reactivate_user(user).await?;
        Ok(user.to_string())
    }
}

impl Suspension {
    pub(super) async fn suspend(&self, change: &mut Change) -> Result<String> {
        let user = change.user_id(&self.whom.user).await?;
        change.suspend_user(user, &self.reason).await?;
        Ok(user.to_string())
    }
}

impl Revocation {
    pub(super) async fn revoke(&self, change: &mut Change) -> Result<String> {
        change.revoke_device(self.device, &self.reason).await?;
        Ok(self.device.to_string())
    }
}

impl NewPassword {
    pub(super) async fn set(self, change: &mut Change) -> Result<String> {
        // First: no transaction waits for somebody to type.
        let password = password(self.password_file)?;
        let user = change.user_id(&self.whom.user).await?;
        change.set_password(user, &password).await?;
        Ok(user.to_string())
    }
}

fn line(device: &Device) -> String {
    let state = match device.state {
        DeviceState::Active => "active",
        DeviceState::SignedOut { .. } => "signed out",
        DeviceState::Revoked { .. } => "revoked",
    };
    let synced = device
        .last_sync_at
        .map_or_else(|| "never".to_owned(), |at| at.to_string());
    // A name comes from the phone: it must not look like another line or column.
    let shown = |text: &str| text.replace(char::is_control, " ");
    [
        &device.id.to_string(),
        state,
        &shown(&device.name),
        &shown(&device.platform),
        &shown(&device.app_version),
        &device.enrolled_at.to_string(),
        &synced,
    ]
    .join("\t")
}
