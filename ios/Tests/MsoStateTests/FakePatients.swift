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

final class FakePatientCore: FakeCore, @unchecked Sendable {
  /// The fake's contents; tests write them, models use them from other threads.
  struct PatientContents {
    var details: [PatientDetail] = []
    var conflicts: [PatientEditConflict] = []
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

  private let recordLock = NSLock()
  private var heldRecords = PatientContents()

  var records: PatientContents {
    get { recordLock.withLock { heldRecords } }
    set { recordLock.withLock { heldRecords = newValue } }
  }

  override func patients() -> Patients { FakePatients(self) }

  override func drafts() -> Drafts { FakePatientDrafts(self) }

  /// Fails as every other read of the core does.
  fileprivate func readRecords() throws -> PatientContents {
    if let broken = contents.broken { throw broken }
    return records
  }

  /// A page of the rows whose names begin with this.
  fileprivate func page(of query: String, limit: UInt32) throws -> PatientPage {
    records.beforeListing?(query)
    let found = try readRecords().details.map(\.summary).filter { $0.displayName.hasPrefix(query) }
    return PatientPage(
      patients: Array(found.prefix(Int(limit))), next: found.count > limit ? "further" : nil)
  }

  fileprivate func search(_ query: String) {
    recordLock.withLock { heldRecords.searched.append(query) }
  }

  fileprivate func call(_ call: PatientCall) throws {
    records.beforeCall?()
    try recordLock.withLock {
      if let refusal = heldRecords.refusal { throw refusal }
      heldRecords.calls.append(call)
      switch call {
      case .resolve(let id, _), .discard(let id):
        heldRecords.conflicts.removeAll { $0.commandId == id }
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
    let details = try core.readRecords().details
    guard let detail = details.first(where: { $0.summary.patientId == patientId }) else {
      throw MsoError.NotFound
    }
    return detail
  }

  override func editConflicts() throws -> [PatientEditConflict] { try core.readRecords().conflicts }

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
