//! `mso serve` as a separate process, with its private PostgreSQL, on a free loopback port.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mso_server::database::embedded::Embedded;
use sqlx::ConnectOptions as _;

use crate::binaries;

pub struct Server {
    child: Child,
    address: SocketAddr,
    data: PathBuf,
}

impl Server {
    /// Starts the server with the demo's users on this data folder, and waits until it responds.
    pub fn start(data: &Path) -> Result<Self> {
        Self::start_on(data, "127.0.0.1:0")
    }

    /// Starts a second replica on this server's database.
    pub fn start_replica(&self, data: &Path) -> Result<Self> {
        let database = Embedded::held_by_another(&self.data, "mso")?.context("no server runs")?;
        let secret = self.data.join("secret");
        let arguments = [
            "--database-url".into(),
            database.to_url_lossy().to_string(),
            "--secret-file".into(),
            secret.to_string_lossy().into_owned(),
        ];
        Self::start_with(data, "127.0.0.1:0", &arguments)
    }

    fn start_on(data: &Path, listen: &str) -> Result<Self> {
        Self::start_with(data, listen, &[])
    }

    fn start_with(data: &Path, listen: &str, arguments: &[String]) -> Result<Self> {
        std::fs::create_dir_all(data)?;
        let address_file = data.join("address");
        drop(std::fs::remove_file(&address_file));
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(data.join("server.log"))?;
        let mut child = Command::new(binaries::mso()?)
            .arg("serve")
            .args(["--demo", "--listen", listen])
            .arg("--data")
            .arg(data)
            .arg("--address-file")
            .arg(&address_file)
            .args(arguments)
            .env_remove("DATABASE_URL")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start the server")?;
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(status) = child.try_wait()? {
                bail!(
                    "the server ended with {status}; see {}",
                    data.join("server.log").display()
                );
            }
            let written = std::fs::read_to_string(&address_file).unwrap_or_default();
            let address = written
                .trim()
                .strip_prefix("http://")
                .and_then(|address| address.parse().ok());
            if let Some(address) = address {
                return Ok(Self {
                    child,
                    address,
                    data: data.to_owned(),
                });
            }
            if Instant::now() > deadline {
                drop(child.kill());
                bail!(
                    "the server did not answer in 60 s; see {}",
                    data.join("server.log").display()
                );
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Runs `mso admin` on this server's database; returns the line it printed. A user gets this password.
    pub fn set_up(&self, arguments: &[&str], password: &str) -> Result<String> {
        let done = Command::new(binaries::mso()?)
            .args(["admin", "--data"])
            .arg(&self.data)
            .args(arguments)
            .env_remove("DATABASE_URL")
            .env("MSO_PASSWORD", password)
            .stdin(Stdio::null())
            .output()
            .context("cannot start mso admin")?;
        let said = String::from_utf8_lossy(&done.stderr);
        anyhow::ensure!(done.status.success(), "mso admin {arguments:?}: {said}");
        Ok(String::from_utf8(done.stdout)?.trim().to_owned())
    }

    /// Runs `mso audit verify` on this server's database: whether nothing was found, and what was printed.
    pub fn verify_audit(&self) -> Result<(bool, String)> {
        let done = Command::new(binaries::mso()?)
            .args(["audit", "verify", "--data"])
            .arg(&self.data)
            .env_remove("DATABASE_URL")
            .stdin(Stdio::null())
            .output()
            .context("cannot start mso audit")?;
        let said = [done.stdout, done.stderr].concat();
        Ok((done.status.success(), String::from_utf8(said)?))
    }

    /// The path of the file with this hash in the server's object store.
    #[must_use]
    pub fn object(&self, sha256: &str) -> PathBuf {
        self.data
            .join("objects/files/sha256")
            .join(sha256.get(..2).unwrap_or_default())
            .join(sha256)
    }

    /// Ends the server with SIGKILL and restarts it on the same data and port. Its PostgreSQL is left
    /// orphaned.
    pub fn kill_and_restart(mut self) -> Result<Self> {
        self.child.kill()?;
        self.child.wait()?;
        let (data, listen) = (self.data.clone(), self.address.to_string());
        Self::start_on(&data, &listen)
    }

    /// Ends the server like Ctrl-C, and waits for its PostgreSQL to stop.
    pub fn stop(mut self) -> Result<()> {
        self.interrupt()?;
        let status = self.child.wait()?;
        anyhow::ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }

    fn interrupt(&self) -> Result<()> {
        let status = Command::new("kill")
            .arg("-INT")
            .arg(self.child.id().to_string())
            .status()?;
        anyhow::ensure!(status.success(), "cannot signal the server");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) && self.interrupt().is_ok() {
            drop(self.child.wait());
        }
    }
}
