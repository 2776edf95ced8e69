import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct NoticeListModelTests {
  private let core = FakeCore()
  private let model: NoticeListModel

  init() {
    model = NoticeListModel(core: core)
  }

  private var rows: [Notice] {
    if case .ready(let rows) = model.state { rows } else { [] }
  }

  @Test func readAndUnreadNoticesAreShown() async {
    #expect(model.state == .loading)
    core.contents.notices = [FakeCore.notice("n2"), FakeCore.notice("n1", read: true)]
    await model.refresh()
    #expect(model.state == .ready(core.contents.notices))
  }

  @Test func aSessionThatEndedShowsTheSignIn() async {
    core.contents.broken = MsoError.SignInNeeded
    await model.refresh()
    #expect(model.state == .signedOut)
  }

  @Test func aNoticeThatIsReadStaysInTheList() async {
    core.contents.notices = [FakeCore.notice("n2"), FakeCore.notice("n1")]
    await model.refresh()
    await model.markRead(NoticeId("n2"))
    #expect(rows.map(\.id.value) == ["n2", "n1"])
    #expect(rows.map(\.read) == [true, false])
  }

  @Test func aNoticeIsMarkedOnce() async {
    core.contents.notices = [FakeCore.notice("n1")]
    await model.refresh()
    await model.markRead(NoticeId("n1"))
    await model.markRead(NoticeId("n1"))
    #expect(core.contents.calls == [.readNotice(NoticeId("n1"))])
  }

  @Test func whatCouldNotBeMarkedSaysWhy() async {
    core.contents.notices = [FakeCore.notice("n1")]
    await model.refresh()
    core.contents.refusal = .Bug(reference: "b1")
    await model.markRead(NoticeId("n1"))
    #expect(model.errors == [NoticeId("n1"): Message(.bug, reference: "b1")])
    #expect(rows.map(\.read) == [false])
  }

  @Test func aNewNoticeIsShownUntilTheScreenGoes() async {
    let screen = Task { await model.follow() }
    await until { model.state == .ready([]) }
    core.contents.notices = [FakeCore.notice("n1")]
    core.tell(.notices)
    await until { rows.map(\.id.value) == ["n1"] }
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }
}
