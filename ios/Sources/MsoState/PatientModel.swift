// The screen of one patient's record.
//
// The screen shows a button for each of the record's allowed actions, and the core checks again
// when it is pressed. Invariant: one action runs at a time, and its result is shown together with
// what it changed.

import MsoCore
import Observation

public enum PatientState: Equatable, Sendable {
  /// Nothing has been read yet.
  case loading
  /// Nobody is signed in: show the sign-in screen.
  case signedOut
  /// There is no such patient on this phone.
  case notFound
  case ready(OpenPatient)
  /// The record could not be read.
  case failed(Message)
}

/// A patient on the screen.
public struct OpenPatient: Equatable, Sendable {
  public let detail: PatientDetail
  /// An action is running: show it, and do not accept another.
  public let isWorking: Bool
  /// Why the last action failed.
  public let lastError: Message?

  /// Whether the screen offers an action.
  public func offers(_ action: PatientAction) -> Bool {
    detail.allowedActions.contains(action)
  }
}

/// State of one patient. A screen runs ``follow()`` as long as it is shown.
///
/// Actions do nothing while the screen does not offer them or another one is running. They return
/// when the screen shows the result.
@MainActor
@Observable
public final class PatientModel {
  public var state: PatientState {
    switch patient.state {
    case .loading: .loading
    case .signedOut: .signedOut
    case .ready(let read): read.map { PatientState.ready(onScreen($0)) } ?? .notFound
    case .failed(let message): .failed(message)
    }
  }
  public let patientId: PatientId

  @ObservationIgnored private let patient: Followed<PatientDetail?, PatientId>

  public init(patientId: PatientId, core: any WorkspaceProtocol) {
    self.patientId = patientId
    patient = Followed(
      core: core,
      read: { core, _ in
        do {
          return try core.patients().detail(patientId: patientId)
        } catch MsoError.NotFound {
          return nil
        }
      },
      concerns: { change in
        switch change {
        case .ofPatient(let changed): changed == patientId
        case .session: true
        case .ofCase, .ofChat, .ofDocument, .notices, .syncStatus: false
        case .catalogue, .serviceRecords, .notifications, .invoices: false
        }
      })
  }

  /// Reads at once, and again whenever the record changes, until cancelled.
  public func follow() async {
    await patient.follow()
  }

  /// Reads again. Afterwards the screen is at least as recent as this call.
  public func refresh() async {
    await patient.refresh()
  }

  /// Attests the patient's identity.
  public func verify(_ method: VerificationMethod) async {
    await act(.verify) { try $0.verify(patientId: $1, method: method) }
  }

  /// Takes the record out of use for new cases.
  public func deactivate(_ inactive: Inactive) async {
    await act(.deactivate) { try $0.deactivate(patientId: $1, inactive: inactive) }
  }

  /// Takes the record into use again.
  public func reactivate() async {
    await act(.reactivate) { try $0.reactivate(patientId: $1) }
  }

  /// Records that this patient and one of the possible duplicates are two people.
  public func dismissDuplicate(_ other: PatientId) async {
    guard case .ready(let shown) = state, shown.detail.possibleDuplicates.contains(other) else {
      return
    }
    await act(.dismissDuplicate) { try $0.dismissDuplicate(patientId: $1, otherId: other) }
  }

  private func act(
    _ action: PatientAction, _ call: @escaping @Sendable (Patients, PatientId) throws -> Void
  ) async {
    guard case .ready(let shown) = state, shown.offers(action) else { return }
    await patient.act(on: patientId) { [patientId] core in
      try call(core.patients(), patientId)
    }
  }

  private func onScreen(_ detail: PatientDetail) -> OpenPatient {
    OpenPatient(
      detail: detail, isWorking: patient.working.contains(patientId),
      lastError: patient.errors[patientId])
  }
}
