//! Issues, and what follows an opinion, as screens show them.

use mso_core::cases::{self, Clarification, ClarificationAnswer, FeedbackContent};
use mso_core::client;
use mso_core::issues::{Issue, IssueAnswer, IssueEdit, IssueState};

use super::{each, entered, string, system_time};
use crate::records::{ClarificationItem, Feedback, FeedbackItem, IssueAnswerItem, IssueEditItem, IssueItem};

impl From<client::IssueView> for IssueItem {
    fn from(view: client::IssueView) -> Self {
        let client::IssueView {
            issue,
            allowed_actions,
        } = view;
        let awaits_answer = issue.holds_the_case() && !issue.is_answered();
        let Issue {
            id,
            case_id: _,
            kind,
            text,
            wanted_items,
            author,
            author_role,
            state,
            answers,
            history,
            created_at,
            opened_at: _,
            version: _,
        } = issue;
        let name = state.name().to_owned();
        let (settled_at, note) = match state {
            IssueState::Open | IssueState::Answered => (None, None),
            IssueState::Resolved { by: _, at, note } => (Some(at), note),
            IssueState::Deleted { by: _, at } => (Some(at), None),
        };
        Self {
            id,
            kind,
            text: text.map(string),
            state: name,
            awaits_answer,
            answers: each(answers),
            wanted_items,
            author,
            author_role,
            created_at: system_time(created_at),
            earlier_texts: each(history),
            settled_at: settled_at.map(system_time),
            note: note.map(string),
            allowed_actions,
        }
    }
}

impl From<IssueAnswer> for IssueAnswerItem {
    fn from(answer: IssueAnswer) -> Self {
        let IssueAnswer {
            by,
            at,
            text,
            document_ids,
        } = answer;
        Self {
            by,
            at: system_time(at),
            text: text.map(string),
            document_ids,
        }
    }
}

impl From<IssueEdit> for IssueEditItem {
    fn from(edit: IssueEdit) -> Self {
        let IssueEdit { at, text } = edit;
        Self {
            at: system_time(at),
            text: string(text),
        }
    }
}

impl From<Clarification> for ClarificationItem {
    fn from(clarification: Clarification) -> Self {
        let Clarification {
            id,
            case_id: _,
            text,
            asked_by,
            asked_at,
            escalated_at,
            answer,
            version: _,
        } = clarification;
        let (answer, answered_at) = match answer {
            Some(ClarificationAnswer { text, at }) => (Some(text), Some(at)),
            None => (None, None),
        };
        Self {
            id,
            text: string(text),
            asked_by,
            asked_at: system_time(asked_at),
            escalated_at: escalated_at.map(system_time),
            answer: answer.map(string),
            answered_at: answered_at.map(system_time),
        }
    }
}

impl From<cases::Feedback> for FeedbackItem {
    fn from(feedback: cases::Feedback) -> Self {
        let cases::Feedback {
            id: _,
            case_id: _,
            recommendation_version,
            institution_id: _,
            given_by,
            given_at,
            content,
            version: _,
        } = feedback;
        let FeedbackContent {
            rating,
            usefulness,
            outcome,
            changed_management,
            comment,
            shared_with_provider,
        } = content;
        Self {
            recommendation_version,
            given_by,
            given_at: system_time(given_at),
            feedback: Feedback {
                rating: rating.get(),
                usefulness: usefulness.map(|rating| rating.get()),
                outcome,
                changed_management,
                comment: comment.map(entered),
                shared_with_provider,
            },
        }
    }
}
