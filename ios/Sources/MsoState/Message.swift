// Errors as keys that a screen looks up in its texts.
//
// Invariant: a message contains nothing that a person typed.

import MsoCore

/// An error for a screen.
public struct Message: Error, Equatable, Sendable {
  /// The kinds of error that an app can act on.
  public enum Kind: String, Sendable {
    case refused
    case invalid
    case signInNeeded = "sign_in_needed"
    case signInFailed = "sign_in_failed"
    case offline
    case updateNeeded = "update_needed"
    case notFound = "not_found"
    case tooManyDevices = "too_many_devices"
    case alreadyOpen = "already_open"
    case keyLost = "key_lost"
    case storageBroken = "storage_broken"
    case server
    case bug
  }

  public let kind: Kind
  /// The specific stable code, if any.
  public let code: String?
  /// The field concerned, as named in the record.
  public let field: String?
  /// The reference to quote to support.
  public let reference: String?
  /// With `patient_exists`: the patient to use instead.
  public let existing: PatientId?

  public init(
    _ kind: Kind, code: String? = nil, field: String? = nil, reference: String? = nil,
    existing: PatientId? = nil
  ) {
    self.kind = kind
    self.code = code
    self.field = field
    self.reference = reference
    self.existing = existing
  }

  /// The message for an error. An error that is not the core's is a bug.
  public init(_ error: any Error) {
    if let error = error as? MsoError {
      self.init(error)
    } else {
      self.init(.bug, reference: String(describing: type(of: error)))
    }
  }

  /// The message for an error of the core.
  public init(_ error: MsoError) {
    switch error {
    case .Refused(let code, let field, let existing):
      self.init(.refused, code: code, field: field, existing: existing)
    case .Invalid(let field, let reason): self.init(.invalid, code: reason, field: field)
    case .SignInNeeded: self.init(.signInNeeded)
    case .SignInFailed: self.init(.signInFailed)
    case .Offline: self.init(.offline)
    case .UpdateNeeded: self.init(.updateNeeded)
    case .NotFound: self.init(.notFound)
    case .TooManyDevices: self.init(.tooManyDevices)
    case .AlreadyOpen: self.init(.alreadyOpen)
    case .KeyLost: self.init(.keyLost)
    case .StorageBroken(let reference): self.init(.storageBroken, reference: reference)
    case .Server(let code, let reference): self.init(.server, code: code, reference: reference)
    case .Bug(let reference): self.init(.bug, reference: reference)
    }
  }

  /// The key of the text: `offline`, `refused.assignment_superseded`.
  public var key: String {
    code.map { "\(kind.rawValue).\($0)" } ?? kind.rawValue
  }
}
