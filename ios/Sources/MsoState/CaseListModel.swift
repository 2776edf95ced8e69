// The screen that lists the cases.
//
// Invariant: the screen shows the core's latest answer, in the core's order; nothing is changed in
// place.

import MsoCore
import Observation

public typealias CaseListState = ReadState<CaseList>

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

/// State of the list of cases. A screen runs ``follow()`` as long as it is shown.
@MainActor
@Observable
public final class CaseListModel {
  public var state: CaseListState { list.state }

  @ObservationIgnored private let list: Followed<CaseList, Never>

  public init(core: any WorkspaceProtocol) {
    list = Followed(
      core: core,
      read: { core, limit in
        let page = try core.cases().list(limit: limit)
        return CaseList(
          rows: page.cases, more: page.next != nil, sync: SyncLine(try core.sync().status()),
          unreadNotices: try core.notices().list().count(where: { !$0.read }))
      },
      concerns: { change in
        switch change {
        case .ofCase, .ofPatient, .notices, .syncStatus, .session: true
        // Rows do not show transfers; the status line's figures come with the sync status.
        case .ofDocument: false
        case .ofChat, .catalogue, .serviceRecords, .notifications, .invoices: false
        }
      })
  }

  /// Reads at once, and again whenever something the list shows changes, until cancelled.
  public func follow() async {
    await list.follow()
  }

  /// Reads again. Afterwards the list is at least as recent as this call.
  public func refresh() async {
    await list.refresh()
  }

  /// Shows older cases too: the screen has been scrolled to its end.
  public func showMore() async {
    await list.showMore()
  }
}
