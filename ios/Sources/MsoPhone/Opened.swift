// An open workspace and its screens.
//
// The list is shown from the start, a case from its first request on: events while something is
// shown (such as the removal of a case) are visible only on an open screen.

import Foundation
import MsoCore
import MsoState

@MainActor
final class Opened {
  let workspace: Workspace

  private let list: CaseListModel
  private var cases: [CaseId: CaseModel] = [:]
  private var screens: [Task<Void, Never>] = []
  private let counter = ChangeCounter()
  private let subscription: Subscription

  init(_ workspace: Workspace) {
    self.workspace = workspace
    list = CaseListModel(core: workspace)
    subscription = workspace.subscribe(listener: counter)
    screens.append(Task { [list] in await list.follow() })
  }

  /// The current content of the list.
  func cases() async throws -> JSON {
    await list.refresh()
    switch list.state {
    case .loading: fatalError("was read before")
    case .signedOut: throw Message(.signInNeeded)
    case .failed(let message): throw message
    case .ready(let shown):
      return [
        "cases": JSON(shown.rows), "sync": JSON(shown.sync),
        "unread_notices": JSON(shown.unreadNotices),
      ]
    }
  }

  /// The current content of a case's screen.
  func openCase(_ fields: Fields) async throws -> OpenCase {
    let screen = screen(of: CaseId(try fields.text("case_id")))
    await screen.refresh()
    return try open(screen)
  }

  /// Performs an operation on a case's screen and waits for the result.
  func act(_ fields: Fields, _ operation: CaseOperation) async throws -> CaseDone {
    _ = try await openCase(fields)
    let screen = screen(of: CaseId(try fields.text("case_id")))
    await screen.act(operation)
    // A rejected case may be gone before the screen is read.
    if case .removed(_, let done?) = screen.state { return done }
    let shown = try open(screen)
    if let message = shown.lastError { throw message }
    guard let done = shown.lastDone else { fatalError("an action ended without a result") }
    return done
  }

  func changes() -> JSON {
    let (count, last) = counter.heard
    return ["count": .integer(count), "last": last.map { JSON($0) } ?? .null]
  }

  func close() async {
    subscription.cancel()
    for screen in screens {
      screen.cancel()
      await screen.value
    }
    workspace.shutdown()
  }

  private func screen(of caseId: CaseId) -> CaseModel {
    if let screen = cases[caseId] { return screen }
    let screen = CaseModel(caseId: caseId, core: workspace)
    cases[caseId] = screen
    screens.append(Task { await screen.follow() })
    return screen
  }

  private func open(_ screen: CaseModel) throws -> OpenCase {
    switch screen.state {
    case .loading: fatalError("was read before")
    case .notFound: throw Message(.notFound)
    case .removed(let reason, _): throw Message(.notFound, code: reason)
    case .failed(let message): throw message
    case .ready(let shown): return shown
    }
  }
}

/// Counts the changes that the core reports.
private final class ChangeCounter: ChangeListener, @unchecked Sendable {
  private let lock = NSLock()
  private var count: Int64 = 0
  private var last: Change?

  var heard: (count: Int64, last: Change?) { lock.withLock { (count, last) } }

  func changed(change: Change) {
    lock.withLock {
      count += 1
      last = change
    }
  }
}
