import Dispatch
import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct AvailabilityModelTests {
  private let core = FakeCore()
  private let model: AvailabilityModel
  private let christmas = AvailabilityException(from: "2026-12-24", to: "2026-12-26", kind: .leave)

  init() {
    core.contents.profile = FakeCore.profile(FakeCore.availability)
    model = AvailabilityModel(core: core)
  }

  private var form: AvailabilityForm? {
    if case .ready(let form) = model.state { form } else { nil }
  }

  private func availability(
    accepting: Bool = true, exceptions: [AvailabilityException] = []
  ) -> Availability {
    Availability(
      timeZone: "Europe/Berlin", weekly: FakeCore.availability.weekly, exceptions: exceptions,
      accepting: accepting)
  }

  @Test func theFieldsShowWhatTheProfileSays() async {
    #expect(model.state == .loading)
    await model.refresh()
    #expect(
      model.state
        == .ready(
          AvailabilityForm(
            profile: FakeCore.profile(FakeCore.availability), entries: FakeCore.availability,
            isEdited: false, isSaving: false, lastError: nil)))
  }

  @Test func withoutAProfileThereIsNoForm() async {
    core.contents.profile = nil
    await model.refresh()
    #expect(model.state == .notReceived)
  }

  @Test func withoutAWholeProfileNothingIsEntered() async {
    core.contents.profile = FakeCore.profile(nil)
    await model.refresh()
    model.setAccepting(false)
    await model.save()
    #expect(model.state == .notReceived)
    #expect(core.contents.calls == [])
  }

  @Test func withoutASessionTheSignInIsShown() async {
    core.contents.session = nil
    await model.refresh()
    #expect(model.state == .signedOut)
  }

  @Test func whatIsEnteredIsShownAndNotSavedYet() async {
    await model.refresh()
    model.setAccepting(false)
    model.addLeave(from: "2026-12-24", to: "2026-12-26")
    #expect(form?.entries == availability(accepting: false, exceptions: [christmas]))
    #expect(form?.isEdited == true)
    #expect(core.contents.calls == [])
  }

  @Test func savingSendsEverythingEnteredAndTheFieldsShowTheProfileAgain() async {
    await model.refresh()
    model.setAccepting(false)
    model.addLeave(from: "2026-12-24", to: "2026-12-26")
    await model.save()
    let saved = availability(accepting: false, exceptions: [christmas])
    #expect(core.contents.calls == [.setAvailability(saved)])
    #expect(form?.profile.availability == saved)
    #expect(form?.entries == saved)
    #expect(form?.isEdited == false)
    core.contents.profile = FakeCore.profile(FakeCore.availability)
    await model.refresh()
    #expect(form?.entries == FakeCore.availability)
  }

  @Test func onlyTheLeaveThatIsMeantIsRemoved() async {
    let easter = AvailabilityException(from: "2027-03-26", to: "2027-03-29", kind: .leave)
    let saturday = AvailabilityException(from: "2026-12-05", to: "2026-12-05", kind: .extra)
    core.contents.profile = FakeCore.profile(
      availability(exceptions: [christmas, saturday, easter]))
    await model.refresh()
    model.removeLeave(christmas)
    #expect(form?.entries.exceptions == [saturday, easter])
    model.removeLeave(christmas)
    #expect(form?.entries.exceptions == [saturday, easter])
    await model.save()
    #expect(
      core.contents.calls == [.setAvailability(availability(exceptions: [saturday, easter]))])
  }

  @Test func entriesSurviveARefusedSaveAndCanBeSavedAgain() async {
    await model.refresh()
    model.addLeave(from: "2026-12-26", to: "2026-12-24")
    let wrong = form?.entries
    core.contents.refusal = .Invalid(field: "exceptions", reason: "ends_before_it_begins")
    await model.save()
    #expect(form?.entries == wrong)
    #expect(form?.isEdited == true)
    #expect(form?.isSaving == false)
    #expect(form?.lastError?.key == "invalid.ends_before_it_begins")
    core.contents.refusal = nil
    model.enter(availability(exceptions: [christmas]))
    await model.save()
    #expect(form?.lastError == nil)
    #expect(form?.profile.availability == availability(exceptions: [christmas]))
  }

  @Test func aProfileThatArrivesDoesNotReplaceWhatWasEntered() async {
    let screen = Task { await model.follow() }
    await until { form != nil }
    model.addLeave(from: "2026-12-24", to: "2026-12-26")
    core.contents.profile = FakeCore.profile(availability(accepting: false))
    core.tell(.session)
    await until { form?.profile.availability?.accepting == false }
    #expect(form?.entries == availability(exceptions: [christmas]))
    model.takeBack()
    #expect(form?.entries == availability(accepting: false))
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }

  @Test func anotherExpertDoesNotSeeTheEntries() async {
    await model.refresh()
    model.setAccepting(false)
    core.contents.profile = FakeCore.profile(FakeCore.availability, of: "e2")
    await model.refresh()
    #expect(form?.entries == FakeCore.availability)
    #expect(form?.isEdited == false)
  }

  @Test func whatIsAsSavedIsNotSaved() async {
    await model.refresh()
    await model.save()
    model.setAccepting(false)
    model.setAccepting(true)
    #expect(form?.isEdited == false)
    await model.save()
    #expect(core.contents.calls == [])
  }

  @Test func nothingIsEnteredWhileItIsSaved() async {
    await model.refresh()
    model.setAccepting(false)
    let (begun, released) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    core.contents.beforeAction = { number in
      guard number == 1 else { return }
      begun.continuation.yield()
      released.wait()
    }
    let first = Task { await model.save() }
    for await _ in begun.stream { break }
    #expect(form?.isSaving == true)
    model.setAccepting(true)
    model.takeBack()
    await model.save()
    #expect(form?.entries == availability(accepting: false))
    released.signal()
    await first.value
    #expect(core.contents.calls == [.setAvailability(availability(accepting: false))])
    #expect(form?.isSaving == false)
  }
}
