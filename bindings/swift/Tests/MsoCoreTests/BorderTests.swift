// That Swift and the real core understand each other: records, errors, callbacks, closing.
//
// Not here: what the core decides; that is tested in Rust.

import Foundation
import MsoCore
import Testing

@Suite struct BorderTests {
  private let folder: TemporaryFolder
  private let vault = MemoryKeyVault()

  init() throws {
    folder = try TemporaryFolder()
  }

  private func open(_ vault: (any KeyVault)? = nil) throws -> Workspace {
    let options = WorkspaceOptions(
      directory: folder.url.appendingPathComponent("store").path,
      // Nobody listens on the discard port.
      serverUrl: "http://127.0.0.1:9", platform: "ios", appVersion: "0.1.0",
      deviceName: "border test")
    return try Workspace.open(options: options, vault: vault ?? self.vault)
  }

  private func patient(born birthDate: String = "1958-04-17") -> NewPatient {
    NewPatient(
      patientId: PatientId("01930000-0000-7000-8000-000000000001"),
      familyName: "Weber", givenName: nil, birthDate: birthDate, sex: .female,
      identifiers: [PatientIdentifier(kind: .nationalId, issuer: "DE", number: "7")],
      noIdentifierReason: nil, preferredLanguage: nil)
  }

  @Test func recordsAndListsComeAcross() throws {
    let workspace = try open()
    defer { workspace.shutdown() }
    #expect(try workspace.session() == nil)
    #expect(try workspace.cases().list() == CasePage(cases: [], next: nil))
    #expect(try workspace.notices().list() == [])
    #expect(try workspace.sync().outbox() == [])
    let status = try workspace.sync().status()
    #expect(status.state == .offline)
    #expect(status.pendingCommands == 0)
    #expect(status.lastSyncAt == nil)
  }

  @Test func theStoreIsWholeAndHoldsAfterARestart() throws {
    for _ in 0..<2 {
      let workspace = try open()
      #expect(try workspace.integrityCheck() == "ok")
      workspace.shutdown()
    }
    #expect(vault.made == 1)
  }

  @Test func nothingCanBeEnteredBeforeSigningIn() throws {
    let workspace = try open()
    defer { workspace.shutdown() }
    #expect(throws: MsoError.SignInNeeded) { try workspace.patients().create(patient: patient()) }
    #expect(try workspace.sync().outbox() == [])
  }

