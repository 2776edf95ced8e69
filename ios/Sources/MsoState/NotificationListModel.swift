// The screen that lists the notifications.
//
// Invariant: whether a row is read is the core's answer, never the screen's own mark: it may have
// been read on another phone.

import MsoCore
import Observation

public struct NotificationList: Equatable, Sendable {
  /// Newest first.
  public let rows: [NotificationItem]
  /// Whether there are older ones: ``NotificationListModel/showMore()``.
  public let more: Bool
  /// How many are unread, for a badge. The core counts up to 100, which means 100 or more.
  public let unread: UInt32
}

/// State of the list of notifications. A screen runs ``follow()`` as long as it is shown.
@MainActor
@Observable
public final class NotificationListModel {
  public var state: ReadState<NotificationList> { list.state }
  /// Why a notification could not be marked as read.
  public var errors: [NotificationId: Message] { list.errors }

  @ObservationIgnored private let list: Followed<NotificationList, NotificationId>

  public init(core: any WorkspaceProtocol) {
    list = Followed(
      core: core,
      read: { core, limit in
        let page = try core.notifications().list(limit: limit)
        return NotificationList(
          rows: page.notifications, more: page.next != nil,
          unread: try core.notifications().unread())
      },
      concerns: { change in
        switch change {
        // Rows show the case's number, which may arrive later.
        case .notifications, .ofCase, .session: true
        case .ofChat, .ofPatient, .ofDocument, .notices, .syncStatus: false
        case .catalogue, .serviceRecords, .invoices: false
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

  /// Shows older notifications too: the screen has been scrolled to its end.
  public func showMore() async {
    await list.showMore()
  }

  /// Marks a notification as read, because its row was opened. Does nothing if it is read.
  public func open(_ id: NotificationId) async {
    if case .ready(let shown) = state, shown.rows.contains(where: { $0.id == id && $0.read }) {
      return
    }
    await list.act(on: id) { try $0.notifications().markRead(id: id) }
  }
}
