//! Handle: cases.

use std::sync::Arc;

use mso_core::client;
use mso_core::ids::CaseId;

use crate::error::MsoError;
use crate::operation::{CaseOperation, Created};
use crate::records::{CaseDetail, CasePage, IssueItem, NewCase};
use crate::views::each;

/// The cases on this phone. Everything works offline.
#[derive(uniffi::Object)]
pub struct Cases(pub(crate) Arc<client::Workspace>);

#[uniffi::export]
impl Cases {
    /// Cases, newest first: the first `limit` after `after`, which is the `next` of the page before.
    #[uniffi::method(default(after = None, limit = 50))]
    pub fn list(&self, after: Option<String>, limit: u32) -> Result<CasePage, MsoError> {
        let client::ListPage { rows, next } = self.0.cases(after.as_deref(), limit)?;
        let cases = each(rows);
        Ok(CasePage { cases, next })
    }

    /// One case with everything its screen shows.
    pub fn detail(&self, case_id: CaseId) -> Result<CaseDetail, MsoError> {
        Ok(self.0.case(case_id)?.into())
    }

    /// The issues of a case, oldest first.
    pub fn issues(&self, case_id: CaseId) -> Result<Vec<IssueItem>, MsoError> {
        Ok(each(self.0.issues(case_id)?))
    }

    /// An id for a new case. Make it when the form opens, not when it is sent.
    pub fn new_id(&self) -> CaseId {
        self.0.new_case_id()
    }

    /// Submits a case with the files staged before. Sent again with the same id and the same content it answers the same,
    /// with other content it is refused (`case_exists`); after a refusal it sends the draft with what is given here.
    pub fn submit(&self, new_case: NewCase) -> Result<CaseId, MsoError> {
        let NewCase {
            case_id,
            patient_id,
            request,
            documents,
        } = new_case;
        Ok(self
            .0
            .submit_case(case_id, patient_id, request.try_into()?, documents)?)
    }

    /// Performs an operation on a case: checks it by the core's rules and keeps it until it is sent.
    pub fn act(&self, case_id: CaseId, operation: CaseOperation) -> Result<Option<Created>, MsoError> {
        operation.perform(&self.0, case_id)
    }
}
