import Dispatch
import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct ChatModelTests {
  private let core = FakeChatCore()
  private let model: ChatModel
  private let expert = UserId("expert")
  private let ada = UserId("ada")

  init() {
    model = ChatModel(caseId: CaseId("c1"), core: core)
  }

  private var open: OpenChat? {
    if case .ready(let open) = model.state { open } else { nil }
  }

  private var ids: [String] { open?.messages.map(\.id) ?? [] }

  @Test func theChatAndItsMessagesAreShown() async {
    #expect(model.state == .loading)
    core.room.chat = FakeChatCore.chat(asking: ["ada"], unread: 2, fault: "chat_log_gap")
    core.room.messages = FakeChatCore.messages(1...3)
    await model.refresh()
    #expect(open?.chat == core.room.chat)
    #expect(open?.chat.members.map(\.safetyNumber.count) == [0, 60])
    #expect(ids == ["m103", "m102", "m101"])
    #expect(open?.more == false)
  }

  @Test func aChatWithoutMessagesIsShownToo() async {
    core.room.chat = FakeChatCore.chat(.notBegun)
    await model.refresh()
    #expect(open?.messages == [])
    #expect(open?.more == false)
  }

  @Test func withoutASessionTheSignInIsShown() async {
    core.contents.session = nil
    await model.refresh()
    #expect(model.state == .signedOut)
  }

  @Test func whatIsNotHereIsNotFound() async {
    core.room.chat = nil
    await model.refresh()
    #expect(model.state == .notFound)
  }

  @Test func whatCannotBeReadSaysWhy() async {
    core.contents.broken = MsoError.Bug(reference: "b1")
    await model.refresh()
    #expect(model.state == .failed(Message(.bug, reference: "b1")))
  }

  @Test(arguments: [
    (ChatState.notBegun, true), (.askedToBeLetIn, true), (.open, true),
    (.expertToAdmit(expert: UserId("expert")), true), (.noIdentity, false), (.over, false),
  ])
  func theScreenOffersToWriteWhereItCan(state: ChatState, can: Bool) async {
    core.room.chat = FakeChatCore.chat(state)
    await model.refresh()
    #expect(open?.canWrite == can)
  }

  @Test func earlierMessagesAreShownWhenTheEndIsReached() async {
    core.room.messages = FakeChatCore.messages(1...120)
    await model.refresh()
    #expect(ids.count == 50)
    #expect(open?.more == true)
    await model.showEarlier()
    #expect(ids.count == 100)
    #expect(open?.more == true)
    await model.showEarlier()
    #expect(open?.messages == core.room.messages)
    #expect(open?.more == false)
    await model.showEarlier()
    #expect(ids.count == 120)
    #expect(model.errors.isEmpty)
  }

  @Test func aWholePageIsNoSignOfEarlierMessages() async {
    core.room.messages = FakeChatCore.messages(1...50)
    await model.refresh()
    #expect(ids.count == 50)
    #expect(open?.more == false)
  }

  @Test func whatWasShownStaysShownWhenMessagesArrive() async {
    core.room.messages = FakeChatCore.messages(1...120)
    await model.refresh()
    await model.showEarlier()
    #expect(ids.last == "m121")
    core.room.messages = FakeChatCore.messages(1...190)
    await model.refresh()
    #expect(ids.first == "m290")
    #expect(ids.last == "m121")
    #expect(open?.more == true)
    await model.showEarlier()
    #expect(open?.messages == core.room.messages)
  }

  @Test func messagesThatArriveBeforeTheFirstOneAreShown() async {
    core.room.messages = FakeChatCore.messages(10...12)
    await model.refresh()
    core.room.messages = FakeChatCore.messages(1...12)
    await model.refresh()
    #expect(ids.count == 12)
  }

  @Test func whatWasFoundIsShownWithAllThatCameAfterIt() async {
    core.room.messages = FakeChatCore.messages(1...200)
    await model.refresh()
    await model.show("m130")
    #expect(ids.count == 171)
    #expect(ids.last == "m130")
    #expect(open?.more == true)
  }

  @Test func earlierMessagesThatCannotBeReadSayWhy() async {
    core.room.messages = FakeChatCore.messages(1...60)
    await model.refresh()
    core.contents.broken = MsoError.StorageBroken(reference: "disk_full")
    await model.showEarlier()
    #expect(model.errors == [.earlier: Message(.storageBroken, reference: "disk_full")])
    core.contents.broken = nil
    await model.refresh()
    await model.showEarlier()
    #expect(model.errors.isEmpty)
    #expect(ids.count == 60)
  }

  @Test func aMessageIsWritten() async {
    core.room.messages = FakeChatCore.messages(1...1)
    await model.refresh()
    let id = await model.write("None.", replyTo: "m101")
    #expect(id == "m900")
    #expect(core.room.calls == [.write("None.", replyTo: "m101")])
    #expect(ids == ["m900", "m101"])
    #expect(open?.messages.first?.state == .waiting)
  }

  @Test(arguments: ["not_a_participant", "no_identity"])
  func aMessageThatWasNotWrittenSaysWhyUntilTheNextAttempt(reason: String) async {
    await model.refresh()
    core.room.refusal = .Invalid(field: "chat", reason: reason)
    let id = await model.write("None.")
    #expect(id == nil)
    #expect(model.errors == [.newMessage: Message(.invalid, code: reason, field: "chat")])
    core.room.refusal = nil
    await model.write("None.")
    #expect(model.errors.isEmpty)
    #expect(model.working.isEmpty)
  }

  @Test func twoTapsWriteOnce() async {
    await model.refresh()
    let (begun, released) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    core.room.beforeCall = {
      begun.continuation.yield()
      released.wait()
    }
    let first = Task { await model.write("None.") }
    for await _ in begun.stream { break }
    #expect(model.working == [.newMessage])
    let second = await model.write("None.")
    #expect(second == nil)
    released.signal()
    _ = await first.value
    #expect(core.room.calls == [.write("None.", replyTo: nil)])
    #expect(model.working.isEmpty)
  }

  @Test func aTranscriptIsGivenAlsoOfAChatThatIsOver() async {
    core.room.chat = FakeChatCore.chat(.over)
    core.room.messages = [FakeChatCore.message("m1", text: "None.")]
    await model.refresh()
    let transcript = await model.transcript(.text)
    #expect(transcript == "None.")
    #expect(core.room.calls == [.transcript(.text)])
    #expect(model.working.isEmpty)
  }

  @Test func aTranscriptThatCouldNotBeMadeSaysWhy() async {
    await model.refresh()
    core.room.refusal = .NotFound
    let transcript = await model.transcript(.json)
    #expect(transcript == nil)
    #expect(model.errors == [.transcript: Message(.notFound)])
  }

  @Test func anOwnMessageIsEditedAndWithdrawn() async {
    core.room.messages = [FakeChatCore.message("m1", isOwn: true)]
    await model.refresh()
    await model.edit("m1", "Which doses?")
    #expect(open?.messages.map(\.text) == ["Which doses?"])
    await model.withdraw("m1")
    #expect(ids == [])
    #expect(core.room.calls == [.edit("m1", "Which doses?"), .withdraw("m1")])
  }

  @Test func onlyWhatTheScreenOffersIsDone() async {
    core.room.messages = [
      FakeChatCore.message("m2", text: nil, isOwn: true), FakeChatCore.message("m1"),
    ]
    await model.edit("m1", "Which doses?")
    await model.refresh()
    for id in ["m2", "m1", "m0"] {
      await model.edit(id, "Which doses?")
      await model.withdraw(id)
      await model.sendToCurrentExpert(id)
    }
    await model.react("m2", "+")
    await model.markRead()
    await model.admitExpert(expert)
    await model.letColleagueIn(ada)
    #expect(core.room.calls == [])
  }

  @Test func whatIsRefusedSaysWhyAtItsMessage() async {
    core.room.messages = [
      FakeChatCore.message("m2", isOwn: true), FakeChatCore.message("m1", isOwn: true),
    ]
    await model.refresh()
    core.room.refusal = .Invalid(field: "chat", reason: "not_the_author")
    await model.edit("m1", "Which doses?")
    let message = Message(.invalid, code: "not_the_author", field: "chat")
    #expect(model.errors == [.message("m1"): message])
    #expect(message.key == "invalid.not_the_author")
    #expect(open?.messages == core.room.messages)
  }

  @Test func aReactionIsGivenAndTakenBack() async {
    core.room.messages = [FakeChatCore.message("m1")]
    await model.refresh()
    await model.react("m1", "+")
    await model.react("m1", nil)
    #expect(core.room.calls == [.react("m1", "+"), .react("m1", nil)])
  }

  @Test func whatWasWrittenForAnotherExpertIsSentToThePresentOne() async {
    core.room.messages = [
      FakeChatCore.message("m2", isOwn: true, .notSent(code: "chat_expert_changed")),
      FakeChatCore.message("m1", isOwn: true, .notSent(code: "chat_expert_not_admitted")),
    ]
    await model.refresh()
    #expect(
      open?.messages.map(\.notSent?.key)
        == ["refused.chat_expert_changed", "refused.chat_expert_not_admitted"])
    #expect(open?.messages.map(\.isForAnotherExpert) == [true, false])
    await model.sendToCurrentExpert("m1")
    await model.sendToCurrentExpert("m2")
    #expect(core.room.calls == [.sendToCurrentExpert("m2")])
    #expect(open?.messages.first?.state == .waiting)
    #expect(open?.messages.first?.notSent == nil)
  }

  @Test func whatIsUnreadIsMarkedReadOnce() async {
    core.room.chat = FakeChatCore.chat(unread: 3)
    await model.refresh()
    await model.markRead()
    #expect(open?.chat.unread == 0)
    await model.markRead()
    #expect(core.room.calls == [.markRead])
  }

  @Test func theExpertWhoWasNamedIsLetIn() async {
    core.room.chat = FakeChatCore.chat(.expertToAdmit(expert: expert))
    await model.refresh()
    #expect(open?.toAdmit == expert)
    await model.admitExpert(ada)
    await model.admitExpert(expert)
    #expect(core.room.calls == [.admitExpert(expert)])
    #expect(open?.chat.state == .open)
    #expect(open?.toAdmit == nil)
  }

  @Test func anExpertWhoChangedMeanwhileIsNotLetIn() async {
    core.room.chat = FakeChatCore.chat(.expertToAdmit(expert: expert))
    await model.refresh()
    core.room.refusal = .Invalid(field: "chat", reason: "expert_changed")
    await model.admitExpert(expert)
    #expect(
      model.errors == [.user(expert): Message(.invalid, code: "expert_changed", field: "chat")])
    #expect(open?.toAdmit == expert)
  }

  @Test func aColleagueWhoAsksIsLetIn() async {
    core.room.chat = FakeChatCore.chat(asking: ["ada"])
    await model.refresh()
    await model.letColleagueIn(ada)
    #expect(core.room.calls == [.letColleagueIn(ada)])
    #expect(open?.chat.asking == [])
  }

  @Test(arguments: [
    Change.ofChat(caseId: CaseId("c1")), .ofCase(caseId: CaseId("c1")), .session,
  ])
  func aChangeIsReadAgainUntilTheScreenGoes(change: Change) async {
    let screen = Task { await model.follow() }
    await until { open != nil }
    core.room.messages = FakeChatCore.messages(1...1)
    core.tell(.ofChat(caseId: CaseId("c2")))
    core.tell(change)
    await until { ids == ["m101"] }
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }
}
