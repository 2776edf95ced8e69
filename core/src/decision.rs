//! The result of a rule: events, which change records, and effects, which only the server performs.
//!
//! Invariants: phone and server apply an event of a case through
//! [`Case::apply_all`](crate::cases::Case::apply_all); every other event carries the complete new record;
//! effects are plain data and contain no generated numbers or ids.

use crate::cases::{
    Assignment, AssignmentEnd, AssignmentState, CaseEvent, Clarification, Feedback, Quarantined,
    Recommendation,
};
use crate::catalogue::{PriceListVersion, SpecialtySetting};
use crate::documents::Document;
use crate::ids::{AssignmentId, CaseId, DeviceId, DocumentId, InstitutionId, ProviderId, UserId};
use crate::invoices::{FurtherInvoice, Invoice, ServiceRecord};
use crate::issues::Issue;
use crate::notifications::{Notification, Notify};
use crate::patients::Patient;
use crate::people::{Device, Institution, ProviderProfile, User};
use crate::text::{Reason, Text};
use crate::time::Timestamp;

/// A change to a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A change to a case, including its creation.
    Case(CaseId, CaseEvent),
    /// A new or changed patient.
    Patient(Box<Patient>),
    /// A new or changed document of the case.
    Document(Box<Document>),
    /// A new or changed issue of the case.
    Issue(Box<Issue>),
    /// A new or changed version of the recommendation.
    Recommendation(Box<Recommendation>),
    /// A new or changed clarification.
    Clarification(Box<Clarification>),
    /// New or changed feedback on the recommendation.
    Feedback(Box<Feedback>),
    /// A quarantined recommendation was discarded.
    Quarantine(Box<Quarantined>),
    /// A notification was read.
    NotificationRead(Box<Notification>),
    /// A new or changed institution.
    Institution(Box<Institution>),
    /// A new or changed user.
    User(Box<User>),
    /// A new or changed expert profile.
    Provider(Box<ProviderProfile>),
    /// A device was revoked.
    Device(Box<Device>),
    /// A new or changed specialty.
    Specialty(Box<SpecialtySetting>),
    /// A new version of the price list.
    PriceList(Box<PriceListVersion>),
    /// A changed invoice.
    Invoice(Box<Invoice>),
    /// A changed service record.
    ServiceRecord(Box<ServiceRecord>),
}

impl Event {
    /// Returns the change of the case, if this is one.
    #[must_use]
    pub const fn of_case(&self) -> Option<&CaseEvent> {
        if let Self::Case(_, event) = self {
            Some(event)
        } else {
            None
        }
    }
}

/// Work that runs after the transaction, at least once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// Renders the PDF of this version of the recommendation from its frozen content.
    RenderReport {
        case: CaseId,
        /// The version of the recommendation.
        version: u32,
    },
    /// Discards what has arrived of a file that is no longer wanted.
    DiscardUpload { case: CaseId, document: DocumentId },
    /// Unassigns the live cases of an expert who is no longer active (T4).
    UnassignCases { provider: ProviderId },
}

/// A consequence of an accepted command other than changed records. The server's `execute` performs it in the
/// same transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Draws the case's number, `MSO-2026-000123`.
    DrawCaseNumber,
    /// Freezes price and tax with the case (D-16).
    FreezeQuote,
    /// Grants the institution's phones access to the case.
    GrantToInstitution(InstitutionId),
    /// Starts a new assignment.
    StartAssignment {
        assignment: Assignment,
        /// The reason for the reassignment; `None` for the first assignment.
        reason: Option<Reason>,
    },
    /// Records the new state of the assignment.
    MoveAssignment {
        id: AssignmentId,
        state: AssignmentState,
        at: Timestamp,
    },
    /// Ends the assignment.
    EndAssignment {
        id: AssignmentId,
        reason: AssignmentEnd,
        /// In the words of the person who ended it; for admins only.
        text: Option<Text<1, 2000>>,
        at: Timestamp,
    },
    /// Grants the provider's phones access to the case.
    GrantToProvider(ProviderId),
    /// Revokes the access of the provider's phones, which must delete the case.
    RevokeFromProvider {
        provider: ProviderId,
        /// Shown to the provider.
        reason: AssignmentEnd,
    },
    /// Issues the invoice with the next number of its series.
    IssueInvoice,
    /// Issues a credit note or a replacement invoice with the next number of its series.
    IssueFurtherInvoice(Box<FurtherInvoice>),
    /// Records the provider's service for settlement.
    RecordService {
        provider: ProviderId,
    },
    /// Sends the user a link to choose a password; earlier links become invalid.
    Invite(UserId),
    /// Ends the sessions of a phone.
    EndSessions(DeviceId),
    Notify(Notify),
    Queue(Job),
}

/// The result of a rule. Empty for a command whose request is already fulfilled (a *noop*: applied, without
/// events).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// Changes to records, in order.
    pub events: Vec<Event>,
    pub effects: Vec<Effect>,
}

impl Decision {
    /// Returns a decision without events or effects.
    #[must_use]
    pub fn noop() -> Self {
        Self::default()
    }

    /// Returns a decision with one event and no effects.
    #[must_use]
    pub fn of(event: Event) -> Self {
        Self {
            events: vec![event],
            effects: Vec::new(),
        }
    }

    /// Adds an effect.
    #[must_use]
    pub fn with(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// Adds an event.
    #[must_use]
    pub fn and(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// Adds a notification.
    #[must_use]
    pub fn notifying(self, notify: Notify) -> Self {
        self.with(Effect::Notify(notify))
    }
}
