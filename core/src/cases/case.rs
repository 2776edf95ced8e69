//! The case record: its fields, its seven statuses, and `apply`, the one place where an event changes it.
//!
//! Not here: when an event may happen; that is in the operation files beside this one.

use serde::{Deserialize, Serialize};

use super::{CaseRequest, RejectionReason, UrgencyLevel};
use crate::ids::{AssignmentId, CaseId, InstitutionId, PatientId, ProviderId, UserId};
use crate::notifications::Audience;
use crate::time::Timestamp;

named! {
    /// Where a case stands. The seven of the seed, and no more (D-1).
    pub enum CaseStatus {
        /// Created by the requester, awaiting an admin.
        New = "New",
        /// Given to an expert who has not answered.
        Assigned = "Assigned",
        /// The expert takes it.
        Accepted = "Accepted",
        /// Under review.
        InProgress = "InProgress",
        /// The expert declined; an admin finds another.
        Rejected = "Rejected",
        /// Waits for the requester.
        Returned = "Returned",
        /// The recommendation is given.
        Done = "Done",
    }
}

impl CaseStatus {
    /// Whether the requester is told who the expert is (D-12: from Accepted on).
    #[must_use]
    pub const fn shows_expert(self) -> bool {
        match self {
            Self::Accepted | Self::InProgress | Self::Done => true,
            Self::New | Self::Assigned | Self::Rejected | Self::Returned => false,
        }
    }
}

named! {
    /// Why a case is frozen.
    pub enum Closure {
        /// By the requester.
        Withdrawn = "withdrawn",
        /// By an admin.
        Cancelled = "cancelled",
    }
}

named! {
    /// Whether all files of the request have arrived.
    pub enum Readiness {
        /// Some are on their way.
        AwaitingUploads = "awaiting_uploads",
        /// All are stored and hash-checked.
        Ready = "ready",
    }
}

/// The attempt that is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CurrentAssignment {
    /// The fencing token.
    pub id: AssignmentId,
    /// The expert.
    pub provider_id: ProviderId,
}

named! {
    /// Something that is owed by a deadline.
    pub enum Obligation {
        /// The expert's answer.
        Accept = "accept",
        /// The review's start.
        Start = "start",
        /// The recommendation.
        Finish = "finish",
        /// The requester's answer to a return.
        Answer = "answer",
        /// That the requester reads the recommendation.
        Read = "read",
    }
}

/// What is owed by when. A deadline never changes a status (D-28).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Due {
    /// The expert's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept_by: Option<Timestamp>,
    /// The review's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_by: Option<Timestamp>,
    /// The recommendation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_by: Option<Timestamp>,
    /// The requester's answer to a return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<Timestamp>,
    /// That the requester reads the recommendation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_by: Option<Timestamp>,
    /// Since when the expert's deadlines stand still, while the case waits for the requester.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Timestamp>,
}

impl Due {
    /// When this is owed.
    #[must_use]
    pub const fn by(&self, what: Obligation) -> Option<Timestamp> {
        match what {
            Obligation::Accept => self.accept_by,
            Obligation::Start => self.start_by,
            Obligation::Finish => self.finish_by,
            Obligation::Answer => self.answer_by,
            Obligation::Read => self.read_by,
        }
    }

    /// The expert's deadlines go on, later by the time for which they stood still.
    fn resume(&mut self, now: Timestamp) {
        self.answer_by = None;
        if let Some(paused_at) = self.paused_at.take() {
            let pause = now.millis_since(paused_at).max(0);
            for deadline in [&mut self.accept_by, &mut self.start_by, &mut self.finish_by] {
                *deadline = deadline.map(|by| by.plus_millis(pause));
            }
        }
    }
}

/// A resubmission that waits for its files (T9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingResubmission {
    /// By whom.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// A case: what is asked, for whom, and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Made by the requester's device.
    pub id: CaseId,
    /// `MSO-2026-000123`, once the server has seen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Who asks.
    pub institution_id: InstitutionId,
    /// For whom.
    pub patient_id: PatientId,
    /// The person who submitted.
    pub requester_id: UserId,
    /// What is asked.
    pub request: CaseRequest,
    /// Where it stands.
    pub status: CaseStatus,
    /// Where it returns to from Returned (D-5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume_status: Option<CaseStatus>,
    /// Frozen, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closure: Option<Closure>,
    /// Whether all files are here.
    pub readiness: Readiness,
    /// The running attempt. A requester's phone is not told before Accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<CurrentAssignment>,
    /// Why the last expert declined, as the requester is told (T6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<RejectionReason>,
    /// Sent on by the requester, and still waiting for files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_resubmission: Option<PendingResubmission>,
    /// The requester's people on the case: who submitted it, and colleagues added.
    #[serde(default)]
    pub team: Vec<UserId>,
    /// Deadlines.
    #[serde(default)]
    pub due: Due,
    /// What was not done in time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overdue: Vec<Obligation>,
    /// Counts accepted commands, from 1.
    pub version: u64,
    /// When the server took it (on the phone, until then: the device's time).
    pub submitted_at: Timestamp,
    /// When the recommendation was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
    /// Until when questions about it may be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_ends_at: Option<Timestamp>,
    /// That time is over.
    #[serde(default)]
    pub window_closed: bool,
    /// When the requester first read the recommendation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Timestamp>,
}

