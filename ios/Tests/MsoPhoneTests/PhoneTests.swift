// The phone's line protocol on the real core, without a server.

import Foundation
import MsoCore
import Testing

@testable import MsoPhone

@MainActor
@Suite(.timeLimit(.minutes(1))) struct PhoneTests {
  private let folder: TemporaryFolder
  private let phone: Phone

  init() throws {
    let folder = try TemporaryFolder()
    self.folder = folder
    phone = Phone {
      let options = WorkspaceOptions(
        directory: folder.url.appendingPathComponent("phone").path,
        // Nothing listens on the discard port.
        serverUrl: "http://127.0.0.1:9", platform: "linux", appVersion: "0.1.0", deviceName: "test")
      let vault = SimulatorKeyVault(file: folder.url.appendingPathComponent("phone.vault"))
      return try Workspace.open(options: options, vault: vault)
    }
  }

  private func expect(
    _ answer: String, _ request: String, at place: SourceLocation = #_sourceLocation
  ) async {
    let given = await phone.answer(request).text
    #expect(given == JSON(line: answer)?.text, sourceLocation: place)
  }

  private func error(_ kind: String, _ code: String? = nil, _ field: String? = nil) -> String {
    func text(_ value: String?) -> String { value.map { "\"\($0)\"" } ?? "null" }
    return """
      {"id":1,"error":{"kind":"\(kind)","code":\(text(code)),"field":\(text(field)),
      "reference":null,"existing":null}}
      """
  }

  @Test func whatIsNoRequestIsABadRequest() async {
    let none = error("bad_request", "no_json_object").replacing("\"id\":1", with: "\"id\":null")
    await expect(none, "{")
    await expect(none, "[1]")
    await expect(error("bad_request", "missing_field", "do"), #"{"id":1}"#)
    await expect(error("bad_request", "not_open"), #"{"id":1,"do":"cases"}"#)
    await expect(#"{"id":1,"ok":{}}"#, #"{"id":1,"do":"open"}"#)
    await expect(error("bad_request", "open_already"), #"{"id":1,"do":"open"}"#)
    await expect(error("bad_request", "unknown_verb", "do"), #"{"id":1,"do":"dance"}"#)
    await expect(error("bad_request", "missing_field", "case_id"), #"{"id":1,"do":"accept"}"#)
    await expect(
      error("bad_request", "wrong_field", "kind"),
      #"{"id":1,"do":"stage_file","path":"a.jpg","kind":"poem","title":"A"}"#)
    await phone.close()
  }

  @Test func aWrongEntryAboutACaseIsABadRequest() async {
    await expect(#"{"id":1,"ok":{}}"#, #"{"id":1,"do":"open"}"#)
    await expect(
      error("bad_request", "wrong_field", "reason"),
      #"{"id":1,"do":"reject","case_id":"c1","reason":"no_time"}"#)
    await expect(
      error("bad_request", "missing_field", "text"),
      #"{"id":1,"do":"return_case","case_id":"c1"}"#)
    await expect(
      error("bad_request", "missing_field", "issue_id"),
      #"{"id":1,"do":"answer_issue","case_id":"c1"}"#)
    await expect(
      error("bad_request", "missing_field", "reason"),
      #"{"id":1,"do":"withdraw","case_id":"c1"}"#)
    await phone.close()
  }

  @Test func aWrongEntryAboutAChatIsABadRequest() async {
    await expect(#"{"id":1,"ok":{}}"#, #"{"id":1,"do":"open"}"#)
    let entries = [
      ("case_id", #""messages""#), ("text", #""write_message","case_id":"c1""#),
      ("message", #""edit_message","case_id":"c1","text":"None.""#),
      ("message", #""withdraw_message","case_id":"c1""#),
      ("message", #""react","case_id":"c1","reaction":"+""#),
      ("case_id", #""mark_chat_read""#), ("user_id", #""admit_expert","case_id":"c1""#),
      ("user_id", #""let_colleague_in","case_id":"c1""#),
      ("message", #""send_to_current_expert","case_id":"c1""#), ("text", #""search_messages""#),
    ]
    for (field, entry) in entries {
      await expect(
        error("bad_request", "missing_field", field), #"{"id":1,"do":\#(entry)}"#)
    }
    await expect(#"{"id":1,"ok":{"found":[]}}"#, #"{"id":1,"do":"search_messages","text":"x"}"#)
    await phone.close()
  }

  @Test func withoutTheCaseNothingIsDoneAboutIt() async {
    await expect(#"{"id":1,"ok":{}}"#, #"{"id":1,"do":"open"}"#)
    let entries = [
      #""issues""#, #""resubmit""#, #""reject","reason":"no_capacity""#,
      #""return_case","text":"Which drugs?""#, #""answer_issue","issue_id":"i1","text":"None.""#,
      #""withdraw","reason":"Not needed.""#,
    ]
    for entry in entries {
      await expect(
        error("not_found"),
        #"{"id":1,"case_id":"01930000-0000-7000-8000-000000000000","do":\#(entry)}"#)
    }
    await phone.close()
  }

  @Test func aNewPhoneAnswersWithoutASession() async {
    await expect(#"{"id":1,"ok":{}}"#, #"{"id":1,"do":"open"}"#)
    await expect(#"{"id":1,"ok":{"session":null}}"#, #"{"id":1,"do":"session"}"#)
    await expect(error("sign_in_needed"), #"{"id":1,"do":"cases"}"#)
    await expect(
      error("offline"), #"{"id":1,"do":"sign_in","email":"a@example.org","password":"b"}"#)
    await expect(
      error("not_found"),
      #"{"id":1,"do":"accept","case_id":"01930000-0000-7000-8000-000000000000"}"#)
    await expect(#"{"id":1,"ok":{"notices":[]}}"#, #"{"id":1,"do":"notices"}"#)
    await expect(#"{"id":1,"ok":{"outbox":[]}}"#, #"{"id":1,"do":"outbox"}"#)
    await expect(#"{"id":1,"ok":{"result":"ok"}}"#, #"{"id":1,"do":"integrity_check"}"#)
    await expect(#"{"id":1,"ok":{}}"#, #"{"id":1,"do":"go_online"}"#)
    await expect(#"{"id":1,"ok":{}}"#, #"{"id":1,"do":"go_offline"}"#)
    await expect(#"{"id":1,"ok":{}}"#, #"{"id":1,"do":"quit"}"#)
    #expect(phone.hasEnded)
  }
}
