//! The issue record: something about a case that somebody must answer or settle.
//!
//! Not here: when a case is returned or goes on (`cases/`). The invariant: a case is Returned exactly while one of its
//! return issues is open (D-5).

use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Role};
use crate::documents::DocumentKind;
use crate::ids::{CaseId, DocumentId, IssueId, UserId};
use crate::refusal::Refusal;
use crate::text::Text;
use crate::time::Timestamp;

/// The words of an issue: 10 to 4,000 characters.
pub type IssueText = Text<10, 4_000>;

named! {
    /// What an issue is about.
    pub enum IssueKind {
        /// The case goes back to the requester until it is answered.
        Return = "return",
        /// The quality of what was sent.
        Quality = "quality",
        /// Something does not work.
        Technical = "technical",
        /// A rule is not kept.
        Compliance = "compliance",
        /// The expert asks to be released.
        Release = "release",
        /// The requester asks for cancellation.
        CancelRequest = "cancel_request",
        /// Something else.
        Other = "other",
    }
}

/// Where an issue stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum IssueState {
    /// Waits.
    Open,
    /// The requester has answered and sent the case on.
    Answered,
    /// Settled.
    Resolved {
        /// By whom; hidden from who may not know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
        /// When.
        at: Timestamp,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Text<1, 2_000>>,
    },
    /// Removed; the text stays in the audit only.
    Deleted {
        /// By whom; hidden from who may not know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
        /// When.
        at: Timestamp,
    },
}

impl IssueState {
    /// The name as stored.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Resolved { .. } => "resolved",
            Self::Deleted { .. } => "deleted",
        }
    }

    /// Whether something is still to be done about it.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        match self {
            Self::Open | Self::Answered => true,
            Self::Resolved { .. } | Self::Deleted { .. } => false,
        }
    }
}

/// An answer of the requester.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueAnswer {
    /// By whom.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text<1, 4_000>>,
    /// In files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub document_ids: Vec<DocumentId>,
}

/// An earlier wording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssueEdit {
    /// Until when it stood.
    pub at: Timestamp,
    /// What it said.
    pub text: IssueText,
}

/// An issue of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Made by its author's device.
    pub id: IssueId,
    /// Of which case.
    pub case_id: CaseId,
    /// What it is about.
    pub kind: IssueKind,
    /// What it says; absent once it was removed, but for admins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<IssueText>,
    /// Kinds of document that are asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wanted_items: Vec<DocumentKind>,
    /// Who reported it; hidden from who may not know an admin's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<UserId>,
    /// In which role.
    pub author_role: Role,
    /// Where it stands.
    #[serde(flatten)]
    pub state: IssueState,
    /// What the requester said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<IssueAnswer>,
    /// Earlier wordings, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<IssueEdit>,
    /// When it was reported.
    pub created_at: Timestamp,
    /// When it was last opened; only answers from then on count.
    pub opened_at: Timestamp,
    /// Counts changes, from 1.
    pub version: u64,
}

impl Issue {
    /// Whether the case waits for the requester because of it.
    #[must_use]
    pub fn holds_the_case(&self) -> bool {
        self.kind == IssueKind::Return && self.state == IssueState::Open
    }

    /// Whether the requester has said something since it was opened.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.answers.iter().any(|answer| answer.at >= self.opened_at)
    }

    /// Whether the actor may change it: its author, or an admin (D-9).
    pub(crate) fn owned_by(&self, actor: &Actor) -> Result<(), Refusal> {
        if actor.role() == Role::Admin || self.author == Some(actor.user) {
            Ok(())
        } else {
            Err(Refusal::NotOwner)
        }
    }

    /// The issue one change later.
    #[must_use]
    pub(crate) fn changed(&self, change: impl FnOnce(&mut Self)) -> Box<Self> {
        let mut issue = self.clone();
        change(&mut issue);
        issue.version += 1;
        Box::new(issue)
    }
}
