import Dispatch
import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct PatientEditModelTests {
  private let core = FakePatientCore()
  private let model: PatientEditModel
  private let id = PatientId("p1")
  private let opened = FakePatientCore.fields(phone: "+49 1", email: "old@example.org")

  init() {
    core.records.details = [FakePatientCore.detail(fields: opened)]
    model = PatientEditModel(patientId: id, core: core)
  }

  private var form: PatientForm? {
    if case .ready(let form) = model.state { form } else { nil }
  }

  /// Somebody else changes the record.
  private func change(to fields: PatientFields) {
    core.records.details = [FakePatientCore.detail(fields: fields)]
  }

  private func refuse(_ field: String?) {
    core.records.refusal = .Refused(code: "field_conflict", field: field, existing: nil)
  }

  @Test func theFormShowsTheRecord() async {
    #expect(model.state == .loading)
    await model.open()
    #expect(form?.seen == opened)
    #expect(form?.entered.fields == opened)
    #expect(form?.changed.isEmpty == true)
    #expect(form?.isWorking == false)
  }

  @Test func whatCannotBeOpenedSaysWhyAndCanBeOpenedLater() async {
    core.contents.session = nil
    await model.open()
    #expect(model.state == .signedOut)
    core.contents.session = SessionSummary(
      userId: UserId("u1"), displayName: "Dr. Weber", role: .requester)
    core.records.details = []
    await model.open()
    #expect(model.state == .notFound)
    core.contents.broken = MsoError.Bug(reference: "b1")
    await model.open()
    #expect(model.state == .failed(Message(.bug, reference: "b1")))
    core.contents.broken = nil
    change(to: opened)
    await model.open()
    #expect(form?.seen == opened)
  }

  @Test func openingAgainKeepsWhatWasEntered() async {
    await model.open()
    model.enter { $0.phone = "+49 3" }
    change(to: FakePatientCore.fields(phone: "+49 2"))
    await model.open()
    #expect(form?.entered.phone == "+49 3")
    #expect(form?.seen == opened)
  }

  @Test func theCoreIsToldWhatWasSeenAndWhatIsWanted() async {
    await model.open()
    model.enter { $0.phone = "+49 3" }
    #expect(form?.changed == [PatientField.phone])
    change(to: FakePatientCore.fields(phone: "+49 1", email: "new@example.org"))
    await model.save()
    let wanted = FakePatientCore.fields(phone: "+49 3", email: "old@example.org")
    #expect(core.records.calls == [.edit(id, seen: opened, wanted: wanted)])
    #expect(model.state == .saved)
    await model.save()
    #expect(core.records.calls.count == 1)
  }

  @Test func whatWasEnteredSurvivesARefusedSave() async {
    await model.open()
    model.enter { $0.email = "no address" }
    core.records.refusal = .Invalid(field: "email", reason: "malformed")
    await model.save()
    #expect(form?.entered.email == "no address")
    #expect(form?.lastError == Message(.invalid, code: "malformed", field: "email"))
    #expect(form?.isOutdated == false)
    #expect(form?.isWorking == false)
    await model.reopen()
    #expect(form?.lastError?.field == "email")
    core.records.refusal = nil
    model.enter { $0.email = "new@example.org" }
    await model.save()
    #expect(model.state == .saved)
  }

  @Test func aConflictNamesTheField() async {
    await model.open()
    model.enter { $0.birthDate = "1959" }
    refuse("birth_date")
    await model.save()
    #expect(form?.lastError?.key == "refused.field_conflict")
    #expect(form?.isOutdated == true)
    #expect(form?.conflict == .birthDate)
    #expect(form?.entered.birthDate == "1959")
  }

  @Test func aConflictOfAFieldThatIsNotKnownCanBeReopenedToo() async {
    await model.open()
    refuse("blood_group")
    await model.save()
    #expect(form?.isOutdated == true)
    #expect(form?.conflict == nil)
    await model.reopen()
    #expect(form?.isOutdated == false)
  }

  @Test func aReopenedFormKeepsWhatTheUserChangedAndShowsTheRestAsItIsNow() async {
    await model.open()
    model.enter { $0.phone = "+49 3" }
    let now = FakePatientCore.fields(phone: "+49 2", email: "new@example.org")
    change(to: now)
    refuse("phone")
    await model.save()
    await model.reopen()
    #expect(form?.seen == now)
    let wanted = FakePatientCore.fields(phone: "+49 3", email: "new@example.org")
    #expect(form?.entered.fields == wanted)
    #expect(form?.changed == [PatientField.phone])
    #expect(form?.replacing == [PatientField.phone])
    #expect(form?.conflict == nil)
    #expect(form?.lastError == nil)
    core.records.refusal = nil
    await model.save()
    #expect(core.records.calls == [.edit(id, seen: now, wanted: wanted)])
    #expect(model.state == .saved)
  }

  @Test func givingUpTheOwnValueReplacesNothing() async {
    await model.open()
    model.enter { $0.phone = "+49 3" }
    change(to: FakePatientCore.fields(phone: "+49 2"))
    refuse("phone")
    await model.save()
    await model.reopen()
    model.enter { $0.phone = "+49 2" }
    #expect(form?.changed.isEmpty == true)
    #expect(form?.replacing.isEmpty == true)
  }

  @Test func aReopeningThatFailsLosesNothingAndCanBeTriedAgain() async {
    await model.open()
    model.enter { $0.phone = "+49 3" }
    refuse("phone")
    await model.save()
    core.contents.broken = MsoError.SignInNeeded
    await model.reopen()
    #expect(form?.lastError == Message(.signInNeeded))
    #expect(form?.entered.phone == "+49 3")
    #expect(form?.conflict == .phone)
    core.contents.broken = nil
    await model.reopen()
    #expect(form?.entered.phone == "+49 3")
    #expect(form?.isOutdated == false)
  }

  @Test func twoTapsSaveOnceAndNothingIsEnteredMeanwhile() async {
    await model.open()
    model.enter { $0.phone = "+49 3" }
    let (begun, released) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    core.records.beforeCall = {
      begun.continuation.yield()
      released.wait()
    }
    let first = Task { await model.save() }
    for await _ in begun.stream { break }
    #expect(form?.isWorking == true)
    model.enter { $0.phone = "+49 4" }
    #expect(form?.entered.phone == "+49 3")
    await model.save()
    released.signal()
    await first.value
    #expect(core.records.calls.count == 1)
    #expect(model.state == .saved)
  }

  @Test func everyFieldHasItsOwnEntriesAndItsOwnName() {
    let other = PatientEntries(
      PatientFields(
        familyName: "Hakim", givenName: "Rana",
        otherNames: [WrittenName(language: "de", familyName: "Hakim", givenName: nil)],
        birthDate: "1960", birthDateEstimated: true, sex: .female,
        identifiers: [PatientIdentifier(kind: .passport, issuer: "JO", number: "1")],
        noIdentifierReason: nil, nationality: "JO", country: "DE", phone: "+49 9",
        email: "other@example.org", addressLines: ["Hauptstr. 1"], city: "10115 Berlin",
        addressCountry: "DE", preferredLanguage: "ar", guardianName: "Omar",
        guardianRelation: "uncle", guardianPhone: "+49 8"))
    #expect(other.differences(from: PatientEntries(opened)) == PatientField.inOrder)
    var entries = PatientEntries(opened)
    for field in PatientField.inOrder {
      #expect(!entries.agrees(with: other, in: field))
      entries.take(field, from: other)
      #expect(PatientField(named: field.name) == field)
    }
    #expect(entries == other)
    #expect(PatientEntries(entries.fields) == other)
  }
}
