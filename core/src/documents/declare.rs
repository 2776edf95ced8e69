//! `DeclareDocument`: a requester adds a file to a submitted case.
//!
//! Allowed in every status; after Done the file is flagged *after opinion* (R13). It does not delay the case:
//! only the files of the first manifest determine readiness.

use crate::command::Dependents;
use serde::{Deserialize, Serialize};

use super::document::{DeclaredFile, MAX_CASE_BYTES, MAX_DOCUMENTS};
use crate::actor::{Actor, Role};
use crate::cases::CaseAction;
use crate::cases::{Case, CaseEvent, CaseStatus};
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::{Decision, Event};
use crate::facts::{Context, Facts, Need};
use crate::ids::CaseId;
use crate::notifications::{NotificationKind, Notify};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclareDocument {
    pub case_id: CaseId,
    pub file: DeclaredFile,
}

impl CaseOperation for DeclareDocument {
    const SPEC: Spec = Spec::offline("declare_document", &[Role::Requester]);
    const ACTION: Option<CaseAction> = Some(CaseAction::AddDocument);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Documents]
    }

    fn files(&self) -> &[DeclaredFile] {
        std::slice::from_ref(&self.file)
    }

    /// No later command depends on an additional file.
    fn dependents(&self) -> Dependents {
        Dependents::None
    }

    fn admits(case: &Case, actor: &Actor) -> Result<Step, Refusal> {
        if actor.institution() != Some(case.institution_id) {
            return Err(Refusal::NotFound);
        }
        Ok(Step::Go)
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let after_opinion = case.status == CaseStatus::Done;
        self.file.check()?;
        if let Some(documents) = facts.documents.known() {
            if documents.iter().any(|d| d.id == self.file.document_id) {
                return Err(Refusal::DocumentExists);
            }
            if documents.len() >= MAX_DOCUMENTS {
                return Err(Refusal::TooManyDocuments);
            }
            let bytes = documents
                .iter()
                .filter(|d| d.is_in_use())
                .map(|d| d.file.size)
                .sum::<u64>();
            if bytes.saturating_add(self.file.size) > MAX_CASE_BYTES {
                return Err(Refusal::CaseTooLarge);
            }
            let replaced = |id| documents.iter().any(|d| d.id == id && d.is_in_use());
            if self.file.replaces.is_some_and(|id| !replaced(id)) {
                return Err(Refusal::DocumentWithdrawn);
            }
        }
        let document = self.file.declare(self.case_id, ctx, after_opinion);
        let mut decision = Decision::of(Event::Case(self.case_id, CaseEvent::Touched))
            .and(Event::Document(Box::new(document)));
        if let Some(told) = case.who_follows() {
            decision = decision.notifying(Notify::case(told, NotificationKind::DocumentAdded, self.case_id));
        }
        Ok(decision)
    }
}
