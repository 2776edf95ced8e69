import Dispatch
import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct PatientModelTests {
  private let core = FakePatientCore()
  private let model: PatientModel
  private let id = PatientId("p1")

  init() {
    core.records.details = [FakePatientCore.detail(actions: [.verify, .edit, .deactivate])]
    model = PatientModel(patientId: id, core: core)
  }

  private var open: OpenPatient? {
    if case .ready(let open) = model.state { open } else { nil }
  }

  @Test func aPatientIsShownWhole() async {
    #expect(model.state == .loading)
    await model.refresh()
    #expect(
      model.state
        == .ready(
          OpenPatient(detail: core.records.details[0], isWorking: false, lastError: nil)))
  }

  @Test func whatIsNotHereIsNotFound() async {
    core.records.details = []
    await model.refresh()
    #expect(model.state == .notFound)
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

  @Test func theButtonsAreTheAllowedActions() async {
    await model.refresh()
    #expect(open?.offers(.verify) == true)
    #expect(open?.offers(.reactivate) == false)
  }

  @Test func whatIsNotOfferedIsNotDone() async {
    await model.verify(.documentSeen)
    core.records.details = [FakePatientCore.detail(duplicates: ["p2"])]
    await model.refresh()
    await model.verify(.documentSeen)
    await model.deactivate(.left)
    await model.reactivate()
    await model.dismissDuplicate(PatientId("p2"))
    #expect(core.records.calls == [])
  }

  @Test func aVerificationIsDoneAndItsEffectShownWithIt() async {
    await model.refresh()
    core.records.beforeCall = { [core] in
      core.records.details = [FakePatientCore.detail(verified: true, actions: [.edit])]
    }
    await model.verify(.registry)
    #expect(core.records.calls == [.verify(id, .registry)])
    #expect(open?.detail.summary.verified == true)
    #expect(open?.isWorking == false)
    #expect(open?.lastError == nil)
  }

  @Test func aRecordIsTakenOutOfUseAndIntoUseAgain() async {
    await model.refresh()
    core.records.beforeCall = { [core] in
      core.records.details = [FakePatientCore.detail(actions: [.reactivate])]
    }
    await model.deactivate(.deceased(deceasedDate: "2026-04"))
    await model.reactivate()
    #expect(
      core.records.calls
        == [.deactivate(id, .deceased(deceasedDate: "2026-04")), .reactivate(id)])
  }

  @Test func onlyAPossibleDuplicateIsDismissed() async {
    core.records.details = [
      FakePatientCore.detail(duplicates: ["p2"], actions: [.dismissDuplicate])
    ]
    await model.refresh()
    await model.dismissDuplicate(PatientId("p3"))
    await model.dismissDuplicate(PatientId("p2"))
    #expect(core.records.calls == [.dismissDuplicate(id, PatientId("p2"))])
  }

  @Test func aRefusalIsShownUntilTheNextAction() async {
    await model.refresh()
    core.records.refusal = .Refused(code: "patient_inactive", field: nil, existing: nil)
    await model.verify(.documentSeen)
    #expect(open?.lastError?.key == "refused.patient_inactive")
    await model.refresh()
    #expect(open?.lastError?.key == "refused.patient_inactive")
    core.records.refusal = nil
    await model.verify(.documentSeen)
    #expect(open?.lastError == nil)
    #expect(core.records.calls == [.verify(id, .documentSeen)])
  }

  @Test func aSecondPressWhileWorkingDoesNothing() async {
    await model.refresh()
    let (begun, released) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    core.records.beforeCall = {
      begun.continuation.yield()
      released.wait()
    }
    let first = Task { await model.verify(.documentSeen) }
    for await _ in begun.stream { break }
    #expect(open?.isWorking == true)
    await model.deactivate(.left)
    released.signal()
    await first.value
    #expect(core.records.calls == [.verify(id, .documentSeen)])
    #expect(open?.isWorking == false)
  }

  @Test func aChangeOfThisPatientIsReadAgain() async {
    let screen = Task { await model.follow() }
    await until { open != nil }
    core.records.details = [FakePatientCore.detail(verified: true)]
    core.tell(.ofPatient(patientId: id))
    await until { open?.detail.summary.verified == true }
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }
}
