//! What follows an opinion: it is read, rated, asked about, amended, or marked as an error.
//!
//! The invariant: each comes some hours after the one before, in the order of the table.

use mso_core::cases::{
    AmendRecommendation, AnswerClarification, FeedbackContent, FeedbackOutcome, GiveFeedback,
    ManagementChange, MarkEnteredInError, MarkRecommendationRead, Rating, RequestClarification,
};
use mso_core::ids::{AssignmentId, ClarificationId, FeedbackId};

use super::cases::{After, Opinion};
use super::course::Course;
use super::error::{DemoDataError, text};
use super::plan::{HOUR, Plan};
use super::write;

impl Plan<'_> {
    pub(super) fn afterwards(
        &mut self,
        course: &Course,
        opinion: &Opinion,
        after: &[After],
        token: AssignmentId,
        done: i64,
    ) -> Result<(), DemoDataError> {
        let (case_id, case) = (course.id, course.case);
        for (minutes, after) in (done + 3 * HOUR..).step_by(500).zip(after) {
            match *after {
                After::Read => self.give(minutes, course.requester, MarkRecommendationRead { case_id }),
                After::Rated(rating, comment) => {
                    let feedback = GiveFeedback {
                        case_id,
                        feedback_id: FeedbackId::from_uuid(self.id(&format!("feedback {}", case.patient))),
                        recommendation_version: 1,
                        content: FeedbackContent {
                            rating: Rating::new(rating).map_err(|_| DemoDataError::Value("rating"))?,
                            usefulness: None,
                            outcome: FeedbackOutcome::Followed,
                            changed_management: Some(ManagementChange::Yes),
                            comment: Some(text("comment", comment)?),
                            shared_with_provider: true,
                        },
                    };
                    self.give(minutes, course.requester, feedback);
                }
                After::Asked(question, answer) => {
                    let name = format!("clarification {}", case.patient);
                    let clarification_id = ClarificationId::from_uuid(self.id(&name));
                    let ask = RequestClarification {
                        case_id,
                        clarification_id,
                        text: text("question", question)?,
                    };
                    self.give(minutes, course.requester, ask);
                    if let Some(answer) = answer {
                        let answer = AnswerClarification {
                            case_id,
                            clarification_id,
                            text: text("answer", answer)?,
                        };
                        self.give_under(minutes + 20 * HOUR, case.expert, answer, Some(token));
                    }
                }
                After::Amended(limitation) => {
                    let mut content = write::opinion(case, opinion, &course.files)?;
                    content.limitations = Some(text("limitation", limitation)?);
                    let amend = AmendRecommendation {
                        case_id,
                        recommendation_id: self.recommendation_id(course, "amended"),
                        content,
                    };
                    self.give_under(minutes, case.expert, amend, Some(token));
                }
                After::Error(reason) => {
                    let mark = MarkEnteredInError {
                        case_id,
                        version: 1,
                        reason: text("reason", reason)?,
                    };
                    self.give(minutes, "admin", mark);
                }
            }
        }
        Ok(())
    }
}
