// A form that makes a record: a new case, a new patient, an opinion.
//
// Invariants: the record's id is made when the form opens, not when it is sent. However often the
// form is sent (two taps, or again because the first answer did not arrive), the core makes one
// record of it. What was typed is saved on the phone until the form is sent or discarded.

import MsoCore
import Observation

public enum FormPhase<Id: Equatable & Sendable>: Equatable, Sendable {
  /// What was saved of it has not been read yet: the fields take nothing.
  case loading
  /// It can be filled in and sent. `lastError`: why it was not sent or discarded the last time.
  case open(lastError: Message? = nil)
  /// It is being sent or discarded: the fields take nothing, and a further tap does nothing.
  case working
  /// It is safe on the phone. A further tap does nothing.
  case sent(Id)
  /// It was discarded. A further tap or change does nothing.
  case discarded
  /// What was saved of it could not be read.
  case failed(Message)
}

/// State of one form. A screen runs ``follow()`` as long as it is shown.
@MainActor
@Observable
public final class FormModel<Id: Equatable & Sendable, Entered: Sendable> {
  public private(set) var phase: FormPhase<Id> = .loading
  /// What was saved before, then what was typed last; `nil`: nothing yet.
  public private(set) var content: Entered?
  /// What was saved is of another version of the app and cannot be shown: tell the user. It is kept
  /// until the user types or sends.
  public private(set) var isUnreadable = false
  /// Why what was typed last is not saved; it is tried again with the next change.
  public var saveError: Message? { saver.error }
  /// What the record will be called: put it into the record that is sent. Of an opinion, the
  /// case's id.
  public let id: Id

  @ObservationIgnored private let calls: FormCalls<Id, Entered>
  @ObservationIgnored private let saver: FormSaver<Entered>

  /// `quiet`: how long the user must have typed nothing before it is saved.
  init(id: Id, quiet: Duration, calls: FormCalls<Id, Entered>) {
    self.id = id
    self.calls = calls
    saver = FormSaver(quiet: quiet, save: calls.save)
  }

  /// Reads what was saved, and saves what was typed last when the screen goes: it ends when it is
  /// cancelled. The app may be killed in the background without that: call ``flush()`` when it goes
  /// there.
  public func follow() async {
    await refresh()
    let (untilCancelled, _) = AsyncStream.makeStream(of: Void.self)
    for await _ in untilCancelled {}
    await flush()
  }

  /// Reads what was saved, unless the form is open.
  public func refresh() async {
    guard isToRead else { return }
    let read = await attempt { [calls] in try calls.saved() }
    guard isToRead else { return }
    switch read {
    case .success(let saved):
      show(saved)
      phase = .open()
    case .failure(let message): phase = .failed(message)
    }
  }

  /// Takes what the user typed, the whole form, and saves it soon. To be called at each edit, and
  /// only then.
  public func changed(_ entered: Entered) {
    switch phase {
    // While it is being sent too: it is saved if the sending fails.
    case .open, .working: take(entered)
    case .loading, .sent, .discarded, .failed: break
    }
  }

  /// Saves now what was typed last. Returns when it is saved or ``saveError`` says why it is not.
  public func flush() async {
    await saver.flush()
  }

  /// Sends the form. If that fails, it stays saved. Returns when the result is shown.
  public func send(_ entered: Entered) async {
    guard case .open = phase else { return }
    take(entered)
    await end { [calls] in .sent(try calls.create(entered)) }
  }

  /// Discards the form, and what was saved of it. Returns when the result is shown.
  public func discard() async {
    guard case .open = phase else { return }
    await end { [calls] in
      try calls.discard()
      return .discarded
    }
  }

  private var isToRead: Bool {
    switch phase {
    case .loading, .failed: true
    case .open, .working, .sent, .discarded: false
    }
  }

  private func show(_ saved: SavedForm?) {
    guard let saved else { return }
    if case .unreadable = saved.content {
      isUnreadable = true
    } else {
      content = calls.read(saved.content)
    }
  }

  private func take(_ entered: Entered) {
    content = entered
    isUnreadable = false
    saver.changed(entered)
  }

  private func end(_ call: @escaping @Sendable () throws -> FormPhase<Id>) async {
    phase = .working
    switch await saver.end(call) {
    case .success(let ended): phase = ended
    case .failure(let message): phase = .open(lastError: message)
    }
  }
}
