//! The cases of the demo month as tables: what was asked, what was answered, and how each case went.
//!
//! The invariant: a case names its patient by the place in `patients::ALL`, and its expert, who must have the
//! specialty, by the name in the e-mail address.

mod bones;
mod cancer;
mod general;
mod heart;
mod images;
mod nerves;

use mso_core::cases::{AdviceKind, Agreement, AllergySeverity, DiagnosisCertainty};

/// One case.
#[derive(Debug)]
pub(super) struct CaseText {
    pub(super) patient: usize,
    pub(super) specialty: &'static str,
    pub(super) expert: &'static str,
    /// Day and hour of the story at which it is submitted.
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) files: usize,
    /// Why it is urgent.
    pub(super) urgent: Option<&'static str>,
    /// It is assigned although the expert is on leave.
    pub(super) although_away: bool,
    pub(super) question: &'static str,
    pub(super) illness: &'static str,
    pub(super) past: &'static str,
    /// Name, dose, frequency.
    pub(super) medications: &'static [(&'static str, Option<&'static str>, &'static str)],
    /// Substance, reaction, severity.
    pub(super) allergies: &'static [(&'static str, &'static str, AllergySeverity)],
    /// ICD-10 code, text, certainty; the first is the primary one.
    pub(super) diagnosis: &'static [(&'static str, &'static str, DiagnosisCertainty)],
    pub(super) fate: Fate,
}

/// How a case stands at the end of the month.
#[derive(Debug)]
pub(super) enum Fate {
    /// A file has not arrived.
    Uploading,
    New,
    Assigned,
    Accepted,
    InProgress,
    /// In progress; the expert asks to be released.
    AskedRelease,
    /// Returned; nobody has answered.
    ReturnedOpen,
    /// Returned, answered and sent again; a file has not arrived.
    ReturnedPending,
    Rejected,
    Withdrawn,
    /// Cancelled by an admin because the requester asked.
    Cancelled,
    Done(Via, Opinion, &'static [After]),
}

/// The way to Done.
#[derive(Debug, Clone, Copy)]
pub(super) enum Via {
    Straight,
    /// Another expert rejected it first.
    Rejected(&'static str),
    /// Returned once, and answered.
    Returned,
    /// Taken from another expert, whose opinion came too late.
    Late(&'static str),
    /// Another expert had it, whose account was deactivated.
    Gone(&'static str),
}

/// The expert's opinion.
#[derive(Debug)]
pub(super) struct Opinion {
    /// What is seen in the first file.
    pub(super) finding: &'static str,
    pub(super) assessment: &'static str,
    pub(super) icd: &'static str,
    pub(super) diagnosis: &'static str,
    pub(super) agreement: Agreement,
    /// Kind, text, when.
    pub(super) advice: &'static [(AdviceKind, &'static str, Option<&'static str>)],
    /// Name, dose, route, frequency.
    pub(super) medications: &'static [(&'static str, &'static str, &'static str, &'static str)],
    pub(super) answer: &'static str,
}

/// What follows an opinion.
#[derive(Debug, Clone, Copy)]
pub(super) enum After {
    Read,
    /// 1 to 5, with a comment.
    Rated(u8, &'static str),
    /// A question, and its answer if there is one.
    Asked(&'static str, Option<&'static str>),
    /// A second version, with this limitation.
    Amended(&'static str),
    /// The first version was entered in error.
    Error(&'static str),
}

/// All cases.
pub(super) fn all() -> impl Iterator<Item = &'static CaseText> {
    [
        heart::CASES,
        cancer::CASES,
        nerves::CASES,
        bones::CASES,
        general::CASES,
        images::CASES,
    ]
    .into_iter()
    .flatten()
}
