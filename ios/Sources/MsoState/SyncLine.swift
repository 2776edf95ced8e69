// The line that tells the user the sync status.
//
// Invariant: it never says "up to date" while anything is waiting.

import Foundation
import MsoCore

/// The line and its figures.
public struct SyncLine: Equatable, Sendable {
  /// What the line says; each value is one text.
  public enum Kind: Sendable {
    /// No network; nothing is waiting.
    case offline
    /// No network; waiting items will be sent later.
    case offlineWaiting
    /// A sync is running.
    case syncing
    /// Online; something is waiting for the next sync.
    case waiting
    /// Online; the last sync failed.
    case failed
    /// Online; nothing is waiting.
    case upToDate
  }

  public let kind: Kind
  /// Commands waiting to be sent.
  public let waitingCommands: UInt32
  /// Files waiting for upload or being uploaded.
  public let waitingUploads: UInt32
  /// The bytes of those files that the server does not have yet.
  public let waitingUploadBytes: UInt64
  /// Files waiting for download or being downloaded.
  public let waitingDownloads: UInt32
  /// The time of the last complete sync.
  public let lastSyncAt: Date?
  /// The code of the last error.
  public let lastError: String?
  /// Records that are not shown, or not as they are now.
  public let unreadableRecords: UInt32

  init(_ status: SyncStatus) {
    kind = Kind(status)
    waitingCommands = status.pendingCommands
    waitingUploads = status.pendingUploads
    waitingUploadBytes = status.pendingUploadBytes
    waitingDownloads = status.pendingDownloads
    lastSyncAt = status.lastSyncAt
    lastError = status.lastError
    unreadableRecords = status.unreadableRecords
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
