//! A requester's and an expert's phone with a chat about a case between them.

use std::path::Path;

use anyhow::{Context, Result};
use mso_tests::binaries;
use mso_tests::phone::Phone;
use serde_json::{Value, json};

use crate::cast::{Cast, level};
use crate::stage::{Stage, case_with};

/// Both phones, the expert admitted.
pub(crate) struct Chatting {
    pub(crate) requester: Phone,
    pub(crate) provider: Phone,
    pub(crate) case_id: String,
    pub(crate) patient_id: String,
}

impl Chatting {
    /// With Rust phones.
    pub(crate) async fn on(stage: &Stage) -> Result<Self> {
        let rust = binaries::rust_phone()?;
        Self::with(stage, &rust, &rust).await
    }

    /// With phones that run these programs. The expert has accepted the case.
    pub(crate) async fn with(stage: &Stage, asks: &Path, answers: &Path) -> Result<Self> {
        let mut cast = Cast::with(stage, asks, answers, &[]).await?;
        begin(&mut cast.requester, &mut cast.provider, &cast.case_id)?;
        Ok(Self {
            requester: cast.requester,
            provider: cast.provider,
            case_id: cast.case_id,
            patient_id: cast.patient_id,
        })
    }

    /// The same phones chat about a further case.
    pub(crate) async fn go_on_to_another_case(&mut self, stage: &Stage) -> Result<()> {
        let (case_id, _) = case_with(&mut self.requester, &self.patient_id, &[])?;
        self.case_id = case_id;
        level(&mut self.requester)?;
        stage.assign_to_cardiologist(&self.case_id).await?;
        level(&mut self.provider)?;
        begin(&mut self.requester, &mut self.provider, &self.case_id)
    }

    /// A request about the case.
    pub(crate) fn case(&self) -> Value {
        json!({"case_id": self.case_id})
    }

    /// A request about the case with a text.
    pub(crate) fn text(&self, text: &str) -> Value {
        with(&self.case(), "text", text)
    }

    /// Syncs one after the other until each has what the other wrote.
    pub(crate) fn level(&mut self) -> Result<()> {
        for _round in 0..2 {
            level(&mut self.provider)?;
            level(&mut self.requester)?;
        }
        level(&mut self.provider)
    }
}

/// The expert accepts the case and is admitted to its chat.
fn begin(requester: &mut Phone, provider: &mut Phone, case_id: &str) -> Result<()> {
    provider.ok("accept", json!({"case_id": case_id}))?;
    level(provider)?;
    admit(requester, case_id)?;
    level(provider)
}

/// Admits the expert whom the requester's phone is asked about.
pub(crate) fn admit(requester: &mut Phone, case_id: &str) -> Result<()> {
    level(requester)?;
    let case = json!({"case_id": case_id});
    let chat = requester.ok("chat", case.clone())?;
    let expert = chat.get("expert").filter(|expert| !expert.is_null());
    let expert = expert
        .with_context(|| format!("nobody to admit: {chat}"))?
        .clone();
    requester.ok("admit_expert", with(&case, "user_id", expert))?;
    level(requester)
}

/// The request with another field.
pub(crate) fn with(request: &Value, field: &str, value: impl Into<Value>) -> Value {
    let mut request = request.clone();
    if let Some(fields) = request.as_object_mut() {
        fields.insert(field.to_owned(), value.into());
    }
    request
}

/// The messages of a chat, oldest first.
pub(crate) fn messages(phone: &mut Phone, case: &Value) -> Result<Vec<Value>> {
    let page = phone.ok("messages", case.clone())?;
    let messages = page
        .get("messages")
        .and_then(Value::as_array)
        .context("messages")?;
    Ok(messages.iter().rev().cloned().collect())
}

/// Text and state of each message, oldest first; the text of a withdrawn one is a dash.
pub(crate) fn texts(phone: &mut Phone, case: &Value) -> Result<Vec<(String, String)>> {
    let field = |message: &Value, name: &str| {
        let text = message.get(name).and_then(Value::as_str);
        text.unwrap_or("–").to_owned()
    };
    let messages = messages(phone, case)?;
    Ok(messages
        .iter()
        .map(|message| (field(message, "text"), field(message, "state")))
        .collect())
}

/// Texts and states, as [`texts`] returns them.
pub(crate) fn pairs(texts: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(text, state): &(&str, &str)| ((*text).to_owned(), (*state).to_owned());
    texts.iter().map(owned).collect()
}
