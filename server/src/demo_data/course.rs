//! The course of one case: from the patient's registration to where it stands at the end of the month.
//!
//! The invariant: every command comes after those it needs, by the times here alone. Overdue obligations are not planned:
//! they come by themselves because a step is left out.

use mso_core::cases::{
    AcceptCase, AssignCase, CancelCase, CaseStatus, OverridableRule, Override, ReassignCase, RejectCase,
    RejectionReason, RequestCancellation, RequestRelease, ResubmitCase, StartReview, SubmitCase,
    SubmitRecommendation, WithdrawCase,
};
use mso_core::documents::{DeclareDocument, DeclaredFile, DocumentKind};
use mso_core::ids::{AssignmentId, CaseId, IssueId, RecommendationId};
use mso_core::issues::{AnswerIssue, IssueKind, ReportIssue};
use mso_core::people::DeactivateUser;

use super::cases::{CaseText, Fate, Opinion, Via};
use super::error::{DemoDataError, text};
use super::people::requester;
use super::plan::{Act, DAY, HOUR, Plan};
use super::write;

/// A case while its course is planned.
pub(super) struct Course {
    pub(super) case: &'static CaseText,
    pub(super) id: CaseId,
    pub(super) requester: &'static str,
    admin: &'static str,
    /// When it is submitted, in minutes.
    submitted: i64,
    pub(super) files: Vec<DeclaredFile>,
}

/// How far an expert goes, and when, in minutes after the submission.
#[derive(Clone, Copy)]
struct Pace {
    assigned: i64,
    accepted: Option<i64>,
    started: Option<i64>,
}

impl Pace {
    /// The first expert's, up to the start of the review.
    const fn of(case: &CaseText) -> Self {
        match case.urgent {
            Some(_) => Self {
                assigned: 15,
                accepted: Some(40),
                started: Some(HOUR),
            },
            None => Self {
                assigned: 150,
                accepted: Some(6 * HOUR),
                started: Some(22 * HOUR),
            },
        }
    }

    /// That of an expert who gets the case so much later.
    const fn later(minutes: i64) -> Self {
        Self {
            assigned: minutes,
            accepted: Some(minutes + 4 * HOUR),
            started: Some(minutes + 14 * HOUR),
        }
    }
}

