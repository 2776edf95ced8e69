//! An admin over the API: signs in with a session and sends commands as JSON.

use anyhow::{Context, Result, bail};
use mso_core::ids::AssignmentId;
use mso_core::time::{Clock, SystemClock};
use serde_json::{Value, json};

pub struct Admin {
    http: reqwest::Client,
    server: String,
    token: String,
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// `applied` or `replayed`.
    Applied,
    /// The refusal's code.
    Refused(String),
}

/// An HTTP client that needs no TLS setup beyond the process's crypto provider.
pub fn http_client() -> Result<reqwest::Client> {
    // A second installation fails because a provider is already installed, which is fine.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
        .no_proxy()
        .build()
        .context("http client")
}

/// An id that is not in use yet.
#[must_use]
pub fn new_id() -> String {
    AssignmentId::generate(SystemClock.now()).to_string()
}

impl Admin {
    pub async fn sign_in(server: &str, email: &str, password: &str) -> Result<Self> {
        let http = http_client()?;
        let body = json!({"email": email, "password": password});
        let answer = http
            .post(format!("{server}/v1/sessions"))
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await?;
        anyhow::ensure!(
            answer.status().is_success(),
            "sign-in answered {}",
            answer.status()
        );
        let grant: Value = serde_json::from_slice(&answer.bytes().await?)?;
        let token = grant
            .get("access_token")
            .and_then(Value::as_str)
            .context("no access token")?
            .to_owned();
        Ok(Self {
            http,
            server: server.to_owned(),
            token,
        })
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        let request = self
            .http
            .get(format!("{}{path}", self.server))
            .bearer_auth(&self.token);
        let answer = request.send().await?;
        anyhow::ensure!(
            answer.status().is_success(),
            "GET {path} answered {}",
            answer.status()
        );
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    /// Sends a command with a new id.
    pub async fn command(&self, kind: &str, payload: Value) -> Result<Answer> {
        let issued_at = SystemClock.now().to_string();
        let envelope = json!({
            "command_id": new_id(), "type": kind, "payload": payload, "issued_at": issued_at,
        });
        let answer = self
            .http
            .post(format!("{}/v1/commands", self.server))
            .bearer_auth(&self.token)
            .header("content-type", "application/json")
            .body(envelope.to_string())
            .send()
            .await?;
        let status = answer.status();
        let body: Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok(Answer::Applied);
        }
        match body.get("code").and_then(Value::as_str) {
            Some(code) if status.is_client_error() => Ok(Answer::Refused(code.to_owned())),
            _ => bail!("{kind} answered {status}: {body}"),
        }
    }

    /// The profile id of the provider with this name.
    pub async fn provider_named(&self, name: &str) -> Result<String> {
        let list = self.get("/v1/providers").await?;
        let rows = list
            .get("providers")
            .and_then(Value::as_array)
            .context("no providers")?;
        let named = |row: &&Value| {
            row.get("display_name")
                .and_then(Value::as_str)
                .is_some_and(|found| found.contains(name))
        };
        let id = rows
            .iter()
            .find(named)
            .and_then(|row| row.get("id"))
            .and_then(Value::as_str);
        id.map(str::to_owned)
            .with_context(|| format!("no provider {name} in {list}"))
    }

    pub async fn assign(&self, case_id: &str, provider_id: &str) -> Result<Answer> {
        let payload = json!({"case_id": case_id, "assignment_id": new_id(), "provider_id": provider_id});
        self.command("assign_case", payload).await
    }

    /// Reassigns a case that has this status as far as the admin has seen.
    pub async fn reassign_seen(
        &self,
        case_id: &str,
        provider_id: &str,
        reason: &str,
        seen: &str,
    ) -> Result<Answer> {
        let payload = json!({
            "case_id": case_id, "assignment_id": new_id(), "provider_id": provider_id, "reason": reason,
            "confirm_state": seen,
        });
        self.command("reassign_case", payload).await
    }

    /// Reassigns a case that is still `Assigned`.
    pub async fn reassign(&self, case_id: &str, provider_id: &str, reason: &str) -> Result<Answer> {
        let payload = json!({
            "case_id": case_id, "assignment_id": new_id(), "provider_id": provider_id, "reason": reason,
        });
        self.command("reassign_case", payload).await
    }
}
