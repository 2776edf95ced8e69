// The screen that finds messages as the user types, in one case's chat or in all.
//
// Invariant: what is shown answers the latest query or, until that is answered, an earlier one. An
// answer never replaces that of a later query.

import MsoCore
import Observation

/// State of a search for messages, newest first. A screen runs ``follow()`` as long as it is shown,
/// and opens what was found with ``ChatModel/show(_:)``.
@MainActor
@Observable
public final class MessageSearchModel {
  /// What was typed last. If it is empty or blank, nothing is found.
  public private(set) var query = ""
  public var state: ReadState<PagedList<FoundMessage>> {
    // A list that empties with every letter would flicker.
    if case .loading = found.state { before } else { found.state }
  }
  /// The case whose chat is searched; `nil`: all of them.
  public let caseId: CaseId?

  /// The answer to ``query``. Each query has its own, so that a late answer is not shown.
  private var found: Followed<PagedList<FoundMessage>, Never>
  /// What was shown when the query changed.
  private var before: ReadState<PagedList<FoundMessage>> = .loading
  @ObservationIgnored private let core: any WorkspaceProtocol

  public init(in caseId: CaseId? = nil, core: any WorkspaceProtocol) {
    self.caseId = caseId
    self.core = core
    found = Self.answer(to: "", in: caseId, core)
  }

  /// Reads at once, and again whenever something the list shows changes, until cancelled.
  public func follow() async {
    let changes = core.changes()
    await refresh()
    for await batch in changes where batch.contains(where: { Self.concerns($0, caseId) }) {
      await refresh()
    }
  }

  /// Reads again. Afterwards the list is at least as recent as this call.
  public func refresh() async {
    await found.refresh()
  }

  /// Shows further messages too: the screen has been scrolled to its end.
  public func showMore() async {
    await found.showMore()
  }

  /// Finds messages by what has been typed so far. Returns when the answer is shown or a later
  /// query has taken its place.
  public func search(_ typed: String) async {
    guard typed != query else { return }
    before = state
    query = typed
    found = Self.answer(to: typed, in: caseId, core)
    await found.refresh()
  }

  private static func answer(
    to query: String, in caseId: CaseId?, _ core: any WorkspaceProtocol
  ) -> Followed<PagedList<FoundMessage>, Never> {
    let nothing = query.allSatisfy(\.isWhitespace)
    return Followed(
      core: core,
      read: { core, limit in
        if nothing { return PagedList(rows: [], more: false) }
        // One more than is shown tells whether there are more. The core finds at most 200.
        let found = try core.chats().search(
          text: query, caseId: caseId, limit: min(limit + 1, 200))
        return PagedList(rows: Array(found.prefix(Int(limit))), more: found.count > limit)
      },
      concerns: { Self.concerns($0, caseId) })
  }

  private nonisolated static func concerns(_ change: Change, _ caseId: CaseId?) -> Bool {
    switch change {
    case .ofChat(let changed), .ofCase(let changed): caseId == nil || changed == caseId
    case .session: true
    case .ofPatient, .ofDocument, .notices, .syncStatus: false
    case .catalogue, .serviceRecords, .notifications, .invoices: false
    }
  }
}
