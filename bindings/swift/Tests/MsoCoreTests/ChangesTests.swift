// `Changes` on a source of the tests' own.

import Foundation
import MsoCore
import Testing

@Suite(.timeLimit(.minutes(1))) struct ChangesTests {
  private let source = Source()

  @Test func whatWaitsIsTakenTogetherAndOnce() async {
    let changes = source.changes()
    source.tell(.notices)
    source.tell(.ofCase(caseId: CaseId("c1")))
    source.tell(.notices)
    var iterator = changes.makeAsyncIterator()
    #expect(await iterator.next() == [.notices, .ofCase(caseId: CaseId("c1"))])
    source.tell(.notices)
    #expect(await iterator.next() == [.notices])
  }

  @Test func aChangeWakesWhoWaits() async {
    let changes = source.changes()
    let first = Task { await changes.first { _ in true } }
    await Task.yield()
    source.tell(.session)
    #expect(await first.value == [.session])
  }

  @Test func aCancelledConsumerEndsTheSubscription() async {
    let changes = source.changes()
    let consumer = Task {
      for await _ in changes {}
    }
    consumer.cancel()
    await consumer.value
    #expect(source.isCancelled)
  }

  @Test func droppingItUnusedEndsTheSubscription() {
    do {
      let changes = source.changes()
      #expect(!source.isCancelled)
      _ = changes
    }
    #expect(source.isCancelled)
  }
}

/// Something to subscribe to.
private final class Source: SubscriptionProtocol, @unchecked Sendable {
  private let lock = NSLock()
  private var listener: (any ChangeListener)?
  private var cancelled = false

  var isCancelled: Bool { lock.withLock { cancelled } }

  func changes() -> Changes {
    Changes { listener in
      lock.withLock { self.listener = listener }
      return self
    }
  }

  func tell(_ change: Change) {
    lock.withLock { listener }?.changed(change: change)
  }

  func cancel() {
    lock.withLock {
      cancelled = true
      listener = nil
    }
  }
}
