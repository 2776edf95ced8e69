// Records as JSON: keys as in Rust, times in ISO 8601, absent values as null.
//
// Records are read by reflection, so a new field appears without a change here. A value that cannot
// be read that way ends the program.

import Foundation
import MsoCore
import MsoState

extension JSON {
  /// A record, a list of records, or one of their parts.
  init(_ value: Any) {
    switch value {
    case let json as JSON: self = json
    case let text as String: self = .text(text)
    case let id as any RecordId: self = .text(id.value)
    case let flag as Bool: self = .flag(flag)
    case let integer as any FixedWidthInteger: self = .integer(Int64(integer))
    case let time as Date:
      self = .text(time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    case let status as CaseStatus: self = .text(wireName(of: status))
    case let inactive as Inactive: self.init(inactive: inactive)
    default: self.init(reflecting: value)
    }
  }

  private init(reflecting value: Any) {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: self = mirror.children.first.map { JSON($0.value) } ?? .null
    case .collection: self = .list(mirror.children.map { JSON($0.value) })
    case .struct:
      let fields = mirror.children.compactMap { field in
        field.label.map { (snakeCase($0), JSON(field.value)) }
      }
      self = .object(Dictionary(uniqueKeysWithValues: fields))
    case .enum where mirror.children.isEmpty: self = .text(wireName(of: value))
    default: fatalError("no JSON for \(mirror.subjectType)")
    }
  }

  /// The content of a saved form; null where there is none.
  init(saved form: SavedForm?) throws {
    switch form?.content {
    case nil: self = ["form": .null]
    case .case(let newCase): self = ["form": JSON(newCase)]
    case .patient(let patient): self = ["form": JSON(patient)]
    case .opinion(_, let opinion): self = ["form": JSON(opinion)]
    case .unreadable: throw BadRequest("unreadable_form")
    }
  }

  private init(inactive: Inactive) {
    switch inactive {
    case .deceased(let date): self = ["reason": .text("deceased"), "deceased_date": .text(date)]
    case .duplicate, .left, .error: self = ["reason": .text(wireName(of: inactive))]
    }
  }

  /// The id of the record that an operation created.
  init(created: Created?) {
    switch created {
    case nil: self = [:]
    case .issue(let id): self = ["issue_id": JSON(id)]
    case .recommendation(let id): self = ["recommendation_id": JSON(id)]
    case .clarification(let id): self = ["clarification_id": JSON(id)]
    }
  }

  init(_ change: Change) {
    switch change {
    case .ofCase(let caseId): self = ["kind": .text("case"), "id": JSON(caseId)]
    case .ofPatient(let patientId): self = ["kind": .text("patient"), "id": JSON(patientId)]
    case .ofDocument(let documentId): self = ["kind": .text("document"), "id": JSON(documentId)]
    case .notices, .syncStatus, .catalogue, .serviceRecords, .notifications, .invoices, .session:
      self = ["kind": .text(wireName(of: change))]
    }
  }

  init(_ message: Message) {
    self = .error(
      kind: message.kind.rawValue, code: message.code, field: message.field,
      reference: message.reference, existing: message.existing)
  }

  init(_ bad: BadRequest) {
    self = .error(
      kind: "bad_request", code: bad.code, field: bad.field, reference: nil, existing: nil)
  }

  private static func error(
    kind: String, code: String?, field: String?, reference: String?, existing: PatientId?
  ) -> JSON {
    func optional(_ text: String?) -> JSON { text.map { .text($0) } ?? .null }
    return [
      "kind": .text(kind), "code": optional(code), "field": optional(field),
      "reference": optional(reference), "existing": optional(existing?.value),
    ]
  }
}

/// `in_progress` for `.inProgress`, except that a status has the form that users and the server
/// write.
func wireName(of variant: Any) -> String {
  let name = String(describing: variant)
  return variant is CaseStatus ? name.prefix(1).uppercased() + name.dropFirst() : snakeCase(name)
}

private func snakeCase(_ name: String) -> String {
  name.reduce(into: "") { snake, letter in
    snake += letter.isUppercase ? "_\(letter.lowercased())" : String(letter)
  }
}
