// A core for tests of the patient screens: holds records and conflicts, and refuses on demand.

import Foundation
import MsoCore
import MsoState

/// A call that changes something.
enum PatientCall: Equatable {
  case verify(PatientId, VerificationMethod)
  case deactivate(PatientId, Inactive)
  case reactivate(PatientId)
  case dismissDuplicate(PatientId, PatientId)
  case edit(PatientId, seen: PatientFields, wanted: PatientFields)
  case resolve(CommandId, mine: [PatientField])
  case discard(CommandId)
}

/// The handles that the patient screens use, over one set of data. Everything else is not called.
final class FakePatientCore: WorkspaceProtocol, @unchecked Sendable {
  /// The fake's contents; tests write them, models read them from other threads.
  struct Contents {
    var session: SessionSummary? = SessionSummary(
      userId: UserId("u1"), displayName: "Dr. Weber", role: .requester)
    var details: [PatientDetail] = []
    var conflicts: [PatientEditConflict] = []
    /// Thrown by every read.
    var broken: (any Error)?
    /// Thrown by every call that changes something.
    var refusal: MsoError?
    /// The calls that changed something.
    var calls: [PatientCall] = []
    /// The queries that were searched for.
    var searched: [String] = []
    /// Called before a list (with an empty text) or a search (with its query) is read.
    var beforeListing: (@Sendable (String) -> Void)?
    /// Called before a call that changes something.
    var beforeCall: (@Sendable () -> Void)?
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

  func session() throws -> SessionSummary? { try read().session }

  func patients() -> Patients { FakePatients(self) }

  func drafts() -> Drafts { FakePatientDrafts(self) }

  func subscribe(listener: any ChangeListener) -> Subscription {
    let id = ObjectIdentifier(listener)
    lock.withLock { listeners[id] = listener }
    return FakePatientSubscription { [weak self] in
      self?.lock.withLock { self?.listeners[id] = nil }
    }
  }

  func billing() -> Billing { notUsed() }
  func cases() -> Cases { notUsed() }
  func catalogue() -> Catalogue { notUsed() }
  func forms() -> Forms { notUsed() }
  func devices() async throws -> [OwnDevice] { notUsed() }
  func documents() -> Documents { notUsed() }
  func integrityCheck() throws -> String { notUsed() }
  func notices() -> Notices { notUsed() }
  func notifications() -> Notifications { notUsed() }
  func people() -> People { notUsed() }
  func retireDevice(deviceId: DeviceId) async throws { notUsed() }
  func shutdown() { notUsed() }
  func signIn(email: String, password: String) async throws -> SessionSummary { notUsed() }
  func signInReplacing(email: String, password: String, deviceId: DeviceId) async throws
    -> SessionSummary
  { notUsed() }
  func signOut() async throws { notUsed() }
  func sync() -> SyncControl { notUsed() }
  func unsent() throws -> UInt32 { notUsed() }

  private func notUsed() -> Never { fatalError("the patient screens do not use this") }

  fileprivate func read() throws -> Contents {
    let contents = self.contents
    if let broken = contents.broken { throw broken }
    return contents
  }

  /// A page of the rows whose names begin with this.
  fileprivate func page(of query: String, limit: UInt32) throws -> PatientPage {
    contents.beforeListing?(query)
    let found = try read().details.map(\.summary).filter { $0.displayName.hasPrefix(query) }
    return PatientPage(
      patients: Array(found.prefix(Int(limit))), next: found.count > limit ? "further" : nil)
  }

  fileprivate func search(_ query: String) {
    lock.withLock { held.searched.append(query) }
  }

  fileprivate func call(_ call: PatientCall) throws {
    contents.beforeCall?()
    try lock.withLock {
      if let refusal = held.refusal { throw refusal }
      held.calls.append(call)
      switch call {
      case .resolve(let id, _), .discard(let id):
        held.conflicts.removeAll { $0.commandId == id }
      case .verify, .deactivate, .reactivate, .dismissDuplicate, .edit: break
      }
    }
  }
}

private final class FakePatients: Patients, @unchecked Sendable {
  private let core: FakePatientCore