  @Test func aWrongBirthDateNamesItsField() throws {
    let workspace = try open()
    defer { workspace.shutdown() }
    #expect {
      try workspace.patients().create(patient: patient(born: "17.04.1958"))
    } throws: { error in
      guard case .Invalid(let field, let reason) = error as? MsoError else { return false }
      return field == "birth_date" && !reason.isEmpty
    }
  }

  @Test func whatIsNoIdIsRefusedByItsKindAndAnUnknownIdIsNotFound() throws {
    let workspace = try open()
    defer { workspace.shutdown() }
    #expect(throws: MsoError.Invalid(field: "case_id", reason: "malformed")) {
      try workspace.cases().detail(caseId: CaseId("no id"))
    }
    #expect(throws: MsoError.NotFound) {
      try workspace.cases().detail(caseId: CaseId("01930000-0000-7000-8000-000000000000"))
    }
  }

  /// A Swift string has no half characters: bridging puts U+FFFD there, which everybody can see.
  @Test func halfACharacterOfAnNSStringArrivesAsAReplacementCharacter() throws {
    let half = NSString(characters: [0x70, 0xD83D], length: 2)
    let text = String(half)
    #expect(Array(text.utf8) == Array("p\u{FFFD}".utf8))
    let workspace = try open()
    defer { workspace.shutdown() }
    let bytes = Data("%PDF-1.7\n".utf8)
    let staged = try workspace.documents().stageBytes(
      bytes: bytes, fileName: "page.pdf", kind: .photo, title: text)
    #expect(staged.title == "p\u{FFFD}")
    #expect(throws: MsoError.Invalid(field: "title", reason: "malformed")) {
      try workspace.documents().stageBytes(
        bytes: bytes, fileName: "page.pdf", kind: .photo, title: "p\u{FFFE}")
    }
  }

  @Test func whatIsTypedInAboutACaseIsCheckedBeforeTheCaseIsLookedFor() throws {
    let workspace = try open()
    defer { workspace.shutdown() }
    let cases = workspace.cases()
    let nobodys = CaseId("01930000-0000-7000-8000-000000000000")
    #expect(throws: MsoError.Invalid(field: "text", reason: "too_short")) {
      try cases.act(
        caseId: nobodys, operation: .reportIssue(kind: .return, text: "Why?", wantedItems: []))
    }
    #expect(throws: MsoError.SignInNeeded) {
      try cases.act(caseId: nobodys, operation: .reject(reason: .noCapacity, text: nil))
    }
    let (issue, document) = (IssueId(nobodys.value), DocumentId(nobodys.value))
    #expect(throws: MsoError.SignInNeeded) {
      try cases.act(
        caseId: nobodys,
        operation: .answerIssue(issueId: issue, text: nil, documentIds: [document]))
    }
    #expect(try cases.issues(caseId: nobodys) == [])
  }

  @Test func aCamerasBytesAreStagedWithoutAFileListedAndReadPieceByPiece() throws {
    let workspace = try open()
    defer { workspace.shutdown() }
    let documents = workspace.documents()
    let bytes = Data("%PDF-1.7\n".utf8) + Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0) })
    let staged = try documents.stageBytes(
      bytes: bytes, fileName: "page.pdf", kind: .photo, title: "Page")
    #expect(try documents.staged() == [staged])
    let reader = try documents.open(documentId: staged.documentId)
    var pieces: [Data] = []
    while case let piece = try reader.read(length: 40_000), !piece.isEmpty { pieces.append(piece) }
    #expect(pieces.map(\.count) == [40_000, 40_000, bytes.count - 80_000])
    #expect(Data(pieces.joined()) == bytes)
    try documents.discardStaged(documentId: staged.documentId)
    #expect(try documents.staged() == [])
    #expect(throws: MsoError.NotFound) { try documents.open(documentId: staged.documentId) }
  }

  @Test func anAsynchronousCallFailsAsAnyOther() async throws {
    let workspace = try open()
    defer { workspace.shutdown() }
    await #expect(throws: MsoError.Offline) {
      try await workspace.signIn(email: "amal@example.org", password: "secret")
    }
  }

  @Test func aKeyThatWasInvalidatedIsLost() {
    #expect(throws: MsoError.KeyLost) { try open(RefusingKeyVault(KeyVaultError.KeyInvalidated)) }
  }

  @Test func aKeyVaultThatBreaksDownDoesNotTakeTheCoreWithIt() throws {
    #expect(throws: MsoError.self) { try open(RefusingKeyVault(CocoaError(.fileReadUnknown))) }
    let workspace = try open()
    defer { workspace.shutdown() }
    #expect(try workspace.integrityCheck() == "ok")
  }

  @Test func aStoreWithoutItsKeyIsLostAndSaysSo() throws {
    try open().shutdown()
    vault.wipe()
    #expect(throws: MsoError.KeyLost) { try open() }
  }

  @Test func aWorkspaceThatWasShutDownSaysSoInsteadOfBreaking() throws {
    let workspace = try open()
    workspace.shutdown()
    workspace.shutdown()
    #expect(throws: MsoError.self) { try workspace.cases().list() }
  }

  @Test(.timeLimit(.minutes(1))) func changesAreToldUntilCancelled() async throws {
    let workspace = try open()
    let changes = workspace.changes()
    try workspace.sync().goOnline()
    var told: Set<Change>?
    for await batch in changes {
      told = batch
      break
    }
    #expect(told?.contains(.syncStatus) == true)
    workspace.sync().goOffline()
    workspace.shutdown()
  }

  @Test(.timeLimit(.minutes(1))) func aWorkspaceCanBeClosedWhileSomebodyListens() async throws {
    let workspace = try open()
    let changes = workspace.changes()
    let listening = Task {
      for await _ in changes {}
    }
    try workspace.sync().goOnline()
    workspace.shutdown()
    listening.cancel()
    await listening.value
  }

  @Test func aListenerIsLetGoWithItsSubscription() throws {
    let workspace = try open()
    defer { workspace.shutdown() }
    weak var listener: Listener?
    do {
      let strong = Listener()
      listener = strong
      workspace.subscribe(listener: strong).cancel()
    }
    #expect(listener == nil)
  }
}

private final class Listener: ChangeListener {
  func changed(change: Change) {}
}
