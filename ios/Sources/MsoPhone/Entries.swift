// Form input, taken from a request. The core validates it.

import MsoCore

extension NewPatient {
  init(_ fields: Fields, id: PatientId) throws {
    self.init(
      patientId: id,
      familyName: try fields.text("family_name"),
      givenName: try fields.textIfAny("given_name"),
      birthDate: try fields.text("birth_date"),
      sex: try fields.choice("sex"),
      identifiers: try fields.children("identifiers").map {
        PatientIdentifier(
          kind: try $0.choice("kind"), issuer: try $0.text("issuer"), number: try $0.text("number"))
      },
      noIdentifierReason: try fields.textIfAny("no_identifier_reason"),
      preferredLanguage: try fields.textIfAny("preferred_language"))
  }
}

extension PatientFields {
  /// The form with the values that were entered.
  func changed(_ entered: Fields) throws -> PatientFields {
    let numbers = try entered.children("identifiers").map {
      PatientIdentifier(
        kind: try $0.choice("kind"), issuer: try $0.text("issuer"), number: try $0.text("number"))
    }
    return PatientFields(
      familyName: try entered.textIfAny("family_name") ?? familyName,
      givenName: try entered.textIfAny("given_name") ?? givenName,
      otherNames: otherNames,
      birthDate: try entered.textIfAny("birth_date") ?? birthDate,
      birthDateEstimated: birthDateEstimated,
      sex: try entered.textIfAny("sex") == nil ? sex : entered.choice("sex"),
      identifiers: numbers.isEmpty ? identifiers : numbers,
      noIdentifierReason: noIdentifierReason,
      nationality: nationality,
      country: country,
      phone: try entered.textIfAny("phone") ?? phone,
      email: try entered.textIfAny("email") ?? email,
      addressLines: addressLines,
      city: city,
      addressCountry: addressCountry,
      preferredLanguage: try entered.textIfAny("preferred_language") ?? preferredLanguage,
      guardianName: guardianName,
      guardianRelation: guardianRelation,
      guardianPhone: guardianPhone)
  }
}

extension NewCase {
  init(_ fields: Fields, id: CaseId) throws {
    self.init(
      caseId: id,
      patientId: PatientId(try fields.text("patient_id")),
      request: try CaseRequest(fields),
      documents: try fields.texts("documents").map { DocumentId($0) })
  }
}

extension Availability {
  init(_ fields: Fields) throws {
    self.init(
      timeZone: try fields.text("time_zone"),
      weekly: try fields.children("weekly").map {
        WeeklyWindow(
          days: try $0.choices("days"), from: try $0.text("from"), to: try $0.text("to"))
      },
      exceptions: try fields.children("exceptions").map {
        AvailabilityException(
          from: try $0.text("from"), to: try $0.text("to"), kind: try $0.choice("kind"))
      },
      accepting: try fields.flag("accepting"))
  }
}

extension CaseRequest {
  init(_ fields: Fields) throws {
    self.init(
      specialty: try fields.text("specialty"),
      urgency: try fields.choice("urgency"),
      urgencyReason: try fields.textIfAny("urgency_reason"),
      clinicalQuestion: try fields.text("clinical_question"),
      presentIllness: try fields.textIfAny("present_illness"),
      pastMedical: try fields.textIfAny("past_medical"),
      allergies: try fields.children("allergies").map {
        AllergyItem(
          substance: try $0.text("substance"), reaction: try $0.textIfAny("reaction"),
          severity: nil)
      },
      treatmentSoFar: try fields.textIfAny("treatment_so_far"),
      previousOpinion: try fields.textIfAny("previous_opinion"),
      consentKind: try fields.choice("consent_kind"),
      consentObtainedBy: try fields.text("consent_obtained_by"),
      consentObtainedAt: try fields.time("consent_obtained_at"))
  }
}

