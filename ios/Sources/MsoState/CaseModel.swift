// The screen of one case, with the issues it was returned for.
//
// The screen shows a button for each of the allowed actions of the summary, of each issue and of
// each document, and the core checks again when it is pressed. Invariant: one action runs at a
// time, and its result is shown together with what it changed.

import MsoCore
import Observation

public enum CaseState: Equatable, Sendable {
  /// Nothing has been read yet.
  case loading
  /// There is no such case on this phone.
  case notFound
  /// The case left this phone while it was shown. `reason` is the code of the notice that explains
  /// the removal; `nil` if there is none (yet). `lastDone` is the result of the action that removed
  /// the case: a rejected case is removed at once.
  case removed(reason: String?, lastDone: CaseDone? = nil)
  case ready(OpenCase)
  /// The case could not be read.
  case failed(Message)
}

/// A case on the screen.
public struct OpenCase: Equatable, Sendable {
  public let detail: CaseDetail
  /// The reported issues, oldest first.
  public let issues: [IssueItem]
  /// An action is running: show it, and do not accept another.
  public let isWorking: Bool
  /// The result of the last action; `nil` if it failed or there was none.
  public let lastDone: CaseDone?
  /// Why the last action failed.
  public let lastError: Message?

  /// The issues that still need an answer.
  public var unanswered: [IssueItem] { issues.filter(\.awaitsAnswer) }
}

/// An operation that was carried out: stored on the phone, possibly not sent yet.
public struct CaseDone: Equatable, Sendable {
  public let operation: CaseOperation
  /// The record that it created, if it creates one.
  public let created: Created?

  public init(_ operation: CaseOperation, created: Created? = nil) {
    self.operation = operation
    self.created = created
  }
}

/// State of one case. A screen runs ``follow()`` as long as it is shown.
///
/// Actions do nothing while there is no case to act on or another action is running. They return
/// when the screen shows the result.
@MainActor
@Observable
public final class CaseModel {
  public private(set) var state: CaseState = .loading
  public let caseId: CaseId

  @ObservationIgnored private let core: any WorkspaceProtocol
  @ObservationIgnored private var turns = Turns()
  @ObservationIgnored private var wasHere = false
  @ObservationIgnored private var action = Action.none

  private enum Action {
    case none, running
    case ended(Result<CaseDone, Message>)
  }

  private enum Found: Sendable {
    case here(CaseDetail, [IssueItem])
    case gone(reason: String?)
  }

  public init(caseId: CaseId, core: any WorkspaceProtocol) {
    self.caseId = caseId
    self.core = core
  }

  /// Reads at once, and again whenever something the screen shows changes, until cancelled.
  public func follow() async {
    let changes = core.changes()
    await refresh()
    for await batch in changes where batch.contains(where: { concerns($0) }) {
      await refresh()
    }
  }

  /// Reads again. Afterwards the screen is at least as recent as this call.
  public func refresh() async {
    let (turn, found) = await read()
    if turns.isNews(turn) { show(found) }
  }

  /// Carries out one of the operations that the case, an issue or a document offers in its
  /// `allowedActions`.
  public func act(_ operation: CaseOperation) async {
    guard case .ready(let before) = state, !before.isWorking else { return }
    action = .running
    show(before.detail, before.issues)
    let outcome = await attempt { [core, caseId] in
      let created = try core.cases().act(caseId: caseId, operation: operation)
      return CaseDone(operation, created: created)
    }
    let (turn, found) = await read()
    action = .ended(outcome)
    if turns.isNews(turn) {
      show(found, ending: outcome)
    } else if case .ready(let now) = state {
      show(now.detail, now.issues)
    }
  }

  private func read() async -> (turn: Int, found: Result<Found, Message>) {
    let turn = turns.begin()
    return (turn, await attempt { [core, caseId] in try Self.read(caseId, core) })
  }

  private nonisolated static func read(_ caseId: CaseId, _ core: any WorkspaceProtocol) throws
    -> Found
  {
    do {
      return .here(
        try core.cases().detail(caseId: caseId), try core.cases().issues(caseId: caseId))
    } catch MsoError.NotFound {
      let notice = try core.notices().list().first {
        $0.kind == .caseGivenAway && $0.caseId == caseId
      }
      return .gone(reason: notice?.code)
    }
  }

  /// `outcome` is the result of the action that ends with this read.
  private func show(
    _ found: Result<Found, Message>, ending outcome: Result<CaseDone, Message>? = nil
  ) {
    switch found {
    case .success(.here(let detail, let issues)):
      wasHere = true
      show(detail, issues)
    case .success(.gone(let reason)):
      let done = (try? outcome?.get()) ?? removedBy
      state = wasHere ? .removed(reason: reason, lastDone: done) : .notFound
    case .failure(let message):
      state = .failed(message)
    }
  }

  private func show(_ detail: CaseDetail, _ issues: [IssueItem]) {
    func show(isWorking: Bool, done: CaseDone? = nil, error: Message? = nil) {
      state = .ready(
        OpenCase(
          detail: detail, issues: issues, isWorking: isWorking, lastDone: done, lastError: error))
    }
    switch action {
    case .none: show(isWorking: false)
    case .running: show(isWorking: true)
    case .ended(.success(let done)): show(isWorking: false, done: done)
    case .ended(.failure(let message)): show(isWorking: false, error: message)
    }
  }

  private func concerns(_ change: Change) -> Bool {
    switch change {
    case .ofCase(let changed): changed == caseId
    // The notice with the reason may arrive after the removal itself.
    case .notices: isRemoved
    case .ofPatient, .session: true
    case .ofDocument(let documentId): shows(documentId)
    case .invoices: true
    case .ofChat, .syncStatus, .catalogue, .serviceRecords, .notifications: false
    }
  }

  private var isRemoved: Bool {
    if case .removed = state { true } else { false }
  }

  private var removedBy: CaseDone? {
    if case .removed(_, let done) = state { done } else { nil }
  }

  private func shows(_ documentId: DocumentId) -> Bool {
    guard case .ready(let open) = state else { return true }
    return open.detail.documents.contains { $0.documentId == documentId }
  }
}
