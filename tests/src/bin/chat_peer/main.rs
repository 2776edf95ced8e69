//! `mso-chat-peer`: a phone, or one side of many pairs of them, for the benchmark of the chat beside other systems.
//!
//! One JSON object per line in, one per line out, in order. The verbs are those of `tests/peers/README.md`. It measures times
//! itself, by the clock that all processes share, so that what the lines cost is in no figure.

#![expect(clippy::print_stdout, reason = "answers on stdout")]

mod clock;
mod held;
mod pairs;
mod requests;

use std::collections::BTreeSet;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use mso_core::client::{OpenOptions, Workspace};
use mso_core::ids::CaseId;
use mso_core::time::SystemClock;
use mso_tests::vault::FileVault;
use serde_json::{Value, json};

use crate::held::Held;
use crate::pairs::Pairs;
use crate::requests::{Away, Request, Verb};

fn main() -> Result<()> {
    let mut peer = Peer::default();
    for line in std::io::stdin().lock().lines() {
        let Request { id, verb } = serde_json::from_str(&line?).context("not a request")?;
        match peer.answer(verb) {
            Ok(ok) => println!("{}", json!({"id": id, "ok": ok})),
            Err(error) => {
                let error = json!({"kind": "bug", "reference": format!("{error:#}")});
                println!("{}", json!({"id": id, "error": error}));
            }
        }
    }
    Ok(())
}

/// Opens a phone's store that was signed in before.
pub(crate) fn open(store: &Path, port: u16) -> Result<Arc<Workspace>> {
    let options = OpenOptions {
        directory: store.to_owned(),
        server_url: format!("http://127.0.0.1:{port}"),
        platform: "linux".to_owned(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        device_name: "measured".to_owned(),
    };
    let vault = Arc::new(FileVault::beside(&store.display().to_string()));
    Ok(Workspace::open(options, vault, Arc::new(SystemClock))?)
}

#[derive(Default)]
struct Peer {
    phone: Option<Phone>,
    pairs: Option<Pairs>,
}

/// The phone whose messages are counted, and the case of each number.
struct Phone {
    workspace: Arc<Workspace>,
    cases: Vec<CaseId>,
    held: Held,
}

impl Peer {
    fn answer(&mut self, verb: Verb) -> Result<Value> {
        match verb {
            Verb::Open { port, folder, cases } => {
                let begun = clock::now();
                let workspace = open(&folder, port)?;
                let held = Held::of(&workspace, &cases)?;
                let opened = Phone {
                    workspace,
                    cases,
                    held,
                };
                self.phone = Some(opened);
                Ok(json!({"ms": clock::now() - begun}))
            }
            Verb::Sync { messages } => self.phone()?.sync(messages),
            Verb::WaitUntil { messages } => {
                let at = self.phone()?.held.reached(messages)?;
                Ok(json!({"at": at}))
            }
            // What can be read was read from the store.
            Verb::Stored {} => Ok(json!({"at": self.phone()?.held.last_change()})),
            Verb::Disconnect {} => {
                self.phone()?.workspace.go_offline();
                Ok(json!({}))
            }
            Verb::Held {} => self.phone()?.held.all(),
            Verb::Write { messages } => self.phone_mut()?.write(&messages),
            Verb::Pushed {} => {
                self.phone()?.held.settled()?;
                Ok(json!({}))
            }
            Verb::Push {} => {
                let begun = clock::now();
                self.phone()?.workspace.go_online()?;
                let known = self.phone()?.held.settled()?;
                Ok(json!({"begun": begun, "known_ms": known - begun}))
            }
            Verb::OpenPairs { port, stores, cases } => {
                self.pairs = Some(Pairs::open(port, &stores, &cases)?);
                Ok(json!({}))
            }
            Verb::Live { jobs } => self.pairs()?.live(&jobs),
            Verb::Received { count, within_ms } => self.pairs()?.received(count, within_ms),
            Verb::Close {} => {
                if let Some(phone) = self.phone.take() {
                    phone.workspace.close();
                }
                if let Some(pairs) = self.pairs.take() {
                    pairs.close();
                }
                Ok(json!({}))
            }
        }
    }

    fn phone(&self) -> Result<&Phone> {
        self.phone.as_ref().context("no phone is open")
    }

    fn phone_mut(&mut self) -> Result<&mut Phone> {
        self.phone.as_mut().context("no phone is open")
    }

    fn pairs(&self) -> Result<&Pairs> {
        self.pairs.as_ref().context("no pairs are open")
    }
}

impl Phone {
    /// Goes online and waits until this many messages can be read.
    fn sync(&self, messages: usize) -> Result<Value> {
        let (begun, cpu) = (clock::now(), clock::cpu());
        self.workspace.go_online()?;
        let ms = self.held.reached(messages)? - begun;
        let cpu_s = (clock::cpu() - cpu) / 1_000.0;
        Ok(json!({"begun": begun, "ms": ms, "cpu_s": cpu_s}))
    }

    /// Writes one message after the other; each is on disk when the call returns.
    fn write(&mut self, messages: &[Away]) -> Result<Value> {
        // Nobody looks at the chats meanwhile.
        self.held.pause();
        let mut times = Vec::with_capacity(messages.len());
        let mut written = BTreeSet::new();
        for Away { index, message } in messages {
            let case = *self.cases.get(*index).context("no such case")?;
            written.insert(case);
            let begun = clock::now();
            self.workspace.write_message(case, &message.text, None)?;
            times.push(clock::now() - begun);
        }
        self.held.resume(&written)?;
        Ok(json!({"times": times}))
    }
}
