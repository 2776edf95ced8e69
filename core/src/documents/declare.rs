//! `DeclareDocument`: a requester adds a file to a case that was submitted before.
//!
//! Allowed in every status; after Done the file is flagged *after opinion* (R13). The case is not held up again:
//! only the files of the first manifest decide readiness.

use serde::{Deserialize, Serialize};

use super::document::{DeclaredFile, MAX_DOCUMENTS};
use crate::cases::CaseStatus;
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::refusal::Refusal;

/// Adds a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclareDocument {
    /// To which case.
    pub case_id: CaseId,
    /// Which file.
    pub file: DeclaredFile,
}

impl DeclareDocument {
    pub(crate) const NEEDS: &'static [Need] = &[Need::Case, Need::Documents];

    pub(crate) fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let mut after_opinion = false;
        if let Some(case) = facts.case.existing()? {
            if ctx.actor.institution() != Some(case.institution_id) {
                return Err(Refusal::NotFound);
            }
            after_opinion = case.status == CaseStatus::Done;
        }
        self.file.check()?;
        if let Some(documents) = facts.documents.known() {
            if documents.iter().any(|d| d.id == self.file.document_id) {
                return Err(Refusal::DocumentExists);
            }
            if documents.len() >= MAX_DOCUMENTS {
                return Err(Refusal::DocumentTooLarge);
            }
        }
        let document = self.file.declare(self.case_id, ctx, after_opinion);
        Ok(Decision::of(Event::DocumentDeclared(Box::new(document))))
    }
}
