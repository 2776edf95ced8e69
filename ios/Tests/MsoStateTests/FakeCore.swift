// A core for tests: holds cases, performs actions, and refuses on demand.

import Foundation
import MsoCore
import MsoState

/// A call that changes something, other than an action on a case.
enum FakeCall: Equatable {
  case readNotification(NotificationId)
  case readNotice(NoticeId)
  case send(CommandId)
  case sendTexts(CommandId, [DraftText])
  case useExistingPatient(CommandId, PatientId)
  case discard(CommandId)
  case flag(InvoiceId, reason: String)
  case setAvailability(Availability)
}

/// The handles that the screens use, over one set of data. Everything else is not called; chats,
/// forms, files and patients have fakes of their own.
class FakeCore: WorkspaceProtocol, @unchecked Sendable {
  /// The fake's contents; tests write them, models read them from other threads.
  struct Contents {
    var session: SessionSummary? = SessionSummary(
      userId: UserId("u1"), displayName: "Dr. Amal", role: .provider)
    var cases: [CaseSummary] = []
    var status = FakeCore.status()
    var notices: [Notice] = []
    var issues: [IssueItem] = []
    /// The team of every case.
    var team: [UserId] = []
    var colleagues: [Colleague] = []
    var notifications: [NotificationItem] = []
    var drafts: [Draft] = []
    var invoices: [InvoiceView] = []
    var serviceRecords: [ServiceRecordItem] = []
    var profile: ProviderProfile?
    /// Thrown by every read.
    var broken: (any Error)?
    /// Thrown by every action.
    var refusal: MsoError?
    var actions: [CaseOperation] = []
    /// The other calls that changed something.
    var calls: [FakeCall] = []
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

  func notifications() -> Notifications { FakeNotifications(self) }

  func drafts() -> Drafts { FakeDrafts(self) }

  func billing() -> Billing { FakeBilling(self) }

  func people() -> People { FakePeople(self) }

  func sync() -> SyncControl { FakeSync(self) }

  func subscribe(listener: any ChangeListener) -> Subscription {
    let id = ObjectIdentifier(listener)
    lock.withLock { listeners[id] = listener }
    return FakeSubscription { [weak self] in
      self?.lock.withLock { self?.listeners[id] = nil }
    }
  }

  func forms() -> Forms { notUsed() }
  func catalogue() -> Catalogue { notUsed() }
  func chats() -> Chats { notUsed() }
  func devices() async throws -> [OwnDevice] { notUsed() }
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

