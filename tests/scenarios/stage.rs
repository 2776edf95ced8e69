//! The stage of every scenario: a server with demo users, an admin, a proxy, and phones that sign in through
//! it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mso_server::admin::demo::PASSWORD;
use mso_tests::admin::{Admin, Answer};
use mso_tests::database::Database;
use mso_tests::phone::Phone;
use mso_tests::proxy::Proxy;
use mso_tests::server::Server;
use mso_tests::{binaries, opinions};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const REQUESTER: &str = "requester@demo.example";
pub(crate) const CARDIOLOGIST: &str = "cardiologist@demo.example";
pub(crate) const GENERALIST: &str = "generalist@demo.example";

/// Bytes of the largest piece of an upload, and so the most that a cut costs on a line as fast as this one.
pub(crate) const LARGEST_PIECE: u64 = 8 * 1024 * 1024;

pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) proxy: Proxy,
    pub(crate) admin: Admin,
    folder: TempDir,
}

impl Stage {
    pub(crate) async fn set() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let server = Server::start(&folder.path().join("server"))?;
        let proxy = Proxy::start(server.address()).await?;
        let admin = Admin::sign_in(&server.url(), "admin@demo.example", PASSWORD).await?;
        Ok(Self {
            server,
            proxy,
            admin,
            folder,
        })
    }

    /// Starts a phone, or restarts it on its existing store.
    pub(crate) fn phone(&self, program: &Path, name: &str) -> Result<Phone> {
        Phone::start(program, &self.proxy.url(), &self.folder.path().join(name), name)
    }

    /// A signed-in Rust phone whose clock is this many days ahead.
    pub(crate) fn signed_in_ahead(&self, name: &str, email: &str, days: &str) -> Result<Phone> {
        let (program, store) = (binaries::rust_phone()?, self.folder.path().join(name));
        let ahead = [("MSO_CLOCK_AHEAD_DAYS", days)];
        let mut phone = Phone::start_with(&program, &self.proxy.url(), &store, name, &ahead)?;
        phone.ok("sign_in", json!({"email": email, "password": PASSWORD}))?;
        phone.ok("sync", json!({}))?;
        Ok(phone)
    }

    /// A signed-in Rust phone that has received its first records.
    pub(crate) fn signed_in(&self, name: &str, email: &str) -> Result<Phone> {
        self.signed_in_on(&binaries::rust_phone()?, name, email)
    }

    /// The same with another program.
    pub(crate) fn signed_in_on(&self, program: &Path, name: &str, email: &str) -> Result<Phone> {
        let mut phone = self.phone(program, name)?;
        phone.ok("sign_in", json!({"email": email, "password": PASSWORD}))?;
        phone.ok("sync", json!({}))?;
        Ok(phone)
    }

    /// Adds a second requester to the demo's hospital; returns the email address.
    pub(crate) fn colleague(&self) -> Result<String> {
        let institutions = self.server.set_up(&["list", "institutions"], PASSWORD)?;
        let hospital = institutions.lines().find(|line| line.contains("Demo Hospital"));
        let hospital = hospital.and_then(|line| line.split('\t').next());
        let hospital = hospital.context("no Demo Hospital")?;
        let email = "second.requester@demo.example";
        let new = [
            "create-requester",
            "--institution",
            hospital,
            "--email",
            email,
            "--name",
            "Rob Requester",
        ];
        self.server.set_up(&new, PASSWORD)?;
        Ok(email.to_owned())
    }

    pub(crate) async fn database(&self) -> Result<Database> {
        Database::of_server(self.server.data()).await
    }

    pub(crate) async fn assign_to_cardiologist(&self, case_id: &str) -> Result<()> {
        let provider = self.admin.provider_named("Carla Cardio").await?;
        let answer = self.admin.assign(case_id, &provider).await?;
        anyhow::ensure!(answer == Answer::Applied, "assign was answered {answer:?}");
        Ok(())
    }
}

pub(crate) fn real_file(name: &str) -> Result<PathBuf> {
    Ok(binaries::testdata()?.join(name))
}

/// A phone of this language if it was built, else a Rust phone. In CI it must be built.
#[expect(clippy::print_stderr, reason = "a test that does without something says so")]
pub(crate) fn or_rust(phone: Option<PathBuf>, language: &str) -> Result<PathBuf> {
    if let Some(phone) = phone {
        return Ok(phone);
    }
    anyhow::ensure!(std::env::var_os("CI").is_none(), "CI has no {language} phone");
    eprintln!("no {language} phone was built: a Rust phone takes its part");
    binaries::rust_phone()
}

pub(crate) fn patient(phone: &mut Phone, number: &str) -> Result<String> {
    let patient = phone.text(
        "create_patient",
        opinions::patient("Haddad", "Amal", number),
        "patient_id",
    )?;
    phone.ok(
        "verify_patient",
        json!({"patient_id": patient, "method": "document_seen"}),
    )?;
    Ok(patient)
}

/// A case with these real files; returns its id and the ids and hashes of the files.
pub(crate) fn case_with(phone: &mut Phone, patient_id: &str, files: &[&str]) -> Result<(String, Vec<Value>)> {
    let mut staged = Vec::new();
    for name in files {
        let request = json!({"path": real_file(name)?, "kind": "imaging", "title": "A file"});
        staged.push(phone.ok("stage_file", request)?);
    }
    let ids: Vec<_> = staged
        .iter()
        .filter_map(|file| file.get("document_id")?.as_str().map(str::to_owned))
        .collect();
    Ok((
        phone.text("submit_case", opinions::request(patient_id, &ids), "case_id")?,
        staged,
    ))
}

/// The phone programs that were built.
pub(crate) fn programs() -> Result<Vec<(&'static str, PathBuf)>> {
    let apps = [
        ("kotlin", binaries::kotlin_phone()),
        ("swift", binaries::swift_phone()),
    ];
    Ok(std::iter::once(("rust", binaries::rust_phone()?))
        .chain(
            apps.into_iter()
                .filter_map(|(name, program)| Some((name, program?))),
        )
        .collect())
}

/// Whether there are documents in a `case` response and all of them satisfy this.
pub(crate) fn all_documents(case: &Value, satisfied: impl Fn(&Value) -> bool) -> bool {
    case.get("documents")
        .and_then(Value::as_array)
        .is_some_and(|all| !all.is_empty() && all.iter().all(satisfied))
}

pub(crate) fn stored(document: &Value) -> bool {
    document.get("stored") == Some(&json!(true))
}

pub(crate) fn present(document: &Value) -> bool {
    document.get("transfer") == Some(&json!("present"))
}

pub(crate) fn status(case: &Value) -> &str {
    case.pointer("/summary/status")
        .and_then(Value::as_str)
        .unwrap_or_default()
}
