//! Whatever happens to a phone, nothing that it took from its user gets lost: the texts that were confirmed are those that the
//! server applied, those that wait, those in drafts, and those that the user discarded. Each is found once.
//!
//! The server of this test applies, refuses, holds or ignores commands, and loses answers; the phone is killed, its clock
//! jumps, its session ends. Users send drafts again, change, discard or take back what they entered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::drafts::{DraftChange, DraftText, Remedy, texts};
use super::store::{drafts as draft_rows, outbox};
use super::testing::phone::{Phone, case_record, cursor, grant, page, patient_record, plan};
use super::transport::TransportError;
use crate::client::sync::Page;
use crate::command::{Command, CommandEnvelope};
use crate::ids::{CaseId, CommandId, PatientId};
use crate::issues::IssueKind;
use crate::patients::{CreatePatient, PatientName};
use crate::protocol::cbor;
use crate::protocol::sync::{
    HeldUp, Outcome, PushItem, PushResult, SettledOutcome, SyncRequest, SyncResponse,
};
use crate::refusal::RefusalRecord;
use crate::testing::{a_case, text};
use crate::time::Timestamp;

const HOUR: i64 = 3_600_000;

/// What happens next. Numbers choose among what there is at that moment.
#[derive(Debug, Clone)]
enum Step {
    /// A requester submits a case, an expert an opinion.
    Enter,
    /// A requester creates a patient with a case, an expert returns a case.
    EnterMore,
    Sync {
        fates: Vec<Fate>,
        /// The server has done it, and its answer does not arrive.
        answer_lost: bool,
    },
    ClockJumps {
        hours: i64,
    },
    Kill,
    SessionEnds,
    SignIn,
    SendDraft(usize),
    ChangeDraft(usize),
    DiscardDraft(usize),
    UseExistingPatient(usize),
    SendHeld,
    TakeBack(usize),
}

/// What the server does with a command.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Applies,
    Refuses,
    Holds,
    NotNow,
    SaysNothing,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        3 => Just(Fate::Applies),
        4 => Just(Fate::Refuses),
        2 => Just(Fate::Holds),
        1 => Just(Fate::NotNow),
        1 => Just(Fate::SaysNothing),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let sync = (
        proptest::collection::vec(fate(), 1..6),
        proptest::bool::weighted(0.2),
    );
    prop_oneof![
        4 => Just(Step::Enter),
        2 => Just(Step::EnterMore),
        6 => sync.prop_map(|(fates, answer_lost)| Step::Sync { fates, answer_lost }),
        2 => (-2_000_i64..2_000).prop_map(|hours| Step::ClockJumps { hours }),
        2 => Just(Step::Kill),
        1 => Just(Step::SessionEnds),
        2 => Just(Step::SignIn),
        3 => any::<usize>().prop_map(Step::SendDraft),
        2 => any::<usize>().prop_map(Step::ChangeDraft),
        1 => any::<usize>().prop_map(Step::DiscardDraft),
        2 => any::<usize>().prop_map(Step::UseExistingPatient),
        1 => Just(Step::SendHeld),
        2 => any::<usize>().prop_map(Step::TakeBack),
    ]
}

/// A server that decides by what it is told, and never twice.
struct Deciding {
    now: Timestamp,
    existing: PatientId,
    fates: Vec<Fate>,
    answer_lost: bool,
    settled: BTreeMap<CommandId, SettledOutcome>,
    applied: BTreeMap<CommandId, Vec<u32>>,
}

