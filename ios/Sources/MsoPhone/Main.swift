// The phone as a program: one JSON object per line on standard input, one per line on standard
// output, in order. For tests and the demo.
//
// Invariant: only answers are written to standard output.

import Foundation
import MsoCore

@main
enum Main {
  @MainActor
  static func main() async {
    // All other output goes to standard error.
    let output = FileHandle(fileDescriptor: dup(STDOUT_FILENO), closeOnDealloc: false)
    dup2(STDERR_FILENO, STDOUT_FILENO)
    let phone = Phone(open: openWorkspace)
    for await line in lines() where !line.allSatisfy(\.isWhitespace) {
      let answer = await phone.answer(line)
      do {
        try output.write(contentsOf: Data((answer.text + "\n").utf8))
      } catch {
        tell("nobody reads the answers: \(error)")
        break
      }
      if phone.hasEnded { break }
    }
    await phone.close()
    // `exit` would wait for standard input's lock, which the thread that reads lines holds.
    _exit(0)
  }

  /// The lines of standard input. A separate thread waits for them, so that screens keep running.
  private static func lines() -> AsyncStream<String> {
    let (lines, line) = AsyncStream.makeStream(of: String.self)
    Thread.detachNewThread {
      while let text = readLine() { line.yield(text) }
      line.finish()
    }
    return lines
  }

  private static func openWorkspace() throws -> Workspace {
    let store = URL(fileURLWithPath: try environment("MSO_STORE")).standardizedFileURL
    let options = WorkspaceOptions(
      directory: store.path, serverUrl: try environment("MSO_SERVER"), platform: platform,
      appVersion: "0.1.0", deviceName: try environment("MSO_DEVICE_NAME"))
    let vault = store.deletingLastPathComponent()
      .appendingPathComponent("\(store.lastPathComponent).vault")
    return try Workspace.open(options: options, vault: SimulatorKeyVault(file: vault))
  }

  private static var platform: String {
    #if os(Linux)
      "linux"
    #else
      "ios"
    #endif
  }

  private static func environment(_ name: String) throws -> String {
    guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
      throw BadRequest("environment_missing", field: name)
    }
    return value
  }
}

/// Writes a message for the user of the program to standard error.
func tell(_ text: String) {
  FileHandle.standardError.write(Data("mso-phone: \(text)\n".utf8))
}