  init(_ core: FakePatientCore) {
    self.core = core
    super.init(noHandle: NoHandle())
  }

  required init(unsafeFromHandle handle: UInt64) { fatalError("a fake has no handle") }

  override func list(after: String?, limit: UInt32) throws -> PatientPage {
    try core.page(of: "", limit: limit)
  }

  override func search(query: String, after: String?, limit: UInt32) throws -> PatientPage {
    core.search(query)
    return try core.page(of: query, limit: limit)
  }

  override func detail(patientId: PatientId) throws -> PatientDetail {
    let details = try core.read().details
    guard let detail = details.first(where: { $0.summary.patientId == patientId }) else {
      throw MsoError.NotFound
    }
    return detail
  }

  override func editConflicts() throws -> [PatientEditConflict] { try core.read().conflicts }

  override func edit(patientId: PatientId, seen: PatientFields, wanted: PatientFields) throws {
    try core.call(.edit(patientId, seen: seen, wanted: wanted))
  }

  override func resolveEdit(commandId: CommandId, mine: [PatientField]) throws {
    try core.call(.resolve(commandId, mine: mine))
  }

  override func verify(patientId: PatientId, method: VerificationMethod) throws {
    try core.call(.verify(patientId, method))
  }

  override func deactivate(patientId: PatientId, inactive: Inactive) throws {
    try core.call(.deactivate(patientId, inactive))
  }

  override func reactivate(patientId: PatientId) throws { try core.call(.reactivate(patientId)) }

  override func dismissDuplicate(patientId: PatientId, otherId: PatientId) throws {
    try core.call(.dismissDuplicate(patientId, otherId))
  }
}

private final class FakePatientDrafts: Drafts, @unchecked Sendable {
  private let core: FakePatientCore

  init(_ core: FakePatientCore) {
    self.core = core
    super.init(noHandle: NoHandle())
  }

  required init(unsafeFromHandle handle: UInt64) { fatalError("a fake has no handle") }

  override func discard(commandId: CommandId) throws { try core.call(.discard(commandId)) }
}

private final class FakePatientSubscription: Subscription, @unchecked Sendable {
  private let end: @Sendable () -> Void

  init(end: @escaping @Sendable () -> Void) {
    self.end = end
    super.init(noHandle: NoHandle())
  }

  required init(unsafeFromHandle handle: UInt64) { fatalError("a fake has no handle") }

  override func cancel() { end() }
}

extension FakePatientCore {
  static func fields(
    family: String = "Haddad", given: String? = "Rami", phone: String? = nil, email: String? = nil
  ) -> PatientFields {
    PatientFields(
      familyName: family, givenName: given, otherNames: [], birthDate: "1958-04-17",
      birthDateEstimated: false, sex: .male, identifiers: [], noIdentifierReason: "lost",
      nationality: nil, country: nil, phone: phone, email: email, addressLines: [], city: nil,
      addressCountry: nil, preferredLanguage: nil, guardianName: nil, guardianRelation: nil,
      guardianPhone: nil)
  }

  static func detail(
    _ id: String = "p1", fields: PatientFields = FakePatientCore.fields(), verified: Bool = false,
    duplicates: [String] = [], actions: [PatientAction] = []
  ) -> PatientDetail {
    PatientDetail(
      summary: PatientSummary(
        patientId: PatientId(id), displayName: fields.familyName, birthDate: fields.birthDate,
        sex: fields.sex, verified: verified, active: true, pending: []),
      fields: fields, inactive: nil, revokedReason: nil, duplicateOf: nil,
      possibleDuplicates: duplicates.map { PatientId($0) }, allowedActions: actions)
  }

  static func conflict(
    _ id: String = "k1", _ fields: [PatientField] = [.phone, .email],
    mine: PatientFields = FakePatientCore.fields(phone: "+49 1", email: "mine@example.org"),
    theirs: PatientFields = FakePatientCore.fields(phone: "+49 2", email: "theirs@example.org")
  ) -> PatientEditConflict {
    PatientEditConflict(
      commandId: CommandId(id), patientId: PatientId("p1"), fields: fields, mine: mine,
      theirs: theirs, waiting: [])
  }
}
