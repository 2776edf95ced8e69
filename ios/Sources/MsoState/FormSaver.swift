// Saves what the user types in a form.
//
// Invariants: calls to the core about the form happen one after the other, and each save takes the
// newest content, so an older one is never saved after a newer one. After the form was sent or
// discarded nothing is saved: that would bring it back.

import Observation

/// Saves the newest content once nothing was typed for a while.
@MainActor
@Observable
final class FormSaver<Content: Sendable> {
  /// Why the last save failed.
  private(set) var error: Message?

  @ObservationIgnored private let quiet: Duration
  @ObservationIgnored private let save: @Sendable (Content) throws -> Void
  @ObservationIgnored private var unsaved: Content?
  @ObservationIgnored private var changes = 0
  @ObservationIgnored private var pause: Task<Void, Never>?
  @ObservationIgnored private var lastCall: Task<Void, Never>?
  @ObservationIgnored private var isOver = false

  init(quiet: Duration, save: @escaping @Sendable (Content) throws -> Void) {
    self.quiet = quiet
    self.save = save
  }

  func changed(_ content: Content) {
    guard !isOver else { return }
    unsaved = content
    changes += 1
    pause?.cancel()
    // Keeps the saver: it saves also if the form is released meanwhile.
    pause = Task {
      try? await Task.sleep(for: quiet)
      guard !Task.isCancelled else { return }
      await flush()
    }
  }

  /// Saves now what is not saved yet.
  func flush() async {
    pause?.cancel()
    await inTurn { await self.saveNewest() }
  }

  /// Calls the core to send or discard the form. If that succeeds, nothing is saved any more.
  func end<Output: Sendable>(
    _ call: @escaping @Sendable () throws -> Output
  ) async -> Result<Output, Message> {
    await inTurn {
      let outcome = await attempt(call)
      if case .success = outcome {
        self.isOver = true
        self.unsaved = nil
        self.pause?.cancel()
      }
      return outcome
    }
  }

  private func saveNewest() async {
    guard !isOver, let content = unsaved else { return }
    let change = changes
    switch await attempt({ [save] in try save(content) }) {
    case .success:
      // What was typed meanwhile is still to be saved.
      if change == changes { unsaved = nil }
      error = nil
    case .failure(let message): error = message
    }
  }

  /// Runs one call at a time, in the order in which they came. Each runs to its end also if its
  /// caller is cancelled: only then is it known whether the form is over.
  private func inTurn<Value: Sendable>(
    _ call: @escaping @MainActor () async -> Value
  ) async -> Value {
    let before = lastCall
    let task = Task<Value, Never> {
      _ = await before?.value
      return await call()
    }
    lastCall = Task { _ = await task.value }
    return await task.value
  }
}
