//! `MarkDocumentScanned`: the server notes what the virus scanner found. Nobody gets an infected file.

use serde::{Deserialize, Serialize};

use super::document::Scan;
use super::mark_stored::settle;
use crate::actor::Role;
use crate::command::{Aggregate, Operation, Reach};
use crate::decision::Decision;
use crate::facts::{Context, Facts, Need};
use crate::ids::{CaseId, DocumentId};
use crate::notifications::{Audience, NotificationKind, Notify};
use crate::refusal::Refusal;

/// Records what the virus scanner found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkDocumentScanned {
    /// Of which case.
    pub case_id: CaseId,
    /// Which file.
    pub document_id: DocumentId,
    /// What it found.
    pub scan: Scan,
}

impl Operation for MarkDocumentScanned {
    const NAME: &'static str = "mark_document_scanned";
    const ROLES: &'static [Role] = &[Role::System];
    const REACH: Reach = Reach::OnlineOnly;
    const NEEDS: &'static [Need] = &[Need::Case, Need::Documents, Need::Issues];

    fn aggregate(&self) -> Aggregate {
        Aggregate::Case(self.case_id)
    }

    fn decide(&self, facts: &Facts, ctx: &Context) -> Result<Decision, Refusal> {
        let (Some(case), Some(documents)) = (facts.case.existing()?, facts.documents.known()) else {
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
                .telling(Notify::case(Audience::Team(id), kind, id))
                .telling(Notify::case(Audience::Admins, kind, id))
        } else {
            decision
        })
    }
}
