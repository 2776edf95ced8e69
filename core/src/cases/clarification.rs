//! A question about an opinion after Done, and its answer. Part of the case record: admins can read it, unlike chat.

use serde::{Deserialize, Serialize};

use crate::ids::{CaseId, ClarificationId, UserId};
use crate::text::Text;
use crate::time::Timestamp;

/// Most questions that may wait at a time.
pub const MAX_OPEN_CLARIFICATIONS: usize = 5;

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClarificationAnswer {
    /// In words.
    pub text: Text<1, 10_000>,
    /// When.
    pub at: Timestamp,
}

/// A question of the requester about an opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clarification {
    /// Made by the asking device.
    pub id: ClarificationId,
    /// Of which case.
    pub case_id: CaseId,
    /// What is asked.
    pub text: Text<10, 4_000>,
    /// By whom.
    pub asked_by: UserId,
    /// When.
    pub asked_at: Timestamp,
    /// When the admins were told that it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<Timestamp>,
    /// The expert's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<ClarificationAnswer>,
    /// Counts changes, from 1.
    pub version: u64,
}

named! {
    /// Where a question stands.
    pub enum ClarificationState {
        /// Waits for the expert.
        Open = "open",
        /// Waits too long; the admins know.
        Escalated = "escalated",
        /// Answered.
        Answered = "answered",
    }
}

impl Clarification {
    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> ClarificationState {
        match (&self.answer, self.escalated_at) {
            (Some(_), _) => ClarificationState::Answered,
            (None, Some(_)) => ClarificationState::Escalated,
            (None, None) => ClarificationState::Open,
        }
    }
}
