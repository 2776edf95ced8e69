import Foundation
import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct FormModelTests {
  private let core = FakeCore()

  private func newCase(_ id: CaseId) -> NewCase {
    NewCase(
      caseId: id, patientId: PatientId("p1"),
      request: CaseRequest(
        specialty: "cardiology", urgency: .routine, urgencyReason: nil,
        clinicalQuestion: "Is repair indicated now?", presentIllness: nil, pastMedical: nil,
        treatmentSoFar: nil, previousOpinion: nil, consentKind: .legalBasis,
        consentObtainedBy: "Dr. Weber", consentObtainedAt: FakeCore.morning),
      documents: [])
  }

  @Test func twoTapsSendOneCaseWithTheIdThatWasMadeWhenTheFormOpened() async {
    let form = FormModel<CaseId, NewCase>(core: core)
    let entered = newCase(form.id)
    async let first: Void = form.send(entered)
    async let second: Void = form.send(entered)
    _ = await (first, second)
    await form.send(entered)
    #expect(form.phase == .sent(form.id))
    #expect(core.contents.submitted == [entered])
  }

  @Test func aFormWhoseAnswerDidNotArriveIsSentAgainUnderTheSameId() async {
    let form = FormModel<CaseId, NewCase>(core: core)
    core.contents.refusal = .Offline
    await form.send(newCase(form.id))
    #expect(form.phase != .sent(form.id))
    core.contents.refusal = nil
    await form.send(newCase(form.id))
    #expect(form.phase == .sent(form.id))
  }
}
