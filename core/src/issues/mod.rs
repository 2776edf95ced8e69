//! Issues: what somebody has to say about a case that must be answered or settled (D-9).
//!
//! Here: the record and the six operations on it. Not here: release and cancellation requests, which are issues made by
//! operations of their own (`cases/`); the chat.

mod answer;
mod delete;
mod edit;
mod issue;
mod new_issue;
mod reopen;
mod report;
mod resolve;
mod settling;

pub use answer::AnswerIssue;
pub use delete::DeleteIssue;
pub use edit::EditIssue;
pub use issue::{Issue, IssueAnswer, IssueEdit, IssueKind, IssueState, IssueText};
pub(crate) use new_issue::NewIssue;
pub use reopen::ReopenIssue;
pub use report::ReportIssue;
pub use resolve::ResolveIssue;
