//! What a rule sees. The server loads, under lock, all that a command needs; a phone knows less.
//!
//! The invariant (property-tested): hiding a fact may turn a refusal into an acceptance, never the reverse.
//! So a rule asks a fact only through [`Fact::known`] and lets what it cannot see pass.

use crate::actor::Actor;
use crate::cases::{Assignment, Case, Recommendation};
use crate::catalogue::{Expert, PriceEntry, Specialty};
use crate::documents::Document;
use crate::ids::{AssignmentId, PatientId};
use crate::patients::Patient;
use crate::refusal::Refusal;
use crate::time::Timestamp;

/// A thing known, or hidden from who asks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Fact<T> {
    /// Known, as of now.
    Known(T),
    /// Hidden from this role, or not loaded. On the server a fact that the rule needs is never unseen.
    #[default]
    Unseen,
}

impl<T> Fact<T> {
    /// The thing, where it is known.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(thing) => Some(thing),
            Self::Unseen => None,
        }
    }
}

impl<T> Fact<Option<T>> {
    /// The thing that a command names: refused `not_found` where it is known to be missing, `None` where it is
    /// hidden and its guards must pass.
    pub fn existing(&self) -> Result<Option<&T>, Refusal> {
        match self {
            Self::Known(Some(thing)) => Ok(Some(thing)),
            Self::Known(None) => Err(Refusal::NotFound),
            Self::Unseen => Ok(None),
        }
    }
}

/// What is known of the world that one command concerns. A known `None` means: there is no such thing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// The case that the command names.
    pub case: Fact<Option<Case>>,
    /// The case's current assignment.
    pub assignment: Fact<Option<Assignment>>,
    /// All documents of the case (for a new case: those whose ids its manifest names and that exist).
    pub documents: Fact<Vec<Document>>,
    /// The patient that the command or its case names.
    pub patient: Fact<Option<Patient>>,
    /// Another patient of the institution with one of the same identifiers.
    pub same_identifier: Fact<Option<PatientId>>,
    /// The expert to be assigned.
    pub expert: Fact<Option<Expert>>,
    /// The active specialties.
    pub specialties: Fact<Vec<Specialty>>,
    /// The price for the request, by the list valid now.
    pub price: Fact<Option<PriceEntry>>,
    /// The recommendation that the case has.
    pub recommendation: Fact<Option<Recommendation>>,
}

/// What a command needs to be judged with authority: one for each field of [`Facts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// [`Facts::case`]
    Case,
    /// [`Facts::assignment`]
    Assignment,
    /// [`Facts::documents`]
    Documents,
    /// [`Facts::patient`]
    Patient,
    /// [`Facts::same_identifier`]
    SameIdentifier,
    /// [`Facts::expert`]
    Expert,
    /// [`Facts::specialties`]
    Specialties,
    /// [`Facts::price`]
    Price,
    /// [`Facts::recommendation`]
    Recommendation,
}

/// Who asks, when, and under which assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Who acts.
    pub actor: Actor,
    /// On the server the time of receipt, which decides (D-17); on a phone the device's.
    pub now: Timestamp,
    /// The fencing token that a provider's command carries (D-14).
    pub assignment_id: Option<AssignmentId>,
}
