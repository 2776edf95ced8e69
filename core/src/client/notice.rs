//! Notices: what the user must be told of. They carry codes and a case number, never patient text.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::cases::RecommendationContent;
use crate::ids::{CaseId, CommandId, IdError, PurgeId};
use crate::time::Timestamp;

/// Derived from the command or purge order that the notice is about, so that a repetition makes no second notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeId(Uuid);

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for NoticeId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Uuid::parse_str(text).map(Self).map_err(|_| IdError)
    }
}

impl From<CommandId> for NoticeId {
    fn from(id: CommandId) -> Self {
        Self(id.as_uuid())
    }
}

impl From<PurgeId> for NoticeId {
    fn from(id: PurgeId) -> Self {
        Self(id.as_uuid())
    }
}

named! {
    /// What a notice is about.
    pub enum NoticeKind {
        /// The server refused a command.
        CommandRefused = "command_refused",
        /// A case left this phone.
        CaseGivenAway = "case_given_away",
    }
}

/// Something the user must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub id: NoticeId,
    pub kind: NoticeKind,
    /// A refusal's code, or the reason of a purge.
    pub code: String,
    /// The name of the refused command.
    pub command: Option<String>,
    /// May have left the phone.
    pub case_id: Option<CaseId>,
    pub case_number: Option<String>,
    /// When the phone received it.
    pub at: Timestamp,
    pub read: bool,
}

/// An expert's own opinion that was refused (R3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRecommendation {
    pub case_id: CaseId,
    pub case_number: Option<String>,
    pub content: RecommendationContent,
    /// When the phone received the refusal.
    pub refused_at: Timestamp,
    /// Deleted after this time.
    pub kept_until: Timestamp,
}
