// The screen that lists the services that the expert has given.
//
// Invariant: fees and states are shown as the core has them; the phone adds nothing up.

import MsoCore
import Observation

/// State of the list of service records, newest first. A screen runs ``follow()`` as long as it is
/// shown.
@MainActor
@Observable
public final class ServiceRecordListModel {
  public var state: ReadState<PagedList<ServiceRecordItem>> { list.state }

  @ObservationIgnored private let list: Followed<PagedList<ServiceRecordItem>, Never>

  public init(core: any WorkspaceProtocol) {
    list = Followed(
      core: core,
      read: { core, limit in
        let page = try core.billing().serviceRecords(limit: limit)
        return PagedList(rows: page.serviceRecords, more: page.next != nil)
      },
      concerns: { change in
        switch change {
        case .serviceRecords, .session: true
        case .ofCase, .ofChat, .ofPatient, .ofDocument, .notices, .syncStatus: false
        case .catalogue, .notifications, .invoices: false
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

  /// Shows older services too: the screen has been scrolled to its end.
  public func showMore() async {
    await list.showMore()
  }
}
