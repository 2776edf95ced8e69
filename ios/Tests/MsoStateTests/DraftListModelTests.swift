import Dispatch
import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct DraftListModelTests {
  private let core = FakeCore()
  private let model: DraftListModel
  private let one = CommandId("d1")
  private let two = CommandId("d2")

  init() {
    model = DraftListModel(core: core)
    core.contents.drafts = [FakeCore.draft("d1"), FakeCore.draft("d2")]
  }

  private var rows: [Draft] {
    if case .ready(let rows) = model.state { rows } else { [] }
  }

  @Test func draftsAreShownWithWhatCanBeDone() async {
    #expect(model.state == .loading)
    await model.refresh()
    #expect(model.state == .ready([FakeCore.draft("d1"), FakeCore.draft("d2")]))
  }

  @Test func aDraftThatIsSentLeavesTheList() async {
    await model.refresh()
    await model.send(one)
    #expect(core.contents.calls == [.send(one)])
    #expect(rows.map(\.commandId) == [two])
  }

  @Test func aDraftIsSentWithTheTextsThatWereChanged() async {
    await model.refresh()
    let texts = [DraftText(place: "/text", text: "Which drugs are taken, and since when?")]
    await model.sendTexts(two, texts)
    #expect(core.contents.calls == [.sendTexts(two, texts)])
    #expect(rows.map(\.commandId) == [one])
  }

  @Test func anExistingPatientIsUsedInPlaceOfTheRefusedOne() async {
    await model.refresh()
    await model.useExistingPatient(one, PatientId("p9"))
    #expect(core.contents.calls == [.useExistingPatient(one, PatientId("p9"))])
    #expect(rows.map(\.commandId) == [two])
  }

  @Test func aDraftThatIsDiscardedLeavesTheList() async {
    await model.refresh()
    await model.discard(one)
    #expect(core.contents.calls == [.discard(one)])
    #expect(rows.map(\.commandId) == [two])
  }

  @Test func aDraftThatIsRefusedAgainStaysAndSaysWhyAtItsRow() async {
    await model.refresh()
    core.contents.refusal = .Refused(code: "patient_exists", field: nil, existing: PatientId("p9"))
    await model.send(one)
    #expect(rows.map(\.commandId) == [one, two])
    #expect(Array(model.errors.keys) == [one])
    #expect(model.errors[one]?.existing == PatientId("p9"))
    core.contents.refusal = nil
    await model.send(two)
    #expect(model.errors[one]?.key == "refused.patient_exists")
    await model.send(one)
    #expect(model.errors.isEmpty)
  }

  @Test func aSecondTapOnADraftDoesNothingAndOtherDraftsDoNotWait() async {
    await model.refresh()
    let (begun, released) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    core.contents.beforeAction = { number in
      guard number == 1 else { return }
      begun.continuation.yield()
      released.wait()
    }
    let first = Task { await model.send(one) }
    for await _ in begun.stream { break }
    #expect(model.working == [one])
    await model.discard(one)
    await model.discard(two)
    #expect(rows.map(\.commandId) == [one])
    #expect(model.working == [one])
    released.signal()
    await first.value
    #expect(core.contents.calls == [.discard(two), .send(one)])
    #expect(rows.isEmpty)
    #expect(model.working.isEmpty)
  }

  @Test(arguments: [Change.syncStatus, .notices, .ofCase(caseId: CaseId("c1"))])
  func whatTheCoreTellsOfDraftsIsReadAgainUntilTheScreenGoes(change: Change) async {
    let screen = Task { await model.follow() }
    await until { rows.count == 2 }
    core.contents.drafts = [FakeCore.draft("d3")]
    core.tell(change)
    await until { rows.map(\.commandId) == [CommandId("d3")] }
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }
}
