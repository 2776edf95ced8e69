//! `MarkDocumentScanned`: the server records the result of the virus scan. Nobody can download an infected
//! file.

use serde::{Deserialize, Serialize};

use super::document::Scan;
use super::mark_stored::settle;
use crate::actor::{Actor, Role};
use crate::cases::Case;
use crate::command::{CaseOperation, Spec, Step};
use crate::decision::Decision;
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, DocumentId};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkDocumentScanned {
    pub case_id: CaseId,
    pub document_id: DocumentId,
    pub scan: Scan,
}

impl CaseOperation for MarkDocumentScanned {
    const SPEC: Spec = Spec::online("mark_document_scanned", &[Role::System]);

    fn case_id(&self) -> CaseId {
        self.case_id
    }

    fn needs(&self) -> Vec<Need<'_>> {
        vec![Need::Documents, Need::Issues]
    }

    fn admits(_case: &Case, _actor: &Actor) -> Result<Step, Refusal> {
        Ok(Step::Go)
    }

    fn decide(&self, case: &Case, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let Some(documents) = facts.documents.known() else {
            return Ok(Decision::noop());
        };
        let document = documents
            .iter()
            .find(|d| d.id == self.document_id)
            .ok_or(Refusal::NotFound)?;
        if document.scan == self.scan {
            return Ok(Decision::noop());
        }
        let scanned = document.changed(|document| document.scan = self.scan);
        let decision = settle(case, scanned, facts, ctx);
        let (id, kind) = (self.case_id, NotificationKind::DocumentInfected);
        Ok(if self.scan == Scan::Infected {
            decision
                .notifying(Notify::case(Audience::Team(id), kind, id))
                .notifying(Notify::case(Audience::Admins, kind, id))
        } else {
            decision
        })
    }
}
