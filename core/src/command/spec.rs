//! Properties shared by all commands of one operation, independent of their content.

use crate::actor::Role;
use crate::cases::AssignmentEnd;

/// Whether a command may wait on a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// May wait in the outbox until there is a network connection.
    Offline,
    /// Needs an immediate connection to the server.
    OnlineOnly,
}

/// Whether a provider's command must carry the fencing token of the case's current assignment (D-14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fence {
    Open,
    Token,
}

/// Whether a withdrawn or cancelled case refuses a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnClosed {
    /// Refused with `case_closed`.
    Refuse,
    /// Decided as on an open case.
    Pass,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// Used on the wire, in the audit and in logs.
    pub name: &'static str,
    /// The roles that may send it.
    pub roles: &'static [Role],
    pub reach: Reach,
    /// Whether a provider needs the current assignment's token.
    pub fence: Fence,
    /// Whether a closed case refuses it.
    pub on_closed: OnClosed,
    /// Whether it creates the record that it is about.
    pub creates: bool,
    /// Whether the text of a refused command is kept on the server for the author and admins (R3, R8).
    pub quarantines: bool,
    /// Whether it says something about the patient: then it is kept if it comes from a revoked phone (R15).
    pub clinical: bool,
    /// How the operation ends an assignment. If it is sent again under the token of an assignment that ended
    /// this way, it is a noop instead of being refused with `assignment_superseded`.
    pub ends_assignment: Option<AssignmentEnd>,
}

impl Spec {
    /// An operation that may wait on a phone.
    #[must_use]
    pub const fn offline(name: &'static str, roles: &'static [Role]) -> Self {
        Self::new(name, roles, Reach::Offline)
    }

    /// An operation that needs an immediate connection to the server.
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
            clinical: false,
            ends_assignment: None,
        }
    }

    /// Requires the token of the current assignment from providers.
    #[must_use]
    pub const fn under_token(mut self) -> Self {
        self.fence = Fence::Token;
        self
    }

    /// Also admits the operation on withdrawn and cancelled cases.
    #[must_use]
    pub const fn on_closed_cases_too(mut self) -> Self {
        self.on_closed = OnClosed::Pass;
        self
    }

    /// Marks the operation as creating the record that it is about.
    #[must_use]
    pub const fn creating(mut self) -> Self {
        self.creates = true;
        self
    }

    /// Keeps the text of a refused command on the server.
    #[must_use]
    pub const fn quarantining(mut self) -> Self {
        self.quarantines = true;
        self.clinical()
    }

    /// Keeps the text if it comes from a revoked phone.
    #[must_use]
    pub const fn clinical(mut self) -> Self {
        self.clinical = true;
        self
    }

    /// Declares that the operation ends the sender's own assignment in this way.
    #[must_use]
    pub const fn ending_own_assignment(mut self, end: AssignmentEnd) -> Self {
        self.ends_assignment = Some(end);
        self
    }
}
