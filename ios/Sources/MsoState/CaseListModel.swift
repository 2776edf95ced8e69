// The screen that lists the cases.
//
// Invariant: the screen shows the core's latest answer, in the core's order; nothing is changed in
// place.

import MsoCore
import Observation

public enum CaseListState: Equatable, Sendable {
  /// Nothing has been read yet.
  case loading
  /// Nobody is signed in: show the sign-in screen.
  case signedOut
  case ready(CaseList)
  /// The list could not be read.
  case failed(Message)
}

public struct CaseList: Equatable, Sendable {
  /// Newest first.
  public let rows: [CaseSummary]
  /// Whether there are older ones: ``CaseListModel/showMore()``.
  public let more: Bool
  /// The status line above the rows.
  public let sync: SyncLine
  /// The number of notices the user has not seen.
  public let unreadNotices: Int
}

/// How many more cases a list shows each time that its end is reached.
let casesAtOnce: UInt32 = 50

/// State of the list of cases. A screen runs ``follow()`` as long as it is shown.
@MainActor
@Observable
public final class CaseListModel {
  public private(set) var state: CaseListState = .loading

  @ObservationIgnored private let core: any WorkspaceProtocol
  @ObservationIgnored private var turns = Turns()
  @ObservationIgnored private var wanted = casesAtOnce

  public init(core: any WorkspaceProtocol) {
    self.core = core
  }

  /// Reads at once, and again whenever something the list shows changes, until cancelled.
  public func follow() async {
    let changes = core.changes()
    await refresh()
    for await batch in changes where batch.contains(where: { concerns($0) }) {
      await refresh()
    }
  }

  /// Reads again. Afterwards the list is at least as recent as this call.
  public func refresh() async {
    let turn = turns.begin()
    let read = await attempt { [core, wanted] in try Self.read(core, wanted) }
    guard turns.isNews(turn) else { return }
    switch read {
    case .success(let read): state = read
    case .failure(let message):
      state = message.kind == .signInNeeded ? .signedOut : .failed(message)
    }
  }

  /// Shows older cases too: the screen has been scrolled to its end.
  public func showMore() async {
    wanted += casesAtOnce
    await refresh()
  }

  private nonisolated static func read(_ core: any WorkspaceProtocol, _ wanted: UInt32) throws
    -> CaseListState
  {
    guard try core.session() != nil else { return .signedOut }
    let page = try core.cases().list(limit: wanted)
    return .ready(
      CaseList(
        rows: page.cases, more: page.next != nil, sync: SyncLine(try core.sync().status()),
        unreadNotices: try core.notices().list().count(where: { !$0.read })))
  }

  private func concerns(_ change: Change) -> Bool {
    switch change {
    case .ofCase, .ofPatient, .notices, .syncStatus, .session: true
    // Rows do not show transfers; the status line's figures come with the sync status.
    case .ofDocument, .catalogue, .serviceRecords, .notifications, .invoices: false
    }
  }
}
