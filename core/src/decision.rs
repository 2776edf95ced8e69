//! What a rule answers: events, which change records, and effects, which only the server performs.
//!
//! Not here: how either is stored. The invariants: an event of a case is applied by phone and server alike through
//! [`Case::apply_all`](crate::cases::Case::apply_all), every other event carries the record as it is from now on;
//! effects are plain data and draw no number and no id.

use crate::cases::{
    Assignment, AssignmentEnd, AssignmentState, CaseEvent, Clarification, Feedback, Quarantined,
    Recommendation,
};
use crate::catalogue::{PriceListVersion, SpecialtySetting};
use crate::documents::Document;
use crate::ids::{AssignmentId, CaseId, InstitutionId, ProviderId, UserId};
use crate::invoices::{FurtherInvoice, Invoice, ServiceRecord};
use crate::issues::Issue;
use crate::notifications::{Notification, Notify};
use crate::patients::Patient;
use crate::people::{Device, Institution, ProviderProfile, User};
use crate::text::{Reason, Text};
use crate::time::Timestamp;

/// Something that happened to a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A change of a case, its creation included.
    Case(CaseId, CaseEvent),
    /// A patient, new or changed.
    Patient(Box<Patient>),
    /// A file of the case, new or changed.
    Document(Box<Document>),
    /// An issue of the case, new or changed.
    Issue(Box<Issue>),
    /// A version of the opinion, new or changed.
    Recommendation(Box<Recommendation>),
    /// A question about the opinion, new or changed.
    Clarification(Box<Clarification>),
    /// A judgement of the opinion, new or changed.
    Feedback(Box<Feedback>),
    /// A quarantined opinion, discarded.
    Quarantine(Box<Quarantined>),
    /// A notification, read.
    NotificationRead(Box<Notification>),
    /// An institution, new or changed.
    Institution(Box<Institution>),
    /// A user, new or changed.
    User(Box<User>),
    /// An expert's profile, new or changed.
    Provider(Box<ProviderProfile>),
    /// A phone, revoked.
    Device(Box<Device>),
    /// A specialty, new or changed.
    Specialty(Box<SpecialtySetting>),
    /// A version of the price list, new.
    PriceList(Box<PriceListVersion>),
    /// An invoice: what became of it.
    Invoice(Box<Invoice>),
    /// A service record: how far it is.
    ServiceRecord(Box<ServiceRecord>),
}

impl Event {
    /// The change of a case that it is.
    #[must_use]
    pub const fn of_case(&self) -> Option<&CaseEvent> {
        if let Self::Case(_, event) = self {
            Some(event)
        } else {
            None
        }
    }
}

/// Work that is done after the transaction, at least once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// The PDF of this version of the opinion is rendered from its frozen content.
    RenderReport {
        /// Of which case.
        case: CaseId,
        /// Which version.
        version: u32,
    },
    /// The live cases of an expert who is no longer active are unassigned (T4).
    UnassignCases {
        /// Whose.
        provider: ProviderId,
    },
}

/// What follows from an accepted command beside the changed records. The server's `execute` performs it in the
/// same transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// The case gets its number, `MSO-2026-000123`.
    DrawCaseNumber,
    /// Price and tax are frozen with the case (D-16).
    FreezeQuote,
    /// The institution's phones may see the case.
    GrantToInstitution(InstitutionId),
    /// A new attempt begins.
    StartAssignment {
        assignment: Assignment,
        /// Why another expert is asked; `None` for the first.
        reason: Option<Reason>,
    },
    /// The attempt moved on.
    MoveAssignment {
        /// Which attempt.
        id: AssignmentId,
        /// To where.
        state: AssignmentState,
        /// When.
        at: Timestamp,
    },
    /// The attempt is over.
    EndAssignment {
        /// Which attempt.
        id: AssignmentId,
        /// Why.
        reason: AssignmentEnd,
        /// In the words of who ended it; for admins only.
        text: Option<Text<1, 2000>>,
        /// When.
        at: Timestamp,
    },
    /// The provider's phones may see the case.
    GrantToProvider(ProviderId),
    /// The provider's phones must forget the case.
    RevokeFromProvider {
        /// Whose phones.
        provider: ProviderId,
        /// Shown to the provider.
        reason: AssignmentEnd,
    },
    /// The invoice is issued with the next number of its series.
    IssueInvoice,
    /// A credit note, or an invoice in the place of one, is issued with the next number of its series.
    IssueFurtherInvoice(Box<FurtherInvoice>),
    /// What the provider did is recorded for settlement.
    RecordService {
        /// Who did it.
        provider: ProviderId,
    },
    /// The user gets a link to choose a password; earlier ones are worth nothing any more.
    Invite(UserId),
    /// Somebody is told.
    Notify(Notify),
    /// Something is done later.
    Queue(Job),
}

/// The answer of a rule. Empty for a command that finds its wish fulfilled already (a *noop*: applied, without
/// events).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// Changes of records, in order.
    pub events: Vec<Event>,
    /// What the server does besides.
    pub effects: Vec<Effect>,
}

impl Decision {
    /// Applied, and nothing to do.
    #[must_use]
    pub fn noop() -> Self {
        Self::default()
    }

    /// One event without effects.
    #[must_use]
    pub fn of(event: Event) -> Self {
        Self {
            events: vec![event],
            effects: Vec::new(),
        }
    }

    /// The same, and this effect.
    #[must_use]
    pub fn with(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// The same, and this event.
    #[must_use]
    pub fn and(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// The same, and somebody is told.
    #[must_use]
    pub fn telling(self, notify: Notify) -> Self {
        self.with(Effect::Notify(notify))
    }
}
