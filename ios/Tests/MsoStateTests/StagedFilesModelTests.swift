import Dispatch
import Foundation
import MsoCore
import Testing

@testable import MsoState

@MainActor
@Suite(.timeLimit(.minutes(1))) struct StagedFilesModelTests {
  private let core = FakeFileCore()
  private let model: StagedFilesModel
  private let one = DocumentId("d1")
  private let two = DocumentId("d2")

  init() {
    model = StagedFilesModel(core: core)
    core.files.staged = [FakeFileCore.file("d1"), FakeFileCore.file("d2")]
  }

  private var ids: [DocumentId] {
    if case .ready(let files) = model.state { files.map(\.documentId) } else { [] }
  }

  @Test func theFilesThatArePartOfNoCaseAreShown() async {
    #expect(model.state == .loading)
    await model.refresh()
    #expect(model.state == .ready([FakeFileCore.file("d1"), FakeFileCore.file("d2")]))
  }

  @Test func withoutASessionTheSignInIsShown() async {
    core.contents.session = nil
    await model.refresh()
    #expect(model.state == .signedOut)
  }

  @Test func aFileAndACamerasPictureAreAddedAndGivenBack() async {
    await model.refresh()
    let file = await model.addFile(at: "/scans/echo.pdf", kind: .imaging, title: "Echo")
    let picture = await model.addBytes(
      Data([1, 2]), fileName: "wound.jpg", kind: .photo, title: "Wound")
    #expect(core.files.added == ["/scans/echo.pdf imaging Echo", "2 bytes wound.jpg photo Wound"])
    #expect(file?.documentId == DocumentId("new1"))
    #expect(picture?.documentId == DocumentId("new2"))
    #expect(ids == [one, two, DocumentId("new1"), DocumentId("new2")])
    #expect(!model.isAdding)
  }

  @Test func aFileThatCouldNotBeAddedSaysWhyUntilTheNextAttempt() async {
    await model.refresh()
    core.files.refusal = .Invalid(field: "file", reason: "too_large")
    let film = await model.addFile(at: "/scans/film.mp4", kind: .imaging, title: "Film")
    #expect(film == nil)
    #expect(model.addError?.key == "invalid.too_large")
    #expect(model.errors.isEmpty)
    #expect(ids == [one, two])
    core.files.refusal = nil
    await model.addFile(at: "/scans/echo.pdf", kind: .imaging, title: "Echo")
    #expect(model.addError == nil)
    #expect(ids.count == 3)
  }

  @Test func aSecondFileIsNotAddedWhileOneIsAdded() async {
    await model.refresh()
    let (begun, released) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
    core.files.beforeAdding = {
      begun.continuation.yield()
      released.wait()
    }
    let first = Task { await model.addFile(at: "/scans/echo.pdf", kind: .imaging, title: "Echo") }
    for await _ in begun.stream { break }
    #expect(model.isAdding)
    let second = await model.addFile(at: "/scans/lab.pdf", kind: .lab, title: "Lab")
    #expect(second == nil)
    released.signal()
    _ = await first.value
    #expect(core.files.added == ["/scans/echo.pdf imaging Echo"])
    #expect(!model.isAdding)
  }

  @Test func aFileThatIsDiscardedLeavesTheList() async {
    await model.refresh()
    await model.discard(one)
    #expect(core.files.discarded == [one])
    #expect(ids == [two])
    #expect(model.working.isEmpty)
  }

  @Test func aFileThatCouldNotBeDiscardedStaysAndSaysWhyAtItsRow() async {
    await model.refresh()
    core.files.refusal = .NotFound
    await model.discard(one)
    #expect(model.errors == [one: Message(.notFound)])
    #expect(model.addError == nil)
    #expect(ids == [one, two])
  }

  @Test func aFileThatBecomesPartOfACaseLeavesTheListUntilTheScreenGoes() async {
    let screen = Task { await model.follow() }
    await until { ids.count == 2 }
    core.files.staged = [FakeFileCore.file("d2")]
    core.tell(.ofDocument(documentId: one))
    await until { ids == [two] }
    screen.cancel()
    await screen.value
    #expect(core.listenerCount == 0)
  }
}
