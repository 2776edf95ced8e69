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
    case .ofChat(let caseId): self = ["kind": .text("chat"), "id": JSON(caseId)]
    case .ofPatient(let patientId): self = ["kind": .text("patient"), "id": JSON(patientId)]
    case .ofDocument(let documentId): self = ["kind": .text("document"), "id": JSON(documentId)]
    case .notices, .syncStatus, .catalogue, .serviceRecords, .notifications, .invoices, .session:
      self = ["kind": .text(wireName(of: change))]
    }
  }

  /// A chat without its messages.
  init(_ chat: Chat) {
    let state: String
    var expert: UserId?
    switch chat.state {
    case .expertToAdmit(let toAdmit):
      state = "expert_to_admit"
      expert = toAdmit
    case .notBegun, .askedToBeLetIn, .open, .noIdentity, .over: state = wireName(of: chat.state)
    }
    let members = chat.members.map { JSON($0) }
    let setAside = chat.setAside.map { JSON.list([.integer(Int64($0.entry)), .text($0.code)]) }
    self = [
      "state": .text(state), "expert": JSON.optional(expert?.value), "members": .list(members),
      "asking": .list(chat.asking.map { JSON.text($0.value) }),
      "unread": .integer(Int64(chat.unread)), "entries": .integer(Int64(chat.entries)),
      "fault": JSON.optional(chat.fault), "set_aside": .list(setAside),
      "code": JSON.optional(chat.refusal),
    ]
  }

  private init(_ member: ChatMember) {
    self = [
      "user_id": .text(member.userId.value), "admitted": .flag(member.admitted),
      "is_own": .flag(member.isOwn), "safety_number": .text(member.safetyNumber),
    ]
  }

  init(_ message: ChatMessage) {
    let state: String
    var reason: String?
    switch message.state {
    case .notSent(let code):
      state = "not_sent"
      reason = code
    case .waiting, .sent, .read: state = wireName(of: message.state)
    }
    let reactions = message.reactions.map { JSON.list([.text($0.userId.value), .text($0.text)]) }
    self = [
      "id": .text(message.id), "author": .text(message.author.value),
      "is_own": .flag(message.isOwn), "text": JSON.optional(message.text),
      "reply_to": JSON.optional(message.replyTo), "edited": .flag(message.edited),
      "state": .text(state), "code": JSON.optional(reason), "reactions": .list(reactions),
    ]
  }

  /// The case and the id of a message that was found.
  init(_ found: FoundMessage) {
    self = .list([.text(found.caseId.value), .text(found.messageId)])
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

  private static func optional(_ text: String?) -> JSON { text.map { .text($0) } ?? .null }

  private static func error(
    kind: String, code: String?, field: String?, reference: String?, existing: PatientId?
  ) -> JSON {
    [
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
