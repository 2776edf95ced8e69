// A phone: reads a line, answers it, and owns the workspace.
//
// Invariant: requests are processed one at a time, and each is answered once.

import MsoCore
import MsoState

/// A phone; `open` opens its workspace on request.
@MainActor
final class Phone {
  /// True once no more requests are answered.
  private(set) var hasEnded = false

  private let open: () throws -> Workspace
  private var opened: Opened?

  init(open: @escaping () throws -> Workspace) {
    self.open = open
  }

  /// Answers one line.
  func answer(_ line: String) async -> JSON {
    guard case .object(let request) = JSON(line: line) else {
      return ["id": .null, "error": JSON(BadRequest("no_json_object"))]
    }
    let id = request["id"] ?? .null
    do {
      let fields = Fields(request)
      return ["id": id, "ok": try await perform(try fields.text("do"), fields)]
    } catch let bad as BadRequest {
      return ["id": id, "error": JSON(bad)]
    } catch let message as Message {
      return ["id": id, "error": JSON(message)]
    } catch {
      if !(error is MsoError) { tell("the core broke down: \(error)") }
      return ["id": id, "error": JSON(Message(error))]
    }
  }

  /// Closes the open workspace, if any.
  func close() async {
    await opened?.close()
    opened = nil
  }

  private func perform(_ verb: String, _ fields: Fields) async throws -> JSON {
    switch verb {
    case "open":
      guard opened == nil else { throw BadRequest("open_already") }
      opened = Opened(try open())
      return [:]
    case "quit":
      await close()
      hasEnded = true
      return [:]
    default:
      guard let opened else { throw BadRequest("not_open") }
      return try await opened.perform(verb, fields)
    }
  }
}
