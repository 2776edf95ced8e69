// The screen that lists the patients, and finds them as the user types.
//
// Invariant: what is shown answers the latest query or, until that is answered, an earlier one. An
// answer never replaces that of a later query.

import MsoCore
import Observation

/// State of the list of patients, by name. A screen runs ``follow()`` as long as it is shown.
@MainActor
@Observable
public final class PatientListModel {
  /// What was typed last. If it is empty or blank, the list shows all patients.
  public private(set) var query = ""
  public var state: ReadState<PagedList<PatientSummary>> {
    // A list that empties with every letter would flicker.
    if case .loading = list.state { before } else { list.state }
  }

  /// The answer to ``query``. Each query has its own, so that a late answer is not shown.
  private var list: Followed<PagedList<PatientSummary>, Never>
  /// What was shown when the query changed.
  private var before: ReadState<PagedList<PatientSummary>> = .loading
  @ObservationIgnored private let core: any WorkspaceProtocol

  public init(core: any WorkspaceProtocol) {
    self.core = core
    list = Self.answer(to: "", core)
  }

  /// Reads at once, and again whenever something the list shows changes, until cancelled.
  public func follow() async {
    let changes = core.changes()
    await refresh()
    for await batch in changes where batch.contains(where: { Self.concerns($0) }) {
      await refresh()
    }
  }

  /// Reads again. Afterwards the list is at least as recent as this call.
  public func refresh() async {
    await list.refresh()
  }

  /// Shows further patients too: the screen has been scrolled to its end.
  public func showMore() async {
    await list.showMore()
  }

  /// Finds patients by what has been typed so far. Returns when the answer is shown or a later
  /// query has taken its place.
  public func search(_ typed: String) async {
    guard typed != query else { return }
    before = state
    query = typed
    list = Self.answer(to: typed, core)
    await list.refresh()
  }

  private static func answer(
    to query: String, _ core: any WorkspaceProtocol
  ) -> Followed<PagedList<PatientSummary>, Never> {
    let all = query.allSatisfy(\.isWhitespace)
    return Followed(
      core: core,
      read: { core, limit in
        let patients = core.patients()
        let page: PatientPage
        if all {
          page = try patients.list(limit: limit)
        } else {
          page = try patients.search(query: query, limit: limit)
        }
        return PagedList(rows: page.patients, more: page.next != nil)
      },
      concerns: { Self.concerns($0) })
  }

  private nonisolated static func concerns(_ change: Change) -> Bool {
    switch change {
    case .ofPatient, .session: true
    case .ofCase, .ofChat, .ofDocument, .notices, .syncStatus: false
    case .catalogue, .serviceRecords, .notifications, .invoices: false
    }
  }
}
