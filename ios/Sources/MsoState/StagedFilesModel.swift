// The screen of the files that were added on this phone and are part of no case yet.
//
// Invariant: a file stays in the list until it is part of a case or was discarded.

import Foundation
import MsoCore
import Observation

/// State of the list of staged files, oldest first. A screen runs ``follow()`` as long as it is
/// shown.
///
/// Actions return when the screen shows the result. One file is added at a time: of several, add
/// each when the one before has returned. A file is discarded once.
@MainActor
@Observable
public final class StagedFilesModel {
  public var state: ReadState<[StagedFile]> { files.state }
  /// A file is being added: show it, and do not accept another.
  public var isAdding: Bool { files.working.contains(.adding) }
  /// Why the last file could not be added.
  public var addError: Message? { files.errors[.adding] }
  /// The files that are being discarded.
  public var working: Set<DocumentId> { Set(files.working.compactMap(\.discarded)) }
  /// Why a file could not be discarded.
  public var errors: [DocumentId: Message] {
    var errors: [DocumentId: Message] = [:]
    for (action, message) in files.errors {
      if let id = action.discarded { errors[id] = message }
    }
    return errors
  }

  @ObservationIgnored private let files: Followed<[StagedFile], StagedFilesAction>

  public init(core: any WorkspaceProtocol) {
    files = Followed(
      core: core,
      read: { core, _ in try core.documents().staged() },
      concerns: { change in
        switch change {
        // The core tells of a file when it becomes part of a case, and when it is free again.
        case .ofDocument, .session: true
        case .ofCase, .ofChat, .ofPatient, .notices, .syncStatus: false
        case .catalogue, .serviceRecords, .notifications, .invoices: false
        }
      })
  }

  /// Reads at once, and again whenever something the list shows changes, until cancelled.
  public func follow() async {
    await files.follow()
  }

  /// Reads again. Afterwards the list is at least as recent as this call.
  public func refresh() async {
    await files.refresh()
  }

  /// Adds a file, which may be deleted afterwards. Returns what it became; `nil`: it was not added.
  @discardableResult
  public func addFile(
    at path: String, kind: DocumentKind, title: String
  ) async -> StagedFile? {
    await files.get(by: .adding) {
      try $0.documents().stageFile(path: path, kind: kind, title: title)
    }
  }

  /// Adds what was never written to a file, such as a camera's picture. Returns what it became.
  @discardableResult
  public func addBytes(
    _ bytes: Data, fileName: String, kind: DocumentKind, title: String
  ) async -> StagedFile? {
    await files.get(by: .adding) {
      try $0.documents().stageBytes(bytes: bytes, fileName: fileName, kind: kind, title: title)
    }
  }

  /// Deletes a file.
  public func discard(_ id: DocumentId) async {
    await files.act(on: .discarding(id)) { try $0.documents().discardStaged(documentId: id) }
  }
}

/// What takes the place of a row: adding is an action on none.
private enum StagedFilesAction: Hashable, Sendable {
  case adding
  case discarding(DocumentId)

  var discarded: DocumentId? {
    if case .discarding(let id) = self { id } else { nil }
  }
}
