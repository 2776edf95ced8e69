// What each request does, as a user would do it.
//
// List and case requests go through the models, so that a scenario drives what a screen would show;
// other requests go to the workspace.

import MsoCore
import MsoState

extension Opened {
  func perform(_ verb: String, _ fields: Fields) async throws -> JSON {
    switch verb {
    case "sign_in":
      let (email, password) = (try fields.text("email"), try fields.text("password"))
      return JSON(try await workspace.signIn(email: email, password: password))
    case "session":
      return ["session": JSON(try workspace.session() as Any)]
    case "sign_out":
      try await workspace.signOut()
    case "go_online":
      try workspace.goOnline()
    case "go_offline":
      workspace.goOffline()
    case "sync":
      return JSON(try await workspace.sync())
    case "status":
      return JSON(try workspace.syncStatus())
    case "outbox":
      return ["outbox": JSON(try workspace.outbox())]
    case "create_patient":
      return ["patient_id": .text(try workspace.createPatient(patient: NewPatient(fields)))]
    case "verify_patient":
      try workspace.verifyPatient(
        patientId: fields.text("patient_id"), method: fields.choice("method"))
    case "patients":
      return ["patients": JSON(try workspace.patients())]
    case "stage_file":
      return JSON(
        try workspace.stageFile(
          path: fields.text("path"), kind: fields.choice("kind"), title: fields.text("title")))
    case "discard_staged":
      try workspace.discardStaged(documentId: fields.text("document_id"))
    case "submit_case":
      return ["case_id": .text(try workspace.submitCase(newCase: NewCase(fields)))]
    case "add_document":
      let documentId = try fields.text("document_id")
      try await press(fields) { await $0.addDocument(documentId) }
    case "cases":
      return try await cases()
    case "case":
      return JSON(try await openCase(fields).detail)
    case "accept":
      try await press(fields) { await $0.accept() }
    case "reject":
      let (reason, text): (RejectionReason, String?) = (
        try fields.choice("reason"), try fields.textIfAny("text")
      )
      try await press(fields) { await $0.reject(reason, text: text) }
    case "start_review":
      try await press(fields) { await $0.startReview() }
    case "return_case":
      let text = try fields.text("text")
      let done = try await press(fields) { await $0.returnCase(text) }
      guard case .returned(let id) = done else { fatalError("a return ended as \(done)") }
      return ["issue_id": .text(id)]
    case "issues":
      return ["issues": JSON(try await openCase(fields).issues)]
    case "answer_issue":
      let (issueId, text) = (try fields.text("issue_id"), try fields.textIfAny("text"))
      let documentIds = try fields.texts("document_ids")
      try await press(fields) {
        await $0.answerIssue(issueId, text: text, documentIds: documentIds)
      }
    case "resubmit":
      try await press(fields) { await $0.resubmit() }
    case "withdraw":
      let reason = try fields.text("reason")
      try await press(fields) { await $0.withdraw(reason: reason) }
    case "submit_recommendation":
      let opinion = try Opinion(fields.child("opinion"))
      let done = try await press(fields) { await $0.submitRecommendation(opinion) }
      guard case .recommendationSubmitted(let id) = done else {
        fatalError("a recommendation ended as \(done)")
      }
      return ["recommendation_id": .text(id)]
    case "document_sha256":
      return ["sha256": .text(try workspace.documentSha256(documentId: fields.text("document_id")))]
    case "notices":
      return ["notices": JSON(try workspace.notices())]
    case "mark_notice_read":
      try workspace.markNoticeRead(id: fields.text("notice_id"))
    case "service_records":
      return ["service_records": JSON(try workspace.serviceRecords())]
    case "specialties":
      return ["specialties": JSON(try workspace.specialties())]
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