impl Deciding {
    fn answer(&mut self, request: &SyncRequest) -> Result<SyncResponse, TransportError> {
        let mut held_up = HeldUp::default();
        let mut results = Vec::new();
        for item in &request.push {
            let envelope: CommandEnvelope = cbor::decode(&item.envelope).unwrap();
            let aggregate = envelope.command.aggregate().key();
            let outcome = if held_up.contains(item.id, &aggregate, &envelope.depends_on) {
                Some(Outcome::Retry)
            } else {
                self.decide(item, &envelope)
            };
            if outcome.as_ref().and_then(Outcome::settled).is_none() {
                held_up.add(item.id, Some(&aggregate));
            }
            results.extend(outcome.map(|outcome| PushResult { id: item.id, outcome }));
        }
        if self.answer_lost {
            return Err(TransportError::Interrupted);
        }
        Ok(SyncResponse {
            results,
            chat: Vec::new(),
            reset: None,
            purge: Vec::new(),
            grants: Vec::new(),
            changes: Vec::new(),
            records: Vec::new(),
            gone: Vec::new(),
            unreadable: Vec::new(),
            cursor: cursor(2),
            more: false,
            server_time: self.now,
            next_after_ms: 30_000,
            cut: false,
            push_only: false,
        })
    }

    fn decide(&mut self, item: &PushItem, envelope: &CommandEnvelope) -> Option<Outcome> {
        if let Some(of) = self.settled.get(&item.id) {
            return Some(Outcome::Replayed { of: of.clone() });
        }
        let refused = |id: &CommandId| matches!(self.settled.get(id), Some(SettledOutcome::Refused { .. }));
        let fate = if envelope.depends_on.iter().any(refused) {
            Fate::Refuses
        } else {
            self.fates.pop().unwrap_or(Fate::Applies)
        };
        let settled = match fate {
            Fate::Applies => {
                self.applied.insert(item.id, words(&envelope.command));
                SettledOutcome::Applied
            }
            Fate::Refuses => SettledOutcome::Refused {
                refusal: self.refusal(envelope),
            },
            Fate::Holds => {
                return Some(Outcome::Held {
                    code: "fault".to_owned(),
                    reference: "r-1".to_owned(),
                });
            }
            Fate::NotNow => return Some(Outcome::Retry),
            Fate::SaysNothing => return None,
        };
        self.settled.insert(item.id, settled.clone());
        Some(match settled {
            SettledOutcome::Applied => Outcome::Applied,
            SettledOutcome::Refused { refusal } => Outcome::Refused { refusal },
        })
    }

    fn refusal(&self, envelope: &CommandEnvelope) -> RefusalRecord {
        if envelope.command.as_operation::<CreatePatient>().is_some() {
            let exists = crate::refusal::Refusal::PatientExists {
                existing: Some(self.existing),
            };
            return RefusalRecord::from(&exists);
        }
        let code = if envelope.depends_on.is_empty() {
            "specialty_unknown"
        } else {
            "dependency_refused"
        };
        RefusalRecord::of_code(code.to_owned())
    }
}

/// The numbers in the texts that this test enters, such as 17 for `Word17`.
fn words(command: &Command) -> Vec<u32> {
    texts(command)
        .iter()
        .filter_map(|text| word(&text.text))
        .collect()
}

