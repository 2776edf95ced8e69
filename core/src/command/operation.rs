//! What every operation says of itself, on the one page that holds its rule: who may send it, whether it may wait on a
//! phone, what it needs to be judged, what it names.
//!
//! Not here: any rule. To add an operation: write its file with `impl Operation`, add it to the list in `mod.rs`,
//! follow the compiler.

use crate::actor::Role;
use crate::catalogue::SpecialtyCode;
use crate::decision::Decision;
use crate::documents::DeclaredFile;
use crate::facts::{Context, Facts, Need};
use crate::ids::{
    CaseId, DeviceId, DocumentId, InstitutionId, InvoiceId, NotificationId, PatientId, ProviderId,
    ServiceRecordId, UserId,
};
use crate::patients::{Identifier, Likeness};
use crate::protocol::records::RecordKind;
use crate::refusal::Refusal;
use uuid::Uuid;

/// The record that a command is about, which orders commands: two on one aggregate never overtake each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// A patient.
    Patient(PatientId),
    /// A case, with its documents, issues, opinions and questions.
    Case(CaseId),
    /// An institution.
    Institution(InstitutionId),
    /// A person who signs in.
    User(UserId),
    /// An expert's profile.
    Provider(ProviderId),
    /// Specialties and price lists.
    Catalogue,
    /// An invoice.
    Invoice(InvoiceId),
    /// A service record.
    ServiceRecord(ServiceRecordId),
    /// A notification of the sender.
    Notification(NotificationId),
}

impl Aggregate {
    /// The record on a phone that shows what waits for the server; `None` where the server alone decides.
    #[must_use]
    pub const fn record(self) -> Option<(RecordKind, Uuid)> {
        match self {
            Self::Patient(id) => Some((RecordKind::Patient, id.as_uuid())),
            Self::Case(id) => Some((RecordKind::Case, id.as_uuid())),
            Self::Notification(id) => Some((RecordKind::Notification, id.as_uuid())),
            Self::Provider(id) => Some((RecordKind::Provider, id.as_uuid())),
            Self::Invoice(id) => Some((RecordKind::Invoice, id.as_uuid())),
            Self::Institution(_) | Self::User(_) | Self::Catalogue | Self::ServiceRecord(_) => None,
        }
    }
}

/// Whether a command may wait on a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// May wait in the outbox until there is a network.
    Offline,
    /// Needs the server now.
    OnlineOnly,
}

/// Whether a command is made under an assignment, whose token it must carry (D-14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fence {
    /// Anybody whose role allows it.
    Open,
    /// When a provider sends it, the token must be the case's current assignment.
    Token,
}

/// Whether a case that was withdrawn or cancelled stops a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnClosed {
    /// Refused `case_closed`.
    Refuse,
    /// Judged all the same: it changes nothing of the case's life.
    Pass,
}

/// Things that a command names beside the record that it is about; the server loads them as facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Names<'a> {
    /// A patient ([`Need::Patient`]); else the case's.
    pub patient: Option<PatientId>,
    /// A second patient ([`Need::OtherPatient`]).
    pub other_patient: Option<PatientId>,
    /// An expert ([`Need::Expert`], [`Need::Provider`]).
    pub provider: Option<ProviderId>,
    /// A user ([`Need::User`]).
    pub user: Option<UserId>,
    /// An institution ([`Need::Institution`], [`Need::Deadlines`]); else the sender's or the case's.
    pub institution: Option<InstitutionId>,
    /// A document that the command replaces or speaks of.
    pub document: Option<DocumentId>,
    /// A phone ([`Need::Device`]).
    pub device: Option<DeviceId>,
    /// A specialty ([`Need::Specialty`]).
    pub specialty: Option<&'a SpecialtyCode>,
    /// Files that come with it.
    pub files: &'a [DeclaredFile],
    /// Identifiers that must be nobody else's ([`Need::SameIdentifier`]).
    pub identifiers: &'a [Identifier],
    /// Whom the patient will look like ([`Need::SimilarPatients`]); what is missing is as it was.
    pub likeness: Likeness<'a>,
}

/// One operation: everything about a command but its dispatch.
pub trait Operation {
    /// The name on the wire, in the audit and in logs.
    const NAME: &'static str;
    /// Who may send it at all.
    const ROLES: &'static [Role];
    /// Whether it may wait in the outbox.
    const REACH: Reach;
    /// What the server must load, under lock, before it decides.
    const NEEDS: &'static [Need];
    /// Whether a provider must hold the case.
    const FENCE: Fence = Fence::Open;
    /// Whether a closed case stops it.
    const ON_CLOSED: OnClosed = OnClosed::Refuse;
    /// Whether it makes the record that it is about.
    const CREATES: bool = false;
    /// Whether a refusal keeps its text for the author (R3, R8, R15).
    const QUARANTINES: bool = false;

    /// What it is about.
    fn aggregate(&self) -> Aggregate;

    /// What it names besides.
    fn names(&self) -> Names<'_> {
        Names::default()
    }

    /// Its rule, without the guards that all commands share. Pure: no clock, no chance, no I/O.
    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal>;
}
