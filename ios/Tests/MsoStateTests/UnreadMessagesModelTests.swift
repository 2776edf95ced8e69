import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct UnreadMessagesModelTests {
  private let core = FakeChatCore()
  private let model: UnreadMessagesModel

  init() {
    core.room.chat = FakeChatCore.chat(unread: 3)
    model = UnreadMessagesModel(caseId: CaseId("c1"), core: core)
  }

  @Test func unreadMessagesAreCounted() async {
    #expect(model.unread == 0)
    await model.refresh()
    #expect(model.unread == 3)
  }

  @Test func withoutAChatOrASessionNothingIsUnread() async {
    await model.refresh()
    core.room.chat = nil
    await model.refresh()
    #expect(model.unread == 0)
    core.room.chat = FakeChatCore.chat(unread: 3)
    core.contents.session = nil
    await model.refresh()
    #expect(model.unread == 0)
  }

  @Test(arguments: [
    Change.ofChat(caseId: CaseId("c1")), .ofCase(caseId: CaseId("c1")), .session,
  ])
  func aChangeIsCountedUntilTheScreenGoes(change: Change) async {
    let screen = Task { await model.follow() }
    await until { model.unread == 3 }
    core.room.chat = FakeChatCore.chat(unread: 4)
    core.tell(change)
    await until { model.unread == 4 }
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }
}
