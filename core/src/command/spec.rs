//! What is true of every command of one operation, whatever it carries.

use crate::actor::Role;
use crate::cases::AssignmentEnd;

/// Whether a command may wait on a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// May wait in the outbox until there is a network.
    Offline,
    /// Needs the server at once.
    OnlineOnly,
}

/// Whether a provider's command must carry the fencing token of the case's current assignment (D-14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fence {
    /// No token is needed.
    Open,
    /// The token must name the current assignment.
    Token,
}

/// Whether a withdrawn or cancelled case refuses a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnClosed {
    /// Refused `case_closed`.
    Refuse,
    /// Decided as on an open case.
    Pass,
}

/// The constant part of an operation's description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// The name on the wire, in the audit and in logs.
    pub name: &'static str,
    /// Who may send it at all.
    pub roles: &'static [Role],
    /// Whether it may wait in the outbox.
    pub reach: Reach,
    /// Whether a provider must hold the case.
    pub fence: Fence,
    /// Whether a closed case stops it.
    pub on_closed: OnClosed,
    /// Whether it creates the record that it is about.
    pub creates: bool,
    /// Whether a refusal keeps its text on the server for the author and admins (R3, R8, R15).
    pub quarantines: bool,
    /// How it ends an assignment; sent again under the token of an assignment that ended so, it is a noop and not
    /// refused `assignment_superseded`.
    pub ends_assignment: Option<AssignmentEnd>,
}

impl Spec {
    /// An operation that may wait on a phone.
    #[must_use]
    pub const fn offline(name: &'static str, roles: &'static [Role]) -> Self {
        Self::new(name, roles, Reach::Offline)
    }

    /// An operation that needs the server at once.
    #[must_use]
    pub const fn online(name: &'static str, roles: &'static [Role]) -> Self {
        Self::new(name, roles, Reach::OnlineOnly)
    }

    const fn new(name: &'static str, roles: &'static [Role], reach: Reach) -> Self {
        Self {
            name,
            roles,
            reach,
            fence: Fence::Open,
            on_closed: OnClosed::Refuse,
            creates: false,
            quarantines: false,
            ends_assignment: None,
        }
    }

    /// The same, for a provider only under the token of the current assignment.
    #[must_use]
    pub const fn under_token(mut self) -> Self {
        self.fence = Fence::Token;
        self
    }

    /// The same, on withdrawn and cancelled cases too.
    #[must_use]
    pub const fn on_closed_cases_too(mut self) -> Self {
        self.on_closed = OnClosed::Pass;
        self
    }

    /// The same; it creates the record that it is about.
    #[must_use]
    pub const fn creating(mut self) -> Self {
        self.creates = true;
        self
    }

    /// The same; the server keeps the text of a refused command.
    #[must_use]
    pub const fn quarantining(mut self) -> Self {
        self.quarantines = true;
        self
    }

    /// The same; it ends the sender's own assignment in this way.
    #[must_use]
    pub const fn ending_own_assignment(mut self, end: AssignmentEnd) -> Self {
        self.ends_assignment = Some(end);
        self
    }
}
