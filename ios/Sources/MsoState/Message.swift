// What went wrong, as a key that a screen looks up in its texts.
//
// Not here: the texts. The invariant: nothing in a message was typed in by a person.

import MsoCore

/// An error for a screen.
public struct Message: Error, Equatable, Sendable {
  /// The few things that an app can act on.
  public enum Kind: String, Sendable {
    case refused
    case invalid
    case signInNeeded = "sign_in_needed"
    case signInFailed = "sign_in_failed"
    case offline
    case updateNeeded = "update_needed"
    case notFound = "not_found"
    case keyLost = "key_lost"
    case storageBroken = "storage_broken"
    case server
    case bug
  }

  /// What it is about.
  public let kind: Kind
  /// The stable code below it, where there is one.
  public let code: String?
  /// The field concerned, as named in the record.
  public let field: String?
  /// What to quote when asking for help.
  public let reference: String?

  public init(_ kind: Kind, code: String? = nil, field: String? = nil, reference: String? = nil) {
    self.kind = kind
    self.code = code
    self.field = field
    self.reference = reference
  }

  /// What to say about an error. One that is none of the core's is a fault of ours.
  public init(_ error: any Error) {
    if let error = error as? MsoError {
      self.init(error)
    } else {
      self.init(.bug, reference: String(describing: type(of: error)))
    }
  }

  /// What to say about an error of the core's.
  public init(_ error: MsoError) {
    switch error {
    case .Refused(let code, let field): self.init(.refused, code: code, field: field)
    case .Invalid(let field, let reason): self.init(.invalid, code: reason, field: field)
    case .SignInNeeded: self.init(.signInNeeded)
    case .SignInFailed: self.init(.signInFailed)
    case .Offline: self.init(.offline)
    case .UpdateNeeded: self.init(.updateNeeded)
    case .NotFound: self.init(.notFound)
    case .KeyLost: self.init(.keyLost)
    case .StorageBroken(let reference): self.init(.storageBroken, reference: reference)
    case .Server(let code, let reference): self.init(.server, code: code, reference: reference)
    case .Bug(let reference): self.init(.bug, reference: reference)
    }
  }

  /// Names the text: `offline`, `refused.assignment_superseded`.
  public var key: String {
    code.map { "\(kind.rawValue).\($0)" } ?? kind.rawValue
  }
}
