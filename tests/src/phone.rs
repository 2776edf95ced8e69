//! A phone as a separate process: one JSON object per line in, one per line out.
//!
//! Kotlin, Swift and Rust phones use the same protocol (`android/README.md`), so a scenario can run with any
//! of them.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// What a phone answered instead of `ok`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneError {
    /// `refused`, `invalid`, `offline`, …
    pub kind: String,
    /// The stable code, for refusals.
    pub code: Option<String>,
}

pub struct Phone {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next: u64,
    store: PathBuf,
}

impl Phone {
    /// Starts the program and opens its store, which remains when the phone is killed.
    pub fn start(program: &Path, server: &str, store: &Path, name: &str) -> Result<Self> {
        Self::start_with(program, server, store, name, &[])
    }

    /// The same with additional environment variables.
    pub fn start_with(
        program: &Path,
        server: &str,
        store: &Path,
        name: &str,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        std::fs::create_dir_all(store)?;
        let mut child = Command::new(program)
            .envs(environment.iter().copied())
            .env("MSO_SERVER", server)
            .env("MSO_STORE", store)
            .env("MSO_DEVICE_NAME", name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let input = child.stdin.take().context("no stdin")?;
        let output = BufReader::new(child.stdout.take().context("no stdout")?);
        let mut phone = Self {
            child,
            input,
            output,
            next: 1,
            store: store.to_owned(),
        };
        phone.ok("open", json!({}))?;
        Ok(phone)
    }

    /// Sends one request and waits for its answer.
    pub fn ask(&mut self, verb: &str, mut request: Value) -> Result<Result<Value, PhoneError>> {
        let id = self.next;
        self.next += 1;
        if let Some(fields) = request.as_object_mut() {
            fields.insert("id".to_owned(), json!(id));
            fields.insert("do".to_owned(), json!(verb));
        }
        writeln!(self.input, "{request}").context("the phone is gone")?;
        self.input.flush()?;
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            bail!("the phone ended before it answered {verb}");
        }
        let answer: Value = serde_json::from_str(&line).with_context(|| format!("{verb} answered {line}"))?;
        anyhow::ensure!(
            answer.get("id") == Some(&json!(id)),
            "{verb} was answered out of order: {line}"
        );
        if let Some(ok) = answer.get("ok") {
            return Ok(Ok(ok.clone()));
        }
        let error = answer
            .get("error")
            .with_context(|| format!("{verb} answered {line}"))?;
        let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(Err(PhoneError {
            kind: text("kind").unwrap_or_default(),
            code: text("code"),
        }))
    }

    /// Sends one request that must succeed.
    pub fn ok(&mut self, verb: &str, request: Value) -> Result<Value> {
        match self.ask(verb, request)? {
            Ok(answer) => Ok(answer),
            Err(error) => bail!("{verb} failed: {} {}", error.kind, error.code.unwrap_or_default()),
        }
    }

    /// A text field of a successful response.
    pub fn text(&mut self, verb: &str, request: Value, field: &str) -> Result<String> {
        let answer = self.ok(verb, request)?;
        let text = answer.get(field).and_then(Value::as_str).map(str::to_owned);
        text.with_context(|| format!("{verb} answered no {field}: {answer}"))
    }

    /// Repeats the request until the response satisfies, for at most `seconds`. The phone works in the
    /// background.
    pub fn wait(
        &mut self,
        what: &str,
        seconds: u64,
        verb: &str,
        request: &Value,
        satisfied: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        let mut last = Value::Null;
        while Instant::now() < deadline {
            if let Ok(answer) = self.ask(verb, request.clone())? {
                if satisfied(&answer) {
                    return Ok(answer);
                }
                last = answer;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("waited {seconds} s for {what}; last answer: {last}")
    }

    /// The process id, to kill it by.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The folder of the store.
    #[must_use]
    pub fn store(&self) -> &Path {
        &self.store
    }

    /// Ends the phone with SIGKILL, like an empty battery.
    pub fn kill(mut self) -> Result<PathBuf> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(self.store.clone())
    }

    /// Ends the phone cleanly.
    pub fn quit(mut self) -> Result<()> {
        self.ok("quit", json!({}))?;
        let status = self.child.wait()?;
        anyhow::ensure!(status.success(), "the phone ended with {status}");
        Ok(())
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}
