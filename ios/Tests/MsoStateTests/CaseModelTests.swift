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
    model = CaseModel(caseId: CaseId("c1"), core: core)
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
    core.tell(.ofCase(caseId: CaseId("c1")))
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
    await model.act(.accept)
    #expect(core.contents.actions == [.accept])
    #expect(open?.lastDone == CaseDone(.accept))
    #expect(open?.detail.summary.status == .accepted)
    #expect(open?.isWorking == false)
  }

  @Test func anOperationTellsWhatItCreated() async {
    await model.refresh()
    let created = Created.recommendation(recommendationId: RecommendationId("r1"))
    core.contents.created = created
    let submit = CaseOperation.submitRecommendation(opinion: FakeCore.opinion)
    await model.act(submit)
    #expect(open?.lastDone == CaseDone(submit, created: created))
    core.contents.created = nil
    let add = CaseOperation.addDocument(documentId: DocumentId("d1"))
    await model.act(add)
    #expect(open?.lastDone == CaseDone(add))
    #expect(core.contents.actions == [submit, add])
  }

  @Test func anExpertRejectsWithAReasonAndANote() async {
    await model.refresh()
    core.contents.refusal = .Refused(code: "reason_required", field: nil, existing: nil)
    await model.act(.reject(reason: .other, text: nil))
    #expect(open?.lastError?.key == "refused.reason_required")
    core.contents.refusal = nil
    await model.act(.reject(reason: .other, text: "My own patient."))
    #expect(open?.lastDone == CaseDone(.reject(reason: .other, text: "My own patient.")))
    #expect(core.contents.actions == [.reject(reason: .other, text: "My own patient.")])
  }

  @Test func aRejectedCaseThatLeavesAtOnceIsKnownToHaveBeenRejected() async {
    await model.refresh()
    core.contents.beforeAction = { [core] _ in
      core.contents.cases = []
      core.contents.notices = [FakeCore.notice("n1", code: "rejected", of: "c1")]
    }
    await model.act(.reject(reason: .noCapacity, text: nil))
    #expect(
      model.state
        == .removed(reason: "rejected", lastDone: CaseDone(.reject(reason: .noCapacity, text: nil)))
    )
    await model.refresh()
    #expect(
      model.state
        == .removed(reason: "rejected", lastDone: CaseDone(.reject(reason: .noCapacity, text: nil)))
    )
  }

  @Test func whatIsTakenAwayLaterWasNotTakenByTheLastAction() async {
    await model.refresh()
    await model.act(.accept)
    core.contents.cases = []
    await model.refresh()
    #expect(model.state == .removed(reason: nil, lastDone: nil))
  }

  @Test func anExpertReturnsACaseWithAQuestion() async {
    await model.refresh()
    core.contents.beforeAction = { [core] _ in core.contents.issues = [FakeCore.question()] }
    core.contents.created = .issue(issueId: IssueId("i1"))
    await model.act(
      .reportIssue(kind: .return, text: "Which drugs are taken?", wantedItems: []))
    #expect(open?.lastDone?.created == .issue(issueId: IssueId("i1")))
    #expect(open?.issues == [FakeCore.question()])
  }

  @Test func aRequesterAnswersEveryIssueAndSendsTheCaseOn() async {
    core.contents.issues = [FakeCore.question("i1"), FakeCore.question("i2")]
    await model.refresh()
    #expect(open?.unanswered.map(\.id.value) == ["i1", "i2"])
    core.contents.issues[0] = FakeCore.question("i1", awaitsAnswer: false)
    let first = CaseOperation.answerIssue(issueId: IssueId("i1"), text: "None.", documentIds: [])
    await model.act(first)
    #expect(open?.lastDone == CaseDone(first))
    #expect(open?.unanswered.map(\.id.value) == ["i2"])
    core.contents.refusal = .Refused(code: "unanswered_issue", field: nil, existing: nil)
    await model.act(.resubmit)
    #expect(open?.lastError?.key == "refused.unanswered_issue")
    core.contents.refusal = nil
    let second = CaseOperation.answerIssue(
      issueId: IssueId("i2"), text: nil, documentIds: [DocumentId("d1")])
    await model.act(second)
    await model.act(.resubmit)
    #expect(open?.lastDone == CaseDone(.resubmit))
    #expect(core.contents.actions == [first, second, .resubmit])
  }

  @Test func anIssueThatComesWhileTheCaseIsShownShowsAtOnce() async {
    let screen = Task { await model.follow() }
    await until { open != nil }
    core.contents.issues = [FakeCore.question()]
    core.tell(.ofCase(caseId: CaseId("c1")))
    await until { open?.issues == [FakeCore.question()] }
    screen.cancel()
    await screen.value
  }

  @Test func aRefusalIsShownUntilTheNextAction() async {
    await model.refresh()
    core.contents.refusal = .Refused(code: "assignment_superseded", field: nil, existing: nil)
    await model.act(.accept)
    #expect(open?.lastError?.key == "refused.assignment_superseded")
    #expect(open?.lastDone == nil)
    await model.refresh()
    #expect(open?.lastError?.key == "refused.assignment_superseded")
    core.contents.refusal = nil
    await model.act(.accept)
    #expect(open?.lastError == nil)
    #expect(open?.lastDone == CaseDone(.accept))
  }

  @Test func aSecondPressWhileWorkingDoesNothing() async {
    await model.refresh()
    let (begun, released) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    core.contents.beforeAction = { number in
      guard number == 1 else { return }
      begun.continuation.yield()
      released.wait()
    }
    let first = Task { await model.act(.accept) }
    for await _ in begun.stream { break }
    #expect(open?.isWorking == true)
    await model.act(.accept)
    await model.refresh()
    #expect(open?.isWorking == true)
    released.signal()
    await first.value
    #expect(core.contents.actions == [.accept])
    #expect(open?.isWorking == false)
  }

  @Test func withoutACaseThereIsNothingToPress() async {
    await model.act(.accept)
    core.contents.cases = []
    await model.refresh()
    await model.act(.accept)
    #expect(core.contents.actions == [])
  }
}
