import Dispatch
import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct PatientListModelTests {
  private let core = FakePatientCore()
  private let model: PatientListModel

  init() {
    core.records.details = [
      FakePatientCore.detail("p1", fields: FakePatientCore.fields(family: "Abadi")),
      FakePatientCore.detail("p2", fields: FakePatientCore.fields(family: "Haddad")),
      FakePatientCore.detail("p3", fields: FakePatientCore.fields(family: "Hakim")),
    ]
    model = PatientListModel(core: core)
  }

  private var names: [String]? {
    if case .ready(let list) = model.state { list.rows.map(\.displayName) } else { nil }
  }

  @Test func patientsAreShownInTheCoresOrder() async {
    #expect(model.state == .loading)
    await model.refresh()
    #expect(
      model.state
        == .ready(PagedList(rows: core.records.details.map(\.summary), more: false)))
  }

  @Test func withoutASessionTheSignInIsShown() async {
    core.contents.session = nil
    await model.refresh()
    #expect(model.state == .signedOut)
  }

  @Test func whatCannotBeReadSaysWhy() async {
    core.contents.broken = MsoError.StorageBroken(reference: "disk_full")
    await model.refresh()
    #expect(model.state == .failed(Message(.storageBroken, reference: "disk_full")))
  }

  @Test func furtherPatientsAreShownWhenTheEndIsReached() async {
    core.records.details = (1...70).map { FakePatientCore.detail("p\($0)") }
    await model.refresh()
    guard case .ready(let first) = model.state else { return #expect(Bool(false)) }
    #expect(first.rows.count == 50 && first.more)
    await model.showMore()
    guard case .ready(let all) = model.state else { return #expect(Bool(false)) }
    #expect(all.rows == core.records.details.map(\.summary) && !all.more)
  }

  @Test func whatIsTypedIsSearchedFor() async {
    await model.search("Ha")
    #expect(model.query == "Ha")
    #expect(names == ["Haddad", "Hakim"])
    await model.search("Hak")
    #expect(names == ["Hakim"])
    #expect(core.records.searched == ["Ha", "Hak"])
  }

  @Test func anEmptyOrBlankQueryShowsTheList() async {
    await model.search("Hak")
    await model.search("")
    #expect(names == ["Abadi", "Haddad", "Hakim"])
    await model.search("  ")
    #expect(names == ["Abadi", "Haddad", "Hakim"])
    #expect(core.records.searched == ["Hak"])
  }

  @Test func aSearchTooIsShownPageByPage() async {
    core.records.details = (1...70).map { FakePatientCore.detail("p\($0)") }
    await model.search("Haddad")
    #expect(names?.count == 50)
    await model.showMore()
    #expect(names?.count == 70)
  }

  @Test func aSlowSearchDoesNotReplaceALaterOne() async {
    let (begun, released) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    core.records.beforeListing = { query in
      guard query == "Ha" else { return }
      begun.continuation.yield()
      released.wait()
    }
    await model.refresh()
    let slow = Task { await model.search("Ha") }
    for await _ in begun.stream { break }
    #expect(model.query == "Ha")
    #expect(names == ["Abadi", "Haddad", "Hakim"])
    await model.search("Hak")
    #expect(names == ["Hakim"])
    released.signal()
    await slow.value
    #expect(names == ["Hakim"])
  }

  @Test func aChangeOfAPatientIsReadAgainForTheCurrentQuery() async {
    let screen = Task { await model.follow() }
    await until { model.state != .loading }
    await model.search("Hak")
    core.records.details.append(
      FakePatientCore.detail("p4", fields: FakePatientCore.fields(family: "Hakimi")))
    core.tell(.ofPatient(patientId: PatientId("p4")))
    await until { names == ["Hakim", "Hakimi"] }
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }
}
