import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct TeamModelTests {
  private let core = FakeCore()
  private let model: TeamModel
  private let ada = FakeCore.colleague("ada")
  private let ben = FakeCore.colleague("ben")
  private let gone = FakeCore.colleague("cleo", active: false)

  init() {
    core.contents.cases = [FakeCore.row("c1", actions: [.changeTeam])]
    core.contents.colleagues = [ada, ben, gone]
    core.contents.team = [ada.userId]
    model = TeamModel(caseId: CaseId("c1"), core: core)
  }

  private var team: Team? {
    if case .ready(let team) = model.state { team } else { nil }
  }

  @Test func membersAndThoseWhoCanBeAddedAreShown() async {
    #expect(model.state == .loading)
    await model.refresh()
    #expect(team?.members == [TeamMember(userId: ada.userId, colleague: ada)])
    #expect(team?.others == [ben])
    #expect(team?.canChange == true)
  }

  @Test func membersWhoLeftAndMembersWithoutANameAreShownToo() async {
    core.contents.team = [UserId("new"), gone.userId, ada.userId]
    await model.refresh()
    let members = [
      TeamMember(userId: ada.userId, colleague: ada),
      TeamMember(userId: gone.userId, colleague: gone),
      TeamMember(userId: UserId("new"), colleague: nil),
    ]
    #expect(team?.members == members)
    #expect(team?.others == [ben])
  }

  @Test func whatIsNotHereIsNotFound() async {
    core.contents.cases = []
    await model.refresh()
    #expect(model.state == .notFound)
  }

  @Test func aSessionThatEndedShowsTheSignIn() async {
    core.contents.broken = MsoError.SignInNeeded
    await model.refresh()
    #expect(model.state == .signedOut)
  }

  @Test func aColleagueIsAddedAndRemoved() async {
    await model.refresh()
    await model.add(ben.userId)
    #expect(team?.members.map(\.userId) == [ada.userId, ben.userId])
    #expect(team?.others == [])
    await model.remove(ada.userId)
    #expect(team?.members.map(\.userId) == [ben.userId])
    #expect(team?.others == [ada])
    #expect(
      core.contents.actions
        == [.addTeamMember(userId: ben.userId), .removeTeamMember(userId: ada.userId)])
  }

  @Test func nothingIsChangedUnlessTheCaseOffersIt() async {
    await model.add(ben.userId)
    core.contents.cases = [FakeCore.row("c1", actions: [.accept])]
    await model.refresh()
    #expect(team?.canChange == false)
    await model.add(ben.userId)
    await model.remove(ada.userId)
    #expect(core.contents.actions == [])
  }

  @Test func aRefusalIsShownAtTheUserUntilTheNextAttempt() async {
    await model.refresh()
    core.contents.refusal = .Refused(code: "last_team_member", field: nil, existing: nil)
    await model.remove(ada.userId)
    #expect(model.errors == [ada.userId: Message(.refused, code: "last_team_member")])
    #expect(team?.members.map(\.userId) == [ada.userId])
    core.contents.refusal = nil
    await model.remove(ada.userId)
    #expect(model.errors.isEmpty)
    #expect(model.working.isEmpty)
  }

  @Test(arguments: [Change.ofCase(caseId: CaseId("c1")), .session])
  func aChangeIsReadAgainUntilTheScreenGoes(change: Change) async {
    let screen = Task { await model.follow() }
    await until { team != nil }
    core.contents.team = [ben.userId]
    core.tell(change)
    await until { team?.members.map(\.userId) == [ben.userId] }
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }
}
