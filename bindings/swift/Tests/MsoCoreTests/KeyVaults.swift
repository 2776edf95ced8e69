// Key vaults of tests: one that works, one that does not.

import Foundation
import MsoCore

/// Keeps roots by an opaque id, in memory.
final class MemoryKeyVault: KeyVault, @unchecked Sendable {
  private let lock = NSLock()
  private var roots: [Data: Data] = [:]
  private var count: UInt8 = 0

  /// How many roots were ever made.
  var made: UInt8 { lock.withLock { count } }

  func unwrapRoot(wrapped: Data?) throws -> UnwrappedRoot {
    try lock.withLock {
      guard let wrapped else {
        count += 1
        let root = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) })
        roots[Data([count])] = root
        return UnwrappedRoot(root: root, wrapped: Data([count]))
      }
      guard let root = roots[wrapped] else { throw KeyVaultError.KeyInvalidated }
      return UnwrappedRoot(root: root, wrapped: wrapped)
    }
  }

  func wipe() {
    lock.withLock { roots = [:] }
  }
}

/// Gives no key.
final class RefusingKeyVault: KeyVault {
  private let reason: any Error

  init(_ reason: any Error) {
    self.reason = reason
  }

  func unwrapRoot(wrapped: Data?) throws -> UnwrappedRoot {
    throw reason
  }

  func wipe() {}
}