fn word(text: &str) -> Option<u32> {
    let after = text.to_lowercase().split_once("word")?.1.to_owned();
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// A phone and what its user knows of it.
struct Story {
    phone: Phone,
    server: Arc<Mutex<Deciding>>,
    cases: Vec<CaseId>,
    next: u32,
    confirmed: Vec<u32>,
    discarded: Vec<u32>,
}

impl Story {
    fn of(phone: Phone, cases: Vec<CaseId>) -> Self {
        let server = Arc::new(Mutex::new(Deciding {
            now: phone.world.now,
            existing: phone.world.patient().id,
            fates: Vec::new(),
            answer_lost: false,
            settled: BTreeMap::new(),
            applied: BTreeMap::new(),
        }));
        let answering = Arc::clone(&server);
        phone
            .server
            .answer(move |request| answering.lock().unwrap().answer(&request));
        Self {
            phone,
            server,
            cases,
            next: 1,
            confirmed: Vec::new(),
            discarded: Vec::new(),
        }
    }

    fn of_requester() -> Self {
        let phone = Phone::of_requester();
        let patient = phone.world.patient();
        phone.receive(&plan(Page {
            records: vec![patient_record(&patient)],
            grants: vec![grant(patient.institution_id, 1)],
            ..page()
        }));
        Self::of(phone, Vec::new())
    }

    fn of_expert() -> Self {
        let phone = Phone::of_provider();
        let cases: Vec<_> = (0..4).map(|_| a_case(&phone.world).in_progress()).collect();
        phone.receive(&plan(Page {
            records: cases.iter().map(case_record).collect(),
            grants: cases.iter().map(|case| grant(case.id, 1)).collect(),
            ..page()
        }));
        Self::of(phone, cases.iter().map(|case| case.id).collect())
    }

    /// A text that was never entered before.
    fn fresh(&mut self) -> (u32, String) {
        let word = self.next;
        self.next += 1;
        (
            word,
            format!("Word{word}: is the valve to be repaired before the summer?"),
        )
    }

    fn enter(&mut self) {
        let (word, said) = self.fresh();
        let (workspace, world) = (&self.phone.workspace, &self.phone.world);
        let confirmed = if self.cases.is_empty() {
            let mut request = world.request();
            request.clinical_question = text(&said);
            let id = workspace.new_case_id();
            workspace
                .submit_case(id, world.patient().id, request, Vec::new())
                .is_ok()
        } else {
            let mut opinion = world.opinion();
            opinion.assessment = text(&said);
            let case = self.cases[word as usize % self.cases.len()];
            workspace.submit_recommendation(case, opinion).is_ok()
        };
        self.confirmed.extend(confirmed.then_some(word));
    }

    fn enter_more(&mut self) {
        let (word, said) = self.fresh();
        if !self.cases.is_empty() {
            let case = self.cases[word as usize % self.cases.len()];
            let returned =
                self.phone
                    .workspace
                    .report_issue(case, IssueKind::Return, text(&said), Vec::new());
            self.confirmed.extend(returned.is_ok().then_some(word));
            return;
        }
        let mut patient = self.phone.world.create_patient();
        patient.patient_id = self.phone.workspace.new_patient_id();
        patient.name = PatientName::new(text(&format!("Word{word}")), None);
        let id = patient.patient_id;
        if self.phone.workspace.create_patient(patient).is_err() {
            return;
        }
        self.confirmed.push(word);
        let method = crate::patients::VerificationMethod::DocumentSeen;
        if self.phone.workspace.verify_patient(id, method, None).is_ok() {
            let (word, said) = self.fresh();
            let mut request = self.phone.world.request();
            request.clinical_question = text(&said);
            let case = self.phone.workspace.new_case_id();
            let submitted = self.phone.workspace.submit_case(case, id, request, Vec::new());
            self.confirmed.extend(submitted.is_ok().then_some(word));
        }
    }

    fn sync(&mut self, fates: &[Fate], answer_lost: bool) {
        {
            let mut server = self.server.lock().unwrap();
            server.fates = fates.to_vec();
            server.answer_lost = answer_lost;
            // Some held commands are due again, some are not.
            server.now = server.now.plus_millis(HOUR / 2);
        }
        // Whether it went well does not matter here.
        drop(run(self.phone.workspace.sync()));
    }

    fn draft_words(&self, ids: &BTreeSet<CommandId>) -> Vec<u32> {
        let rows = self.phone.read(draft_rows::all).into_iter();
        let of = rows.filter(|row| ids.contains(&row.command_id));
        of.filter_map(|row| row.command)
            .flat_map(|command| words(&command))
            .collect()
    }

    fn with_draft(&mut self, choice: usize, f: impl FnOnce(&mut Self, super::drafts::Draft)) {
        let mut drafts = self.phone.workspace.drafts().unwrap();
        if !drafts.is_empty() {
            let chosen = drafts.swap_remove(choice % drafts.len());
            f(self, chosen);
        }
    }

    fn change_draft(&mut self, draft: &super::drafts::Draft) {
        let Some(command) = &draft.command else { return };
        let found = texts(command)
            .into_iter()
            .find_map(|text| Some((word(&text.text)?, text)));
        let Some((old, DraftText { place, text })) = found else {
            return;
        };
        let (word, _) = self.fresh();
        let text = text.replacen(&old.to_string(), &word.to_string(), 1);
        let change = DraftChange::Texts(vec![DraftText { place, text }]);
        if self
            .phone
            .workspace
            .send_draft(draft.command_id, Some(change))
            .is_ok()
        {
            self.discarded.push(old);
            self.confirmed.push(word);
        }
    }

    fn discard_draft(&mut self, draft: &super::drafts::Draft) {
        let mut ids: BTreeSet<CommandId> = draft.waiting.iter().map(|waiting| waiting.command_id).collect();
        ids.insert(draft.command_id);
        let lost = self.draft_words(&ids);
        if self.phone.workspace.discard_draft(draft.command_id).is_ok() {
            self.discarded.extend(lost);
        }
    }

    fn use_existing(&mut self, draft: &super::drafts::Draft) {
        if !draft.remedies.contains(&Remedy::UseExistingPatient) {
            return;
        }
        let replaced = self.draft_words(&BTreeSet::from([draft.command_id]));
        let existing = self.server.lock().unwrap().existing;
        let used = self
            .phone
            .workspace
            .use_existing_patient(draft.command_id, existing);
        if used.is_ok() {
            self.discarded.extend(replaced);
        }
    }

    fn take_back(&mut self, choice: usize) {
        let waiting = self.phone.workspace.outbox().unwrap();
        if !waiting.is_empty() {
            let id = waiting[choice % waiting.len()].command_id;
            // Only what is held can be taken back.
            drop(self.phone.workspace.take_back(id));
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Enter => self.enter(),
            Step::EnterMore => self.enter_more(),
            Step::Sync { fates, answer_lost } => self.sync(&fates, answer_lost),
            Step::ClockJumps { hours } => self.phone.clock.advance_millis(hours * HOUR),
            Step::Kill => self.phone.reopen("1"),
            Step::SessionEnds => self.phone.server.end_session(true),
            Step::SignIn => {
                self.phone.server.end_session(false);
                run(self.phone.workspace.sign_in("amal@example.org", "a password")).unwrap();
            }
            Step::SendDraft(choice) => self.with_draft(choice, |story, draft| {
                drop(story.phone.workspace.send_draft(draft.command_id, None));
            }),
            Step::ChangeDraft(choice) => self.with_draft(choice, |story, draft| story.change_draft(&draft)),
            Step::DiscardDraft(choice) => self.with_draft(choice, |story, draft| story.discard_draft(&draft)),
            Step::UseExistingPatient(choice) => {
                self.with_draft(choice, |story, draft| story.use_existing(&draft));
            }
            Step::SendHeld => self.phone.workspace.send_held().unwrap(),
            Step::TakeBack(choice) => self.take_back(choice),
        }
    }

    /// The words that are somewhere, and where each is once: a command whose answer was lost is applied and waits.
    fn found(&self) -> Vec<u32> {
        let mut by_command = self.server.lock().unwrap().applied.clone();
        for row in self.phone.read(outbox::all) {
            by_command.insert(row.command_id, words(&row.envelope.unwrap().command));
        }
        for row in self.phone.read(draft_rows::all) {
            by_command.insert(row.command_id, words(&row.command.unwrap()));
        }
        let mut found: Vec<u32> = by_command.into_values().flatten().collect();
        found.extend(&self.discarded);
        found.sort_unstable();
        found
    }

    fn confirmed(&self) -> Vec<u32> {
        let mut confirmed = self.confirmed.clone();
        confirmed.sort_unstable();
        confirmed
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_every_confirmed_text_is_somewhere(
        is_expert in any::<bool>(),
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let mut story = if is_expert { Story::of_expert() } else { Story::of_requester() };
        for (at, step) in steps.into_iter().enumerate() {
            let shown = format!("{step:?}");
            story.take(step);
            prop_assert_eq!(story.found(), story.confirmed(), "after step {}: {}", at, shown);
        }
    }
}
