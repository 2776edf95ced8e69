// What each request does, as a user would do it.
//
// List and case requests go through the models, so that a scenario drives what a screen would show;
// other requests go to the workspace.

import MsoCore
import MsoState

extension Opened {
  func perform(_ verb: String, _ fields: Fields) async throws -> JSON {
    if let operation = try CaseOperation(verb, fields) {
      return JSON(created: try await act(fields, operation).created)
    }
    if let answer = try inChat(verb, fields) { return answer }
    switch verb {
    case "sign_in":
      let (email, password) = (try fields.text("email"), try fields.text("password"))
      return JSON(try await workspace.signIn(email: email, password: password))
    case "session":
      return ["session": JSON(try workspace.session() as Any)]
    case "sign_out":
      try await workspace.signOut()
    case "go_online":
      try workspace.sync().goOnline()
    case "go_offline":
      workspace.sync().goOffline()
    case "sync":
      return JSON(try await workspace.sync().runOnce())
    case "status":
      return JSON(try workspace.sync().status())
    case "outbox":
      return ["outbox": JSON(try workspace.sync().outbox())]
    case "create_patient":
      let patients = workspace.patients()
      let patient = try NewPatient(fields, id: patients.newId())
      return ["patient_id": JSON(try patients.create(patient: patient))]
    case "verify_patient":
      try workspace.patients().verify(
        patientId: PatientId(fields.text("patient_id")), method: fields.choice("method"))
    case "patient":
      return JSON(
        try workspace.patients().detail(patientId: PatientId(fields.text("patient_id"))))
    case "edit_patient":
      let (patients, id) = (workspace.patients(), PatientId(try fields.text("patient_id")))
      let seen = try patients.detail(patientId: id).fields
      let wanted = try seen.changed(fields.child("entered"))
      try patients.edit(patientId: id, seen: seen, wanted: wanted)
    case "edit_conflicts":
      return ["conflicts": JSON(try workspace.patients().editConflicts())]
    case "resolve_edit":
      try workspace.patients().resolveEdit(
        commandId: CommandId(fields.text("command_id")), mine: fields.choices("mine"))
    case "patients":
      return ["patients": JSON(try workspace.patients().list().patients)]
    case "stage_file":
      return JSON(
        try workspace.documents().stageFile(
          path: fields.text("path"), kind: fields.choice("kind"), title: fields.text("title")))
    case "discard_staged":
      try workspace.documents().discardStaged(documentId: DocumentId(fields.text("document_id")))
    case "submit_case":
      let cases = workspace.cases()
      let newCase = try NewCase(fields, id: cases.newId())
      return ["case_id": JSON(try cases.submit(newCase: newCase))]
    case "save_case_form":
      let id = CaseId(try fields.text("case_id"))
      try workspace.forms().save(content: .case(case: NewCase(fields, id: id)))
    case "saved_case_form":
      return try JSON(saved: workspace.forms().ofCase(caseId: CaseId(fields.text("case_id"))))
    case "save_opinion":
      let id = CaseId(try fields.text("case_id"))
      let opinion = try Opinion(fields.child("opinion"))
      try workspace.forms().save(content: .opinion(caseId: id, opinion: opinion))
    case "saved_opinion":
      return try JSON(
        saved: workspace.forms().ofOpinion(caseId: CaseId(fields.text("case_id"))))
    case "cases":
      return try await cases()
    case "case":
      return JSON(try await openCase(fields).detail)
    case "issues":
      return ["issues": JSON(try await openCase(fields).issues)]
    case "document_sha256":
      let documentId = DocumentId(try fields.text("document_id"))
      return ["sha256": .text(try workspace.documents().sha256(documentId: documentId))]
    case "staged_files":
      return ["files": JSON(try workspace.documents().staged())]
    case "unsent":
      return ["unsent": JSON(try workspace.unsent())]
    case "drafts":
      return ["drafts": JSON(try workspace.drafts().list())]
    case "send_draft":
      try workspace.drafts().send(commandId: CommandId(fields.text("command_id")))
    case "discard_draft":
      try workspace.drafts().discard(commandId: CommandId(fields.text("command_id")))
    case "notices":
      return ["notices": JSON(try workspace.notices().list())]
    case "mark_notice_read":
      try workspace.notices().markRead(id: NoticeId(fields.text("notice_id")))
    case "notifications":
      return ["notifications": JSON(try workspace.notifications().list().notifications)]
    case "unread_notifications":
      return ["unread": JSON(try workspace.notifications().unread())]
    case "mark_notification_read":
      try workspace.notifications().markRead(
        id: NotificationId(fields.text("notification_id")))
    case "profile":
      return ["profile": JSON(try workspace.people().profile() as Any)]
    case "set_availability":
      try workspace.people().setAvailability(availability: Availability(fields))
    case "institution":
      return ["institution": JSON(try workspace.people().institution() as Any)]
    case "colleagues":
      return ["colleagues": JSON(try workspace.people().colleagues())]
    case "invoices":
      return ["invoices": JSON(try workspace.billing().invoices().invoices)]
    case "flag_invoice":
      try workspace.billing().flagInvoice(
        invoiceId: InvoiceId(fields.text("invoice_id")), reason: fields.text("reason"))
    case "service_records":
      return ["service_records": JSON(try workspace.billing().serviceRecords().serviceRecords)]
    case "specialties":
      return ["specialties": JSON(try workspace.catalogue().specialties())]
    case "integrity_check":
      return ["result": .text(try workspace.integrityCheck())]
    case "changes":
      return changes()
    default:
      throw BadRequest("unknown_verb", field: "do")
    }
    return [:]
  }
}

