//! What can happen next: one step of a random history.
//!
//! A step says who does what and which of several; what that means now, `commands` finds out when it is taken.

use proptest::prelude::*;

/// Who has a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Requester,
    Cardiologist,
    Generalist,
}

impl Who {
    pub(super) const ALL: [Self; 3] = [Self::Requester, Self::Cardiologist, Self::Generalist];

    /// The name of the demo's user.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Requester => "requester",
            Self::Cardiologist => "cardiologist",
            Self::Generalist => "generalist",
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum RequesterAct {
    /// What brings the case on.
    Next,
    EditDetails,
    Withdraw,
    RequestCancellation,
    AnswerIssue,
    Resubmit,
    AddDocument,
    WithdrawDocument,
    StrikeDocument,
    AddColleague,
    RemoveColleague,
    ReadOpinion,
    GiveFeedback,
    Ask,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum ExpertAct {
    /// What brings the case on.
    Next,
    Accept,
    Reject,
    Start,
    Return,
    ReportOther,
    EditIssue,
    ResolveIssue,
    DeleteIssue,
    ReopenIssue,
    RequestRelease,
    Recommend,
    Amend,
    Answer,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum AdminAct {
    Assign,
    Reassign,
    Unassign,
    Return,
    EditIssue,
    ResolveIssue,
    DeleteIssue,
    ReopenIssue,
    Strike,
    MarkEnteredInError,
    DiscardQuarantine,
    Cancel,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Requester(RequesterAct),
    Expert(ExpertAct),
}

/// How something is done on a phone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// The phone syncs before, so that it knows what the server knows.
    pub(super) level: bool,
    /// It does not sync after.
    pub(super) hold: bool,
    /// Which of several things is meant.
    pub(super) pick: u8,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Phone(Who, Act, Manner),
    Console(AdminAct, u8),
    Sync(Who),
    /// The server's clock goes on by so many hours, and the server does what is due.
    Later(i64),
}

fn manner() -> impl Strategy<Value = Manner> {
    (
        prop::bool::weighted(0.75),
        prop::bool::weighted(0.25),
        any::<u8>(),
    )
        .prop_map(|(level, hold, pick)| Manner { level, hold, pick })
}

fn requester() -> impl Strategy<Value = RequesterAct> {
    prop_oneof![
        30 => Just(RequesterAct::Next),
        6 => Just(RequesterAct::EditDetails),
        1 => Just(RequesterAct::Withdraw),
        4 => Just(RequesterAct::RequestCancellation),
        6 => Just(RequesterAct::AnswerIssue),
        6 => Just(RequesterAct::Resubmit),
        6 => Just(RequesterAct::AddDocument),
        3 => Just(RequesterAct::WithdrawDocument),
        3 => Just(RequesterAct::StrikeDocument),
        3 => Just(RequesterAct::AddColleague),
        3 => Just(RequesterAct::RemoveColleague),
        4 => Just(RequesterAct::ReadOpinion),
        6 => Just(RequesterAct::GiveFeedback),
        6 => Just(RequesterAct::Ask),
    ]
}

fn expert() -> impl Strategy<Value = ExpertAct> {
    prop_oneof![
        24 => Just(ExpertAct::Next),
        2 => Just(ExpertAct::Accept),
        2 => Just(ExpertAct::Reject),
        2 => Just(ExpertAct::Start),
        4 => Just(ExpertAct::Return),
        3 => Just(ExpertAct::ReportOther),
        3 => Just(ExpertAct::EditIssue),
        4 => Just(ExpertAct::ResolveIssue),
        2 => Just(ExpertAct::DeleteIssue),
        2 => Just(ExpertAct::ReopenIssue),
        2 => Just(ExpertAct::RequestRelease),
        3 => Just(ExpertAct::Recommend),
        3 => Just(ExpertAct::Amend),
        3 => Just(ExpertAct::Answer),
    ]
}

fn admin() -> impl Strategy<Value = AdminAct> {
    prop_oneof![
        24 => Just(AdminAct::Assign),
        4 => Just(AdminAct::Reassign),
        3 => Just(AdminAct::Unassign),
        2 => Just(AdminAct::Return),
        2 => Just(AdminAct::EditIssue),
        3 => Just(AdminAct::ResolveIssue),
        2 => Just(AdminAct::DeleteIssue),
        2 => Just(AdminAct::ReopenIssue),
        2 => Just(AdminAct::Strike),
        3 => Just(AdminAct::MarkEnteredInError),
        2 => Just(AdminAct::DiscardQuarantine),
        1 => Just(AdminAct::Cancel),
    ]
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let expert =
        |who| (expert(), manner()).prop_map(move |(act, how)| Step::Phone(who, Act::Expert(act), how));
    prop_oneof![
        5 => (requester(), manner())
            .prop_map(|(act, how)| Step::Phone(Who::Requester, Act::Requester(act), how)),
        6 => expert(Who::Cardiologist),
        3 => expert(Who::Generalist),
        5 => (admin(), any::<u8>()).prop_map(|(act, pick)| Step::Console(act, pick)),
        1 => prop::sample::select(&Who::ALL[..]).prop_map(Step::Sync),
        1 => prop_oneof![Just(1), Just(25), Just(24 * 9), Just(24 * 31)].prop_map(Step::Later),
    ]
}
