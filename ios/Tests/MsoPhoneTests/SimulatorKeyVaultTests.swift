import Foundation
import MsoCore
import Testing

@testable import MsoPhone

@Suite struct SimulatorKeyVaultTests {
  private let folder: TemporaryFolder
  private let file: URL

  init() throws {
    folder = try TemporaryFolder()
    file = folder.url.appendingPathComponent("phone.vault")
  }

  @Test func aRootIsGivenAgainByAnotherRunOfTheProgram() throws {
    let made = try SimulatorKeyVault(file: file).unwrapRoot(wrapped: nil)
    #expect(made.root.count == 32)
    #expect(try SimulatorKeyVault(file: file).unwrapRoot(wrapped: made.wrapped) == made)
    #expect(made.wrapped.range(of: made.root) == nil)
  }

  @Test func onlyTheOwnerMayReadIt() throws {
    _ = try SimulatorKeyVault(file: file).unwrapRoot(wrapped: nil)
    let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["phone.vault"])
  }

  @Test func aWipedOrOtherRootIsLost() throws {
    let vault = SimulatorKeyVault(file: file)
    let first = try vault.unwrapRoot(wrapped: nil)
    let second = try vault.unwrapRoot(wrapped: nil)
    #expect(throws: KeyVaultError.KeyInvalidated) { try vault.unwrapRoot(wrapped: first.wrapped) }
    vault.wipe()
    vault.wipe()
    #expect(throws: KeyVaultError.KeyInvalidated) { try vault.unwrapRoot(wrapped: second.wrapped) }
  }

  @Test func withoutAPlaceToKeepItThereIsNoRoot() {
    let vault = SimulatorKeyVault(file: folder.url.appendingPathComponent("none/phone.vault"))
    #expect(throws: KeyVaultError.Unavailable) { try vault.unwrapRoot(wrapped: nil) }
  }
}
