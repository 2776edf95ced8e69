// What a form of a patient's record shows, as values that a screen can change one by one.
//
// Invariant: a `PatientField` is one value, however many entries it has. A birth date and the mark
// that it is a guess are kept or replaced together, as in the core.

import MsoCore

/// The fields of a form. The same as `PatientFields`, but changeable.
public struct PatientEntries: Equatable, Sendable {
  public var familyName: String
  public var givenName: String?
  public var otherNames: [WrittenName]
  public var birthDate: String
  public var birthDateEstimated: Bool
  public var sex: Sex
  public var identifiers: [PatientIdentifier]
  public var noIdentifierReason: String?
  public var nationality: String?
  public var country: String?
  public var phone: String?
  public var email: String?
  public var addressLines: [String]
  public var city: String?
  public var addressCountry: String?
  public var preferredLanguage: String?
  public var guardianName: String?
  public var guardianRelation: String?
  public var guardianPhone: String?

  public init(_ fields: PatientFields) {
    familyName = fields.familyName
    givenName = fields.givenName
    otherNames = fields.otherNames
    birthDate = fields.birthDate
    birthDateEstimated = fields.birthDateEstimated
    sex = fields.sex
    identifiers = fields.identifiers
    noIdentifierReason = fields.noIdentifierReason
    nationality = fields.nationality
    country = fields.country
    phone = fields.phone
    email = fields.email
    addressLines = fields.addressLines
    city = fields.city
    addressCountry = fields.addressCountry
    preferredLanguage = fields.preferredLanguage
    guardianName = fields.guardianName
    guardianRelation = fields.guardianRelation
    guardianPhone = fields.guardianPhone
  }

  /// The entries as the core takes them.
  public var fields: PatientFields {
    PatientFields(
      familyName: familyName, givenName: givenName, otherNames: otherNames, birthDate: birthDate,
      birthDateEstimated: birthDateEstimated, sex: sex, identifiers: identifiers,
      noIdentifierReason: noIdentifierReason, nationality: nationality, country: country,
      phone: phone, email: email, addressLines: addressLines, city: city,
      addressCountry: addressCountry, preferredLanguage: preferredLanguage,
      guardianName: guardianName, guardianRelation: guardianRelation, guardianPhone: guardianPhone)
  }

  /// Takes over one field.
  mutating func take(_ field: PatientField, from other: PatientEntries) {
    switch field {
    case .identifiers:
      identifiers = other.identifiers
      noIdentifierReason = other.noIdentifierReason
    case .name:
      familyName = other.familyName
      givenName = other.givenName
      otherNames = other.otherNames
    case .birthDate:
      birthDate = other.birthDate
      birthDateEstimated = other.birthDateEstimated
    case .sex: sex = other.sex
    case .nationality: nationality = other.nationality
    case .country: country = other.country
    case .phone: phone = other.phone
    case .email: email = other.email
    case .address:
      addressLines = other.addressLines
      city = other.city
      addressCountry = other.addressCountry
    case .preferredLanguage: preferredLanguage = other.preferredLanguage
    case .guardian:
      guardianName = other.guardianName
      guardianRelation = other.guardianRelation
      guardianPhone = other.guardianPhone
    }
  }

  /// Whether both have the same value of a field.
  func agrees(with other: PatientEntries, in field: PatientField) -> Bool {
    var taken = self
    taken.take(field, from: other)
    return taken == self
  }

  /// The fields whose values differ, in the order of the form.
  func differences(from other: PatientEntries) -> [PatientField] {
    PatientField.inOrder.filter { !agrees(with: other, in: $0) }
  }
}

extension PatientField {
  /// All of them, in the order of the form.
  static let inOrder: [PatientField] = [
    .identifiers, .name, .birthDate, .sex, .nationality, .country, .phone, .email, .address,
    .preferredLanguage, .guardian,
  ]

  /// As the core's errors name it.
  var name: String {
    switch self {
    case .identifiers: "identifiers"
    case .name: "name"
    case .birthDate: "birth_date"
    case .sex: "sex"
    case .nationality: "nationality"
    case .country: "country"
    case .phone: "phone"
    case .email: "email"
    case .address: "address"
    case .preferredLanguage: "preferred_language"
    case .guardian: "guardian"
    }
  }

  /// The field with this name, if there is one.
  init?(named name: String) {
    guard let field = Self.inOrder.first(where: { $0.name == name }) else { return nil }
    self = field
  }
}
