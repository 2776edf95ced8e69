//! What can be asked.

use std::path::PathBuf;

use mso_core::ids::CaseId;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) id: Value,
    #[serde(flatten)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Verb {
    /// `cases` has the case of each number.
    Open {
        port: u16,
        folder: PathBuf,
        cases: Vec<CaseId>,
    },
    Sync {
        messages: usize,
    },
    WaitUntil {
        messages: usize,
    },
    Stored {},
    Disconnect {},
    Held {},
    Write {
        messages: Vec<Away>,
    },
    Pushed {},
    Push {},
    OpenPairs {
        port: u16,
        stores: Vec<PathBuf>,
        cases: Vec<CaseId>,
    },
    Live {
        jobs: Vec<Job>,
    },
    Received {
        count: usize,
        within_ms: u64,
    },
    Close {},
}

/// A message for the case with this number.
#[derive(Debug, Deserialize)]
pub(crate) struct Away {
    pub(crate) index: usize,
    pub(crate) message: Message,
}

/// Only the text travels: ids, authors and times are the system's own.
#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    pub(crate) text: String,
}

/// A message that a pair writes when the shared clock shows `due`.
#[derive(Debug, Deserialize)]
pub(crate) struct Job {
    pub(crate) pair: usize,
    pub(crate) due: f64,
    pub(crate) message: Message,
}
