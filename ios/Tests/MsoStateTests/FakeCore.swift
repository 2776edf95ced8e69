// A core for tests: holds cases, performs actions, and refuses on demand.

import Foundation
import MsoCore
import MsoState

/// The handles that the case screens use, over one set of data. Everything else is not called.
final class FakeCore: WorkspaceProtocol, @unchecked Sendable {
  /// The fake's contents; tests write them, models read them from other threads.
  struct Contents {
    var session: SessionSummary? = SessionSummary(
      userId: UserId("u1"), displayName: "Dr. Amal", role: .provider)
    var cases: [CaseSummary] = []
    var status = FakeCore.status()
    var notices: [Notice] = []
    var issues: [IssueItem] = []
    /// Thrown by every read.
    var broken: (any Error)?
    /// Thrown by every action.
    var refusal: MsoError?
    var actions: [CaseOperation] = []
    /// Cases that were submitted, by how often.
    var submitted: [NewCase] = []
    /// What the next action creates.
    var created: Created?
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
  func move(_ id: String, to status: CaseStatus) {
    contents.cases = contents.cases.map { row in
      row.caseId == CaseId(id) ? FakeCore.row(id, status) : row
    }
    tell(.ofCase(caseId: CaseId(id)))
  }

  func session() throws -> SessionSummary? { try read().session }

  func cases() -> Cases { FakeCases(self) }

  func notices() -> Notices { FakeNotices(self) }

  func sync() -> SyncControl { FakeSync(self) }

  func subscribe(listener: any ChangeListener) -> Subscription {
    let id = ObjectIdentifier(listener)
    lock.withLock { listeners[id] = listener }
    return FakeSubscription { [weak self] in
      self?.lock.withLock { self?.listeners[id] = nil }
    }
  }

  func billing() -> Billing { notUsed() }
  func notifications() -> Notifications { notUsed() }
  func people() -> People { notUsed() }
  func catalogue() -> Catalogue { notUsed() }
  func devices() async throws -> [OwnDevice] { notUsed() }
  func drafts() -> Drafts { notUsed() }
  func retireDevice(deviceId: DeviceId) async throws { notUsed() }
  func signInReplacing(email: String, password: String, deviceId: DeviceId) async throws
    -> SessionSummary
  { notUsed() }
  func documents() -> Documents { notUsed() }
  func integrityCheck() throws -> String { notUsed() }
  func patients() -> Patients { notUsed() }
  func shutdown() { notUsed() }
  func signIn(email: String, password: String) async throws -> SessionSummary { notUsed() }
  func signOut() async throws { notUsed() }
  func unsent() throws -> UInt32 { notUsed() }

  private func notUsed() -> Never { fatalError("the case screens do not use this") }

  fileprivate func read() throws -> Contents {
    let contents = lock.withLock {
      held.readings += 1
      return held
    }
    contents.beforeReading?(contents.readings)
    if let broken = contents.broken { throw broken }
    return contents
  }

  fileprivate func submit(_ newCase: NewCase) throws -> CaseId {
    try lock.withLock {
      if let refusal = held.refusal { throw refusal }
      held.submitted.append(newCase)
      return newCase.caseId
    }
  }

  fileprivate func act(_ action: CaseOperation) throws -> Created? {
    let contents = lock.withLock {
      held.presses += 1
      return held
    }
    contents.beforeAction?(contents.presses)
    if let refusal = contents.refusal { throw refusal }
    return lock.withLock {
      held.actions.append(action)
      return held.created
    }
  }
}

private final class FakeCases: Cases, @unchecked Sendable {
  private let core: FakeCore

  init(_ core: FakeCore) {
    self.core = core
    super.init(noHandle: NoHandle())
  }

  required init(unsafeFromHandle handle: UInt64) { fatalError("a fake has no handle") }

  override func list(after: String?, limit: UInt32) throws -> CasePage {
    let rows = try core.read().cases
    let more = rows.count > limit
    return CasePage(cases: Array(rows.prefix(Int(limit))), next: more ? "further" : nil)
  }

  override func detail(caseId: CaseId) throws -> CaseDetail {
    guard let row = try core.read().cases.first(where: { $0.caseId == caseId }) else {
      throw MsoError.NotFound
    }
    return FakeCore.detail(row)
  }