extension CaseOperation {
  /// The operation that a request names; `nil` for other verbs.
  init?(_ verb: String, _ fields: Fields) throws {
    switch verb {
    case "accept": self = .accept
    case "reject":
      self = .reject(
        reason: try fields.choice("reason"), text: try fields.textIfAny("text"))
    case "start_review": self = .startReview
    case "return_case":
      self = .reportIssue(kind: .return, text: try fields.text("text"), wantedItems: [])
    case "report_issue":
      self = .reportIssue(
        kind: try fields.choice("kind"), text: try fields.text("text"), wantedItems: [])
    case "edit_issue":
      self = .editIssue(
        issueId: IssueId(try fields.text("issue_id")), text: try fields.text("text"),
        wantedItems: [])
    case "resolve_issue":
      self = .resolveIssue(
        issueId: IssueId(try fields.text("issue_id")), note: try fields.textIfAny("note"))
    case "reopen_issue": self = .reopenIssue(issueId: IssueId(try fields.text("issue_id")))
    case "delete_issue": self = .deleteIssue(issueId: IssueId(try fields.text("issue_id")))
    case "answer_issue":
      self = .answerIssue(
        issueId: IssueId(try fields.text("issue_id")), text: try fields.textIfAny("text"),
        documentIds: try fields.texts("document_ids").map { DocumentId($0) })
    case "resubmit": self = .resubmit
    case "withdraw": self = .withdraw(reason: try fields.text("reason"))
    case "request_cancellation":
      self = .requestCancellation(reason: try fields.text("reason"))
    case "request_release": self = .requestRelease(reason: try fields.text("reason"))
    case "add_document":
      self = .addDocument(documentId: DocumentId(try fields.text("document_id")))
    case "submit_recommendation":
      self = .submitRecommendation(opinion: try Opinion(fields.child("opinion")))
    default: try self.init(afterwards: verb, fields)
    }
  }
}

extension CaseOperation {
  /// The operation on a case that is done, if the request names one.
  private init?(afterwards verb: String, _ fields: Fields) throws {
    switch verb {
    case "amend_recommendation":
      self = .amendRecommendation(opinion: try Opinion(fields.child("opinion")))
    case "mark_recommendation_read": self = .markRecommendationRead
    case "give_feedback":
      self = .giveFeedback(
        recommendationVersion: try fields.count("recommendation_version"),
        feedback: try Feedback(fields))
    case "request_clarification":
      self = .requestClarification(text: try fields.text("text"))
    case "answer_clarification":
      self = .answerClarification(
        clarificationId: ClarificationId(try fields.text("clarification_id")),
        text: try fields.text("text"))
    default: return nil
    }
  }
}

extension Feedback {
  init(_ fields: Fields) throws {
    self.init(
      rating: try fields.count("rating"), usefulness: nil, outcome: try fields.choice("outcome"),
      changedManagement: nil, comment: try fields.textIfAny("comment"), sharedWithProvider: true)
  }
}

extension Opinion {
  init(_ fields: Fields) throws {
    self.init(
      briefHistory: try fields.text("brief_history"),
      assessment: try fields.text("assessment"),
      diagnosis: try fields.children("diagnosis").map {
        DiagnosisItem(
          icd10: try $0.textIfAny("icd10"), text: try $0.text("text"),
          rank: try $0.choice("rank"), agreement: try $0.choice("agreement"))
      },
      recommendations: try fields.children("recommendations").map {
        AdviceItem(
          kind: try $0.choice("kind"), text: try $0.text("text"),
          timeframe: try $0.textIfAny("timeframe"))
      },
      medications: try fields.children("medications").map {
        MedicationItem(
          name: try $0.text("name"), dose: try $0.text("dose"), route: try $0.text("route"),
          frequency: try $0.text("frequency"), duration: try $0.textIfAny("duration"),
          allergyAcknowledged: try $0.flagIfAny("allergy_acknowledged") == true)
      },
      answerToQuestion: try fields.text("answer_to_question"),
      limitations: try fields.textIfAny("limitations"),
      urgencyFlag: try fields.flag("urgency_flag"),
      declaration: try fields.flag("declaration"))
  }
}
