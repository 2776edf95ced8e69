// The forms that there are, and what each of them calls in the core.

import MsoCore

/// What a form calls in the core.
struct FormCalls<Id, Entered>: Sendable {
  let saved: @Sendable () throws -> SavedForm?
  /// Its content in what was saved; `nil`: that is of another form.
  let read: @Sendable (FormContent) -> Entered?
  let save: @Sendable (Entered) throws -> Void
  let discard: @Sendable () throws -> Void
  /// Sends it.
  let create: @Sendable (Entered) throws -> Id
}

extension FormModel where Id == CaseId, Entered == NewCase {
  /// The form of a new case. `saved`: the id of a form that was left and is opened again, also from
  /// the list of saved forms.
  public convenience init(
    core: any WorkspaceProtocol, saved: CaseId? = nil, quiet: Duration = .milliseconds(500)
  ) {
    let id = saved ?? core.cases().newId()
    let calls = FormCalls<CaseId, NewCase>(
      saved: { try core.forms().ofCase(caseId: id) },
      read: { if case .case(let entered) = $0 { entered } else { nil } },
      save: { try core.forms().save(content: .case(case: $0)) },
      discard: { try core.forms().discardCase(caseId: id) },
      create: { try core.cases().submit(newCase: $0) })
    self.init(id: id, quiet: quiet, calls: calls)
  }
}

extension FormModel where Id == PatientId, Entered == NewPatient {
  /// The form of a new patient. `saved`: as for a case.
  public convenience init(
    core: any WorkspaceProtocol, saved: PatientId? = nil, quiet: Duration = .milliseconds(500)
  ) {
    let id = saved ?? core.patients().newId()
    let calls = FormCalls<PatientId, NewPatient>(
      saved: { try core.forms().ofPatient(patientId: id) },
      read: { if case .patient(let entered) = $0 { entered } else { nil } },
      save: { try core.forms().save(content: .patient(patient: $0)) },
      discard: { try core.forms().discardPatient(patientId: id) },
      create: { try core.patients().create(patient: $0) })
    self.init(id: id, quiet: quiet, calls: calls)
  }
}

extension FormModel where Id == CaseId, Entered == Opinion {
  /// The form of an opinion on a case; the first saved one starts the review. `isFurther`: it is a
  /// further version of the user's own opinion; the case's `allowedActions` say whether that is
  /// offered.
  public convenience init(
    core: any WorkspaceProtocol, caseId: CaseId, isFurther: Bool = false,
    quiet: Duration = .milliseconds(500)
  ) {
    let calls = FormCalls<CaseId, Opinion>(
      saved: { try core.forms().ofOpinion(caseId: caseId) },
      read: { if case .opinion(_, let entered) = $0 { entered } else { nil } },
      save: { try core.forms().save(content: .opinion(caseId: caseId, opinion: $0)) },
      discard: { try core.forms().discardOpinion(caseId: caseId) },
      create: { entered in
        let operation: CaseOperation
        if isFurther {
          operation = .amendRecommendation(opinion: entered)
        } else {
          operation = .submitRecommendation(opinion: entered)
        }
        _ = try core.cases().act(caseId: caseId, operation: operation)
        return caseId
      })
    self.init(id: caseId, quiet: quiet, calls: calls)
  }
}
