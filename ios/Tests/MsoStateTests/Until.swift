// Waits for what a screen shows, without a clock.

import Observation

/// Returns when the condition holds; checks again whenever something observable in it changes.
@MainActor
func until(_ condition: @MainActor () -> Bool) async {
  while !condition() {
    await withCheckedContinuation { continuation in
      withObservationTracking {
        _ = condition()
      } onChange: {
        continuation.resume()
      }
    }
  }
}
