// The badge that counts the unread messages of a case's chat.

import MsoCore
import Observation

/// How many messages of a case's chat are unread. A screen runs ``follow()`` as long as it shows
/// the badge.
@MainActor
@Observable
public final class UnreadMessagesModel {
  /// 0 if nothing is known of the chat.
  public var unread: UInt32 {
    if case .ready(let unread) = count.state { unread } else { 0 }
  }
  public let caseId: CaseId

  @ObservationIgnored private let count: Followed<UInt32, Never>

  public init(caseId: CaseId, core: any WorkspaceProtocol) {
    self.caseId = caseId
    count = Followed(
      core: core,
      read: { core, _ in
        do {
          return try core.chats().chat(caseId: caseId).unread
        } catch MsoError.NotFound {
          return 0
        }
      },
      concerns: { change in
        switch change {
        case .ofChat(let changed), .ofCase(let changed): changed == caseId
        case .session: true
        case .ofPatient, .ofDocument, .notices, .syncStatus: false
        case .catalogue, .serviceRecords, .notifications, .invoices: false
        }
      })
  }

  /// Counts at once, and again whenever the chat changes, until cancelled.
  public func follow() async {
    await count.follow()
  }

  /// Counts again. Afterwards the badge is at least as recent as this call.
  public func refresh() async {
    await count.refresh()
  }
}