/// What happened to a case.
#[derive(Debug, Clone, PartialEq)]
pub enum CaseEvent {
    /// It came into being.
    Submitted(Box<Case>),
    /// Something that belongs to it changed; the case itself did not.
    Touched,
    /// All its files are stored.
    BecameReady,
    /// What is asked was changed.
    DetailsEdited(Box<CaseRequest>),
    /// The requester's people are these now.
    TeamChanged(Vec<UserId>),
    /// An expert was asked.
    Assigned {
        /// The new attempt.
        assignment: CurrentAssignment,
        /// When an answer is due.
        accept_by: Timestamp,
    },
    /// Another expert was asked in place of the first.
    Reassigned {
        /// The new attempt.
        assignment: CurrentAssignment,
        /// When an answer is due.
        accept_by: Timestamp,
        /// When.
        at: Timestamp,
    },
    /// The expert was relieved of it.
    Unassigned,
    /// The expert takes it.
    Accepted {
        /// When the review is due to start.
        start_by: Timestamp,
    },
    /// The expert declined it.
    Rejected(RejectionReason),
    /// The expert works on it.
    ReviewStarted {
        /// When the recommendation is due.
        finish_by: Timestamp,
    },
    /// It waits for the requester.
    Returned {
        /// When an answer is due.
        answer_by: Timestamp,
        /// When.
        at: Timestamp,
    },
    /// The requester sent it on, but files are on their way.
    ResubmissionPending(PendingResubmission),
    /// That resubmission does not count any more.
    ResubmissionDropped,
    /// It goes on where it stood.
    Resumed {
        /// When.
        at: Timestamp,
    },
    /// The recommendation is given and the case done.
    Done {
        /// When.
        at: Timestamp,
        /// When it is to have been read.
        read_by: Timestamp,
        /// Until when questions may be asked.
        window_ends_at: Timestamp,
    },
    /// The requester has read the recommendation.
    Read {
        /// When.
        at: Timestamp,
    },
    /// Something was not done in time.
    BecameOverdue(Obligation),
    /// The time for questions is over.
    WindowClosed,
    /// It is frozen.
    Closed(Closure),
}

impl CaseEvent {
    /// The new case that it brings.
    #[must_use]
    pub fn submitted(&self) -> Option<&Case> {
        if let Self::Submitted(case) = self {
            Some(case)
        } else {
            None
        }
    }
}

