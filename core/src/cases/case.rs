//! The case record: its fields, its seven statuses, and `apply`, the one place where an event changes it.
//!
//! Not here: when an event may happen; that is in the operation files beside this one.

use serde::{Deserialize, Serialize};

use super::{CaseRequest, Recommendation};
use crate::actor::{Acting, Actor};
use crate::ids::{AssignmentId, CaseId, InstitutionId, PatientId, ProviderId, UserId};
use crate::time::Timestamp;

/// Where a case stands. The seven of the seed, and no more (D-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CaseStatus {
    /// Created by the requester, awaiting an admin.
    New,
    /// Given to an expert who has not answered.
    Assigned,
    /// The expert takes it.
    Accepted,
    /// Under review.
    InProgress,
    /// The expert declined; an admin finds another.
    Rejected,
    /// Waits for the requester.
    Returned,
    /// The recommendation is given.
    Done,
}

impl CaseStatus {
    /// All of them, in the order of the lifecycle.
    pub const ALL: [Self; 7] = [
        Self::New,
        Self::Assigned,
        Self::Accepted,
        Self::InProgress,
        Self::Rejected,
        Self::Returned,
        Self::Done,
    ];

    /// The name as stored and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Assigned => "Assigned",
            Self::Accepted => "Accepted",
            Self::InProgress => "InProgress",
            Self::Rejected => "Rejected",
            Self::Returned => "Returned",
            Self::Done => "Done",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether the requester is told who the expert is (D-12: from Accepted on).
    #[must_use]
    pub const fn shows_expert(self) -> bool {
        match self {
            Self::Accepted | Self::InProgress | Self::Done => true,
            Self::New | Self::Assigned | Self::Rejected | Self::Returned => false,
        }
    }
}

/// Why a case is frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closure {
    /// By the requester.
    Withdrawn,
    /// By an admin.
    Cancelled,
}

/// Whether all files of the request have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// Some are on their way.
    AwaitingUploads,
    /// All are stored and hash-checked.
    Ready,
}

/// The attempt that is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CurrentAssignment {
    /// The fencing token.
    pub id: AssignmentId,
    /// The expert.
    pub provider_id: ProviderId,
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
    /// Deadlines.
    #[serde(default)]
    pub due: Due,
    /// Counts accepted commands, from 1.
    pub version: u64,
    /// When the server took it (on the phone, until then: the device's time).
    pub submitted_at: Timestamp,
    /// When the recommendation was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
}

/// What happened to a case.
#[derive(Debug, Clone, PartialEq)]
pub enum CaseEvent {
    /// It came into being.
    Submitted(Box<Case>),
    /// All its files are stored.
    BecameReady,
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
    },
    /// The expert takes it.
    Accepted {
        /// When the review is due to start.
        start_by: Timestamp,
    },
    /// The expert works on it.
    ReviewStarted {
        /// When the recommendation is due.
        finish_by: Timestamp,
    },
    /// The recommendation is given and the case done.
    RecommendationSubmitted {
        /// Its first version.
        recommendation: Box<Recommendation>,
        /// When.
        at: Timestamp,
    },
}

/// What a person may do with a case now. Apps show buttons for these and decide nothing themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseAction {
    /// `AssignCase`
    Assign,
    /// `ReassignCase`
    Reassign,
    /// `AcceptCase`
    Accept,
    /// `StartReview`
    StartReview,
    /// `SubmitRecommendation`
    SubmitRecommendation,
    /// `DeclareDocument`
    AddDocument,
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

    fn apply(&mut self, event: &CaseEvent) {
        match event {
            CaseEvent::Submitted(case) => {
                *self = (**case).clone();
                self.version = 0;
            }
            CaseEvent::BecameReady => self.readiness = Readiness::Ready,
            CaseEvent::Assigned {
                assignment,
                accept_by,
            } => {
                self.status = CaseStatus::Assigned;
                self.assignment = Some(*assignment);
                self.due = Due {
                    accept_by: Some(*accept_by),
                    ..Due::default()
                };
            }
            CaseEvent::Reassigned {
                assignment,
                accept_by,
            } => {
                if self.status == CaseStatus::Returned {
                    self.resume_status = Some(CaseStatus::Assigned);
                } else {
                    self.status = CaseStatus::Assigned;
                }
                self.assignment = Some(*assignment);
                self.due = Due {
                    accept_by: Some(*accept_by),
                    ..Due::default()
                };
            }
            CaseEvent::Accepted { start_by } => {
                self.status = CaseStatus::Accepted;
                self.due.start_by = Some(*start_by);
            }
            CaseEvent::ReviewStarted { finish_by } => {
                self.status = CaseStatus::InProgress;
                self.due.finish_by = Some(*finish_by);
            }
            CaseEvent::RecommendationSubmitted {
                recommendation: _,
                at,
            } => {
                self.status = CaseStatus::Done;
                self.done_at = Some(*at);
            }
        }
    }

    /// What the actor may do now, by status and role alone: the rules have the last word.
    #[must_use]
    pub fn allowed_actions(&self, actor: &Actor) -> Vec<CaseAction> {
        if self.closure.is_some() {
            return Vec::new();
        }
        match actor.acting {
            Acting::Requester { institution } if institution == self.institution_id => {
                vec![CaseAction::AddDocument]
            }
            Acting::Provider { provider } if self.assignment.is_some_and(|a| a.provider_id == provider) => {
                match self.status {
                    CaseStatus::Assigned => vec![CaseAction::Accept],
                    CaseStatus::Accepted => vec![CaseAction::StartReview],
                    CaseStatus::InProgress => vec![CaseAction::SubmitRecommendation],
                    CaseStatus::New | CaseStatus::Rejected | CaseStatus::Returned | CaseStatus::Done => {
                        Vec::new()
                    }
                }
            }
            Acting::Admin => match self.status {
                CaseStatus::New | CaseStatus::Rejected if self.readiness == Readiness::Ready => {
                    vec![CaseAction::Assign]
                }
                CaseStatus::Assigned | CaseStatus::Accepted | CaseStatus::InProgress => {
                    vec![CaseAction::Reassign]
                }
                CaseStatus::Returned if self.assignment.is_some() => vec![CaseAction::Reassign],
                CaseStatus::New | CaseStatus::Rejected | CaseStatus::Returned | CaseStatus::Done => {
                    Vec::new()
                }
            },
            Acting::Requester { .. } | Acting::Provider { .. } | Acting::System => Vec::new(),
        }
    }
}
