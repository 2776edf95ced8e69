//! What a rule answers: events, which change records, and effects, which only the server performs.
//!
//! Not here: how either is stored. The invariant: events are applied by phone and server alike through the
//! records' own `apply`; effects are plain data and draw no number and no id.

use crate::cases::{Assignment, AssignmentEnd, AssignmentState, CaseEvent};
use crate::documents::Document;
use crate::ids::{AssignmentId, CaseId, DocumentId, InstitutionId, PatientId, ProviderId};
use crate::patients::{Patient, PatientEvent};
use crate::time::Timestamp;

/// Something that happened to a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A new patient record.
    PatientCreated(Box<Patient>),
    /// A change of a patient record.
    Patient(PatientId, PatientEvent),
    /// A change of a case, its creation included.
    Case(CaseId, CaseEvent),
    /// A file was announced.
    DocumentDeclared(Box<Document>),
    /// A file arrived whole.
    DocumentStored(DocumentId),
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
    StartAssignment(Assignment),
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
    /// What the provider did is recorded for settlement.
    RecordService {
        /// Who did it.
        provider: ProviderId,
    },
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
}
