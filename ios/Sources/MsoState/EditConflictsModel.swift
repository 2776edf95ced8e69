// The screen where the user settles edits that the server refused because somebody else changed
// the same fields.
//
// Invariant: a choice holds for the two values that were shown when it was made. If either changes,
// the user is asked again.

import MsoCore
import Observation

/// Whose value of a field is kept.
public enum EditChoice: Equatable, Sendable {
  /// What the user entered.
  case mine
  /// What the record says.
  case theirs
}

/// A conflict on the screen.
public struct OpenConflict: Equatable, Sendable {
  public let conflict: PatientEditConflict
  /// What the user has chosen so far.
  public let choices: [PatientField: EditChoice]
  /// It is being resolved or discarded: show it, and do not accept anything else.
  public let isWorking: Bool
  /// Why it could not be resolved or discarded.
  public let lastError: Message?

  /// Whether every field has been chosen, so that the screen offers to resolve it.
  public var isDecided: Bool { conflict.fields.allSatisfy { choices[$0] != nil } }

  /// The fields with the user's value, in the core's order.
  var mine: [PatientField] { conflict.fields.filter { choices[$0] == .mine } }
}

/// State of the conflicting edits. A screen runs ``follow()`` as long as it is shown.
///
/// Actions do nothing while another one on the same edit runs. They return when the screen shows
/// the result.
@MainActor
@Observable
public final class EditConflictsModel {
  public var state: ReadState<[OpenConflict]> {
    switch list.state {
    case .loading: .loading
    case .signedOut: .signedOut
    case .ready(let conflicts): .ready(conflicts.map { onScreen($0) })
    case .failed(let message): .failed(message)
    }
  }

  private var chosen: [CommandId: [PatientField: Chosen]] = [:]
  @ObservationIgnored private let list: Followed<[PatientEditConflict], CommandId>

  /// A choice, and the conflict as shown when it was made.
  private struct Chosen {
    let choice: EditChoice
    let mine: PatientEntries
    let theirs: PatientEntries
  }

  public init(core: any WorkspaceProtocol) {
    list = Followed(
      core: core,
      read: { core, _ in try core.patients().editConflicts() },
      concerns: { change in
        switch change {
        case .ofPatient, .syncStatus, .session: true
        // An edit that is discarded elsewhere takes its notice along.
        case .notices: true
        case .ofCase, .ofChat, .ofDocument: false
        case .catalogue, .serviceRecords, .notifications, .invoices: false
        }
      })
  }

  /// Reads at once, and again whenever something the screen shows changes, until cancelled.
  public func follow() async {
    await list.follow()
  }

  /// Reads again. Afterwards the screen is at least as recent as this call.
  public func refresh() async {
    await list.refresh()
  }

  /// Chooses whose value of a field is kept. Nothing is sent before ``resolve(_:)``.
  public func choose(_ choice: EditChoice, of field: PatientField, in id: CommandId) {
    guard let shown = find(id), !shown.isWorking, shown.conflict.fields.contains(field) else {
      return
    }
    chosen[id, default: [:]][field] = Chosen(
      choice: choice, mine: PatientEntries(shown.conflict.mine),
      theirs: PatientEntries(shown.conflict.theirs))
  }

  /// Sends an edit again with the values that were chosen. Does nothing before every field of it
  /// has been chosen.
  public func resolve(_ id: CommandId) async {
    guard let shown = find(id), shown.isDecided else { return }
    let mine = shown.mine
    let isResolved = await list.act(on: id) {
      try $0.patients().resolveEdit(commandId: id, mine: mine)
    }
    if isResolved { chosen[id] = nil }
  }

  /// Discards an edit and all that waits for it.
  public func discard(_ id: CommandId) async {
    guard find(id) != nil else { return }
    let isDiscarded = await list.act(on: id) { try $0.drafts().discard(commandId: id) }
    if isDiscarded { chosen[id] = nil }
  }

  private func find(_ id: CommandId) -> OpenConflict? {
    guard case .ready(let conflicts) = state else { return nil }
    return conflicts.first { $0.conflict.commandId == id }
  }

  private func onScreen(_ conflict: PatientEditConflict) -> OpenConflict {
    let (mine, theirs) = (PatientEntries(conflict.mine), PatientEntries(conflict.theirs))
    let valid = chosen[conflict.commandId, default: [:]].filter { field, made in
      made.mine.agrees(with: mine, in: field) && made.theirs.agrees(with: theirs, in: field)
    }
    return OpenConflict(
      conflict: conflict, choices: valid.mapValues(\.choice),
      isWorking: list.working.contains(conflict.commandId),
      lastError: list.errors[conflict.commandId])
  }
}
