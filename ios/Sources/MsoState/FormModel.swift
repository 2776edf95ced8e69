// A form that makes a record: a new case, a new patient.
//
// Invariant: the record's id is made when the form opens, not when it is sent. However often the
// form is sent (two taps, or again because the first answer did not arrive), the core makes one
// record of it.

import MsoCore
import Observation

public enum FormPhase<Id: Equatable & Sendable>: Equatable, Sendable {
  /// It can be sent. `lastError`: why it was not taken the last time.
  case open(lastError: Message? = nil)
  /// It is being sent: a further tap does nothing.
  case sending
  /// It is safe on the phone. A further tap does nothing.
  case sent(Id)
}

/// State of one form.
@MainActor
@Observable
public final class FormModel<Id: Equatable & Sendable, Entered: Sendable> {
  public private(set) var phase: FormPhase<Id> = .open()
  /// What the record will be called: put it into the record that is sent.
  public let id: Id

  @ObservationIgnored private let create: @Sendable (Entered) throws -> Id

  public init(id: Id, create: @escaping @Sendable (Entered) throws -> Id) {
    self.id = id
    self.create = create
  }

  /// Sends the form. Returns when the result is shown.
  public func send(_ entered: Entered) async {
    guard case .open = phase else { return }
    phase = .sending
    switch await attempt({ [create] in try create(entered) }) {
    case .success(let id): phase = .sent(id)
    case .failure(let message): phase = .open(lastError: message)
    }
  }
}

extension FormModel where Id == CaseId, Entered == NewCase {
  /// The form of a new case. `saved`: the id of a form that the system closed and opens again; keep
  /// `id` with what was typed.
  public convenience init(core: any WorkspaceProtocol, saved: CaseId? = nil) {
    self.init(id: saved ?? core.cases().newId()) { try core.cases().submit(newCase: $0) }
  }
}

extension FormModel where Id == PatientId, Entered == NewPatient {
  /// The form of a new patient. `saved`: as for a case.
  public convenience init(core: any WorkspaceProtocol, saved: PatientId? = nil) {
    self.init(id: saved ?? core.patients().newId()) { try core.patients().create(patient: $0) }
  }
}
