// The screen that lists the drafts: what the user entered and the server refused.
//
// The screen shows a button for each of a draft's remedies, and one to discard it. Invariant: a
// draft leaves the list only when the core has sent or discarded it; a failed attempt loses
// nothing.

import MsoCore
import Observation

/// State of the list of drafts, oldest first. A screen runs ``follow()`` as long as it is shown.
///
/// Actions return when the screen shows the result. They do nothing while another action on the
/// same draft runs.
@MainActor
@Observable
public final class DraftListModel {
  public var state: ReadState<[Draft]> { list.state }
  /// The drafts with an action that runs: show it, and do not accept another.
  public var working: Set<CommandId> { list.working }
  /// Why the last action on a draft failed.
  public var errors: [CommandId: Message] { list.errors }

  @ObservationIgnored private let list: Followed<[Draft], CommandId>

  public init(core: any WorkspaceProtocol) {
    list = Followed(
      core: core,
      read: { core, _ in try core.drafts().list() },
      concerns: { change in
        switch change {
        // A discarded draft takes its notice along: the core tells of no more than that.
        case .syncStatus, .notices, .session: true
        // What can be done with a draft depends on the records that it is about.
        case .ofCase, .ofPatient: true
        // A change of a transfer comes with the sync status.
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

  /// Sends a draft as it is, with all that waits for it.
  public func send(_ id: CommandId) async {
    await list.act(on: id) { try $0.drafts().send(commandId: id) }
  }

  /// Sends a draft with some of its texts changed.
  public func sendTexts(_ id: CommandId, _ texts: [DraftText]) async {
    await list.act(on: id) { try $0.drafts().sendTexts(commandId: id, texts: texts) }
  }

  /// Uses a patient that the institution has in place of the draft's new one.
  public func useExistingPatient(_ id: CommandId, _ existing: PatientId) async {
    await list.act(on: id) {
      try $0.drafts().useExistingPatient(commandId: id, existing: existing)
    }
  }

  /// Discards a draft and all that waits for it.
  public func discard(_ id: CommandId) async {
    await list.act(on: id) { try $0.drafts().discard(commandId: id) }
  }
}
