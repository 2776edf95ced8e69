// The one way from the models into the core: off the main actor, errors as messages.
//
// Not here: which call is made. The invariant: a call may wait for the store, so it waits on a
// thread that nobody else needs: neither the screen's nor one of the few that Swift's tasks share.

import Dispatch

/// Makes a call to the core, or several that belong together.
func attempt<Value: Sendable>(
  _ call: @escaping @Sendable () throws -> Value
) async -> Result<Value, Message> {
  await withCheckedContinuation { continuation in
    // A serial queue gets a thread even while those of all others wait; a concurrent one does not.
    DispatchQueue(label: "org.mso.core.call").async {
      continuation.resume(returning: Result(catching: call).mapError { Message($0) })
    }
  }
}
