// A core for tests of the forms: holds one saved form, and refuses on demand.

import Foundation
import MsoCore
import MsoState

/// A call about a form, or about what it makes; cases are the fake core's.
enum FormCall: Equatable {
  case save(FormContent)
  case discardCase(CaseId)
  case discardPatient(PatientId)
  case discardOpinion(CaseId)
  case create(NewPatient)
}

final class FakeFormCore: FakeCore, @unchecked Sendable {
  /// The fake's contents; tests write them, models use them from other threads.
  struct FormContents {
    var saved: FormContent?
    /// Thrown by every read.
    var broken: MsoError?
    /// Thrown by every call that changes something.
    var refusal: MsoError?
    /// The calls that changed something.
    var calls: [FormCall] = []
    /// Called before a save, with its number.
    var beforeSave: (@Sendable (Int) -> Void)?
    var saves = 0
  }

  private let formLock = NSLock()
  private var heldForm = FormContents()

  var form: FormContents {
    get { formLock.withLock { heldForm } }
    set { formLock.withLock { heldForm = newValue } }
  }

  override func forms() -> Forms { FakeForms(self) }

  override func patients() -> Patients { FakeFormPatients(self) }

  fileprivate func readForm() throws -> SavedForm? {
    let form = self.form
    if let broken = form.broken { throw broken }
    return form.saved.map { SavedForm(content: $0, savedAt: FakeCore.morning, keptUntil: nil) }
  }

  fileprivate func save(_ content: FormContent) throws {
    let form = formLock.withLock {
      heldForm.saves += 1
      return heldForm
    }
    form.beforeSave?(form.saves)
    try call(.save(content), leaving: content)
  }

  fileprivate func call(_ call: FormCall, leaving saved: FormContent?) throws {
    try formLock.withLock {
      if let refusal = heldForm.refusal { throw refusal }
      heldForm.calls.append(call)
      heldForm.saved = saved
    }
  }
}

private final class FakeForms: Forms, @unchecked Sendable {
  private let core: FakeFormCore

  init(_ core: FakeFormCore) {
    self.core = core
    super.init(noHandle: NoHandle())
  }

  required init(unsafeFromHandle handle: UInt64) { fatalError("a fake has no handle") }

  override func ofCase(caseId: CaseId) throws -> SavedForm? { try core.readForm() }

  override func ofPatient(patientId: PatientId) throws -> SavedForm? { try core.readForm() }

  override func ofOpinion(caseId: CaseId) throws -> SavedForm? { try core.readForm() }

  override func save(content: FormContent) throws { try core.save(content) }

  override func discardCase(caseId: CaseId) throws {
    try core.call(.discardCase(caseId), leaving: nil)
  }

  override func discardPatient(patientId: PatientId) throws {
    try core.call(.discardPatient(patientId), leaving: nil)
  }

  override func discardOpinion(caseId: CaseId) throws {
    try core.call(.discardOpinion(caseId), leaving: nil)
  }
}

private final class FakeFormPatients: Patients, @unchecked Sendable {
  private let core: FakeFormCore

  init(_ core: FakeFormCore) {
    self.core = core
    super.init(noHandle: NoHandle())
  }

  required init(unsafeFromHandle handle: UInt64) { fatalError("a fake has no handle") }

  override func newId() -> PatientId { PatientId(UUID().uuidString) }

  override func create(patient: NewPatient) throws -> PatientId {
    try core.call(.create(patient), leaving: nil)
    return patient.patientId
  }
}
