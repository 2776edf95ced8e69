// The core's change callbacks as an asynchronous sequence.
//
// Not here: what a screen makes of a change (`ios/`). The invariant: what has not been taken yet is
// kept as a set, so a slow consumer misses nothing and a busy core cannot fill the memory.

import Foundation
import MsoCoreGenerated

/// What changed, from the moment this is made until it is dropped or its consumer is cancelled.
///
/// Each element holds everything that changed since the last one was taken, each thing once and
/// never nothing. Make it first and read what you show afterwards: then no change can be missed in
/// between. One consumer at a time.
public struct Changes: AsyncSequence, Sendable {
  public typealias Element = Set<Change>

  private let mailbox: Mailbox
  private let wakes: AsyncStream<Void>

  /// Changes of anything that can be subscribed to as a workspace can.
  public init(subscribe: (any ChangeListener) -> any SubscriptionHandleProtocol) {
    let (wakes, wake) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    mailbox = Mailbox(wake: wake)
    self.wakes = wakes
    let subscription = subscribe(mailbox)
    wake.onTermination = { _ in subscription.cancel() }
  }

  public func makeAsyncIterator() -> Iterator {
    Iterator(mailbox: mailbox, wakes: wakes.makeAsyncIterator())
  }

  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let mailbox: Mailbox
    fileprivate var wakes: AsyncStream<Void>.Iterator

    public mutating func next() async -> Set<Change>? {
      while await wakes.next() != nil {
        let changes = mailbox.take()
        // A change that came between waking and taking was taken along, and left its wake behind.
        if !changes.isEmpty { return changes }
      }
      return nil
    }
  }
}

extension Workspace {
  /// What changes from now on.
  public func changes() -> Changes {
    Changes { subscribe(listener: $0) }
  }
}

/// Filled by a thread of the core's, emptied by the consumer.
private final class Mailbox: ChangeListener, @unchecked Sendable {
  private let lock = NSLock()
  private var changes: Set<Change> = []
  private let wake: AsyncStream<Void>.Continuation

  init(wake: AsyncStream<Void>.Continuation) {
    self.wake = wake
  }

  func changed(change: Change) {
    lock.withLock { _ = changes.insert(change) }
    wake.yield()
  }

  func take() -> Set<Change> {
    lock.withLock {
      defer { changes = [] }
      return changes
    }
  }
}
