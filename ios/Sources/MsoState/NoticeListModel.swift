// The screen that lists the notices: refusals, and cases that went to a colleague.
//
// Invariant: a notice stays in the list when it is read; only the core removes it.

import MsoCore
import Observation

/// State of the list of notices, newest first. A screen runs ``follow()`` as long as it is shown.
@MainActor
@Observable
public final class NoticeListModel {
  public var state: ReadState<[Notice]> { list.state }
  /// Why a notice could not be marked as read.
  public var errors: [NoticeId: Message] { list.errors }

  @ObservationIgnored private let list: Followed<[Notice], NoticeId>

  public init(core: any WorkspaceProtocol) {
    list = Followed(
      core: core,
      read: { core, _ in try core.notices().list() },
      concerns: { change in
        switch change {
        // Rows show the case's number, which may arrive later.
        case .notices, .ofCase, .session: true
        case .ofChat, .ofPatient, .ofDocument, .syncStatus: false
        case .catalogue, .serviceRecords, .notifications, .invoices: false
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

  /// Marks a notice as read. Does nothing if it is read.
  public func markRead(_ id: NoticeId) async {
    if case .ready(let shown) = state, shown.contains(where: { $0.id == id && $0.read }) { return }
    await list.act(on: id) { try $0.notices().markRead(id: id) }
  }
}
