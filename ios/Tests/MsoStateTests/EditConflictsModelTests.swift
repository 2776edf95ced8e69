import Dispatch
import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct EditConflictsModelTests {
  private let core = FakePatientCore()
  private let model: EditConflictsModel
  private let id = CommandId("k1")

  init() {
    core.records.conflicts = [FakePatientCore.conflict()]
    model = EditConflictsModel(core: core)
  }

  private var conflicts: [OpenConflict]? {
    if case .ready(let conflicts) = model.state { conflicts } else { nil }
  }

  private var first: OpenConflict? { conflicts?.first }

  @Test func conflictsAreShownUndecided() async {
    #expect(model.state == .loading)
    await model.refresh()
    #expect(
      model.state
        == .ready([
          OpenConflict(
            conflict: FakePatientCore.conflict(), choices: [:], isWorking: false, lastError: nil)
        ]))
    #expect(first?.isDecided == false)
  }

  @Test func withoutASessionTheSignInIsShown() async {
    core.contents.session = nil
    await model.refresh()
    #expect(model.state == .signedOut)
  }

  @Test func whatCannotBeReadSaysWhy() async {
    core.contents.broken = MsoError.Bug(reference: "b1")
    await model.refresh()
    #expect(model.state == .failed(Message(.bug, reference: "b1")))
  }

  @Test func anEditIsResolvedWhenEveryFieldIsChosen() async {
    await model.refresh()
    model.choose(.mine, of: .email, in: id)
    #expect(first?.choices == [PatientField.email: EditChoice.mine])
    await model.resolve(id)
    #expect(core.records.calls == [])
    model.choose(.theirs, of: .phone, in: id)
    #expect(first?.isDecided == true)
    await model.resolve(id)
    #expect(core.records.calls == [.resolve(id, mine: [.email])])
    #expect(conflicts?.isEmpty == true)
  }

  @Test func aChoiceCanBeChanged() async {
    await model.refresh()
    model.choose(.theirs, of: .email, in: id)
    model.choose(.theirs, of: .phone, in: id)
    model.choose(.mine, of: .phone, in: id)
    await model.resolve(id)
    #expect(core.records.calls == [.resolve(id, mine: [.phone])])
  }

  @Test func onlyFieldsInConflictAreChosen() async {
    model.choose(.mine, of: .email, in: id)
    await model.refresh()
    model.choose(.mine, of: .sex, in: id)
    model.choose(.mine, of: .email, in: CommandId("k9"))
    #expect(first?.choices.isEmpty == true)
  }

  @Test func choicesForOneEditAreNotThoseForAnother() async {
    core.records.conflicts = [FakePatientCore.conflict("k1"), FakePatientCore.conflict("k2")]
    await model.refresh()
    model.choose(.mine, of: .email, in: CommandId("k2"))
    #expect(first?.choices.isEmpty == true)
    #expect(conflicts?.last?.choices == [PatientField.email: EditChoice.mine])
  }

  @Test func aValueThatChangesMeanwhileIsChosenAgain() async {
    await model.refresh()
    model.choose(.mine, of: .email, in: id)
    model.choose(.mine, of: .phone, in: id)
    core.records.conflicts = [
      FakePatientCore.conflict(
        theirs: FakePatientCore.fields(phone: "+49 5", email: "theirs@example.org"))
    ]
    await model.refresh()
    #expect(first?.choices == [PatientField.email: EditChoice.mine])
    #expect(first?.isDecided == false)
    await model.resolve(id)
    #expect(core.records.calls == [])
  }

  @Test func aFailedResolutionKeepsTheChoicesAndSaysWhy() async {
    await model.refresh()
    model.choose(.mine, of: .email, in: id)
    model.choose(.theirs, of: .phone, in: id)
    core.records.refusal = .StorageBroken(reference: "disk_full")
    await model.resolve(id)
    #expect(first?.lastError == Message(.storageBroken, reference: "disk_full"))
    #expect(first?.choices == [PatientField.email: EditChoice.mine, .phone: .theirs])
    core.records.refusal = nil
    await model.resolve(id)
    #expect(core.records.calls == [.resolve(id, mine: [.email])])
    #expect(conflicts?.isEmpty == true)
  }

  @Test func anEditIsDiscardedWithoutAnyChoice() async {
    await model.refresh()
    await model.discard(CommandId("k9"))
    await model.discard(id)
    #expect(core.records.calls == [.discard(id)])
    #expect(conflicts?.isEmpty == true)
  }

  @Test func nothingIsChosenOrSentWhileAnEditIsBeingResolved() async {
    await model.refresh()
    model.choose(.mine, of: .email, in: id)
    model.choose(.mine, of: .phone, in: id)
    let (begun, released) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    core.records.beforeCall = {
      begun.continuation.yield()
      released.wait()
    }
    let resolving = Task { await model.resolve(id) }
    for await _ in begun.stream { break }
    #expect(first?.isWorking == true)
    model.choose(.theirs, of: .phone, in: id)
    #expect(first?.choices == [PatientField.email: EditChoice.mine, .phone: .mine])
    await model.discard(id)
    released.signal()
    await resolving.value
    #expect(core.records.calls == [.resolve(id, mine: [.phone, .email])])
  }

  @Test(arguments: [Change.ofPatient(patientId: PatientId("p1")), .syncStatus])
  func aChangeIsReadAgain(change: Change) async {
    let screen = Task { await model.follow() }
    await until { conflicts?.count == 1 }
    core.records.conflicts.append(FakePatientCore.conflict("k2"))
    core.tell(change)
    await until { conflicts?.count == 2 }
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }
}
