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
  /// The status line.
  func syncStatus() throws -> SyncStatus
  /// What the user must know, newest first.
  func notices() throws -> [Notice]
  /// Takes an assigned case.
  func accept(caseId: CaseId) throws
  /// Begins the review.
  func startReview(caseId: CaseId) throws
  /// Gives the opinion.
  func submitRecommendation(caseId: CaseId, opinion: Opinion) throws -> RecommendationId
  /// Adds a staged file to a case.
  func addDocument(caseId: CaseId, documentId: DocumentId) throws
  /// What changes from now on.
  func changes() -> Changes
}

extension Workspace: CasesCore {}
