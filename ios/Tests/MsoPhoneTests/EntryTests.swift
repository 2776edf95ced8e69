import Foundation
import MsoCore
import Testing

@testable import MsoPhone

@Suite struct EntryTests {
  private func fields(_ line: String) throws -> Fields {
    guard case .object(let fields) = JSON(line: line) else { throw BadRequest("no_json_object") }
    return Fields(fields)
  }

  @Test func aPatientIsReadFieldByField() throws {
    let patient = try NewPatient(
      fields(
        """
        {"family_name":"Weber","given_name":null,"birth_date":"1958-04","sex":"female",
        "identifiers":[{"kind":"national_id","issuer":"DE","number":"7"}]}
        """),
      id: PatientId("p1"))
    #expect(
      patient
        == NewPatient(
          patientId: PatientId("p1"),
          familyName: "Weber", givenName: nil, birthDate: "1958-04", sex: .female,
          identifiers: [PatientIdentifier(kind: .nationalId, issuer: "DE", number: "7")],
          noIdentifierReason: nil, preferredLanguage: nil))
  }

  @Test(arguments: ["2026-11-23T08:00:00Z", "2026-11-23T08:00:00.000Z"])
  func aCaseIsReadFieldByField(time: String) throws {
    let request = try NewCase(
      fields(
        """
        {"patient_id":"p1","specialty":"cardiology","urgency":"urgent","urgency_reason":"pain",
        "clinical_question":"Repair now?","consent_kind":"legal_basis",
        "consent_obtained_by":"Dr. Weber","consent_obtained_at":"\(time)",
        "documents":["d1","d2"]}
        """),
      id: CaseId("c2"))
    #expect(request.request.urgency == .urgent)
    #expect(request.request.consentKind == .legalBasis)
    #expect(request.request.consentObtainedAt == Date(timeIntervalSince1970: 1_795_420_800))
    #expect(request.documents == [DocumentId("d1"), DocumentId("d2")])
  }

  @Test func anOpinionIsReadFieldByField() throws {
    let opinion = try Opinion(
      fields(
        """
        {"brief_history":"h","assessment":"a",
        "diagnosis":[{"icd10":"I34.0","text":"t","rank":"primary","agreement":"confirmed"}],
        "recommendations":[{"kind":"follow_up","text":"t","timeframe":"8 weeks"}],
        "medications":[{"name":"n","dose":"d","route":"oral","frequency":"daily"}],
        "answer_to_question":"yes","urgency_flag":false,"declaration":true}
        """))
    #expect(opinion.diagnosis.first?.rank == .primary)
    #expect(opinion.recommendations.first?.kind == .followUp)
    #expect(opinion.medications.first?.duration == nil)
    #expect(opinion.declaration)
  }

  @Test(arguments: [
    (#"{}"#, BadRequest("missing_field", field: "sex")),
    (#"{"sex":null}"#, BadRequest("missing_field", field: "sex")),
    (#"{"sex":1}"#, BadRequest("wrong_field", field: "sex")),
    (#"{"sex":"Female"}"#, BadRequest("wrong_field", field: "sex")),
  ])
  func whatIsMissingOrWrongNamesItsField(line: String, bad: BadRequest) throws {
    #expect(throws: bad) { let _: Sex = try fields(line).choice("sex") }
  }

  @Test func aNumberIsNoFlagAndNoTime() throws {
    let entry = try fields(#"{"declaration":1,"at":"yesterday"}"#)
    #expect(throws: BadRequest("wrong_field", field: "declaration")) {
      try entry.flag("declaration")
    }
    #expect(throws: BadRequest("wrong_field", field: "at")) { try entry.time("at") }
  }
}
