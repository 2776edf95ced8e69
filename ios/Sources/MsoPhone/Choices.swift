// The variants that a request may name. Generated enums do not list their variants.

import MsoCore

/// An enum whose variants a request may name.
protocol Choice {
  static var choices: [Self] { get }
}

extension AdviceKind: Choice {
  static var choices: [Self] {
    [.investigation, .treatment, .referral, .followUp, .lifestyle, .surgery, .noChange]
  }
}

extension Agreement: Choice {
  static var choices: [Self] { [.confirmed, .refined, .changed, .undetermined] }
}

extension ConsentKind: Choice {
  static var choices: [Self] { [.written, .verbal, .legalBasis] }
}

extension DiagnosisRank: Choice {
  static var choices: [Self] { [.primary, .secondary] }
}

extension DocumentKind: Choice {
  static var choices: [Self] {
    [
      .referral, .imaging, .lab, .pathology, .prescription, .discharge, .consent, .photo, .report,
      .other,
    ]
  }
}

extension FeedbackOutcome: Choice {
  static var choices: [Self] { [.followed, .partly, .notFollowed, .undecided] }
}

extension IssueKind: Choice {
  static var choices: [Self] {
    [.return, .quality, .technical, .compliance, .release, .cancelRequest, .other]
  }
}

extension IdentifierKind: Choice {
  static var choices: [Self] {
    [.nationalId, .residencePermit, .passport, .mrn, .insurance, .other]
  }
}

extension PatientField: Choice {
  static var choices: [Self] {
    [
      .identifiers, .name, .birthDate, .sex, .nationality, .country, .phone, .email, .address,
      .preferredLanguage, .guardian,
    ]
  }
}

extension RejectionReason: Choice {
  static var choices: [Self] {
    [.outOfSpecialty, .conflictOfInterest, .noCapacity, .insufficientInformation, .other]
  }
}

extension Sex: Choice {
  static var choices: [Self] { [.female, .male, .other, .unknown] }
}

extension TranscriptKind: Choice {
  static var choices: [Self] { [.json, .text] }
}

extension UrgencyLevel: Choice {
  static var choices: [Self] { [.routine, .urgent] }
}

extension VerificationMethod: Choice {
  static var choices: [Self] { [.documentSeen, .registry, .knownToInstitution] }
}

extension ExceptionKind: Choice {
  static var choices: [Self] { [.leave, .extra] }
}

extension Weekday: Choice {
  static var choices: [Self] {
    [.monday, .tuesday, .wednesday, .thursday, .friday, .saturday, .sunday]
  }
}
