//! The facts that a rule sees. The server loads, under lock, all that a command needs; a phone has fewer.
//!
//! The invariant (property-tested): hiding a fact may turn a refusal into an acceptance, never the reverse.
//! So a rule reads a fact only through [`Fact::known`] and lets what it cannot see pass.

use crate::actor::Actor;
use crate::cases::{
    Assignment, Case, CaseRequest, Clarification, Deadlines, Feedback, Quarantined, Recommendation,
};
use crate::catalogue::{Expert, PriceEntry, PriceListVersion, Specialty, SpecialtyCode, SpecialtySetting};
use crate::documents::{DeclaredFile, Document};
use crate::ids::{AssignmentId, DeviceId, InstitutionId, PatientId, ProviderId, UserId};
use crate::invoices::{Invoice, ServiceRecord};
use crate::issues::Issue;
use crate::money::Currency;
use crate::notifications::Notification;
use crate::patients::{Identifier, Likeness, Patient};
use crate::people::{Device, Institution, ProviderProfile, TeamCandidate, User};
use crate::refusal::Refusal;
use crate::time::{Date, Timestamp};

/// A value that is known, or hidden from the actor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Fact<T> {
    /// Known, with its current value.
    Known(T),
    /// Hidden from this role, or not loaded. On the server a fact that the rule needs is never unseen.
    #[default]
    Unseen,
}

impl<T> Fact<T> {
    /// Returns the value if it is known.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(thing) => Some(thing),
            Self::Unseen => None,
        }
    }
}

impl<T> Fact<Option<T>> {
    /// Returns the entity that a command names, or `None` if it is unseen and its guards must pass.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] if it is known to be missing.
    pub fn existing(&self) -> Result<Option<&T>, Refusal> {
        match self {
            Self::Known(Some(thing)) => Ok(Some(thing)),
            Self::Known(None) => Err(Refusal::NotFound),
            Self::Unseen => Ok(None),
        }
    }
}

/// The facts for one command. A known `None` means that the entity does not exist.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    pub case: Fact<Option<Case>>,
    pub assignment: Fact<Option<Assignment>>,
    /// The assignment whose token the command carries, live or ended, if it was the sender's.
    pub held_assignment: Fact<Option<Assignment>>,
    /// All documents of the case; for a new case, the existing documents whose ids its manifest uses.
    pub documents: Fact<Vec<Document>>,
    pub issues: Fact<Vec<Issue>>,
    /// All versions of the case's recommendation, oldest first.
    pub recommendations: Fact<Vec<Recommendation>>,
    /// All clarification questions about the recommendation, oldest first.
    pub clarifications: Fact<Vec<Clarification>>,
    /// All feedback on the recommendation.
    pub feedback: Fact<Vec<Feedback>>,
    /// The quarantined recommendations of the case.
    pub quarantine: Fact<Vec<Quarantined>>,
    /// The patient named by the command or by its case.
    pub patient: Fact<Option<Patient>>,
    /// The second patient named by the command, or the one into which the first was merged.
    pub other_patient: Fact<Option<Patient>>,
    /// Another patient of the institution with one of the same identifiers.
    pub same_identifier: Fact<Option<PatientId>>,
    /// Other patients of the institution who resemble this one after the command, and those with which it is
    /// flagged.
    pub similar_patients: Fact<Vec<Patient>>,
    pub expert: Fact<Option<Expert>>,
    /// The user to be added to a case's team.
    pub team_candidate: Fact<Option<TeamCandidate>>,
    /// The active specialties.
    pub specialties: Fact<Vec<Specialty>>,
    /// The price of the request, from the currently valid price list.
    pub price: Fact<Option<PriceEntry>>,
    /// The currencies in which sellers issue invoices.
    pub sellers: Fact<Vec<Currency>>,
    /// The deadlines of the requesting institution.
    pub deadlines: Fact<Deadlines>,
    /// Whether the sender's institution may submit cases.
    pub institution_active: Fact<bool>,
    /// The institution that the command is about or names.
    pub institution: Fact<Option<Institution>>,
    /// The user that the command is about.
    pub user: Fact<Option<User>>,
    /// The expert profile that the command is about or names.
    pub provider: Fact<Option<ProviderProfile>>,
    /// The phone that the command names.
    pub device: Fact<Option<Device>>,
    /// The active admins.
    pub active_admins: Fact<Vec<UserId>>,
    /// The specialty that the command names, active or not.
    pub specialty: Fact<Option<SpecialtySetting>>,
    pub price_lists: Fact<Vec<PriceListVersion>>,
    /// The notification that the command names, if it belongs to the sender.
    pub notification: Fact<Option<Notification>>,
    pub invoice: Fact<Option<Invoice>>,
    /// All credit notes of that invoice, oldest first.
    pub credit_notes: Fact<Vec<Invoice>>,
    pub service_record: Fact<Option<ServiceRecord>>,
}

/// A fact that a rule needs besides the record that the command is about. Server and phone load facts with
/// one match on this. Facts of a case need no key: it is the case that the command is about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Need<'a> {
    /// [`Facts::assignment`]
    Assignment,
    /// [`Facts::held_assignment`]
    HeldAssignment,
    /// [`Facts::documents`] of the case.
    Documents,
    /// [`Facts::documents`]: existing documents whose ids this manifest uses.
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
    /// [`Facts::other_patient`]: the one into which the patient was merged. Comes after [`Need::Patient`].
    Survivor,
    /// [`Facts::same_identifier`]
    SameIdentifier(&'a [Identifier]),
    /// [`Facts::similar_patients`]: patients who resemble the patient after these changes.
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
    /// [`Facts::sellers`]
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

/// The actor, the time, and the assignment under which the command is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    pub actor: Actor,
    /// On the server the time of receipt, which is authoritative (D-17); on a phone the device's time.
    pub now: Timestamp,
    /// The fencing token of a provider's command (D-14).
    pub assignment_id: Option<AssignmentId>,
}

/// How far a device's clock may be ahead without a refusal: 24 hours. The difference to the server's is in the audit.
const CLOCK_TOLERANCE_HOURS: i64 = 24;

/// The zone where the day begins first is 14 hours ahead of UTC; where it ends last, 12 hours behind.
const FIRST_DAYBREAK_HOURS: i64 = 14;
const LAST_NIGHTFALL_HOURS: i64 = 12;

impl Context {
    /// The latest time that a device may take for now.
    #[must_use]
    pub const fn latest_now(&self) -> Timestamp {
        self.now.plus_hours(CLOCK_TOLERANCE_HOURS)
    }

    /// The latest day that people may take for today, in whatever zone and by whatever clock.
    #[must_use]
    pub fn latest_today(&self) -> Date {
        self.latest_now().plus_hours(FIRST_DAYBREAK_HOURS).date()
    }
}

/// The days that are today somewhere on Earth, earliest first.
#[must_use]
pub fn days_of(now: Timestamp) -> [Date; 3] {
    [
        now.plus_hours(-LAST_NIGHTFALL_HOURS).date(),
        now.date(),
        now.plus_hours(FIRST_DAYBREAK_HOURS).date(),
    ]
}

impl Facts {
    /// Returns whether a seller issues invoices in this currency, as far as is known.
    #[must_use]
    pub fn sells_in(&self, currency: Currency) -> bool {
        self.sellers
            .known()
            .is_none_or(|currencies| currencies.contains(&currency))
    }

    /// Returns the requesting institution's deadlines, or the default ones if they are unseen.
    #[must_use]
    pub fn deadlines(&self) -> Deadlines {
        self.deadlines.known().copied().unwrap_or_default()
    }
}
