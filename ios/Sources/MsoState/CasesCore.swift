// What the screens of cases need of the core, so that tests can put their own in its place.
//
// Not here: rules. The invariant: each of these is one call of the workspace's, passed on as it is.

import MsoCore

/// The part of the core that the screens of cases stand on. What throws, throws `MsoError`.
public protocol CasesCore: Sendable {
  /// Who is signed in.
  func session() throws -> SessionSummary?
  /// All cases on this phone, newest first.
  func cases() throws -> [CaseSummary]
  /// One case with everything its screen shows.
  func caseDetail(caseId: CaseId) throws -> CaseDetail
  /// The issues of a case, oldest first.
  func issues(caseId: CaseId) throws -> [IssueItem]
  /// The status line.
  func syncStatus() throws -> SyncStatus
  /// What the user must know, newest first.
  func notices() throws -> [Notice]
  /// Takes an assigned case.
  func accept(caseId: CaseId) throws
  /// Rejects a case; the text is for admins only.
  func reject(caseId: CaseId, reason: RejectionReason, text: String?) throws
  /// Begins the review.
  func startReview(caseId: CaseId) throws
  /// Sends a case back to the requester with a question.
  func returnCase(caseId: CaseId, text: String) throws -> IssueId
  /// Answers a question that a case was returned with.
  func answerIssue(
    caseId: CaseId, issueId: IssueId, text: String?, documentIds: [DocumentId]
  ) throws
  /// Sends a returned case on.
  func resubmit(caseId: CaseId) throws
  /// Takes back a case that no expert has accepted.
  func withdraw(caseId: CaseId, reason: String) throws
  /// Gives the opinion.
  func submitRecommendation(caseId: CaseId, opinion: Opinion) throws -> RecommendationId
  /// Adds a staged file to a case.
  func addDocument(caseId: CaseId, documentId: DocumentId) throws
  /// What changes from now on.
  func changes() -> Changes
}

extension Workspace: CasesCore {}
