// The form that edits a patient's record.
//
// The core is told what the form showed and what is wanted, so that it changes only what the user
// changed. Invariant: what was entered stays until it is saved. Neither a refused save nor a
// reopening replaces it.

import MsoCore
import Observation

public enum PatientEditState: Equatable, Sendable {
  /// Nothing has been read yet.
  case loading
  /// Nobody is signed in: show the sign-in screen.
  case signedOut
  /// There is no such patient on this phone.
  case notFound
  case ready(PatientForm)
  /// It is safe on the phone. A further tap does nothing.
  case saved
  /// The record could not be read.
  case failed(Message)
}

/// The form on the screen.
public struct PatientForm: Equatable, Sendable {
  /// What the record said when the form was opened, or reopened.
  public private(set) var seen: PatientFields
  /// What the fields show.
  public fileprivate(set) var entered: PatientEntries
  /// It is being saved or reopened: the fields do not take entries.
  public fileprivate(set) var isWorking = false
  /// Why it was not taken the last time, or could not be reopened.
  public fileprivate(set) var lastError: Message?
  /// The record has changed since the form was opened: offer ``PatientEditModel/reopen()``.
  public private(set) var isOutdated = false
  /// The field that made it outdated: the first of several.
  public private(set) var conflict: PatientField?

  /// What the record said when the form was opened first.
  private let first: PatientFields

  init(_ fields: PatientFields) {
    seen = fields
    entered = PatientEntries(fields)
    first = fields
  }

  /// The fields that the user has changed.
  public var changed: [PatientField] {
    entered.differences(from: PatientEntries(seen))
  }

  /// The fields where saving replaces what somebody else entered while the form was open: show
  /// what is in ``seen`` beside them.
  public var replacing: [PatientField] {
    let since = PatientEntries(seen).differences(from: PatientEntries(first))
    return changed.filter { since.contains($0) }
  }

  fileprivate mutating func refuse(_ message: Message) {
    isWorking = false
    lastError = message
    isOutdated = message.kind == .refused && message.code == "field_conflict"
    conflict = isOutdated ? message.field.flatMap { PatientField(named: $0) } : nil
  }

  fileprivate mutating func reopen(on now: PatientFields) {
    var merged = PatientEntries(now)
    for field in changed { merged.take(field, from: entered) }
    seen = now
    entered = merged
    isWorking = false
    lastError = nil
    isOutdated = false
    conflict = nil
  }
}

/// State of the form of one patient. A screen runs ``open()`` when it is shown.
///
/// Entering, saving and reopening do nothing while there is no form or while it is being saved or
/// reopened.
@MainActor
@Observable
public final class PatientEditModel {
  public private(set) var state: PatientEditState = .loading
  public let patientId: PatientId

  @ObservationIgnored private let core: any WorkspaceProtocol

  public init(patientId: PatientId, core: any WorkspaceProtocol) {
    self.patientId = patientId
    self.core = core
  }

  /// Opens the form on the record as it is now. Does nothing if it is open or saved.
  public func open() async {
    guard !isOpened else { return }
    let answer = await read()
    // Another call may have opened it first, and something may have been entered.
    guard !isOpened else { return }
    switch answer {
    case .success(let fields): state = .ready(PatientForm(fields))
    case .failure(let message):
      switch message.kind {
      case .signInNeeded: state = .signedOut
      case .notFound: state = .notFound
      default: state = .failed(message)
      }
    }
  }

  /// Enters something: `model.enter { $0.phone = "+49 30 1234567" }`.
  public func enter(_ change: (inout PatientEntries) -> Void) {
    guard case .ready(var form) = state, !form.isWorking else { return }
    change(&form.entered)
    state = .ready(form)
  }

  /// Saves what was entered. Returns when the result is shown.
  public func save() async {
    guard case .ready(var form) = state, !form.isWorking else { return }
    form.isWorking = true
    state = .ready(form)
    let (seen, wanted) = (form.seen, form.entered.fields)
    let outcome = await attempt { [core, patientId] in
      try core.patients().edit(patientId: patientId, seen: seen, wanted: wanted)
    }
    switch outcome {
    case .success: state = .saved
    case .failure(let message):
      form.refuse(message)
      state = .ready(form)
    }
  }

  /// Reads the record again and puts what the user changed over it, so that it can be looked at
  /// and saved. Does nothing unless the form is outdated. Returns when the result is shown.
  public func reopen() async {
    guard case .ready(var form) = state, form.isOutdated, !form.isWorking else { return }
    form.isWorking = true
    state = .ready(form)
    switch await read() {
    case .success(let now): form.reopen(on: now)
    case .failure(let message):
      // It stays outdated, so that reopening can be tried again.
      form.isWorking = false
      form.lastError = message
    }
    state = .ready(form)
  }

  private var isOpened: Bool {
    switch state {
    case .ready, .saved: true
    case .loading, .signedOut, .notFound, .failed: false
    }
  }

  private func read() async -> Result<PatientFields, Message> {
    await attempt { [core, patientId] () throws -> PatientFields in
      guard try core.session() != nil else { throw MsoError.SignInNeeded }
      return try core.patients().detail(patientId: patientId).fields
    }
  }
}
