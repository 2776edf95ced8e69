//! Issues: problems with a case that must be answered or resolved (D-9).
//!
//! Release and cancellation requests are issues created by their own operations in `cases/`.

mod actions;
mod answer;
mod delete;
mod edit;
mod issue;
mod new_issue;
mod opening;
mod reopen;
mod report;
mod resolve;
mod settling;

pub use actions::IssueAction;
pub use answer::AnswerIssue;
pub use delete::DeleteIssue;
pub use edit::EditIssue;
pub use issue::{Issue, IssueAnswer, IssueEdit, IssueKind, IssueState, IssueText};
pub(crate) use new_issue::NewIssue;
pub use reopen::ReopenIssue;
pub use report::ReportIssue;
pub use resolve::ResolveIssue;
pub(crate) use settling::resolve_pointless;
