//! What a rule sees. The server loads, under lock, all that a command needs; a phone knows less.
//!
//! The invariant (property-tested): hiding a fact may turn a refusal into an acceptance, never the reverse.
//! So a rule asks a fact only through [`Fact::known`] and lets what it cannot see pass.

use crate::actor::Actor;
use crate::cases::{
    Assignment, Case, CaseRequest, Clarification, Deadlines, Feedback, Quarantined, Recommendation,
};
use crate::catalogue::{Expert, PriceEntry, PriceListVersion, Specialty, SpecialtyCode, SpecialtySetting};
use crate::documents::{DeclaredFile, Document};
use crate::ids::{AssignmentId, DeviceId, InstitutionId, PatientId, ProviderId, UserId};
use crate::invoices::{Invoice, ServiceRecord};
use crate::issues::Issue;
use crate::notifications::Notification;
use crate::patients::{Identifier, Likeness, Patient};
use crate::people::{Device, Institution, ProviderProfile, TeamCandidate, User};
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
    /// The assignment whose token the command carries, over or not, if it was the sender's.
    pub held_assignment: Fact<Option<Assignment>>,
    /// All documents of the case (for a new case: those whose ids its manifest names and that exist).
    pub documents: Fact<Vec<Document>>,
    /// All issues of the case, oldest first.
    pub issues: Fact<Vec<Issue>>,
    /// All versions of the case's opinion, oldest first.
    pub recommendations: Fact<Vec<Recommendation>>,
    /// All questions about the opinion, oldest first.
    pub clarifications: Fact<Vec<Clarification>>,
    /// All judgements of the opinion.
    pub feedback: Fact<Vec<Feedback>>,
    /// Opinions of the case that were refused and are kept.
    pub quarantine: Fact<Vec<Quarantined>>,
    /// The patient that the command or its case names.
    pub patient: Fact<Option<Patient>>,
    /// The second patient that the command names, or the one that the first was merged into.
    pub other_patient: Fact<Option<Patient>>,
    /// Another patient of the institution with one of the same identifiers.
    pub same_identifier: Fact<Option<PatientId>>,
    /// Other patients of the institution who look like this one after the command, and those it is flagged with.
    pub similar_patients: Fact<Vec<Patient>>,
    /// The expert to be assigned.
    pub expert: Fact<Option<Expert>>,
    /// The user to be added to a team.
    pub team_candidate: Fact<Option<TeamCandidate>>,
    /// The active specialties.
    pub specialties: Fact<Vec<Specialty>>,
    /// The price for the request, by the list valid now.
    pub price: Fact<Option<PriceEntry>>,
    /// Whether somebody issues invoices in the currency of that price.
    pub seller: Fact<Option<()>>,
    /// The deadlines of the asking institution.
    pub deadlines: Fact<Deadlines>,
    /// Whether the sender's institution may submit.
    pub institution_active: Fact<bool>,
    /// The institution that the command is about or names.
    pub institution: Fact<Option<Institution>>,
    /// The user that the command is about.
    pub user: Fact<Option<User>>,
    /// The expert's profile that the command is about or names.
    pub provider: Fact<Option<ProviderProfile>>,
    /// The phone that the command names.
    pub device: Fact<Option<Device>>,
    /// Who may let people in.
    pub active_admins: Fact<Vec<UserId>>,
    /// The specialty that the command names, in use or not.
    pub specialty: Fact<Option<SpecialtySetting>>,
    /// All versions of the price list.
    pub price_lists: Fact<Vec<PriceListVersion>>,
    /// The notification that the command names, if it is the sender's.
    pub notification: Fact<Option<Notification>>,
    /// The invoice that the command is about.
    pub invoice: Fact<Option<Invoice>>,
    /// All credit notes of that invoice, oldest first.
    pub credit_notes: Fact<Vec<Invoice>>,
    /// The service record that the command is about.
    pub service_record: Fact<Option<ServiceRecord>>,
}

/// What a rule asks about beside the record that the command is about. Both sides load facts by one match on this.
/// What hangs on a case needs no key: it is the case that the command is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Need<'a> {
    /// [`Facts::assignment`]
    Assignment,
    /// [`Facts::held_assignment`]
    HeldAssignment,
    /// [`Facts::documents`] of the case.
    Documents,
    /// [`Facts::documents`]: those that already bear an id of this manifest.
    TakenDocuments(&'a [DeclaredFile]),
    /// [`Facts::issues`]
    Issues,
    /// [`Facts::recommendations`]
    Recommendations,
    /// [`Facts::clarifications`]
    Clarifications,
    /// [`Facts::feedback`]
    Feedback,
    /// [`Facts::quarantine`]
    Quarantine,
    /// [`Facts::patient`]
    Patient(PatientId),
    /// [`Facts::other_patient`]
    OtherPatient(PatientId),
    /// [`Facts::other_patient`]: the one that the patient was merged into. Comes after [`Need::Patient`].
    Survivor,
    /// [`Facts::same_identifier`]
    SameIdentifier(&'a [Identifier]),
    /// [`Facts::similar_patients`]: who resembles the patient with these changes.
    SimilarPatients(Likeness<'a>),
    /// [`Facts::expert`]
    Expert(ProviderId),
    /// [`Facts::team_candidate`]
    TeamCandidate(UserId),
    /// [`Facts::specialties`]
    Specialties,
    /// [`Facts::specialty`]
    Specialty(&'a SpecialtyCode),
    /// [`Facts::price`]
    Price(&'a CaseRequest),
    /// [`Facts::seller`]. Comes after [`Need::Price`].
    Seller,
    /// [`Facts::deadlines`]
    Deadlines,
    /// [`Facts::institution_active`]
    InstitutionActive,
    /// [`Facts::institution`]
    Institution(InstitutionId),
    /// [`Facts::provider`]
    Provider(ProviderId),
    /// [`Facts::device`]
    Device(DeviceId),
    /// [`Facts::active_admins`]
    ActiveAdmins,
    /// [`Facts::price_lists`]
    PriceLists,
    /// [`Facts::credit_notes`]
    CreditNotes,
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

impl Facts {
    /// The asking institution's deadlines; where they are not known, everybody's.
    #[must_use]
    pub fn deadlines(&self) -> Deadlines {
        self.deadlines.known().copied().unwrap_or_default()
    }
}
