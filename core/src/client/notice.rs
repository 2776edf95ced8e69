//! Notices: what the user must be told of. They carry codes and a case number, never patient text.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::cases::RecommendationContent;
use crate::ids::{CaseId, CommandId, IdError, PurgeId};
use crate::time::Timestamp;

/// Names a notice. Made from the command or order that it tells of, so that telling twice makes one notice.
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
    /// What a notice tells of.
    pub enum NoticeKind {
        /// The server refused what the user had done.
        CommandRefused = "command_refused",
        /// A case left this phone.
        CaseGivenAway = "case_given_away",
    }
}

/// Something the user must be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// To mark it read with.
    pub id: NoticeId,
    /// What it tells of.
    pub kind: NoticeKind,
    /// Why: a refusal's code, or the reason of a purge.
    pub code: String,
    /// The command's name, when one was refused.
    pub command: Option<String>,
    /// The case concerned. It may have left the phone.
    pub case_id: Option<CaseId>,
    /// Its number, as people know it.
    pub case_number: Option<String>,
    /// When the phone learned of it.
    pub at: Timestamp,
    /// The user has seen it.
    pub read: bool,
}

/// An expert's own words that were refused (R3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRecommendation {
    /// The case that they were meant for.
    pub case_id: CaseId,
    /// Its number.
    pub case_number: Option<String>,
    /// What was written.
    pub content: RecommendationContent,
    /// When the phone learned of the refusal.
    pub refused_at: Timestamp,
    /// Gone after this.
    pub kept_until: Timestamp,
}
