// The screen of one case.
//
// Not here: what is allowed; a button is shown for each of the summary's allowed actions, and the
// core decides once more when it is pressed. The invariant: one action at a time, and its end is
// shown together with what it changed.

import MsoCore
import Observation

/// What the screen of a case shows.
public enum CaseState: Equatable, Sendable {
  /// Nothing was read yet.
  case loading
  /// There is no such case on this phone.
  case notFound
  /// The case left this phone while it was shown. The code is that of the notice which says why;
  /// `nil` when there is none (yet).
  case removed(reason: String?)
  /// The case.
  case ready(OpenCase)
  /// It could not be read.
  case failed(Message)
}

/// A case on the screen.
public struct OpenCase: Equatable, Sendable {
  /// Everything about it.
  public let detail: CaseDetail
  /// An action runs: show it, and take no other.
  public let isWorking: Bool
  /// What the last action did; `nil` when it failed or there was none.
  public let lastDone: CaseDone?
  /// Why the last action failed.
  public let lastError: Message?
}

/// What an action did: safe on the phone, perhaps still waiting to be sent.
public enum CaseDone: Equatable, Sendable {
  /// The case was taken.
  case accepted
  /// The review has begun.
  case reviewStarted
  /// The opinion was given.
  case recommendationSubmitted(RecommendationId)
  /// A file was added.
  case documentAdded(DocumentId)
}

/// State of one case. A screen runs ``follow()`` as long as it is shown.
///
/// Actions do nothing while there is no case to act on or another action runs. They return when the
/// screen shows what came of them.
@MainActor
@Observable
public final class CaseModel {
  /// What to show.
  public private(set) var state: CaseState = .loading
  /// Which case.
  public let caseId: CaseId

  @ObservationIgnored private let core: any CasesCore
  @ObservationIgnored private var turns = Turns()
  @ObservationIgnored private var wasHere = false
  @ObservationIgnored private var action = Action.none

  private enum Action {
    case none, running
    case ended(Result<CaseDone, Message>)
  }

  private enum Found: Sendable {
    case here(CaseDetail)
    case gone(reason: String?)
  }

  public init(caseId: CaseId, core: any CasesCore) {
    self.caseId = caseId
    self.core = core
  }

  /// Reads at once, and again whenever something changes that the screen shows, until cancelled.
  public func follow() async {
    let changes = core.changes()
    await refresh()
    for await batch in changes where batch.contains(where: { concerns($0) }) {
      await refresh()
    }
  }

  /// Reads again. What is shown afterwards is at least as new as this call.
  public func refresh() async {
    let (turn, found) = await read()
    if turns.isNews(turn) { show(found) }
  }

  /// Takes the case.
  public func accept() async {
    await act { [core, caseId] in
      try core.accept(caseId: caseId)
      return .accepted
    }
  }

  /// Begins the review.
  public func startReview() async {
    await act { [core, caseId] in
      try core.startReview(caseId: caseId)
      return .reviewStarted
    }
  }

  /// Gives the opinion.
  public func submitRecommendation(_ opinion: Opinion) async {
    await act { [core, caseId] in
      .recommendationSubmitted(try core.submitRecommendation(caseId: caseId, opinion: opinion))
    }
  }

  /// Adds a staged file.
  public func addDocument(_ documentId: DocumentId) async {
    await act { [core, caseId] in
      try core.addDocument(caseId: caseId, documentId: documentId)
      return .documentAdded(documentId)
    }
  }

  private func act(_ press: @escaping @Sendable () throws -> CaseDone) async {
    guard case .ready(let before) = state, !before.isWorking else { return }
    action = .running
    show(before.detail)
    let outcome = await attempt(press)
    let (turn, found) = await read()
    action = .ended(outcome)
    if turns.isNews(turn) {
      show(found)
    } else if case .ready(let now) = state {
      show(now.detail)
    }
  }

  private func read() async -> (turn: Int, found: Result<Found, Message>) {
    let turn = turns.begin()
    return (turn, await attempt { [core, caseId] in try Self.read(caseId, core) })
  }

  private nonisolated static func read(_ caseId: CaseId, _ core: any CasesCore) throws -> Found {
    do {
      return .here(try core.caseDetail(caseId: caseId))
    } catch MsoError.NotFound {
      let notice = try core.notices().first { $0.kind == .caseGivenAway && $0.caseId == caseId }
      return .gone(reason: notice?.code)
    }
  }

  private func show(_ found: Result<Found, Message>) {
    switch found {
    case .success(.here(let detail)):
      wasHere = true
      show(detail)
    case .success(.gone(let reason)):
      state = wasHere ? .removed(reason: reason) : .notFound
    case .failure(let message):
      state = .failed(message)
    }
  }

  private func show(_ detail: CaseDetail) {
    switch action {
    case .none: show(detail, isWorking: false)
    case .running: show(detail, isWorking: true)
    case .ended(.success(let done)): show(detail, isWorking: false, done: done)
    case .ended(.failure(let message)): show(detail, isWorking: false, error: message)
    }
  }

  private func show(
    _ detail: CaseDetail, isWorking: Bool, done: CaseDone? = nil, error: Message? = nil
  ) {
    state = .ready(
      OpenCase(detail: detail, isWorking: isWorking, lastDone: done, lastError: error))
  }

  private func concerns(_ change: Change) -> Bool {
    switch change {
    case .ofCase(let changed): changed == caseId
    // The reason of a removal may be told after the removal itself.
    case .notices: isRemoved
    case .ofPatient, .session: true
    case .ofDocument(let documentId): shows(documentId)
    case .syncStatus, .catalogue, .serviceRecords: false
    }
  }

  private var isRemoved: Bool {
    if case .removed = state { true } else { false }
  }

  private func shows(_ documentId: DocumentId) -> Bool {
    guard case .ready(let open) = state else { return true }
    return open.detail.documents.contains { $0.documentId == documentId }
  }
}
