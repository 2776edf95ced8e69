//! How the institution judges an opinion: one judgement per institution and version, editable until the window ends.

use serde::{Deserialize, Serialize};

use crate::ids::{CaseId, FeedbackId, InstitutionId, UserId};
use crate::refusal::Refusal;
use crate::text::Text;
use crate::time::Timestamp;

/// 1 (worst) to 5 (best).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Rating(u8);

impl Rating {
    /// Checks the range.
    pub const fn new(rating: u8) -> Result<Self, Refusal> {
        match rating {
            1..=5 => Ok(Self(rating)),
            _ => Err(Refusal::BadRequest),
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Rating {
    type Error = &'static str;

    fn try_from(rating: u8) -> Result<Self, Self::Error> {
        Self::new(rating).map_err(|_| "not a rating of 1 to 5")
    }
}

impl From<Rating> for u8 {
    fn from(rating: Rating) -> Self {
        rating.0
    }
}

named! {
    /// What came of the advice.
    pub enum FeedbackOutcome {
        /// It was followed.
        Followed = "followed",
        /// In part.
        Partly = "partly",
        /// It was not.
        NotFollowed = "not_followed",
        /// Not decided yet.
        Undecided = "undecided",
    }
}

named! {
    /// Whether the opinion changed what is done.
    pub enum ManagementChange {
        /// It did.
        Yes = "yes",
        /// It did not.
        No = "no",
        /// Not decided yet.
        Undecided = "undecided",
    }
}

/// What is said of an opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedbackContent {
    /// Of the whole.
    pub rating: Rating,
    /// Of its use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usefulness: Option<Rating>,
    /// What came of it.
    pub outcome: FeedbackOutcome,
    /// Whether it changed what is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_management: Option<ManagementChange>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Text<1, 4_000>>,
    /// Whether the expert may read it.
    #[serde(default = "shared")]
    pub shared_with_provider: bool,
}

const fn shared() -> bool {
    true
}

/// An institution's judgement of one version of an opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// Made by the judging device.
    pub id: FeedbackId,
    /// Of which case.
    pub case_id: CaseId,
    /// Of which version of its opinion.
    pub recommendation_version: u32,
    /// Whose judgement.
    pub institution_id: InstitutionId,
    /// Who wrote it last.
    pub given_by: UserId,
    /// When.
    pub given_at: Timestamp,
    /// What it says.
    #[serde(flatten)]
    pub content: FeedbackContent,
    /// Counts changes, from 1.
    pub version: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rating_is_one_to_five() {
        for (rating, ok) in [(0, false), (1, true), (5, true), (6, false)] {
            assert_eq!(
                serde_json::from_value::<Rating>(rating.into()).is_ok(),
                ok,
                "{rating}"
            );
        }
    }
}
