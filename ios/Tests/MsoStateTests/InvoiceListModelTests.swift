import Dispatch
import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct InvoiceListModelTests {
  private let core = FakeCore()
  private let model: InvoiceListModel
  private let one = InvoiceId("i1")

  init() {
    model = InvoiceListModel(core: core)
  }

  private var list: PagedList<InvoiceView>? {
    if case .ready(let list) = model.state { list } else { nil }
  }

  @Test func invoicesAreShown() async {
    #expect(model.state == .loading)
    core.contents.invoices = [FakeCore.invoice("i2", .verified), FakeCore.invoice("i1")]
    await model.refresh()
    #expect(model.state == .ready(PagedList(rows: core.contents.invoices, more: false)))
  }

  @Test func olderInvoicesAreShownWhenTheEndIsReached() async {
    core.contents.invoices = (1...120).map { FakeCore.invoice("i\($0)") }
    await model.refresh()
    #expect(list?.rows.count == 50)
    await model.showMore()
    #expect(list?.rows.count == 100)
    #expect(list?.more == true)
    await model.showMore()
    #expect(list?.rows == core.contents.invoices)
    #expect(list?.more == false)
  }

  @Test(arguments: [
    (InvoiceVerification.pending, true),
    (.verified, true),
    (.flagged, false),
  ])
  func anInvoiceCanBeDisputedUnlessItIs(verification: InvoiceVerification, can: Bool) async {
    core.contents.invoices = [FakeCore.invoice("i1", verification)]
    await model.refresh()
    #expect(list?.rows.map(\.canBeDisputed) == [can])
    await model.dispute(one, reason: "not ordered")
    let calls: [FakeCall] = can ? [.flag(one, reason: "not ordered")] : []
    #expect(core.contents.calls == calls)
    #expect(list?.rows.map(\.verification) == [.flagged])
  }

  @Test func whatIsNotInTheListIsNotDisputed() async {
    await model.dispute(one, reason: "not ordered")
    await model.refresh()
    await model.dispute(one, reason: "not ordered")
    #expect(core.contents.calls == [])
  }

  @Test func aDisputeThatIsRefusedSaysWhyAtItsInvoice() async {
    core.contents.invoices = [FakeCore.invoice("i2"), FakeCore.invoice("i1")]
    await model.refresh()
    core.contents.refusal = .Invalid(field: "reason", reason: "too_short")
    await model.dispute(one, reason: "")
    #expect(model.errors == [one: Message(.invalid, code: "too_short", field: "reason")])
    #expect(list?.rows.map(\.verification) == [.pending, .pending])
  }

  @Test func twoTapsDisputeOnce() async {
    core.contents.invoices = [FakeCore.invoice("i1")]
    await model.refresh()
    let (begun, released) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    core.contents.beforeAction = { number in
      guard number == 1 else { return }
      begun.continuation.yield()
      released.wait()
    }
    let first = Task { await model.dispute(one, reason: "not ordered") }
    for await _ in begun.stream { break }
    #expect(model.working == [one])
    await model.dispute(one, reason: "too dear")
    released.signal()
    await first.value
    #expect(core.contents.calls == [.flag(one, reason: "not ordered")])
    #expect(model.working.isEmpty)
  }

  @Test func aNewInvoiceIsShownUntilTheScreenGoes() async {
    let screen = Task { await model.follow() }
    await until { list != nil }
    core.contents.invoices = [FakeCore.invoice("i1")]
    core.tell(.invoices)
    await until { list?.rows.map(\.invoiceId) == [one] }
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }
}
