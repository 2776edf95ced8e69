import Dispatch
import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct MessageSearchModelTests {
  private let core = FakeChatCore()
  private let model: MessageSearchModel

  init() {
    model = MessageSearchModel(core: core)
    core.room.messages = [
      FakeChatCore.message("m3", text: "potassium and sodium"),
      FakeChatCore.message("m2", text: "sodium"),
      FakeChatCore.message("m1", text: nil),
    ]
  }

  private var found: PagedList<FoundMessage>? {
    if case .ready(let list) = model.state { list } else { nil }
  }

  private var ids: [String]? { found?.rows.map(\.messageId) }

  @Test func withoutAQueryNothingIsFound() async {
    #expect(model.state == .loading)
    await model.refresh()
    await model.search(" ")
    #expect(ids == [])
    #expect(core.room.searched == [])
  }

  @Test func messagesOfAllChatsAreFoundAsTheUserTypes() async {
    await model.refresh()
    await model.search("sodium")
    #expect(ids == ["m3", "m2"])
    #expect(found?.more == false)
    await model.search("potassium")
    #expect(ids == ["m3"])
    #expect(core.room.searched == ["sodium all", "potassium all"])
  }

  @Test func messagesOfOneChatAreFound() async {
    let model = MessageSearchModel(in: CaseId("c1"), core: core)
    await model.search("sodium")
    #expect(core.room.searched == ["sodium c1"])
  }

  @Test func furtherMessagesAreShownWhenTheEndIsReached() async {
    core.room.messages = FakeChatCore.messages(1...240)
    await model.search("drugs")
    #expect(found?.rows.count == 50)
    #expect(found?.more == true)
    for _ in 1...3 { await model.showMore() }
    #expect(found?.rows.count == 200)
    #expect(found?.more == false)
  }

  @Test func anAnswerNeverReplacesThatOfALaterQuery() async {
    await model.refresh()
    let (begun, released) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    core.room.beforeSearching = { text in
      guard text == "sodium" else { return }
      begun.continuation.yield()
      released.wait()
    }
    let first = Task { await model.search("sodium") }
    for await _ in begun.stream { break }
    await model.search("potassium")
    released.signal()
    await first.value
    #expect(ids == ["m3"])
  }

  @Test func whatArrivesIsFoundUntilTheScreenGoes() async {
    let screen = Task { await model.follow() }
    await until { model.state != .loading }
    await model.search("calcium")
    #expect(ids == [])
    core.room.messages = [FakeChatCore.message("m4", text: "calcium")]
    core.tell(.ofChat(caseId: CaseId("c1")))
    await until { ids == ["m4"] }
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }
}
