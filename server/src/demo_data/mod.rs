//! `mso demo-data`: a believable month of a few hospitals, played through the one write path.
//!
//! ```text
//! people, patients, cases/   the tables: who there is, what is asked and answered
//! plan, course, aftermath, money   from the tables to steps with their times
//! write, files, ids          texts, documents and ids of the commands
//! clock, store, error        what the player needs
//! ```
//!
//! The invariant: the same `until` on an empty database gives the same cases, texts and ids, except those that the server
//! draws; and a month that was played is never played again.

mod aftermath;
mod cases;
mod clock;
mod course;
mod error;
mod files;
mod ids;
mod money;
mod patients;
mod people;
mod plan;
mod store;
mod write;

use std::path::Path;
use std::sync::Arc;

use mso_core::actor::Actor;
use mso_core::command::{Command, CommandEnvelope};
use mso_core::crypto::Sha256Hash;
use mso_core::documents::MarkDocumentStored;
use mso_core::ids::{CaseId, CommandId, DocumentId};
use mso_core::protocol::cbor;
use mso_core::protocol::sync::SettledOutcome;
use mso_core::time::Timestamp;

pub use self::error::DemoDataError;
pub use self::people::USERS;

use self::clock::StoryClock;
use self::files::Files;
use self::people::Cast;
use self::plan::{Act, Given, Plan, Step};
use crate::admin::demo;
use crate::commands::Request;
use crate::commands::execute::execute;
use crate::jobs;
use crate::state::State;

/// Length of the story, in hours.
const LENGTH: i64 = 30 * 24;

/// What there is after the month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// Whether the month was played now; else it was there.
    pub is_new: bool,
    /// Status, closure if the case is closed, and how many cases.
    pub cases: Vec<(String, Option<String>, i64)>,
    /// Credit notes too.
    pub invoices: i64,
}

/// Plays the month that ends at this time, with files of this folder, unless it was played before.
pub async fn play(state: &State, folder: &Path, until: Timestamp) -> Result<Played, DemoDataError> {
    let database = &state.database;
    let start = until.plus_hours(-LENGTH);
    let is_new = !store::has_cases_of(database, "registrar@demo.example").await?;
    if is_new {
        if let Some(since) = store::priced_since(database)
            .await?
            .filter(|since| *since > start)
        {
            return Err(DemoDataError::TooYoung(since));
        }
        let files = Files::choose(folder)?;
        demo::ensure(database, start).await?;
        people::ensure(database, start).await?;
        let cast = Cast::find(database, start).await?;
        let steps = Plan::of_month(&cast, &files, start, until)?;
        let clock = Arc::new(StoryClock::at(start));
        let player = Player {
            state: State {
                clock: clock.clone(),
                ..state.clone()
            },
            clock,
            cast,
            files,
        };
        for (number, step) in steps.into_iter().enumerate() {
            player.take(number, step).await?;
        }
    }
    let admin = store::actor(database, "admin@demo.example", start).await?;
    Ok(Played {
        is_new,
        cases: store::standing(database, &admin).await?,
        invoices: store::invoices(database, &admin).await?,
    })
}

struct Player {
    state: State,
    clock: Arc<StoryClock>,
    cast: Cast,
    files: Files,
}

impl Player {
    async fn take(&self, number: usize, step: Step) -> Result<(), DemoDataError> {
        let Step { at, act } = step;
        self.clock.move_to(at);
        match act {
            Act::Give(given) => self.give(number, *given, at).await,
            Act::Store(case, document, place) => self.store(case, document, place, at).await,
            Act::Money(case, money) => {
                let (by, command) = money::command(&self.state.database, &self.cast, case, money, at).await?;
                let given = Given {
                    by,
                    command,
                    token: None,
                    refused: None,
                };
                self.give(number, given, at).await
            }
            Act::Round => Ok(jobs::round(&self.state).await?),
        }
    }

    async fn give(&self, number: usize, given: Given, at: Timestamp) -> Result<(), DemoDataError> {
        let Given {
            by,
            command,
            token,
            refused,
        } = given;
        let actor = self.cast.actor(by)?;
        let command_id = CommandId::from_uuid(ids::named(&format!("command {number}"), at));
        let envelope = CommandEnvelope {
            command_id,
            command,
            assignment_id: token,
            base_version: None,
            device_seq: None,
            issued_at: at,
            depends_on: Vec::new(),
        };
        let request_sha256 = Sha256Hash::of(&cbor::encode(&envelope)?);
        let request = Request {
            command_id,
            envelope,
            request_sha256,
            request_id: None,
        };
        self.execute(&actor, request, refused, at).await
    }

    /// A file arrives, as if its last byte had been uploaded.
    async fn store(
        &self,
        case_id: CaseId,
        document_id: DocumentId,
        place: usize,
        at: Timestamp,
    ) -> Result<(), DemoDataError> {
        let file = self.files.get(place).ok_or(DemoDataError::Value("file"))?;
        let stored = self.state.objects.store(document_id, file.bytes.clone()).await;
        let sha256 = stored.map_err(DemoDataError::Store)?;
        let command = Command::from(MarkDocumentStored {
            case_id,
            document_id,
            sha256,
        });
        let request = Request::of_server(command, &format!("{document_id} {sha256}"), at);
        self.execute(&Actor::SYSTEM, request, None, at).await
    }

    /// Executes a command, and checks that it is answered as the story means it.
    async fn execute(
        &self,
        actor: &Actor,
        request: Request,
        meant: Option<&'static str>,
        at: Timestamp,
    ) -> Result<(), DemoDataError> {
        let command = request.envelope.command.name();
        let executed = execute(&self.state, actor, request).await;
        let executed = executed.map_err(|source| DemoDataError::Execute { command, at, source })?;
        let code = match executed.outcome.settled() {
            Some(SettledOutcome::Applied) => None,
            Some(SettledOutcome::Refused { refusal }) => Some(refusal.code),
            None => Some("retry".to_owned()),
        };
        if code.as_deref() == meant {
            return Ok(());
        }
        let code = code.unwrap_or_else(|| "applied".to_owned());
        Err(DemoDataError::Answered { command, at, code })
    }
}
