// Ids: one type for each kind, so that a patient's id cannot be passed where a case's is expected.
//
// Invariant: an id comes from the core and is passed back unchanged. Text that is not an id is
// refused by the core.

/// The id of a record. `value` is its text form, a UUID.
public protocol RecordId: Hashable, Sendable, Codable, CustomStringConvertible {
  var value: String { get }
  init(_ value: String)
}

extension RecordId {
  public var description: String { value }
}

public struct CaseId: RecordId {
  public let value: String

  public init(_ value: String) {
    self.value = value
  }
}

public struct ClarificationId: RecordId {
  public let value: String

  public init(_ value: String) {
    self.value = value
  }
}

public struct CommandId: RecordId {
  public let value: String

  public init(_ value: String) {
    self.value = value
  }
}

public struct DeviceId: RecordId {
  public let value: String

  public init(_ value: String) {
    self.value = value
  }
}

public struct DocumentId: RecordId {
  public let value: String

  public init(_ value: String) {
    self.value = value
  }
}

public struct InstitutionId: RecordId {
  public let value: String

  public init(_ value: String) {
    self.value = value
  }
}

public struct InvoiceId: RecordId {
  public let value: String

  public init(_ value: String) {
    self.value = value
  }
}

public struct IssueId: RecordId {
  public let value: String

  public init(_ value: String) {
    self.value = value
  }
}

public struct NoticeId: RecordId {
  public let value: String

  public init(_ value: String) {
    self.value = value
  }
}

public struct NotificationId: RecordId {
  public let value: String

  public init(_ value: String) {
    self.value = value
  }
}

public struct PatientId: RecordId {
  public let value: String

  public init(_ value: String) {
    self.value = value
  }
}

public struct ProviderId: RecordId {
  public let value: String

  public init(_ value: String) {
    self.value = value
  }
}

public struct RecommendationId: RecordId {
  public let value: String

  public init(_ value: String) {
    self.value = value
  }
}

public struct UserId: RecordId {
  public let value: String

  public init(_ value: String) {
    self.value = value
  }
}
