// The one line about sync that a user can trust.
//
// Not here: texts. The invariant: it never says "up to date" while anything waits.

import Foundation
import MsoCore

/// The line and its figures.
public struct SyncLine: Equatable, Sendable {
  /// What the line says; each is one text.
  public enum Kind: Sendable {
    /// No network; nothing waits.
    case offline
    /// No network; what waits will be sent.
    case offlineWaiting
    /// At work.
    case syncing
    /// Online; something waits for the next round.
    case waiting
    /// Online; the last round failed.
    case failed
    /// Online; nothing waits.
    case upToDate
  }

  /// What it says.
  public let kind: Kind
  /// Commands that wait to be sent.
  public let waitingCommands: UInt32
  /// Files that wait or are on their way up.
  public let waitingUploads: UInt32
  /// Their bytes that the server does not have yet.
  public let waitingUploadBytes: UInt64
  /// Files that wait or are on their way down.
  public let waitingDownloads: UInt32
  /// The last complete round.
  public let lastSyncAt: Date?
  /// The last error's code.
  public let lastError: String?

  init(_ status: SyncStatus) {
    kind = Kind(status)
    waitingCommands = status.pendingCommands
    waitingUploads = status.pendingUploads
    waitingUploadBytes = status.pendingUploadBytes
    waitingDownloads = status.pendingDownloads
    lastSyncAt = status.lastSyncAt
    lastError = status.lastError
  }
}

extension SyncLine.Kind {
  fileprivate init(_ status: SyncStatus) {
    let toSend = status.pendingCommands > 0 || status.pendingUploads > 0
    switch status.state {
    case .offline: self = toSend ? .offlineWaiting : .offline
    case .syncing: self = .syncing
    case .idle where status.lastError != nil: self = .failed
    case .idle: self = toSend || status.pendingDownloads > 0 ? .waiting : .upToDate
    }
  }
}
