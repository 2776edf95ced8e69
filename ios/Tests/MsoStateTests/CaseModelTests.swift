import Dispatch
import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct CaseModelTests {
  private let core = FakeCore()
  private let model: CaseModel

  init() {
    core.contents.cases = [FakeCore.row("c1")]
    model = CaseModel(caseId: "c1", core: core)
  }

  private var open: OpenCase? {
    if case .ready(let open) = model.state { open } else { nil }
  }

  @Test func aCaseIsShownWhole() async {
    #expect(model.state == .loading)
    await model.refresh()
    #expect(open?.detail == FakeCore.detail(FakeCore.row("c1")))
    #expect(open?.isWorking == false)
  }

  @Test func whatNeverWasHereIsNotFound() async {
    core.contents.cases = []
    await model.refresh()
    #expect(model.state == .notFound)
  }

  @Test func whatIsTakenAwayWhileShownSaysWhy() async {
    let screen = Task { await model.follow() }
    await until { open != nil }
    core.contents.cases = []
    core.tell(.ofCase(caseId: "c1"))
    await until { model.state == .removed(reason: nil) }
    core.contents.notices = [
      FakeCore.notice("n3", of: "c2"),
      FakeCore.notice("n2", .commandRefused, code: "assignment_superseded", of: "c1"),
      FakeCore.notice("n1", of: "c1"),
    ]
    core.tell(.notices)
    await until { model.state == .removed(reason: "reassigned") }
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }

  @Test func whatComesBackIsShownAgain() async {
    await model.refresh()
    core.contents.cases = []
    await model.refresh()
    core.contents.cases = [FakeCore.row("c1")]
    await model.refresh()
    #expect(open != nil)
  }

  @Test func whatCannotBeReadSaysWhy() async {
    core.contents.broken = MsoError.Bug(reference: "b1")
    await model.refresh()
    #expect(model.state == .failed(Message(.bug, reference: "b1")))
  }

  @Test func anActionIsDoneAndItsEffectShownWithIt() async {
    await model.refresh()
    core.contents.beforeAction = { [core] _ in core.move("c1", to: .accepted) }
    await model.accept()
    #expect(core.contents.actions == ["accept c1"])
    #expect(open?.lastDone == .accepted)
    #expect(open?.detail.summary.status == .accepted)
    #expect(open?.isWorking == false)
  }

  @Test func everyActionReachesTheCore() async {
    await model.refresh()
    await model.startReview()
    #expect(open?.lastDone == .reviewStarted)
    await model.addDocument("d1")
    #expect(open?.lastDone == .documentAdded("d1"))
    await model.submitRecommendation(FakeCore.opinion)
    #expect(open?.lastDone == .recommendationSubmitted("r1"))
    #expect(
      core.contents.actions == [
        "start_review c1", "add_document c1 d1", "submit_recommendation c1",
      ]
    )
  }

  @Test func anExpertRejectsWithAReasonAndANote() async {
    await model.refresh()
    core.contents.refusal = .Refused(code: "reason_required", field: nil)
    await model.reject(.other, text: nil)
    #expect(open?.lastError?.key == "refused.reason_required")
    core.contents.refusal = nil
    await model.reject(.other, text: "My own patient.")
    #expect(open?.lastDone == .rejected(.other))
    #expect(core.contents.actions == ["reject c1 other My own patient."])
  }

  @Test func aRejectedCaseThatLeavesAtOnceIsKnownToHaveBeenRejected() async {
    await model.refresh()
    core.contents.beforeAction = { [core] _ in
      core.contents.cases = []
      core.contents.notices = [FakeCore.notice("n1", code: "rejected", of: "c1")]
    }
    await model.reject(.noCapacity, text: nil)
    #expect(model.state == .removed(reason: "rejected", lastDone: .rejected(.noCapacity)))
    await model.refresh()
    #expect(model.state == .removed(reason: "rejected", lastDone: .rejected(.noCapacity)))
  }

  @Test func whatIsTakenAwayLaterWasNotTakenByTheLastAction() async {
    await model.refresh()
    await model.accept()
    core.contents.cases = []
    await model.refresh()
    #expect(model.state == .removed(reason: nil, lastDone: nil))
  }

  @Test func anExpertReturnsACaseWithAQuestion() async {
    await model.refresh()
    core.contents.beforeAction = { [core] _ in core.contents.issues = [FakeCore.question()] }
    await model.returnCase("Which drugs are taken?")
    #expect(open?.lastDone == .returned("i1"))
    #expect(open?.issues == [FakeCore.question()])
    #expect(core.contents.actions == ["return_case c1 Which drugs are taken?"])
  }

  @Test func aRequesterAnswersEveryIssueAndSendsTheCaseOn() async {
    core.contents.issues = [FakeCore.question("i1"), FakeCore.question("i2")]
    await model.refresh()
    #expect(open?.unanswered.map(\.id) == ["i1", "i2"])
    core.contents.issues[0] = FakeCore.question("i1", awaitsAnswer: false)
    await model.answerIssue("i1", text: "None.")
    #expect(open?.lastDone == .issueAnswered("i1"))
    #expect(open?.unanswered.map(\.id) == ["i2"])
    core.contents.refusal = .Refused(code: "unanswered_issue", field: nil)
    await model.resubmit()
    #expect(open?.lastError?.key == "refused.unanswered_issue")
    core.contents.refusal = nil
    await model.answerIssue("i2", text: nil, documentIds: ["d1"])
    await model.resubmit()
    #expect(open?.lastDone == .resubmitted)
    #expect(
      core.contents.actions == [
        "answer_issue c1 i1 None. []", #"answer_issue c1 i2 - ["d1"]"#, "resubmit c1",
      ])
  }

  @Test func anIssueThatComesWhileTheCaseIsShownShowsAtOnce() async {
    let screen = Task { await model.follow() }
    await until { open != nil }
    core.contents.issues = [FakeCore.question()]
    core.tell(.ofCase(caseId: "c1"))
    await until { open?.issues == [FakeCore.question()] }
    screen.cancel()
    await screen.value
  }

  @Test func aRequesterTakesACaseBack() async {
    await model.refresh()
    await model.withdraw(reason: "Asked elsewhere.")
    #expect(open?.lastDone == .withdrawn)
    #expect(core.contents.actions == ["withdraw c1 Asked elsewhere."])
  }

  @Test func aRefusalIsShownUntilTheNextAction() async {
    await model.refresh()
    core.contents.refusal = .Refused(code: "assignment_superseded", field: nil)
    await model.accept()
    #expect(open?.lastError?.key == "refused.assignment_superseded")
    #expect(open?.lastDone == nil)
    await model.refresh()
    #expect(open?.lastError?.key == "refused.assignment_superseded")
    core.contents.refusal = nil
    await model.accept()
    #expect(open?.lastError == nil)
    #expect(open?.lastDone == .accepted)
  }

  @Test func aSecondPressWhileWorkingDoesNothing() async {
    await model.refresh()
    let (begun, released) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    core.contents.beforeAction = { number in
      guard number == 1 else { return }
      begun.continuation.yield()
      released.wait()
    }
    let first = Task { await model.accept() }
    for await _ in begun.stream { break }
    #expect(open?.isWorking == true)
    await model.accept()
    await model.refresh()
    #expect(open?.isWorking == true)
    released.signal()
    await first.value
    #expect(core.contents.actions == ["accept c1"])
    #expect(open?.isWorking == false)
  }

  @Test func withoutACaseThereIsNothingToPress() async {
    await model.accept()
    core.contents.cases = []
    await model.refresh()
    await model.accept()
    #expect(core.contents.actions == [])
  }
}
