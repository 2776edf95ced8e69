// What the models of lists have in common: reading, reading again, growing at the end, and actions
// on rows.
//
// Invariant: a list is always read whole, from its first row to the last one wanted. Pages are
// never joined, so a row that comes in between is neither missed nor shown twice.

import MsoCore
import Observation

public enum ReadState<Value: Equatable & Sendable>: Equatable, Sendable {
  /// Nothing has been read yet.
  case loading
  /// Nobody is signed in: show the sign-in screen.
  case signedOut
  case ready(Value)
  /// It could not be read.
  case failed(Message)
}

/// The first rows of a list, in the core's order.
public struct PagedList<Row: Equatable & Sendable>: Equatable, Sendable {
  public let rows: [Row]
  /// Whether there are further ones.
  public let more: Bool
}

/// How many more rows a list shows each time that its end is reached.
let rowsAtOnce: UInt32 = 50

/// The core's latest answer to one question, and the actions on its rows. `Row` identifies a row;
/// it is `Never` where there are no actions.
@MainActor
@Observable
final class Followed<Value: Equatable & Sendable, Row: Hashable & Sendable> {
  private(set) var state: ReadState<Value> = .loading
  /// The rows with an action that runs.
  private(set) var working: Set<Row> = []
  /// Why the last action on a row failed.
  private(set) var errors: [Row: Message] = [:]

  @ObservationIgnored private let core: any WorkspaceProtocol
  @ObservationIgnored private let read: @Sendable (any WorkspaceProtocol, UInt32) throws -> Value
  @ObservationIgnored private let concerns: @Sendable (Change) -> Bool
  @ObservationIgnored private var turns = Turns()
  @ObservationIgnored private var wanted = rowsAtOnce

  /// `read` asks the core, off the main actor; the number is that of the rows wanted. `concerns`
  /// says whether the answer may differ after a change.
  init(
    core: any WorkspaceProtocol,
    read: @escaping @Sendable (any WorkspaceProtocol, UInt32) throws -> Value,
    concerns: @escaping @Sendable (Change) -> Bool
  ) {
    self.core = core
    self.read = read
    self.concerns = concerns
  }

  /// Reads at once, and again whenever something that concerns it changes, until cancelled.
  func follow() async {
    let changes = core.changes()
    await refresh()
    for await batch in changes where batch.contains(where: { concerns($0) }) {
      await refresh()
    }
  }

  /// Reads again. Afterwards the state is at least as recent as this call.
  func refresh() async {
    let (turn, answer) = await ask()
    show(turn, answer)
  }

  /// Reads further rows too.
  func showMore() async {
    wanted += rowsAtOnce
    await refresh()
  }

  /// Carries out an action on a row and reads again. Returns, with whether it succeeded, when the
  /// result is shown. Does nothing while another action on that row runs.
  @discardableResult
  func act(
    on row: Row, _ call: @escaping @Sendable (any WorkspaceProtocol) throws -> Void
  ) async -> Bool {
    await get(by: row, call) != nil
  }

  /// Carries out an action that gives something; `nil` if it failed or did not run.
  func get<Output: Sendable>(
    by row: Row, _ call: @escaping @Sendable (any WorkspaceProtocol) throws -> Output
  ) async -> Output? {
    guard !working.contains(row) else { return nil }
    working.insert(row)
    errors[row] = nil
    let outcome = await attempt { [core] in try call(core) }
    let (turn, answer) = await ask()
    show(turn, answer)
    working.remove(row)
    switch outcome {
    case .success(let output): return output
    case .failure(let message):
      errors[row] = message
      return nil
    }
  }

  private func ask() async -> (turn: Int, answer: Result<ReadState<Value>, Message>) {
    let turn = turns.begin()
    let answer = await attempt { [core, read, wanted] () throws -> ReadState<Value> in
      guard try core.session() != nil else { return .signedOut }
      return .ready(try read(core, wanted))
    }
    return (turn, answer)
  }

  private func show(_ turn: Int, _ answer: Result<ReadState<Value>, Message>) {
    guard turns.isNews(turn) else { return }
    switch answer {
    case .success(let answer): state = answer
    case .failure(let message):
      state = message.kind == .signInNeeded ? .signedOut : .failed(message)
    }
  }
}
