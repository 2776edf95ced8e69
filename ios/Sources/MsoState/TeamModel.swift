// The screen of a case's team: which colleagues are on it, and who may be added.
//
// Invariant: nobody is added or removed unless the case's `allowedActions` offer to change the
// team; the core checks again.

import MsoCore
import Observation

public enum TeamState: Equatable, Sendable {
  /// Nothing has been read yet.
  case loading
  /// Nobody is signed in: show the sign-in screen.
  case signedOut
  /// There is no such case on this phone.
  case notFound
  case ready(Team)
  /// The team could not be read.
  case failed(Message)
}

/// A team on the screen.
public struct Team: Equatable, Sendable {
  /// By name; those whose names are not known come last.
  public let members: [TeamMember]
  /// The colleagues who can be added, by name: those who may sign in and are not on the team.
  public let others: [Colleague]
  /// Whether the screen offers to add and to remove.
  public let canChange: Bool

  init(_ detail: CaseDetail, _ colleagues: [Colleague]) {
    let onTeam = Set(detail.team)
    let known = Set(colleagues.map(\.userId))
    let named = colleagues.filter { onTeam.contains($0.userId) }.map {
      TeamMember(userId: $0.userId, colleague: $0)
    }
    let unnamed = detail.team.filter { !known.contains($0) }.map {
      TeamMember(userId: $0, colleague: nil)
    }
    members = named + unnamed
    others = colleagues.filter { $0.active && !onTeam.contains($0.userId) }
    canChange = detail.summary.allowedActions.contains(.changeTeam)
  }
}

/// A user on a team.
public struct TeamMember: Equatable, Sendable {
  public let userId: UserId
  /// Absent until this phone has received it.
  public let colleague: Colleague?
}

/// State of a case's team. A screen runs ``follow()`` as long as it is shown.
///
/// Adding and removing do nothing while the screen does not offer them, or while the same user is
/// being added or removed. They return when the screen shows the result.
@MainActor
@Observable
public final class TeamModel {
  public var state: TeamState {
    switch team.state {
    case .loading: .loading
    case .signedOut: .signedOut
    case .ready(let read): read.map { TeamState.ready($0) } ?? .notFound
    case .failed(let message): .failed(message)
    }
  }
  /// The users who are being added or removed.
  public var working: Set<UserId> { team.working }
  /// Why a user could not be added or removed.
  public var errors: [UserId: Message] { team.errors }
  public let caseId: CaseId

  @ObservationIgnored private let team: Followed<Team?, UserId>

  public init(caseId: CaseId, core: any WorkspaceProtocol) {
    self.caseId = caseId
    team = Followed(
      core: core,
      read: { core, _ in
        do {
          let detail = try core.cases().detail(caseId: caseId)
          return Team(detail, try core.people().colleagues())
        } catch MsoError.NotFound {
          return nil
        }
      },
      concerns: { change in
        switch change {
        case .ofCase(let changed): changed == caseId
        // The core tells of colleagues with the session.
        case .session: true
        case .ofChat, .ofPatient, .ofDocument, .notices, .syncStatus: false
        case .catalogue, .serviceRecords, .notifications, .invoices: false
        }
      })
  }

  /// Reads at once, and again whenever something the screen shows changes, until cancelled.
  public func follow() async {
    await team.follow()
  }

  /// Reads again. Afterwards the screen is at least as recent as this call.
  public func refresh() async {
    await team.refresh()
  }

  /// Adds a colleague.
  public func add(_ userId: UserId) async {
    await change(userId, by: .addTeamMember(userId: userId))
  }

  /// Removes a colleague, or the user.
  public func remove(_ userId: UserId) async {
    await change(userId, by: .removeTeamMember(userId: userId))
  }

  private func change(_ userId: UserId, by operation: CaseOperation) async {
    guard case .ready(let shown) = state, shown.canChange else { return }
    await team.act(on: userId) { [caseId] core in
      _ = try core.cases().act(caseId: caseId, operation: operation)
    }
  }
}
