// A core for tests of the staged files: holds them, and refuses on demand.

import Foundation
import MsoCore
import MsoState

final class FakeFileCore: FakeCore, @unchecked Sendable {
  /// The fake's contents; tests write them, models use them from other threads.
  struct FileContents {
    var staged: [StagedFile] = []
    /// Thrown by every call that changes something.
    var refusal: MsoError?
    var added: [String] = []
    var discarded: [DocumentId] = []
    /// Called before a file is added.
    var beforeAdding: (@Sendable () -> Void)?
  }

  private let fileLock = NSLock()
  private var heldFiles = FileContents()

  var files: FileContents {
    get { fileLock.withLock { heldFiles } }
    set { fileLock.withLock { heldFiles = newValue } }
  }

  override func documents() -> Documents { FakeDocuments(self) }

  fileprivate func add(_ what: String) throws -> StagedFile {
    files.beforeAdding?()
    return try fileLock.withLock {
      if let refusal = heldFiles.refusal { throw refusal }
      heldFiles.added.append(what)
      let file = FakeFileCore.file("new\(heldFiles.added.count)")
      heldFiles.staged.append(file)
      return file
    }
  }

  fileprivate func discard(_ id: DocumentId) throws {
    try fileLock.withLock {
      if let refusal = heldFiles.refusal { throw refusal }
      heldFiles.discarded.append(id)
      heldFiles.staged.removeAll { $0.documentId == id }
    }
  }

  static func file(_ id: String) -> StagedFile {
    StagedFile(
      documentId: DocumentId(id), kind: .imaging, title: "Echo", fileName: "echo.pdf",
      mediaType: "application/pdf", size: 2, sha256: String(repeating: "0", count: 64))
  }
}

private final class FakeDocuments: Documents, @unchecked Sendable {
  private let core: FakeFileCore

  init(_ core: FakeFileCore) {
    self.core = core
    super.init(noHandle: NoHandle())
  }

  required init(unsafeFromHandle handle: UInt64) { fatalError("a fake has no handle") }

  override func staged() throws -> [StagedFile] { core.files.staged }

  override func stageFile(path: EnteredText, kind: DocumentKind, title: EnteredText) throws
    -> StagedFile
  {
    try core.add("\(path) \(kind) \(title)")
  }

  override func stageBytes(
    bytes: Data, fileName: EnteredText, kind: DocumentKind, title: EnteredText
  ) throws -> StagedFile {
    try core.add("\(bytes.count) bytes \(fileName) \(kind) \(title)")
  }

  override func discardStaged(documentId: DocumentId) throws { try core.discard(documentId) }
}
