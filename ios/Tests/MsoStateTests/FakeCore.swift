// A core for tests: holds cases, performs actions, and refuses on demand.

import Foundation
import MsoCore
import MsoState

final class FakeCore: CasesCore, @unchecked Sendable {
  /// The fake's contents; tests write them, models read them from other threads.
  struct Contents {
    var session: SessionSummary? = SessionSummary(
      userId: "u1", displayName: "Dr. Amal", role: .provider)
    var cases: [CaseSummary] = []
    var status = FakeCore.status()
    var notices: [Notice] = []
    var issues: [IssueItem] = []
    /// Thrown by every read.
    var broken: (any Error)?
    /// Thrown by every action.
    var refusal: MsoError?
    var actions: [String] = []
    /// Called before a read, with its number.
    var beforeReading: (@Sendable (Int) -> Void)?
    /// Called before an action, with its number.
    var beforeAction: (@Sendable (Int) -> Void)?
    var readings = 0
    var presses = 0
  }

  private let lock = NSLock()
  private var held = Contents()
  private var listeners: [ObjectIdentifier: any ChangeListener] = [:]

  var contents: Contents {
    get { lock.withLock { held } }
    set { lock.withLock { held = newValue } }
  }

  var listenerCount: Int { lock.withLock { listeners.count } }

  func tell(_ change: Change) {
    for listener in lock.withLock({ Array(listeners.values) }) { listener.changed(change: change) }
  }

  /// Moves the case to this state and notifies listeners.
  func move(_ caseId: CaseId, to status: CaseStatus) {
    contents.cases = contents.cases.map { row in
      row.caseId == caseId ? FakeCore.row(caseId, status) : row
    }
    tell(.ofCase(caseId: caseId))
  }

  func session() throws -> SessionSummary? { try read().session }

  func cases() throws -> [CaseSummary] { try read().cases }

  func syncStatus() throws -> SyncStatus { try read().status }

  func notices() throws -> [Notice] { try read().notices }

  func issues(caseId: CaseId) throws -> [IssueItem] { lock.withLock { held.issues } }

  func caseDetail(caseId: CaseId) throws -> CaseDetail {
    guard let row = try read().cases.first(where: { $0.caseId == caseId }) else {
      throw MsoError.NotFound
    }
    return FakeCore.detail(row)
  }

  func accept(caseId: CaseId) throws { try act("accept \(caseId)") }

  func reject(caseId: CaseId, reason: RejectionReason, text: String?) throws {
    try act("reject \(caseId) \(reason) \(text ?? "-")")
  }

  func startReview(caseId: CaseId) throws { try act("start_review \(caseId)") }

  func returnCase(caseId: CaseId, text: String) throws -> IssueId {
    try act("return_case \(caseId) \(text)")
    return "i1"
  }

  func answerIssue(
    caseId: CaseId, issueId: IssueId, text: String?, documentIds: [DocumentId]
  ) throws {
    try act("answer_issue \(caseId) \(issueId) \(text ?? "-") \(documentIds)")
  }

  func resubmit(caseId: CaseId) throws { try act("resubmit \(caseId)") }

  func withdraw(caseId: CaseId, reason: String) throws { try act("withdraw \(caseId) \(reason)") }

  func submitRecommendation(caseId: CaseId, opinion: Opinion) throws -> RecommendationId {
    try act("submit_recommendation \(caseId)")
    return "r1"
  }

  func addDocument(caseId: CaseId, documentId: DocumentId) throws {
    try act("add_document \(caseId) \(documentId)")
  }

  func changes() -> Changes {
    Changes { listener in
      let id = ObjectIdentifier(listener)
      lock.withLock { listeners[id] = listener }
      return Subscription { [weak self] in
        self?.lock.withLock { self?.listeners[id] = nil }
      }
    }
  }

  private func read() throws -> Contents {
    let contents = lock.withLock {
      held.readings += 1
      return held
    }
    contents.beforeReading?(contents.readings)
    if let broken = contents.broken { throw broken }
    return contents
  }

  private func act(_ action: String) throws {
    let contents = lock.withLock {
      held.presses += 1
      return held
    }
    contents.beforeAction?(contents.presses)
    if let refusal = contents.refusal { throw refusal }
    lock.withLock { held.actions.append(action) }
  }
}

private final class Subscription: SubscriptionHandleProtocol {
  private let end: @Sendable () -> Void

  init(end: @escaping @Sendable () -> Void) {
    self.end = end
  }

  func cancel() { end() }
}

extension FakeCore {
  static let morning = Date(timeIntervalSince1970: 1_795_420_800)

  static func row(_ caseId: CaseId, _ status: CaseStatus = .assigned) -> CaseSummary {
    CaseSummary(
      caseId: caseId, number: "2026-000001", patientName: nil, specialty: "cardiology",
      urgency: .routine, status: status, readiness: .ready, submittedAt: morning, documentCount: 0,
      pending: [],
      allowedActions: [.accept])
  }

  static func detail(_ row: CaseSummary) -> CaseDetail {
    CaseDetail(
      summary: row, clinicalQuestion: "Is repair indicated now?", presentIllness: nil,
      pastMedical: nil, treatmentSoFar: nil, previousOpinion: nil, timeline: [], expertName: nil,
      institutionName: nil, patientBirthDate: nil, patientSex: nil, documents: [],
      recommendation: nil, invoice: nil)
  }

  static func status(
    _ state: SyncState = .idle, commands: UInt32 = 0, uploads: UInt32 = 0, downloads: UInt32 = 0,
    error: String? = nil
  ) -> SyncStatus {
    SyncStatus(
      state: state, lastSyncAt: nil, pendingCommands: commands, pendingUploads: uploads,
      pendingUploadBytes: 0, pendingDownloads: downloads, lastError: error)
  }

  static func question(_ id: IssueId = "i1", awaitsAnswer: Bool = true) -> IssueItem {
    IssueItem(
      id: id, kind: .return, text: "Which drugs are taken?", state: "open",
      awaitsAnswer: awaitsAnswer, answers: awaitsAnswer ? 0 : 1)
  }

  static func notice(
    _ id: String, _ kind: NoticeKind = .caseGivenAway, code: String = "reassigned",
    of caseId: CaseId? = nil, read: Bool = false
  ) -> Notice {
    Notice(
      id: id, kind: kind, code: code, command: nil, caseId: caseId, caseNumber: nil, at: morning,
      read: read)
  }

  static let opinion = Opinion(
    briefHistory: "h", assessment: "a", diagnosis: [], recommendations: [], medications: [],
    answerToQuestion: "yes", limitations: nil, urgencyFlag: false, declaration: true)
}