impl Plan<'_> {
    /// Plans all steps of this case.
    pub(super) fn course(&mut self, case: &'static CaseText) -> Result<(), DemoDataError> {
        let submitted = (case.day * 24 + case.hour) * HOUR;
        let house = Self::person(case.patient)?.house;
        let documents = self.documents(case, submitted)?;
        let course = Course {
            case,
            id: CaseId::from_uuid(self.id(&format!("case {}", case.patient))),
            requester: requester(house, case.patient),
            admin: if case.patient % 3 == 1 {
                "coordinator"
            } else {
                "admin"
            },
            submitted,
            files: documents.iter().map(|(_, file)| file.clone()).collect(),
        };
        self.new_patient(submitted - 40, case.patient, true)?;
        let submit = SubmitCase {
            case_id: course.id,
            patient_id: self.patient_id(case.patient),
            request: write::request(case, self.time(submitted - 30))?,
            documents: course.files.clone(),
        };
        self.give(submitted, course.requester, submit);
        let arriving = match case.fate {
            Fate::Uploading => documents.len().saturating_sub(1),
            Fate::New
            | Fate::Assigned
            | Fate::Accepted
            | Fate::InProgress
            | Fate::AskedRelease
            | Fate::ReturnedOpen
            | Fate::ReturnedPending
            | Fate::Rejected
            | Fate::Withdrawn
            | Fate::Cancelled
            | Fate::Done(..) => documents.len(),
        };
        for (minutes, (place, file)) in (submitted + 3..).step_by(3).zip(documents.iter().take(arriving)) {
            self.add(minutes, Act::Store(course.id, file.document_id, *place));
        }
        self.fate(&course)
    }

    fn fate(&mut self, course: &Course) -> Result<(), DemoDataError> {
        let case = course.case;
        let pace = Pace::of(case);
        let (only_assigned, only_accepted) = (
            Pace {
                accepted: None,
                started: None,
                ..pace
            },
            Pace {
                started: None,
                ..pace
            },
        );
        match &case.fate {
            Fate::Uploading | Fate::New => {}
            Fate::Assigned => {
                self.expert(course, case.expert, only_assigned)?;
            }
            Fate::Accepted => {
                self.expert(course, case.expert, only_accepted)?;
            }
            Fate::InProgress => {
                self.expert(course, case.expert, pace)?;
            }
            Fate::AskedRelease => {
                let token = self.expert(course, case.expert, pace)?;
                let release = RequestRelease {
                    case_id: course.id,
                    issue_id: self.issue_id(course),
                    reason: text(
                        "reason",
                        "This needs a nephrologist; please give it to a colleague.",
                    )?,
                };
                self.give_under(course.submitted + 40 * HOUR, case.expert, release, Some(token));
            }
            Fate::ReturnedOpen => {
                self.returned(course)?;
            }
            Fate::ReturnedPending => self.resubmitted_without_file(course)?,
            Fate::Rejected => {
                self.expert(course, case.expert, only_assigned)?;
                self.rejected(course, case.expert, 20 * HOUR)?;
            }
            Fate::Withdrawn => {
                let withdraw = WithdrawCase {
                    case_id: course.id,
                    reason: text("reason", "The patient has decided for another hospital.")?,
                };
                self.give(course.submitted + 20 * HOUR, course.requester, withdraw);
            }
            Fate::Cancelled => self.cancelled(course, only_accepted)?,
            Fate::Done(via, opinion, after) => {
                let (token, done) = self.way_to_done(course, *via, opinion)?;
                let jitter = i64::try_from(case.patient % 4).unwrap_or(0) * 5 * HOUR;
                let done = if case.urgent.is_some() {
                    done
                } else {
                    done + jitter
                };
                self.opinion(course, case.expert, opinion, token, done)?;
                self.afterwards(course, opinion, after, token, done)?;
                self.money(done, course.id, case.patient, course.requester);
            }
        }
        Ok(())
    }

    /// An admin assigns the case to an expert, who goes as far as this pace says.
    fn expert(
        &mut self,
        course: &Course,
        expert: &'static str,
        pace: Pace,
    ) -> Result<AssignmentId, DemoDataError> {
        let (case_id, token) = (course.id, self.token(course, expert));
        let mut overrides = Vec::new();
        if course.case.although_away {
            overrides.push(Override {
                rule: OverridableRule::ProviderOnLeave,
                reason: Some(text(
                    "reason",
                    "Agreed by phone: she takes this one during her leave",
                )?),
            });
        }
        let assign = AssignCase {
            case_id,
            assignment_id: token,
            provider_id: self.cast.provider(expert)?,
            overrides,
        };
        self.give(course.submitted + pace.assigned, course.admin, assign);
        self.goes_on(course, expert, token, pace);
        Ok(token)
    }

    fn goes_on(&mut self, course: &Course, expert: &'static str, token: AssignmentId, pace: Pace) {
        let (case_id, from) = (course.id, course.submitted);
        if let Some(minutes) = pace.accepted {
            self.give_under(from + minutes, expert, AcceptCase { case_id }, Some(token));
        }
        if let Some(minutes) = pace.started {
            self.give_under(from + minutes, expert, StartReview { case_id }, Some(token));
        }
    }

    fn token(&self, course: &Course, expert: &str) -> AssignmentId {
        AssignmentId::from_uuid(self.id(&format!("assignment {} {expert}", course.case.patient)))
    }

    fn issue_id(&self, course: &Course) -> IssueId {
        IssueId::from_uuid(self.id(&format!("issue {}", course.case.patient)))
    }

    /// The assignment under which the case is in progress, and when the opinion can come, in minutes of the story.
    fn way_to_done(
        &mut self,
        course: &Course,
        via: Via,
        opinion: &Opinion,
    ) -> Result<(AssignmentId, i64), DemoDataError> {
        let (case, from) = (course.case, course.submitted);
        let pace = Pace::of(case);
        match via {
            Via::Straight => {
                let token = self.expert(course, case.expert, pace)?;
                let minutes = if case.urgent.is_some() {
                    5 * HOUR
                } else {
                    50 * HOUR
                };
                Ok((token, from + minutes))
            }
            Via::Rejected(first) => {
                let only_assigned = Pace {
                    accepted: None,
                    started: None,
                    ..pace
                };
                self.expert(course, first, only_assigned)?;
                self.rejected(course, first, 5 * HOUR)?;
                let token = self.expert(course, case.expert, Pace::later(8 * HOUR))?;
                Ok((token, from + 60 * HOUR))
            }
            Via::Returned => {
                let (token, issue_id) = self.returned(course)?;
                let answer = AnswerIssue {
                    case_id: course.id,
                    issue_id,
                    text: Some(text("answer", "The MRI is from last Tuesday, without contrast.")?),
                    document_ids: Vec::new(),
                };
                self.give(from + 50 * HOUR, course.requester, answer);
                self.resubmit(course, issue_id, 50 * HOUR + 5);
                Ok((token, from + 80 * HOUR))
            }
            Via::Late(first) => {
                let old = self.expert(course, first, pace)?;
                let reassign = ReassignCase {
                    case_id: course.id,
                    assignment_id: self.token(course, case.expert),
                    provider_id: self.cast.provider(case.expert)?,
                    reason: text("reason", "The expert could not be reached")?,
                    confirm_state: Some(CaseStatus::InProgress),
                    overrides: Vec::new(),
                };
                self.give(from + 46 * HOUR, course.admin, reassign);
                let late = SubmitRecommendation {
                    case_id: course.id,
                    recommendation_id: self.recommendation_id(course, first),
                    content: write::opinion(case, opinion, &course.files)?,
                };
                self.give_in_vain(from + 47 * HOUR, first, late, old, "assignment_superseded");
                let token = self.token(course, case.expert);
                self.goes_on(course, case.expert, token, Pace::later(48 * HOUR));
                Ok((token, from + 90 * HOUR))
            }
            Via::Gone(first) => {
                self.expert(course, first, pace)?;
                let deactivate = DeactivateUser {
                    user_id: self.cast.actor(first)?.user,
                    reason: text("reason", "Has left the network")?,
                };
                self.give(from + 44 * HOUR, course.admin, deactivate);
                self.add(from + 44 * HOUR + 1, Act::Round);
                let token = self.expert(course, case.expert, Pace::later(48 * HOUR))?;
                Ok((token, from + 90 * HOUR))
            }
        }
    }

    pub(super) fn recommendation_id(&self, course: &Course, name: &str) -> RecommendationId {
        RecommendationId::from_uuid(self.id(&format!("recommendation {} {name}", course.case.patient)))
    }

    fn opinion(
        &mut self,
        course: &Course,
        expert: &'static str,
        opinion: &Opinion,
        token: AssignmentId,
        done: i64,
    ) -> Result<(), DemoDataError> {
        let submit = SubmitRecommendation {
            case_id: course.id,
            recommendation_id: self.recommendation_id(course, expert),
            content: write::opinion(course.case, opinion, &course.files)?,
        };
        self.give_under(done, expert, submit, Some(token));
        Ok(())
    }

    fn rejected(&mut self, course: &Course, expert: &'static str, minutes: i64) -> Result<(), DemoDataError> {
        let reject = RejectCase {
            case_id: course.id,
            reason: RejectionReason::OutOfSpecialty,
            text: Some(text("reason", "This belongs to a subspecialist, not to me.")?),
        };
        let token = self.token(course, expert);
        self.give_under(course.submitted + minutes, expert, reject, Some(token));
        Ok(())
    }

    /// The expert begins, and sends the case back with a question.
    fn returned(&mut self, course: &Course) -> Result<(AssignmentId, IssueId), DemoDataError> {
        let expert = course.case.expert;
        let token = self.expert(course, expert, Pace::of(course.case))?;
        let issue_id = self.issue_id(course);
        let report = ReportIssue {
            case_id: course.id,
            issue_id,
            kind: IssueKind::Return,
            text: text(
                "issue",
                "When was the imaging done, and is there a written report of it?",
            )?,
            wanted_items: vec![DocumentKind::Report],
        };
        self.give_under(course.submitted + 26 * HOUR, expert, report, Some(token));
        Ok((token, issue_id))
    }

    fn resubmit(&mut self, course: &Course, issue_id: IssueId, minutes: i64) {
        let resubmit = ResubmitCase {
            case_id: course.id,
            issues: vec![issue_id],
        };
        self.give(course.submitted + minutes, course.requester, resubmit);
    }

    /// The requester answers with a file that has not arrived.
    fn resubmitted_without_file(&mut self, course: &Course) -> Result<(), DemoDataError> {
        let (_, issue_id) = self.returned(course)?;
        let (minutes, place) = (3 * DAY, course.case.patient * 2 + course.case.files);
        let Some((_, file)) = self.files.some(place, 1).next() else {
            return Ok(());
        };
        let name = format!("document {} answer", course.case.patient);
        let file = file.declare(&name, self.time(course.submitted + minutes))?;
        let answer = AnswerIssue {
            case_id: course.id,
            issue_id,
            text: Some(text("answer", "The report is attached.")?),
            document_ids: vec![file.document_id],
        };
        let declare = DeclareDocument {
            case_id: course.id,
            file,
        };
        self.give(course.submitted + minutes, course.requester, declare);
        self.give(course.submitted + minutes + 5, course.requester, answer);
        self.resubmit(course, issue_id, minutes + 10);
        Ok(())
    }

    fn cancelled(&mut self, course: &Course, pace: Pace) -> Result<(), DemoDataError> {
        self.expert(course, course.case.expert, pace)?;
        let ask = RequestCancellation {
            case_id: course.id,
            issue_id: self.issue_id(course),
            reason: text("reason", "The patient has moved and is treated elsewhere.")?,
        };
        self.give(course.submitted + 20 * HOUR, course.requester, ask);
        let cancel = CancelCase {
            case_id: course.id,
            reason: text("reason", "At the request of the clinic")?,
        };
        self.give(course.submitted + 30 * HOUR, course.admin, cancel);
        Ok(())
    }
}
