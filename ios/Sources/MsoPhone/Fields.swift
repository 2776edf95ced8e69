// Reads an input line field by field.
//
// Invariant: a field that is missing or of the wrong type is a `BadRequest` that names the field;
// there are no defaults.

import Foundation

/// The line is not a request that this program knows.
struct BadRequest: Error, Equatable {
  let code: String
  let field: String?

  init(_ code: String, field: String? = nil) {
    self.code = code
    self.field = field
  }
}

/// The fields of an object in a request.
struct Fields {
  private let json: [String: JSON]

  init(_ json: [String: JSON]) {
    self.json = json
  }

  func text(_ name: String) throws -> String {
    guard let text = try textIfAny(name) else { throw Self.missing(name) }
    return text
  }

  func textIfAny(_ name: String) throws -> String? {
    guard let value = value(name) else { return nil }
    guard case .text(let text) = value else { throw Self.wrong(name) }
    return text
  }

  func flag(_ name: String) throws -> Bool {
    guard let flag = try flagIfAny(name) else { throw Self.missing(name) }
    return flag
  }

  func flagIfAny(_ name: String) throws -> Bool? {
    guard let value = value(name) else { return nil }
    guard case .flag(let flag) = value else { throw Self.wrong(name) }
    return flag
  }

  func count<Count: FixedWidthInteger>(_ name: String) throws -> Count {
    guard case .integer(let integer) = try needed(name), let count = Count(exactly: integer) else {
      throw Self.wrong(name)
    }
    return count
  }

  func time(_ name: String) throws -> Date {
    let text = try text(name)
    for style in [false, true].map({ Date.ISO8601FormatStyle(includingFractionalSeconds: $0) }) {
      if let time = try? style.parse(text) { return time }
    }
    throw Self.wrong(name)
  }

  func texts(_ name: String) throws -> [String] {
    try list(name).map {
      guard case .text(let text) = $0 else { throw Self.wrong(name) }
      return text
    }
  }

  func choice<Variant: Choice>(_ name: String) throws -> Variant {
    let text = try text(name)
    guard let variant = Variant.choices.first(where: { wireName(of: $0) == text }) else {
      throw Self.wrong(name)
    }
    return variant
  }

  func choices<Variant: Choice>(_ name: String) throws -> [Variant] {
    try texts(name).map { text in
      guard let variant = Variant.choices.first(where: { wireName(of: $0) == text }) else {
        throw Self.wrong(name)
      }
      return variant
    }
  }

  func child(_ name: String) throws -> Fields {
    guard case .object(let fields) = try needed(name) else { throw Self.wrong(name) }
    return Fields(fields)
  }

  func children(_ name: String) throws -> [Fields] {
    try list(name).map {
      guard case .object(let fields) = $0 else { throw Self.wrong(name) }
      return Fields(fields)
    }
  }

  private func list(_ name: String) throws -> [JSON] {
    guard let value = value(name) else { return [] }
    guard case .list(let list) = value else { throw Self.wrong(name) }
    return list
  }

  private func needed(_ name: String) throws -> JSON {
    guard let value = value(name) else { throw Self.missing(name) }
    return value
  }

  private func value(_ name: String) -> JSON? {
    json[name].flatMap { $0 == .null ? nil : $0 }
  }

  private static func missing(_ name: String) -> BadRequest {
    BadRequest("missing_field", field: name)
  }

  private static func wrong(_ name: String) -> BadRequest {
    BadRequest("wrong_field", field: name)
  }
}
