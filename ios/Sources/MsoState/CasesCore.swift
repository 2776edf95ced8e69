// The part of the core that the case screens need, so that tests can replace it.
//
// Invariant: every function is one call to the workspace, and its result is passed on unchanged.

import MsoCore

/// The part of the core that the case screens use. Throwing functions throw `MsoError`.
public protocol CasesCore: Sendable {
  /// The signed-in user's session; `nil` if nobody is signed in.
  func session() throws -> SessionSummary?
  /// All cases on this phone, newest first.
  func cases() throws -> [CaseSummary]
  /// One case with everything its screen shows.
  func caseDetail(caseId: CaseId) throws -> CaseDetail
  /// The issues of a case, oldest first.
  func issues(caseId: CaseId) throws -> [IssueItem]
  func syncStatus() throws -> SyncStatus
  /// Notices for the user, newest first.
  func notices() throws -> [Notice]
  /// Accepts an assigned case.
  func accept(caseId: CaseId) throws
  /// Rejects a case; the text is for admins only.
  func reject(caseId: CaseId, reason: RejectionReason, text: String?) throws
  /// Starts the review.
  func startReview(caseId: CaseId) throws
  /// Returns a case to the requester with a question.
  func returnCase(caseId: CaseId, text: String) throws -> IssueId
  /// Answers a question that a case was returned with.
  func answerIssue(
    caseId: CaseId, issueId: IssueId, text: String?, documentIds: [DocumentId]
  ) throws
  /// Resubmits a returned case.
  func resubmit(caseId: CaseId) throws
  /// Withdraws a case that no expert has accepted.
  func withdraw(caseId: CaseId, reason: String) throws
  /// Submits the opinion.
  func submitRecommendation(caseId: CaseId, opinion: Opinion) throws -> RecommendationId
  /// Adds a staged file to a case.
  func addDocument(caseId: CaseId, documentId: DocumentId) throws
  /// The changes from now on.
  func changes() -> Changes
}

extension Workspace: CasesCore {}
