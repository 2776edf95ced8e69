// The core's change callbacks as an asynchronous sequence.
//
// Invariant: changes not consumed yet are kept as a set, so a slow consumer misses nothing and a
// busy core cannot fill the memory.

import Foundation
import MsoCoreGenerated

/// The changes from the creation of this sequence until it is released or its consumer is
/// cancelled.
///
/// Each element is the nonempty set of all changes since the previous element. Create the sequence
/// first and read what you show afterwards, so that no change is missed in between. One consumer at
/// a time.
public struct Changes: AsyncSequence, Sendable {
  public typealias Element = Set<Change>

  private let mailbox: Mailbox
  private let wakes: AsyncStream<Void>

  /// The changes of anything that has the workspace's subscribe function.
  public init(subscribe: (any ChangeListener) -> any SubscriptionProtocol) {
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
        // A change that arrived between the wake-up and the take was included in that take, which
        // leaves a wake-up without changes.
        if !changes.isEmpty { return changes }
      }
      return nil
    }
  }
}

extension WorkspaceProtocol {
  /// The changes from now on.
  public func changes() -> Changes {
    Changes { subscribe(listener: $0) }
  }
}

/// Filled by a thread of the core, emptied by the consumer.
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
