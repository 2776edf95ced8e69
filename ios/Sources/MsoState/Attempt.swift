// Calls from the models into the core: off the main actor, with errors as messages.
//
// Invariant: a call may wait for the store, so it blocks a thread of its own, neither the screen's
// nor one of the few in Swift's shared pool.

import Dispatch

/// Calls the core, once or several times for one result.
func attempt<Value: Sendable>(
  _ call: @escaping @Sendable () throws -> Value
) async -> Result<Value, Message> {
  await withCheckedContinuation { continuation in
    // A serial queue gets a thread even while those of all others are blocked; a concurrent one
    // does not.
    DispatchQueue(label: "org.mso.core.call").async {
      continuation.resume(returning: Result(catching: call).mapError { Message($0) })
    }
  }
}