extension Opened {
  /// What a request does in chats; `nil` for other verbs.
  private func inChat(_ verb: String, _ fields: Fields) throws -> JSON? {
    let chats = workspace.chats()
    switch verb {
    case "chat":
      return JSON(try chats.chat(caseId: CaseId(fields.text("case_id"))))
    case "messages":
      let messages = try chats.messages(
        caseId: CaseId(fields.text("case_id")), before: fields.textIfAny("before"), limit: 200)
      return ["messages": .list(messages.map { JSON($0) })]
    case "write_message":
      let id = try chats.write(
        caseId: CaseId(fields.text("case_id")), text: fields.text("text"),
        replyTo: fields.textIfAny("reply_to"))
      return ["id": .text(id)]
    case "edit_message":
      try chats.edit(
        caseId: CaseId(fields.text("case_id")), messageId: fields.text("message"),
        text: fields.text("text"))
    case "withdraw_message":
      try chats.withdraw(
        caseId: CaseId(fields.text("case_id")), messageId: fields.text("message"))
    case "react":
      try chats.react(
        caseId: CaseId(fields.text("case_id")), messageId: fields.text("message"),
        reaction: fields.textIfAny("reaction"))
    case "mark_chat_read":
      try chats.markRead(caseId: CaseId(fields.text("case_id")))
    case "admit_expert":
      try chats.admitExpert(
        caseId: CaseId(fields.text("case_id")), expert: UserId(fields.text("user_id")))
    case "let_colleague_in":
      try chats.letColleagueIn(
        caseId: CaseId(fields.text("case_id")), colleague: UserId(fields.text("user_id")))
    case "send_to_current_expert":
      try chats.sendToCurrentExpert(
        caseId: CaseId(fields.text("case_id")), messageId: fields.text("message"))
    case "chat_transcript":
      let transcript = try chats.transcript(
        caseId: CaseId(fields.text("case_id")), kind: fields.choice("kind"))
      return ["transcript": .text(transcript)]
    case "search_messages":
      let found = try chats.search(text: fields.text("text"), limit: 50)
      return ["found": .list(found.map { JSON($0) })]
    default: return nil
    }
    return [:]
  }
}
