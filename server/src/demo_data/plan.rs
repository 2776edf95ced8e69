//! The plan of the month: every step with its time, made before the first one is taken.
//!
//! `course.rs` adds the steps of each case, `money.rs` those of its invoice. The invariant: a plan depends on the tables,
//! the files and the time alone, and steps of one time keep the order in which they were planned.

use mso_core::command::Command;
use mso_core::documents::DeclaredFile;
use mso_core::ids::{AssignmentId, CaseId, DocumentId, PatientId};
use mso_core::patients::{DeactivatePatient, Inactive, MergePatients, VerificationMethod, VerifyPatient};
use mso_core::people::{
    Availability, AvailabilityException, ExceptionKind, Period, SetAvailability, TimeZoneName,
};
use mso_core::time::{PartialDate, Timestamp};
use uuid::Uuid;

use super::cases::{self, CaseText};
use super::error::{DemoDataError, text};
use super::files::Files;
use super::ids;
use super::money::Money;
use super::patients::{self, Person, Special};
use super::people::{Cast, requester};
use super::write;

/// Minutes of an hour and of a day.
pub(super) const HOUR: i64 = 60;
pub(super) const DAY: i64 = 24 * HOUR;

/// One step of the story.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) at: Timestamp,
    pub(super) act: Act,
}

#[derive(Debug)]
pub(super) enum Act {
    Give(Box<Given>),
    /// A file arrives: the document, and the place of its bytes among the files.
    Store(CaseId, DocumentId, usize),
    /// Something with the invoice of this case.
    Money(CaseId, Money),
    /// What is due is done.
    Round,
}

/// A command in somebody's name.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) by: &'static str,
    pub(super) command: Command,
    pub(super) token: Option<AssignmentId>,
    /// The refusal that the story means to get.
    pub(super) refused: Option<&'static str>,
}

/// The plan while it is made.
pub(super) struct Plan<'a> {
    pub(super) cast: &'a Cast,
    pub(super) files: &'a Files,
    pub(super) start: Timestamp,
    steps: Vec<Step>,
}

impl<'a> Plan<'a> {
    /// Plans the whole month.
    pub(super) fn of_month(
        cast: &'a Cast,
        files: &'a Files,
        start: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Step>, DemoDataError> {
        let mut plan = Self {
            cast,
            files,
            start,
            steps: Vec::new(),
        };
        plan.experts()?;
        for case in cases::all() {
            plan.course(case)?;
        }
        plan.patients_without_cases()?;
        let length = until.millis_since(start) / 60_000;
        for round in (0..=length).step_by(8 * 60) {
            plan.add(round, Act::Round);
        }
        let mut steps = plan.steps;
        steps.retain(|step| step.at <= until);
        steps.sort_by_key(|step| step.at);
        Ok(steps)
    }

    /// The time after so many minutes of the story.
    pub(super) const fn time(&self, minutes: i64) -> Timestamp {
        self.start.plus_millis(minutes * 60_000)
    }

    /// The id of what has this name in the story.
    pub(super) fn id(&self, name: &str) -> Uuid {
        ids::named(name, self.start)
    }

    pub(super) fn add(&mut self, minutes: i64, act: Act) {
        let at = self.time(minutes);
        self.steps.push(Step { at, act });
    }

    /// Somebody gives a command.
    pub(super) fn give(&mut self, minutes: i64, by: &'static str, command: impl Into<Command>) {
        self.give_under(minutes, by, command, None);
    }

    /// An expert gives a command under an assignment.
    pub(super) fn give_under(
        &mut self,
        minutes: i64,
        by: &'static str,
        command: impl Into<Command>,
        token: Option<AssignmentId>,
    ) {
        let given = Given {
            by,
            command: command.into(),
            token,
            refused: None,
        };
        self.add(minutes, Act::Give(Box::new(given)));
    }

    /// A command that is meant to be refused with this code.
    pub(super) fn give_in_vain(
        &mut self,
        minutes: i64,
        by: &'static str,
        command: impl Into<Command>,
        token: AssignmentId,
        code: &'static str,
    ) {
        let given = Given {
            by,
            command: command.into(),
            token: Some(token),
            refused: Some(code),
        };
        self.add(minutes, Act::Give(Box::new(given)));
    }

    pub(super) fn patient_id(&self, place: usize) -> PatientId {
        PatientId::from_uuid(self.id(&format!("patient {place}")))
    }

    pub(super) fn person(place: usize) -> Result<&'static Person, DemoDataError> {
        patients::ALL.get(place).ok_or(DemoDataError::Value("patient"))
    }

