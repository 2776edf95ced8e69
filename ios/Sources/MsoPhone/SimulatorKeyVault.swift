// The key vault of the phone program. It protects nothing: the root key is in a file that anyone
// who can read the store can read too. On a phone, the Keychain holds the root key.
//
// There is no encryption, because CryptoKit is not available. What the core calls the wrapped form
// is only a name for the root in this file. Invariant: the file is either complete or absent,
// however the program ends. Without it, the store can never be read again.

import Foundation
import MsoCore

/// Stores one root key in a file.
final class SimulatorKeyVault: KeyVault {
  private static let rootBytes = 32
  private static let nameBytes = 16

  private let file: URL

  init(file: URL) {
    self.file = file
  }

  func unwrapRoot(wrapped: Data?) throws -> UnwrappedRoot {
    do {
      return try wrapped.map(kept) ?? make()
    } catch let error as KeyVaultError {
      throw error
    } catch {
      tell("the simulator's key vault cannot be used: \(error)")
      throw KeyVaultError.Unavailable
    }
  }

  func wipe() {
    do {
      try FileManager.default.removeItem(at: file)
    } catch CocoaError.fileNoSuchFile {
      // There was no file.
    } catch {
      // The interface has no error for this, so report it to the user of the simulator.
      tell("the simulator's key vault was not wiped: \(error)")
    }
  }

  private func kept(_ name: Data) throws -> UnwrappedRoot {
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw KeyVaultError.KeyInvalidated
    }
    let content = try Data(contentsOf: file)
    guard content.count == Self.nameBytes + Self.rootBytes, content.prefix(Self.nameBytes) == name
    else { throw KeyVaultError.KeyInvalidated }
    return UnwrappedRoot(root: Data(content.suffix(Self.rootBytes)), wrapped: name)
  }

  private func make() throws -> UnwrappedRoot {
    let name = Self.random(Self.nameBytes)
    let root = Self.random(Self.rootBytes)
    let unfinished = file.appendingPathExtension("new")
    let owner: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
    guard
      FileManager.default.createFile(
        atPath: unfinished.path, contents: name + root, attributes: owner)
    else { throw CocoaError(.fileWriteUnknown) }
    let written = try FileHandle(forWritingTo: unfinished)
    try written.synchronize()
    try written.close()
    guard rename(unfinished.path, file.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    return UnwrappedRoot(root: root, wrapped: name)
  }

  private static func random(_ count: Int) -> Data {
    var source = SystemRandomNumberGenerator()
    return Data((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &source) })
  }
}