  override func issues(caseId: CaseId) throws -> [IssueItem] { core.contents.issues }

  override func newId() -> CaseId { CaseId(UUID().uuidString) }

  override func submit(newCase: NewCase) throws -> CaseId { try core.submit(newCase) }

  override func act(caseId: CaseId, operation: CaseOperation) throws -> Created? {
    try core.act(operation)
  }
}

private final class FakeNotices: Notices, @unchecked Sendable {
  private let core: FakeCore

  init(_ core: FakeCore) {
    self.core = core
    super.init(noHandle: NoHandle())
  }

  required init(unsafeFromHandle handle: UInt64) { fatalError("a fake has no handle") }

  override func list() throws -> [Notice] { try core.read().notices }
}

private final class FakeSync: SyncControl, @unchecked Sendable {
  private let core: FakeCore

  init(_ core: FakeCore) {
    self.core = core
    super.init(noHandle: NoHandle())
  }

  required init(unsafeFromHandle handle: UInt64) { fatalError("a fake has no handle") }

  override func status() throws -> SyncStatus { try core.read().status }
}

private final class FakeSubscription: Subscription, @unchecked Sendable {
  private let end: @Sendable () -> Void

  init(end: @escaping @Sendable () -> Void) {
    self.end = end
    super.init(noHandle: NoHandle())
  }

  required init(unsafeFromHandle handle: UInt64) { fatalError("a fake has no handle") }

  override func cancel() { end() }
}

extension FakeCore {
  static let noDeadlines = Due(
    acceptBy: nil, startBy: nil, finishBy: nil, answerBy: nil, readBy: nil, pausedAt: nil)
  static let morning = Date(timeIntervalSince1970: 1_795_420_800)

  static func row(_ caseId: String, _ status: CaseStatus = .assigned) -> CaseSummary {
    CaseSummary(
      caseId: CaseId(caseId), number: "2026-000001", patientId: PatientId("p1"), patientName: nil,
      specialty: "cardiology", urgency: .routine, status: status, closure: nil, readiness: .ready,
      submittedAt: morning, due: noDeadlines, documentCount: 0, pending: [],
      allowedActions: [.accept])
  }

  static func detail(_ row: CaseSummary) -> CaseDetail {
    CaseDetail(
      summary: row, request: request, timeline: [], expertName: nil, institutionName: nil,
      patientBirthDate: nil, patientSex: nil, documents: [], recommendation: nil, invoice: nil)
  }

  static let request = CaseRequest(
    specialty: "cardiology", urgency: .routine, urgencyReason: nil,
    clinicalQuestion: "Is repair indicated now?", presentIllness: nil, pastMedical: nil,
    treatmentSoFar: nil, previousOpinion: nil, consentKind: .legalBasis,
    consentObtainedBy: "Dr. Weber", consentObtainedAt: morning)

  static func status(
    _ state: SyncState = .idle, commands: UInt32 = 0, uploads: UInt32 = 0, downloads: UInt32 = 0,
    error: String? = nil
  ) -> SyncStatus {
    SyncStatus(
      state: state, lastSyncAt: nil, pendingCommands: commands, heldCommands: 0, drafts: 0,
      pendingUploads: uploads,
      pendingUploadBytes: 0, pendingDownloads: downloads, lastError: error)
  }

  static func question(_ id: String = "i1", awaitsAnswer: Bool = true) -> IssueItem {
    IssueItem(
      id: IssueId(id), kind: .return, text: "Which drugs are taken?", state: "open",
      awaitsAnswer: awaitsAnswer,
      answers: awaitsAnswer
        ? [] : [IssueAnswerItem(by: UserId("u1"), at: morning, text: "None.", documentIds: [])],
      authorRole: .provider, createdAt: morning)
  }

  static func notice(
    _ id: String, _ kind: NoticeKind = .caseGivenAway, code: String = "reassigned",
    of caseId: String? = nil, read: Bool = false
  ) -> Notice {
    Notice(
      id: NoticeId(id), kind: kind, code: code, command: nil, caseId: caseId.map { CaseId($0) },
      caseNumber: nil, at: morning,
      read: read)
  }

  static let opinion = Opinion(
    briefHistory: "h", assessment: "a", diagnosis: [], recommendations: [], medications: [],
    answerToQuestion: "yes", limitations: nil, urgencyFlag: false, declaration: true)
}