    /// A requester adds a patient, and verifies the identity a quarter of an hour later.
    pub(super) fn new_patient(
        &mut self,
        minutes: i64,
        place: usize,
        is_verified: bool,
    ) -> Result<(), DemoDataError> {
        let person = Self::person(place)?;
        let (by, patient_id) = (requester(person.house, place), self.patient_id(place));
        self.give(minutes, by, write::patient(person, patient_id)?);
        if is_verified {
            let verify = VerifyPatient {
                patient_id,
                method: VerificationMethod::DocumentSeen,
                note: None,
            };
            self.give(minutes + 15, by, verify);
        }
        Ok(())
    }

    /// The files of a case as documents, and the places of their bytes.
    pub(super) fn documents(
        &self,
        case: &CaseText,
        minutes: i64,
    ) -> Result<Vec<(usize, DeclaredFile)>, DemoDataError> {
        let at = self.time(minutes);
        let mut documents = Vec::new();
        for (number, (place, file)) in self.files.some(case.patient * 2, case.files).enumerate() {
            let name = format!("document {} {number}", case.patient);
            documents.push((place, file.declare(&name, at)?));
        }
        Ok(documents)
    }

    /// Leave, and an expert who takes no more cases.
    fn experts(&mut self) -> Result<(), DemoDataError> {
        let day = |days| self.start.date().plus_days(days);
        let leave = AvailabilityException {
            days: Period::new(day(22), day(33)).map_err(|_| DemoDataError::Value("period"))?,
            kind: ExceptionKind::Leave,
        };
        self.availability(DAY, "neurologist", vec![leave], true)?;
        self.availability(12 * DAY, "rhythm", Vec::new(), false)
    }

    fn availability(
        &mut self,
        minutes: i64,
        expert: &'static str,
        exceptions: Vec<AvailabilityException>,
        accepting: bool,
    ) -> Result<(), DemoDataError> {
        let availability = Availability::new(TimeZoneName::utc(), Vec::new(), exceptions, accepting);
        let set = SetAvailability {
            provider_id: self.cast.provider(expert)?,
            availability: availability.map_err(|_| DemoDataError::Value("availability"))?,
        };
        self.give(minutes, expert, set);
        Ok(())
    }

    /// A duplicate that is merged, one that nobody has looked at, a patient who is not verified and one who died.
    fn patients_without_cases(&mut self) -> Result<(), DemoDataError> {
        for (place, (hours, special)) in (patients::WITH_CASES..).zip(patients::SPECIAL) {
            let (minutes, patient_id) = (hours * HOUR, self.patient_id(place));
            match special {
                Special::MergedInto(survivor) => {
                    self.new_patient(minutes, place, false)?;
                    let merge = MergePatients {
                        patient_id,
                        survivor_id: self.patient_id(survivor),
                        reason: text("reason", "The same person, registered twice at the reception")?,
                    };
                    self.give(minutes + DAY, "admin", merge);
                }
                Special::Undecided | Special::Unverified => self.new_patient(minutes, place, false)?,
                Special::Died => {
                    self.new_patient(minutes, place, true)?;
                    let by = requester(Self::person(place)?.house, place);
                    let deceased_date = PartialDate::Day(self.start.date().plus_days(17));
                    let died = DeactivatePatient {
                        patient_id,
                        inactive: Inactive::Deceased { deceased_date },
                    };
                    self.give(minutes + 16 * DAY, by, died);
                }
            }
        }
        Ok(())
    }
}
