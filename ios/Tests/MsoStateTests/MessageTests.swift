import Foundation
import MsoCore
import MsoState
import Testing

@Suite struct MessageTests {
  @Test(arguments: [
    (
      MsoError.Refused(code: "assignment_superseded", field: nil, existing: nil),
      "refused.assignment_superseded"
    ),
    (.Invalid(field: "birth_date", reason: "malformed"), "invalid.malformed"),
    (.Invalid(field: "chat", reason: "not_a_participant"), "invalid.not_a_participant"),
    (.Invalid(field: "chat", reason: "no_identity"), "invalid.no_identity"),
    (.Invalid(field: "chat", reason: "expert_changed"), "invalid.expert_changed"),
    (.Invalid(field: "chat", reason: "not_the_author"), "invalid.not_the_author"),
    (.SignInNeeded, "sign_in_needed"),
    (.SignInFailed, "sign_in_failed"),
    (.Offline, "offline"),
    (.UpdateNeeded, "update_needed"),
    (.NotFound, "not_found"),
    (.TooManyDevices(devices: []), "too_many_devices"),
    (.AlreadyOpen, "already_open"),
    (.KeyLost, "key_lost"),
    (.StorageBroken(reference: "disk_full"), "storage_broken"),
    (.Server(code: "internal", reference: "8f2"), "server.internal"),
    (.Bug(reference: "b1"), "bug"),
  ])
  func everyErrorNamesItsText(error: MsoError, key: String) {
    #expect(Message(error).key == key)
  }

  @Test func fieldAndReferenceAreKept() {
    #expect(Message(MsoError.Invalid(field: "birth_date", reason: "")).field == "birth_date")
    #expect(Message(MsoError.Server(code: "internal", reference: "8f2")).reference == "8f2")
  }

  @Test func whatIsNoErrorOfTheCoresIsABug() {
    #expect(Message(CocoaError(.fileNoSuchFile)) == Message(.bug, reference: "CocoaError"))
  }
}
