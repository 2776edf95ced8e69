//! A phone in this process: the core as the apps embed it, with its store in a folder.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use mso_core::client::{OpenOptions, SyncReport, Workspace};
use mso_core::patients::CreatePatient;
use mso_core::time::SystemClock;
use mso_server::admin::demo::PASSWORD;
use mso_tests::vault::FileVault;

use crate::population;

/// Opens a new phone's store in this folder.
pub(crate) fn open(folder: &Path, server_url: &str) -> Result<Arc<Workspace>> {
    let options = OpenOptions {
        directory: folder.to_owned(),
        server_url: server_url.to_owned(),
        platform: "linux".to_owned(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        device_name: "measured".to_owned(),
    };
    let vault = Arc::new(FileVault::beside(&folder.display().to_string()));
    Ok(Workspace::open(options, vault, Arc::new(SystemClock))?)
}

/// Opens a phone, signs in, and receives what there is.
pub(crate) async fn level(folder: &Path, server_url: &str, email: &str) -> Result<Arc<Workspace>> {
    let phone = open(folder, server_url)?;
    phone.sign_in(email, PASSWORD).await?;
    let done = phone.sync().await?;
    anyhow::ensure!(done.files_failed == 0, "{done:?}");
    Ok(phone)
}

/// Syncs until nothing waits; returns what the cycles did.
pub(crate) async fn send_all(phone: &Workspace) -> Result<SyncReport> {
    let mut sum = SyncReport::default();
    while phone.sync_status()?.pending_commands > 0 {
        let done = phone.sync().await?;
        anyhow::ensure!(done.commands_applied > 0, "nothing is applied: {done:?}");
        sum.commands_applied += done.commands_applied;
        sum.commands_refused += done.commands_refused;
        sum.round_trips += done.round_trips;
    }
    Ok(sum)
}

/// Somebody whom the institution does not have yet. Hardly two are born on one day, so hardly two look alike.
pub(crate) fn somebody(phone: &Workspace) -> Result<CreatePatient> {
    let id = phone.new_patient_id();
    let letters = id.to_string().replace('-', "");
    let born = population::a_birth_date(&letters);
    let payload = population::patient(
        &id.to_string(),
        &format!("New{letters}"),
        &format!("N-{id}"),
        &born,
    );
    Ok(serde_json::from_value(payload)?)
}
