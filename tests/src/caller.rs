//! A signed-in phone without a store: it signs requests as phones do and keeps only its position. For
//! measurements of the server alone.

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mso_core::command::{Command, CommandEnvelope};
use mso_core::crypto::SigningKey;
use mso_core::ids::{CommandId, DeviceId};
use mso_core::protocol::sessions::{DeviceEnrolment, SessionGrant, SignIn};
use mso_core::protocol::signature::{SignedParts, content_digest};
use mso_core::protocol::sync::{Cursor, SyncRequest, SyncResponse};
use mso_core::protocol::{PROTO, cbor};
use mso_core::time::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::admin::http_client;

pub struct Caller {
    http: reqwest::Client,
    server: String,
    device: DeviceId,
    key: SigningKey,
    grant: Option<SessionGrant>,
    cursor: Option<Cursor>,
}

impl Caller {
    /// Enrols a new phone of this user.
    pub async fn sign_in(server: &str, email: &str, password: &str) -> Result<Self> {
        let key = SigningKey::generate()?;
        let device = DeviceId::generate(SystemClock.now());
        let enrolment = DeviceEnrolment {
            device_id: device,
            sync_key: STANDARD.encode(key.public().as_bytes()),
            platform: "linux".to_owned(),
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
            name: "a caller".to_owned(),
        };
        let request = SignIn {
            email: email.to_owned(),
            password: password.to_owned(),
            device: Some(enrolment),
        };
        let mut caller = Self {
            http: http_client()?,
            server: server.to_owned(),
            device,
            key,
            grant: None,
            cursor: None,
        };
        let body = serde_json::to_vec(&request)?;
        let answer = caller
            .send("POST", "/v1/sessions", "application/json", body)
            .await?;
        caller.grant = Some(serde_json::from_slice(&answer)?);
        Ok(caller)
    }

    /// Sends a command, which must be applied.
    pub async fn command(&self, command: Command) -> Result<()> {
        let now = SystemClock.now();
        let envelope = CommandEnvelope {
            command_id: CommandId::generate(now),
            command,
            assignment_id: None,
            base_version: None,
            device_seq: None,
            issued_at: now,
            depends_on: Vec::new(),
        };
        let body = serde_json::to_vec(&envelope)?;
        let answer = self
            .send("POST", "/v1/commands", "application/json", body)
            .await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        anyhow::ensure!(answer == json!({"outcome": "applied"}), "answered {answer}");
        Ok(())
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        let answer = self.send("GET", path, "application/json", Vec::new()).await?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// The next page, at most 512 KiB of records.
    pub async fn page(&mut self) -> Result<SyncResponse> {
        let request = SyncRequest {
            proto: PROTO,
            device: self.device,
            cursor: self.cursor.clone(),
            push: Vec::new(),
            chat: Vec::new(),
            purged: Vec::new(),
            missing: Vec::new(),
            max_bytes: 512 * 1024,
            push_only: false,
        };
        let body = cbor::encode(&request)?;
        let answer = self.send("POST", "/v1/sync", cbor::MEDIA_TYPE, body).await?;
        let page: SyncResponse = cbor::decode(&answer)?;
        anyhow::ensure!(page.reset.is_none(), "the server reset the phone");
        self.cursor = Some(page.cursor.clone());
        Ok(page)
    }

    /// The next page is the first one again.
    pub fn begin_again(&mut self) {
        self.cursor = None;
    }

    /// Reads pages until there are no more. Returns their number.
    pub async fn catch_up(&mut self) -> Result<usize> {
        let mut pages = 1;
        while self.page().await?.more {
            pages += 1;
        }
        Ok(pages)
    }

    async fn send(&self, method: &str, path: &str, media_type: &str, body: Vec<u8>) -> Result<Vec<u8>> {
        let digest = (!body.is_empty()).then(|| content_digest(&body));
        let authorization = self
            .grant
            .as_ref()
            .map(|grant| format!("Bearer {}", grant.access_token));
        let parts = SignedParts {
            method,
            path: path.split('?').next().unwrap_or_default(),
            method_override: None,
            content_digest: digest.as_deref(),
            upload_offset: None,
            authorization: authorization.as_deref(),
        };
        let fields = parts.sign(self.device, &self.key, SystemClock.now());
        let mut request = self
            .http
            .request(method.parse()?, format!("{}{path}", self.server))
            .header("content-type", media_type)
            .header("signature-input", fields.signature_input)
            .header("signature", fields.signature)
            .body(body);
        for (name, value) in [("content-digest", &digest), ("authorization", &authorization)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.bytes().await?;
        if !status.is_success() {
            let said = String::from_utf8_lossy(&body).into_owned();
            bail!("{method} {path} answered {status}: {said}");
        }
        Ok(Vec::from(body))
    }
}

impl Caller {
    /// Sends a command given as JSON, which must be applied.
    pub async fn does(&self, kind: &str, payload: Value) -> Result<()> {
        let command = serde_json::from_value(json!({"type": kind, "payload": payload}));
        self.command(command.context("not a command")?).await
    }
}
