//! `mso-demo`: the main job, end to end, on real files: phones as separate processes, a proxy that cuts
//! connections, an admin over the API. Prints a timeline and writes `target/demo/summary.json`.
//!
//! Phones, server and proxy are in `mso_tests`. Every figure of the summary is read back from the server's
//! database, the phones' stores or the proxy at the end.

#![expect(
    clippy::print_stdout,
    reason = "a program whose purpose is to tell what happens"
)]

mod chat;
mod detour;
mod late_accept;
mod main_job;
mod summary;
mod timeline;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mso_server::admin::demo::PASSWORD;
use mso_tests::admin::Admin;
use mso_tests::proxy::Proxy;
use mso_tests::server::Server;
use mso_tests::{binaries, phone::Phone};

use crate::timeline::Timeline;

/// Email addresses of users that `mso serve --demo` creates.
pub(crate) const REQUESTER: &str = "requester@demo.example";
pub(crate) const PROVIDER: &str = "cardiologist@demo.example";
pub(crate) const GENERALIST: &str = "generalist@demo.example";
const ADMIN: &str = "admin@demo.example";

/// Everything that runs.
pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) proxy: Proxy,
    pub(crate) admin: Admin,
    pub(crate) phones: PathBuf,
    pub(crate) phone_program: PathBuf,
    /// The provider's phone: the Swift one, where it was built.
    pub(crate) provider_program: PathBuf,
}

impl Stage {
    pub(crate) fn start_phone(&self, name: &str, email: &str) -> Result<Phone> {
        let store = self.phones.join(name);
        let program = if email == PROVIDER {
            &self.provider_program
        } else {
            &self.phone_program
        };
        let mut phone = Phone::start(program, &self.proxy.url(), &store, name)?;
        phone.ok(
            "sign_in",
            serde_json::json!({"email": email, "password": PASSWORD}),
        )?;
        phone.ok("sync", serde_json::json!({}))?;
        Ok(phone)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = demo_folder()?;
    let timeline = Timeline::begin();
    timeline.chapter("Server, admin and network");
    let server = Server::start(&folder.join("server"))?;
    timeline.say(
        "server",
        &format!(
            "mso serve listens on {}, with a private PostgreSQL",
            server.address()
        ),
    );
    let proxy = Proxy::start(server.address()).await?;
    timeline.say(
        "network",
        "a proxy stands between phones and server; it will cut connections",
    );
    let admin = Admin::sign_in(&server.url(), ADMIN, PASSWORD)
        .await
        .context("admin")?;
    timeline.say("admin", "signed in over the API");

    let phone_program = match binaries::kotlin_phone() {
        Some(program) => program,
        None => binaries::rust_phone()?,
    };
    let provider_program = binaries::swift_phone().unwrap_or_else(|| phone_program.clone());
    let stage = Stage {
        server,
        proxy,
        admin,
        phones: folder.join("phones"),
        phone_program,
        provider_program,
    };
    let mut job = main_job::run(&stage, &timeline).await?;
    let chat = chat::run(&stage, &timeline, &mut job).await?;
    let detour = detour::run(&stage, &timeline, &mut job).await?;
    let late = late_accept::run(&stage, &timeline, job).await?;
    let path = folder.join("summary.json");
    summary::write(&stage, &timeline, late, &detour, chat, &path).await?;
    stage.server.stop()?;
    timeline.say("server", "stopped, and its PostgreSQL with it");
    println!(
        "\nEverything above was read back from the database, the phones and the proxy: {}",
        path.display()
    );
    Ok(())
}

/// Returns an empty `target/demo`, after removing what an earlier demo left.
fn demo_folder() -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
        PathBuf::from,
    );
    std::fs::create_dir_all(&target)?;
    let folder = target.canonicalize()?.join("demo");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("cannot remove the last demo's folder")?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