  private func notUsed() -> Never { fatalError("the screens do not use this") }

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
      if case .addTeamMember(let userId) = action { held.team.append(userId) }
      if case .removeTeamMember(let userId) = action { held.team.removeAll { $0 == userId } }
      return held.created
    }
  }

  /// Records a call and does to the contents what the core would do.
  fileprivate func call(_ call: FakeCall, effect: (inout Contents) -> Void = { _ in }) throws {
    let contents = lock.withLock {
      held.presses += 1
      return held
    }
    contents.beforeAction?(contents.presses)
    if let refusal = contents.refusal { throw refusal }
    lock.withLock {
      held.calls.append(call)
      effect(&held)
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
    return FakeCore.detail(row, team: core.contents.team)
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

  override func markRead(id: NoticeId) throws {
    try core.call(.readNotice(id)) { contents in
      contents.notices = contents.notices.map { notice in
        notice.id == id ? FakeCore.notice(id.value, read: true) : notice
      }
    }
  }
}

private final class FakeNotifications: Notifications, @unchecked Sendable {
  private let core: FakeCore

  init(_ core: FakeCore) {
    self.core = core
    super.init(noHandle: NoHandle())
  }

  required init(unsafeFromHandle handle: UInt64) { fatalError("a fake has no handle") }

  override func list(after: String?, limit: UInt32) throws -> NotificationPage {
    let rows = try core.read().notifications
    let more = rows.count > limit
    return NotificationPage(
      notifications: Array(rows.prefix(Int(limit))), next: more ? "further" : nil)
  }

  override func unread() throws -> UInt32 {
    UInt32(min(100, try core.read().notifications.count(where: { !$0.read })))
  }

  override func markRead(id: NotificationId) throws {
    try core.call(.readNotification(id)) { contents in
      contents.notifications = contents.notifications.map { row in
        row.id == id ? FakeCore.notification(id.value, read: true) : row
      }
    }
  }
}

private final class FakeDrafts: Drafts, @unchecked Sendable {
  private let core: FakeCore

  init(_ core: FakeCore) {
    self.core = core
    super.init(noHandle: NoHandle())
  }

  required init(unsafeFromHandle handle: UInt64) { fatalError("a fake has no handle") }

  override func list() throws -> [Draft] { try core.read().drafts }

  override func send(commandId: CommandId) throws { try end(commandId, .send(commandId)) }

  override func sendTexts(commandId: CommandId, texts: [DraftText]) throws {
    try end(commandId, .sendTexts(commandId, texts))
  }

  override func useExistingPatient(commandId: CommandId, existing: PatientId) throws {
    try end(commandId, .useExistingPatient(commandId, existing))
  }

  override func discard(commandId: CommandId) throws { try end(commandId, .discard(commandId)) }

  private func end(_ commandId: CommandId, _ call: FakeCall) throws {
    try core.call(call) { contents in
      contents.drafts.removeAll { $0.commandId == commandId }
    }
  }
}

private final class FakeBilling: Billing, @unchecked Sendable {
  private let core: FakeCore

  init(_ core: FakeCore) {
    self.core = core
    super.init(noHandle: NoHandle())
  }

  required init(unsafeFromHandle handle: UInt64) { fatalError("a fake has no handle") }

  override func invoices(after: String?, limit: UInt32) throws -> InvoicePage {
    let rows = try core.read().invoices
    let more = rows.count > limit
    return InvoicePage(invoices: Array(rows.prefix(Int(limit))), next: more ? "further" : nil)
  }

  override func flagInvoice(invoiceId: InvoiceId, reason: EnteredText) throws {
    try core.call(.flag(invoiceId, reason: reason)) { contents in
      contents.invoices = contents.invoices.map { row in
        row.invoiceId == invoiceId ? FakeCore.invoice(invoiceId.value, .flagged) : row
      }
    }
  }

  override func serviceRecords(after: String?, limit: UInt32) throws -> ServiceRecordPage {
    let rows = try core.read().serviceRecords
    let more = rows.count > limit
    return ServiceRecordPage(
      serviceRecords: Array(rows.prefix(Int(limit))), next: more ? "further" : nil)
  }
}

private final class FakePeople: People, @unchecked Sendable {
  private let core: FakeCore

  init(_ core: FakeCore) {
    self.core = core
    super.init(noHandle: NoHandle())
  }

  required init(unsafeFromHandle handle: UInt64) { fatalError("a fake has no handle") }

  override func profile() throws -> ProviderProfile? { try core.read().profile }

  override func colleagues() throws -> [Colleague] { try core.read().colleagues }

  override func setAvailability(availability: Availability) throws {
    try core.call(.setAvailability(availability)) { contents in
      contents.profile = FakeCore.profile(availability)
    }
  }
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

  static func row(
    _ caseId: String, _ status: CaseStatus = .assigned, actions: [CaseAction] = [.accept]
  ) -> CaseSummary {
    CaseSummary(
      caseId: CaseId(caseId), number: "2026-000001", patientId: PatientId("p1"), patientName: nil,
      specialty: "cardiology", urgency: .routine, status: status, closure: nil, readiness: .ready,
      submittedAt: morning, due: noDeadlines, documentCount: 0, pending: [],
      allowedActions: actions)
  }

  static func detail(_ row: CaseSummary, team: [UserId] = []) -> CaseDetail {
    CaseDetail(
      summary: row, request: request, timeline: [], expertName: nil, institutionName: nil,
      patientBirthDate: nil, patientSex: nil, documents: [], recommendation: nil, invoice: nil,
      team: team)
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

  static func notification(_ id: String, read: Bool = false) -> NotificationItem {
    NotificationItem(
      id: NotificationId(id), kind: .caseAssigned, priority: .normal, caseId: nil, caseNumber: nil,
      invoiceId: nil, createdAt: morning, read: read)
  }

  static func draft(_ id: String, existing: PatientId? = nil) -> Draft {
    Draft(
      commandId: CommandId(id), operation: "report_issue", caseId: CaseId("c1"),
      code: "assignment_superseded", fields: [], existingPatient: existing, refusedAt: morning,
      keptUntil: nil, content: .other,
      texts: [DraftText(place: "/text", text: "Which drugs are taken?")], remedies: [.sendAgain],
      waiting: [])
  }

  static func invoice(
    _ id: String, _ verification: InvoiceVerification = .pending
  ) -> InvoiceView {
    InvoiceView(
      invoiceId: InvoiceId(id), caseId: CaseId("c1"), number: "MSO-2026-000001", issuedAt: morning,
      net: euros, tax: euros, gross: euros, payment: .open, leftToPay: euros, dueDate: nil,
      verification: verification, flagReason: nil, creditOf: nil, reissuedAs: nil)
  }

  static let euros = Amount(minor: 10_000, currency: "EUR", display: "100.00")

  static func serviceRecord(_ caseNumber: String) -> ServiceRecordItem {
    ServiceRecordItem(
      caseNumber: caseNumber, serviceCode: "opinion", performedAt: morning, fee: euros,
      state: .recorded, settledAt: nil)
  }

  static let availability = Availability(
    timeZone: "Europe/Berlin",
    weekly: [WeeklyWindow(days: [.monday], from: "08:30", to: "12:00")], exceptions: [],
    accepting: true)

  static func profile(
    _ availability: Availability?, of providerId: String = "e1"
  ) -> ProviderProfile {
    ProviderProfile(
      providerId: ProviderId(providerId), displayName: "Dr. Amal", specialties: ["cardiology"],
      languages: ["de"], maxOpen: 5, maxUrgent: 1, availability: availability, active: true,
      pending: [])
  }

  static func colleague(_ id: String, active: Bool = true) -> Colleague {
    Colleague(userId: UserId(id), displayName: "Dr. \(id)", active: active)
  }

  static let opinion = Opinion(
    briefHistory: "h", assessment: "a", diagnosis: [], recommendations: [], medications: [],
    answerToQuestion: "yes", limitations: nil, urgencyFlag: false, declaration: true)
}
