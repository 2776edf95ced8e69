import Dispatch
import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct FormModelTests {
  private let core = FakeFormCore()

  private func newCase(
    _ id: CaseId, _ question: String = "Is repair indicated now?"
  ) -> NewCase {
    NewCase(
      caseId: id, patientId: PatientId("p1"),
      request: CaseRequest(
        specialty: "cardiology", urgency: .routine, urgencyReason: nil,
        clinicalQuestion: question, presentIllness: nil, pastMedical: nil,
        treatmentSoFar: nil, previousOpinion: nil, consentKind: .legalBasis,
        consentObtainedBy: "Dr. Weber", consentObtainedAt: FakeCore.morning),
      documents: [])
  }

  /// An open form, by default of a user who never pauses.
  private func openForm(
    saved: CaseId? = nil, quiet: Duration = .seconds(600)
  ) async -> FormModel<CaseId, NewCase> {
    let form = FormModel<CaseId, NewCase>(core: core, saved: saved, quiet: quiet)
    await form.refresh()
    return form
  }

  private func saves(_ cases: NewCase...) -> [FormCall] {
    cases.map { .save(.case(case: $0)) }
  }

  @Test func twoTapsSendOneCaseWithTheIdThatWasMadeWhenTheFormOpened() async {
    let form = await openForm()
    let entered = newCase(form.id)
    async let first: Void = form.send(entered)
    async let second: Void = form.send(entered)
    _ = await (first, second)
    await form.send(entered)
    #expect(form.phase == .sent(form.id))
    #expect(core.contents.submitted == [entered])
  }

  @Test func aFormWhoseAnswerDidNotArriveIsSentAgainUnderTheSameId() async {
    let form = await openForm()
    core.contents.refusal = .Offline
    await form.send(newCase(form.id))
    #expect(form.phase == .open(lastError: Message(.offline)))
    core.contents.refusal = nil
    await form.send(newCase(form.id))
    #expect(form.phase == .sent(form.id))
  }

  @Test func itOpensWithWhatWasSavedBefore() async {
    let id = CaseId("c7")
    core.form.saved = .case(case: newCase(id, "Is"))
    let form = FormModel<CaseId, NewCase>(core: core, saved: id)
    #expect(form.phase == .loading)
    form.changed(newCase(id, "Too early"))
    await form.refresh()
    #expect(form.phase == .open())
    #expect(form.content == newCase(id, "Is"))
    #expect(!form.isUnreadable)
    await form.flush()
    #expect(core.form.calls == [])
  }

  @Test func aFormOfAnotherVersionSaysSoAndStaysUntilTheUserTypes() async {
    core.form.saved = .unreadable(caseId: CaseId("c7"), patientId: nil)
    let form = await openForm(saved: CaseId("c7"))
    #expect(form.phase == .open())
    #expect(form.isUnreadable)
    #expect(form.content == nil)
    await form.flush()
    #expect(core.form.calls == [])
    form.changed(newCase(form.id))
    #expect(!form.isUnreadable)
    await form.flush()
    #expect(core.form.calls == saves(newCase(form.id)))
  }

  @Test func aFormThatCannotBeReadSaysWhyAndNothingIsSavedOverIt() async {
    core.form.saved = .case(case: newCase(CaseId("c7")))
    core.form.broken = .StorageBroken(reference: "disk_full")
    let form = await openForm(saved: CaseId("c7"))
    #expect(form.phase == .failed(Message(.storageBroken, reference: "disk_full")))
    form.changed(newCase(form.id, "Is"))
    await form.flush()
    #expect(core.form.calls == [])
    core.form.broken = nil
    await form.refresh()
    #expect(form.content == newCase(form.id))
  }

  @Test func itIsSavedOnceWithWhatWasTypedLastWhenTheUserPauses() async {
    let form = await openForm(quiet: .zero)
    let begun = AsyncStream.makeStream(of: Void.self)
    core.form.beforeSave = { _ in begun.continuation.yield() }
    form.changed(newCase(form.id, "I"))
    form.changed(newCase(form.id, "Is"))
    for await _ in begun.stream { break }
    await form.flush()
    #expect(form.content == newCase(form.id, "Is"))
    #expect(core.form.calls == saves(newCase(form.id, "Is")))
  }

  @Test func nothingIsSavedTwice() async {
    let form = await openForm()
    form.changed(newCase(form.id))
    await form.flush()
    await form.flush()
    #expect(core.form.calls == saves(newCase(form.id)))
  }

  @Test func whatIsTypedWhileASaveRunsIsSavedAfterIt() async {
    let form = await openForm()
    let (begun, released) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    core.form.beforeSave = { number in
      guard number == 1 else { return }
      begun.continuation.yield()
      released.wait()
    }
    form.changed(newCase(form.id, "I"))
    let first = Task { await form.flush() }
    for await _ in begun.stream { break }
    form.changed(newCase(form.id, "Is"))
    form.changed(newCase(form.id, "Is repair"))
    let second = Task { await form.flush() }
    released.signal()
    await first.value
    await second.value
    #expect(core.form.calls == saves(newCase(form.id, "I"), newCase(form.id, "Is repair")))
  }

  @Test func leavingTheScreenSavesWhatWasTypedLast() async {
    let form = FormModel<CaseId, NewCase>(core: core, quiet: .seconds(600))
    let screen = Task { await form.follow() }
    await until { form.phase == .open() }
    form.changed(newCase(form.id))
    screen.cancel()
    await screen.value
    #expect(core.form.calls == saves(newCase(form.id)))
  }

  @Test func aFailedSaveIsShownAndTriedAgainWithTheNextChange() async {
    let form = await openForm()
    core.form.refusal = .Invalid(field: "form", reason: "too_large")
    form.changed(newCase(form.id))
    await form.flush()
    #expect(form.saveError?.key == "invalid.too_large")
    #expect(form.phase == .open())
    core.form.refusal = nil
    form.changed(newCase(form.id))
    await form.flush()
    #expect(form.saveError == nil)
    #expect(core.form.calls == saves(newCase(form.id)))
  }

  @Test func nothingIsSavedAfterItWasSent() async {
    let form = await openForm()
    form.changed(newCase(form.id, "Is"))
    await form.send(newCase(form.id))
    form.changed(newCase(form.id, "Late"))
    await form.flush()
    #expect(form.phase == .sent(form.id))
    #expect(core.form.calls == [])
  }

  @Test func sendingWaitsForTheSaveThatRuns() async {
    let form = await openForm()
    let (begun, released) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    core.form.beforeSave = { _ in
      begun.continuation.yield()
      released.wait()
    }
    form.changed(newCase(form.id, "Is"))
    let saving = Task { await form.flush() }
    for await _ in begun.stream { break }
    let sending = Task { await form.send(newCase(form.id)) }
    await until { form.phase == .working }
    form.changed(newCase(form.id, "Late"))
    let late = Task { await form.flush() }
    #expect(core.contents.submitted == [])
    released.signal()
    await saving.value
    await sending.value
    await late.value
    #expect(core.contents.submitted == [newCase(form.id)])
    #expect(core.form.calls == saves(newCase(form.id, "Is")))
  }

  @Test func aFormWhoseSendingFailsStaysSavedWithWhatWasSent() async {
    let form = await openForm()
    form.changed(newCase(form.id, "Is"))
    await form.flush()
    core.contents.refusal = .Invalid(field: "clinical_question", reason: "too_short")
    await form.send(newCase(form.id, "Is repair"))
    #expect(
      form.phase
        == .open(lastError: Message(.invalid, code: "too_short", field: "clinical_question")))
    await form.flush()
    #expect(core.form.saved == FormContent.case(case: newCase(form.id, "Is repair")))
  }

  @Test func discardingEndsTheFormWithWhatWasNotSavedYet() async {
    let form = await openForm()
    form.changed(newCase(form.id))
    await form.discard()
    form.changed(newCase(form.id))
    await form.flush()
    await form.send(newCase(form.id))
    #expect(form.phase == .discarded)
    #expect(core.form.calls == [.discardCase(form.id)])
    #expect(core.contents.submitted == [])
  }

  @Test func aFormThatCouldNotBeDiscardedSaysWhyAndStays() async {
    let form = await openForm()
    form.changed(newCase(form.id))
    core.form.refusal = .StorageBroken(reference: "disk_full")
    await form.discard()
    #expect(form.phase == .open(lastError: Message(.storageBroken, reference: "disk_full")))
    core.form.refusal = nil
    await form.flush()
    #expect(core.form.calls == saves(newCase(form.id)))
  }

  @Test func aPatientIsSavedOpenedAgainSentAndDiscardedAsAPatient() async {
    let form = FormModel<PatientId, NewPatient>(core: core, quiet: .seconds(600))
    await form.refresh()
    let entered = NewPatient(
      patientId: form.id, familyName: "Haddad", givenName: nil, birthDate: "1958", sex: .male,
      identifiers: [], noIdentifierReason: "lost", preferredLanguage: nil)
    form.changed(entered)
    await form.flush()
    let again = FormModel<PatientId, NewPatient>(core: core, saved: form.id)
    await again.refresh()
    #expect(again.content == entered)
    await again.send(entered)
    #expect(again.phase == .sent(form.id))
    await form.discard()
    #expect(
      core.form.calls
        == [.save(.patient(patient: entered)), .create(entered), .discardPatient(form.id)])
  }

  @Test func anOpinionIsSavedOpenedAgainAndDiscardedAsAnOpinion() async {
    let id = CaseId("c1")
    let form = FormModel<CaseId, Opinion>(core: core, caseId: id, quiet: .seconds(600))
    await form.refresh()
    form.changed(FakeCore.opinion)
    await form.flush()
    let again = FormModel<CaseId, Opinion>(core: core, caseId: id)
    await again.refresh()
    #expect(again.content == FakeCore.opinion)
    await again.discard()
    #expect(
      core.form.calls
        == [.save(.opinion(caseId: id, opinion: FakeCore.opinion)), .discardOpinion(id)])
  }

  @Test func anOpinionIsSubmittedAndAFurtherVersionAmendsIt() async {
    let id = CaseId("c1")
    for isFurther in [false, true] {
      let form = FormModel<CaseId, Opinion>(core: core, caseId: id, isFurther: isFurther)
      await form.refresh()
      await form.send(FakeCore.opinion)
      #expect(form.phase == .sent(id))
    }
    #expect(
      core.contents.actions
        == [
          .submitRecommendation(opinion: FakeCore.opinion),
          .amendRecommendation(opinion: FakeCore.opinion),
        ])
  }
}
