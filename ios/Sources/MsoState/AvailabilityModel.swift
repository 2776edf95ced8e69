// The screen where an expert sees the own profile and changes the availability.
//
// Invariant: what was entered stays until it is saved or taken back. Neither a refused save nor a
// profile that arrives in between replaces it.

import MsoCore
import Observation

public enum AvailabilityState: Equatable, Sendable {
  /// Nothing has been read yet.
  case loading
  /// Nobody is signed in: show the sign-in screen.
  case signedOut
  /// This phone has no whole profile: it has not been received yet, or the user is not an expert.
  case notReceived
  case ready(AvailabilityForm)
  /// The profile could not be read.
  case failed(Message)
}

/// The form on the screen.
public struct AvailabilityForm: Equatable, Sendable {
  public let profile: ProviderProfile
  /// What the fields show: what was entered, else what the profile says.
  public let entries: Availability
  /// Something was entered that is not saved.
  public let isEdited: Bool
  /// It is being saved: the fields do not take entries.
  public let isSaving: Bool
  /// Why it was not taken the last time.
  public let lastError: Message?
}

/// State of the expert's availability. A screen runs ``follow()`` as long as it is shown.
///
/// Entries do nothing while there is no form or while it is being saved.
@MainActor
@Observable
public final class AvailabilityModel {
  public var state: AvailabilityState {
    switch profile.state {
    case .loading: .loading
    case .signedOut: .signedOut
    case .ready(let read): form(of: read)
    case .failed(let message): .failed(message)
    }
  }

  private var entered: Entered?
  @ObservationIgnored private let profile: Followed<ProviderProfile?, ProviderId>

  /// Entries belong to an expert: the next one to sign in does not see them.
  private struct Entered {
    let by: ProviderId
    let entries: Availability
  }

  public init(core: any WorkspaceProtocol) {
    profile = Followed(
      core: core,
      read: { core, _ in try core.people().profile() },
      concerns: { change in
        switch change {
        // The core tells of the own profile with the session.
        case .session: true
        case .ofCase, .ofChat, .ofPatient, .ofDocument, .notices, .syncStatus: false
        case .catalogue, .serviceRecords, .notifications, .invoices: false
        }
      })
  }

  /// Reads at once, and again whenever the profile changes, until cancelled.
  public func follow() async {
    await profile.follow()
  }

  /// Reads again. Afterwards the profile is at least as recent as this call.
  public func refresh() async {
    await profile.refresh()
  }

  /// Enters whether new cases may be assigned.
  public func setAccepting(_ accepting: Bool) {
    change { $0.with(accepting: accepting) }
  }

  /// Enters days on which the expert is away, `2026-12-24`; the last one is included.
  public func addLeave(from: String, to: String) {
    let leave = AvailabilityException(from: from, to: to, kind: .leave)
    change { $0.with(exceptions: $0.exceptions + [leave]) }
  }

  /// Removes days that were entered or saved before.
  public func removeLeave(_ leave: AvailabilityException) {
    change { entries in
      var exceptions = entries.exceptions
      if let index = exceptions.firstIndex(of: leave) { exceptions.remove(at: index) }
      return entries.with(exceptions: exceptions)
    }
  }

  /// Enters everything at once.
  public func enter(_ entries: Availability) {
    change { _ in entries }
  }

  /// Takes back what was entered: the fields show what the profile says.
  public func takeBack() {
    guard case .ready(let form) = state, !form.isSaving else { return }
    entered = nil
  }

  /// Saves what was entered, if anything was. Returns when the result is shown.
  public func save() async {
    guard case .ready(let form) = state, form.isEdited, !form.isSaving else { return }
    let entries = form.entries
    let isSaved = await profile.act(on: form.profile.providerId) {
      try $0.people().setAvailability(availability: entries)
    }
    if isSaved { entered = nil }
  }

  private func change(_ changed: (Availability) -> Availability) {
    guard case .ready(let form) = state, !form.isSaving else { return }
    let entries = changed(form.entries)
    // What is as saved needs no saving.
    let isSaved = entries == form.profile.availability
    entered = isSaved ? nil : Entered(by: form.profile.providerId, entries: entries)
  }

  private func form(of profile: ProviderProfile?) -> AvailabilityState {
    guard let profile, let saved = profile.availability else { return .notReceived }
    let id = profile.providerId
    let own = entered.flatMap { $0.by == id ? $0.entries : nil }
    return .ready(
      AvailabilityForm(
        profile: profile, entries: own ?? saved, isEdited: own != nil,
        isSaving: self.profile.working.contains(id), lastError: self.profile.errors[id]))
  }
}

extension Availability {
  fileprivate func with(
    exceptions: [AvailabilityException]? = nil, accepting: Bool? = nil
  ) -> Availability {
    Availability(
      timeZone: timeZone, weekly: weekly, exceptions: exceptions ?? self.exceptions,
      accepting: accepting ?? self.accepting)
  }
}
