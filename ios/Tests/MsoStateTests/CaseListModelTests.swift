import Dispatch
import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct CaseListModelTests {
  private let core = FakeCore()
  private let model: CaseListModel

  init() {
    model = CaseListModel(core: core)
  }

  private var rows: [CaseSummary] {
    if case .ready(let list) = model.state { list.rows } else { [] }
  }

  @Test func nothingIsShownBeforeReading() {
    #expect(model.state == .loading)
  }

  @Test func withoutASessionTheSignInIsShown() async {
    core.contents.session = nil
    await model.refresh()
    #expect(model.state == .signedOut)
  }

  @Test func aSessionThatEndedShowsTheSignIn() async {
    core.contents.broken = MsoError.SignInNeeded
    await model.refresh()
    #expect(model.state == .signedOut)
  }

  @Test func rowsLineAndUnreadNoticesAreShown() async {
    core.contents.cases = [FakeCore.row("c2"), FakeCore.row("c1", .done)]
    core.contents.status = FakeCore.status(.offline, commands: 2)
    core.contents.notices = [FakeCore.notice("n2"), FakeCore.notice("n1", read: true)]
    await model.refresh()
    #expect(
      model.state
        == .ready(
          CaseList(
            rows: core.contents.cases, more: false, sync: SyncLine(core.contents.status),
            unreadNotices: 1)))
  }

  @Test func whatCannotBeReadSaysWhyAndComesBack() async {
    core.contents.broken = MsoError.StorageBroken(reference: "disk_full")
    await model.refresh()
    #expect(model.state == .failed(Message(.storageBroken, reference: "disk_full")))
    core.contents.broken = nil
    await model.refresh()
    #expect(model.state != .failed(Message(.storageBroken, reference: "disk_full")))
  }

  @Test func olderCasesAreShownWhenTheEndIsReached() async {
    core.contents.cases = (1...70).map { FakeCore.row("c\($0)") }
    await model.refresh()
    guard case .ready(let first) = model.state else { return #expect(Bool(false)) }
    #expect(first.rows.count == 50 && first.more)
    await model.showMore()
    guard case .ready(let all) = model.state else { return #expect(Bool(false)) }
    #expect(all.rows == core.contents.cases && !all.more)
  }

  @Test func aChangeIsReadAgainUntilTheScreenGoes() async {
    let screen = Task { await model.follow() }
    await until { model.state != .loading }
    core.contents.cases = [FakeCore.row("c1")]
    core.tell(.ofCase(caseId: CaseId("c1")))
    await until { rows.map(\.status) == [.assigned] }
    core.move("c1", to: .accepted)
    await until { rows.map(\.status) == [.accepted] }
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }

  @Test func aSlowReadingDoesNotReplaceANewerOne() async {
    let (begun, released) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    core.contents.beforeReading = { number in
      guard number == 1 else { return }
      begun.continuation.yield()
      released.wait()
    }
    let slow = Task { await model.refresh() }
    for await _ in begun.stream { break }
    core.contents.cases = [FakeCore.row("c1")]
    await model.refresh()
    #expect(rows.count == 1)
    core.contents.broken = MsoError.Offline
    released.signal()
    await slow.value
    #expect(rows.count == 1)
  }
}
