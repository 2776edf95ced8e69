import Foundation
import MsoCore
import MsoState
import Testing

@testable import MsoPhone

@Suite struct AnswerTests {
  private let morning = Date(timeIntervalSince1970: 1_795_420_800)

  @Test func aRecordIsWrittenAsInRust() {
    let row = CaseSummary(
      caseId: CaseId("c1"), number: nil, patientId: PatientId("p1"),
      patientName: "Amal \"A\" Haddad", specialty: "cardiology", urgency: .routine,
      status: .inProgress, closure: nil, readiness: .awaitingUploads, submittedAt: morning,
      due: Due(
        acceptBy: nil, startBy: nil, finishBy: morning, answerBy: nil, readBy: nil, pausedAt: nil),
      documentCount: 3, pending: ["start_review"],
      allowedActions: [.submitRecommendation, .addDocument])
    #expect(
      JSON([row])
        == JSON(
          line: """
            [{"case_id":"c1","number":null,"patient_id":"p1","patient_name":"Amal \\"A\\" Haddad",
            "specialty":"cardiology","urgency":"routine","status":"InProgress","closure":null,
            "readiness":"awaiting_uploads","submitted_at":"2026-11-23T08:00:00.000Z",
            "due":{"accept_by":null,"start_by":null,"finish_by":"2026-11-23T08:00:00.000Z",
            "answer_by":null,"read_by":null,"paused_at":null},
            "overdue":[],"document_count":3,"pending":["start_review"],"allowed_actions":["submit_recommendation","add_document"]}]
            """))
  }

  @Test func numbersFlagsAndRecordsWithinRecords() {
    let amount = Amount(minor: -119, currency: "EUR", display: "EUR -1.19")
    let record = ServiceRecordItem(
      caseNumber: "1", serviceCode: "opinion", performedAt: morning, fee: amount,
      state: .settled, settledAt: morning)
    #expect(
      JSON(record)
        == JSON(
          line: """
            {"case_number":"1","service_code":"opinion","performed_at":"2026-11-23T08:00:00.000Z",
            "fee":{"minor":-119,"currency":"EUR","display":"EUR -1.19"},"state":"settled",
            "settled_at":"2026-11-23T08:00:00.000Z"}
            """))
    let file = StagedFile(
      documentId: DocumentId("d1"), kind: .photo, title: "Page", fileName: "page.jpg",
      mediaType: "image/jpeg", size: 4_200_000_000, sha256: "")
    #expect(
      JSON(file)
        == [
          "document_id": .text("d1"), "kind": .text("photo"), "title": .text("Page"),
          "file_name": .text("page.jpg"), "media_type": .text("image/jpeg"),
          "size": .integer(4_200_000_000), "sha256": .text(""),
        ])
    #expect(JSON(Optional<Amount>.none as Any) == .null)
  }

  @Test func aStatusIsWrittenInItsOwnWay() {
    let statuses: [CaseStatus] = [.new, .assigned, .inProgress, .done]
    #expect(statuses.map { wireName(of: $0) } == ["New", "Assigned", "InProgress", "Done"])
    #expect(wireName(of: SyncLine.Kind.upToDate) == "up_to_date")
  }

  @Test func anIssueIsWrittenAsInRust() {
    let issue = IssueItem(
      id: IssueId("i1"), kind: .return, text: nil, state: "open", awaitsAnswer: true,
      answers: [
        IssueAnswerItem(by: UserId("u1"), at: morning, text: nil, documentIds: [DocumentId("d1")])
      ],
      authorRole: .provider, createdAt: morning, allowedActions: [.answer])
    #expect(
      JSON(issue)
        == JSON(
          line: """
            {"id":"i1","kind":"return","text":null,"state":"open","awaits_answer":true,
            "answers":[{"by":"u1","at":"2026-11-23T08:00:00.000Z","text":null,"document_ids":["d1"]}],
            "wanted_items":[],"author":null,"author_role":"provider",
            "created_at":"2026-11-23T08:00:00.000Z","earlier_texts":[],"settled_at":null,"note":null,
            "allowed_actions":["answer"]}
            """))
    #expect(wireName(of: IssueKind.cancelRequest) == "cancel_request")
  }

  private func chat(_ state: ChatState, refusal: String? = nil) -> Chat {
    Chat(
      caseId: CaseId("c1"), state: state,
      members: [
        ChatMember(
          userId: UserId("u2"), side: .expert, admitted: true, isOwn: false, safetyNumber: "123")
      ],
      asking: [UserId("u3")], unread: 2, entries: 9, fault: "chat_log_gap",
      setAside: [SetAside(entry: 7, code: "chat_forbidden_change")], refusal: refusal)
  }

  @Test func aChatIsWrittenAsInRust() {
    let members = """
      [{"admitted":true,"is_own":false,"safety_number":"123","user_id":"u2"}]
      """
    #expect(
      JSON(chat(.open))
        == JSON(
          line: """
            {"state":"open","expert":null,"members":\(members),"asking":["u3"],"unread":2,
            "entries":9,"fault":"chat_log_gap","set_aside":[[7,"chat_forbidden_change"]],
            "code":null}
            """))
    #expect(
      JSON(chat(.expertToAdmit(expert: UserId("u2")), refusal: "case_closed"))
        == JSON(
          line: """
            {"state":"expert_to_admit","expert":"u2","members":\(members),"asking":["u3"],
            "unread":2,"entries":9,"fault":"chat_log_gap",
            "set_aside":[[7,"chat_forbidden_change"]],"code":"case_closed"}
            """))
  }

  @Test(arguments: [
    (ChatState.notBegun, "not_begun"), (.askedToBeLetIn, "asked_to_be_let_in"), (.open, "open"),
    (.noIdentity, "no_identity"), (.over, "over"),
  ])
  func aChatsStateIsWrittenAsInRust(state: ChatState, name: String) {
    guard case .object(let fields) = JSON(chat(state)) else {
      Issue.record("no object")
      return
    }
    #expect(fields["state"] == .text(name))
  }

  private func message(_ state: MessageState, text: String? = "Which drugs?") -> ChatMessage {
    ChatMessage(
      id: "m2", author: UserId("u1"), isOwn: true, at: morning, text: text, replyTo: "m1",
      edited: true, reactions: [MessageReaction(userId: UserId("u2"), text: "+")], state: state)
  }

  @Test(arguments: [
    (MessageState.waiting, #""state":"waiting","code":null"#),
    (.sent, #""state":"sent","code":null"#),
    (.read, #""state":"read","code":null"#),
    (
      .notSent(code: "chat_expert_changed"),
      #""state":"not_sent","code":"chat_expert_changed""#
    ),
  ])
  func aMessageIsWrittenAsInRust(state: MessageState, written: String) {
    #expect(
      JSON(message(state))
        == JSON(
          line: """
            {"id":"m2","author":"u1","is_own":true,"text":"Which drugs?","reply_to":"m1",
            "edited":true,"reactions":[["u2","+"]],\(written)}
            """))
  }

  @Test func aMessageThatWasWithdrawnAndOneThatWasFound() {
    guard case .object(let fields) = JSON(message(.sent, text: nil)) else {
      Issue.record("no object")
      return
    }
    #expect(fields["text"] == .null)
    let found = FoundMessage(caseId: CaseId("c1"), messageId: "m2")
    #expect(JSON(found) == .list([.text("c1"), .text("m2")]))
  }

  @Test func changesSayWhatAndWhich() {
    #expect(JSON(Change.ofCase(caseId: CaseId("c1"))).text == #"{"id":"c1","kind":"case"}"#)
    #expect(JSON(Change.ofChat(caseId: CaseId("c1"))).text == #"{"id":"c1","kind":"chat"}"#)
    #expect(JSON(Change.syncStatus).text == #"{"kind":"sync_status"}"#)
  }

  @Test func anAnswerIsOneLine() {
    #expect(!JSON.text("a\nb/é").text.contains("\n"))
    #expect(JSON.text("a/é").text == #""a/é""#)
  }
}
