import MsoCore
import Testing

@testable import MsoState

@Suite struct SyncLineTests {
  @Test(arguments: [
    (FakeCore.status(.offline), SyncLine.Kind.offline),
    (FakeCore.status(.offline, downloads: 1), .offline),
    (FakeCore.status(.offline, commands: 1), .offlineWaiting),
    (FakeCore.status(.offline, uploads: 1), .offlineWaiting),
    (FakeCore.status(.syncing, commands: 1), .syncing),
    (FakeCore.status(.idle, commands: 1, error: "offline"), .failed),
    (FakeCore.status(.idle, commands: 1), .waiting),
    (FakeCore.status(.idle, uploads: 1), .waiting),
    (FakeCore.status(.idle, downloads: 1), .waiting),
    (FakeCore.status(.idle), .upToDate),
  ])
  func theLineSaysWhatIsSo(status: SyncStatus, kind: SyncLine.Kind) {
    #expect(SyncLine(status).kind == kind)
  }

  @Test func figuresAreKept() {
    let line = SyncLine(
      FakeCore.status(.syncing, commands: 1, uploads: 2, downloads: 3, error: "x"))
    #expect([line.waitingCommands, line.waitingUploads, line.waitingDownloads] == [1, 2, 3])
    #expect(line.lastError == "x")
  }
}
