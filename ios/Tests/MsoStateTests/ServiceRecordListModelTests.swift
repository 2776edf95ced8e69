import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct ServiceRecordListModelTests {
  private let core = FakeCore()
  private let model: ServiceRecordListModel

  init() {
    model = ServiceRecordListModel(core: core)
  }

  private var list: PagedList<ServiceRecordItem>? {
    if case .ready(let list) = model.state { list } else { nil }
  }

  @Test func servicesAreShown() async {
    #expect(model.state == .loading)
    core.contents.serviceRecords = [FakeCore.serviceRecord("2"), FakeCore.serviceRecord("1")]
    await model.refresh()
    #expect(model.state == .ready(PagedList(rows: core.contents.serviceRecords, more: false)))
  }

  @Test func whatCannotBeReadSaysWhy() async {
    core.contents.broken = MsoError.Refused(code: "forbidden", field: nil, existing: nil)
    await model.refresh()
    #expect(model.state == .failed(Message(.refused, code: "forbidden")))
  }

  @Test func olderServicesAreShownWhenTheEndIsReached() async {
    core.contents.serviceRecords = (1...51).map { FakeCore.serviceRecord("\($0)") }
    await model.refresh()
    #expect(list?.rows.count == 50)
    #expect(list?.more == true)
    await model.showMore()
    #expect(list?.rows == core.contents.serviceRecords)
    #expect(list?.more == false)
  }

  @Test func aNewServiceIsShownUntilTheScreenGoes() async {
    let screen = Task { await model.follow() }
    await until { list != nil }
    core.contents.serviceRecords = [FakeCore.serviceRecord("1")]
    core.tell(.serviceRecords)
    await until { list?.rows.map(\.caseNumber) == ["1"] }
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }
}