impl Case {
    /// The case after the event. Every accepted command raises the version by one, so the caller passes all
    /// events of one decision at once.
    pub fn apply_all<'a>(&mut self, events: impl IntoIterator<Item = &'a CaseEvent>) {
        let mut changed = false;
        for event in events {
            self.apply(event);
            changed = true;
        }
        if changed {
            self.version += 1;
        }
    }

    /// Who has it.
    #[must_use]
    pub fn expert(&self) -> Option<ProviderId> {
        self.assignment.map(|current| current.provider_id)
    }

    /// Who is to be told of what the requester does: the expert; the admins while there is none.
    #[must_use]
    pub fn expert_or_admins(&self) -> Audience {
        self.expert().map_or(Audience::Admins, Audience::Expert)
    }

    /// Whether it is to be fast.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        self.request.urgency.level() == UrgencyLevel::Urgent
    }

    /// Whether no more questions may be asked about its opinion.
    #[must_use]
    pub fn is_window_over(&self, now: Timestamp) -> bool {
        self.window_closed || self.window_ends_at.is_some_and(|end| end <= now)
    }

    /// Whether an expert has, or had, the case accepted: what was readable then may have been read.
    #[must_use]
    pub fn expert_may_have_read(&self) -> bool {
        let status = match self.status {
            CaseStatus::Returned => self.resume_status.unwrap_or(CaseStatus::New),
            CaseStatus::New
            | CaseStatus::Assigned
            | CaseStatus::Accepted
            | CaseStatus::InProgress
            | CaseStatus::Rejected
            | CaseStatus::Done => self.status,
        };
        status.shows_expert()
    }

    /// What somebody owes in this status.
    #[must_use]
    pub fn owed_now(&self) -> Option<Obligation> {
        if self.closure.is_some() {
            return None;
        }
        match self.status {
            CaseStatus::New | CaseStatus::Rejected => None,
            CaseStatus::Assigned => Some(Obligation::Accept),
            CaseStatus::Accepted => Some(Obligation::Start),
            CaseStatus::InProgress => Some(Obligation::Finish),
            CaseStatus::Returned => Some(Obligation::Answer),
            CaseStatus::Done => Some(Obligation::Read),
        }
    }

    fn apply(&mut self, event: &CaseEvent) {
        match event {
            CaseEvent::Submitted(case) => {
                *self = (**case).clone();
                self.version = 0;
            }
            CaseEvent::Touched => {}
            CaseEvent::BecameReady => self.readiness = Readiness::Ready,
            CaseEvent::DetailsEdited(request) => self.request = (**request).clone(),
            CaseEvent::TeamChanged(team) => self.team.clone_from(team),
            CaseEvent::Assigned {
                assignment,
                accept_by,
            } => self.assign(CaseStatus::Assigned, *assignment, *accept_by),
            CaseEvent::Reassigned {
                assignment,
                accept_by,
                at,
            } => {
                if self.status == CaseStatus::Returned {
                    let answer_by = self.due.answer_by;
                    self.assign(CaseStatus::Returned, *assignment, *accept_by);
                    self.resume_status = Some(CaseStatus::Assigned);
                    self.due.answer_by = answer_by;
                    self.due.paused_at = Some(*at);
                } else {
                    self.assign(CaseStatus::Assigned, *assignment, *accept_by);
                }
            }
            CaseEvent::Unassigned => {
                self.assignment = None;
                self.overdue.retain(|what| *what == Obligation::Answer);
                if self.status == CaseStatus::Returned {
                    self.resume_status = Some(CaseStatus::New);
                    self.due = Due {
                        answer_by: self.due.answer_by,
                        ..Due::default()
                    };
                } else {
                    self.status = CaseStatus::New;
                    self.due = Due::default();
                }
            }
            CaseEvent::Accepted { start_by } => {
                self.status = CaseStatus::Accepted;
                self.due.accept_by = None;
                self.due.start_by = Some(*start_by);
                self.overdue.clear();
            }
            CaseEvent::Rejected(reason) => {
                self.status = CaseStatus::Rejected;
                self.rejection = Some(*reason);
                self.assignment = None;
                self.due = Due::default();
                self.overdue.clear();
            }
            CaseEvent::ReviewStarted { finish_by } => {
                self.status = CaseStatus::InProgress;
                self.due.start_by = None;
                self.due.finish_by = Some(*finish_by);
                self.overdue.clear();
            }
            CaseEvent::Returned { answer_by, at } => {
                self.resume_status = Some(match self.status {
                    CaseStatus::Assigned | CaseStatus::Accepted | CaseStatus::InProgress => self.status,
                    CaseStatus::New | CaseStatus::Rejected | CaseStatus::Returned | CaseStatus::Done => {
                        CaseStatus::New
                    }
                });
                self.status = CaseStatus::Returned;
                self.due.answer_by = Some(*answer_by);
                self.due.paused_at = Some(*at);
            }
            CaseEvent::ResubmissionPending(pending) => self.pending_resubmission = Some(pending.clone()),
            CaseEvent::ResubmissionDropped => self.pending_resubmission = None,
            CaseEvent::Resumed { at } => {
                self.status = self.resume_status.take().unwrap_or(CaseStatus::New);
                self.pending_resubmission = None;
                self.due.resume(*at);
                self.overdue.retain(|what| *what != Obligation::Answer);
            }
            CaseEvent::Done {
                at,
                read_by,
                window_ends_at,
            } => {
                self.status = CaseStatus::Done;
                self.done_at = Some(*at);
                self.window_ends_at = Some(*window_ends_at);
                self.due = Due {
                    read_by: Some(*read_by),
                    ..Due::default()
                };
                self.overdue.clear();
            }
            CaseEvent::Read { at } => {
                self.read_at = Some(*at);
                self.due.read_by = None;
                self.overdue.retain(|what| *what != Obligation::Read);
            }
            CaseEvent::BecameOverdue(what) => {
                if !self.overdue.contains(what) {
                    self.overdue.push(*what);
                }
            }
            CaseEvent::WindowClosed => self.window_closed = true,
            CaseEvent::Closed(closure) => {
                self.closure = Some(*closure);
                self.assignment = None;
                self.pending_resubmission = None;
                self.due = Due::default();
                self.overdue.clear();
            }
        }
    }

    fn assign(&mut self, status: CaseStatus, assignment: CurrentAssignment, accept_by: Timestamp) {
        self.status = status;
        self.assignment = Some(assignment);
        self.rejection = None;
        self.due = Due {
            accept_by: Some(accept_by),
            ..Due::default()
        };
        self.overdue.retain(|what| *what == Obligation::Answer);
    }
}
