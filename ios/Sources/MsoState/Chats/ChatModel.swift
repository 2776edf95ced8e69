// The screen of one case's chat.
//
// Invariant: what was shown stays shown. The messages are always read whole, from the newest down
// to the earliest one shown; those that arrive later lengthen the list.

import Foundation
import MsoCore
import Observation

public enum OpenChatState: Equatable, Sendable {
  /// Nothing has been read yet.
  case loading
  /// Nobody is signed in: show the sign-in screen.
  case signedOut
  /// There is no such case on this phone.
  case notFound
  case ready(OpenChat)
  /// The chat could not be read.
  case failed(Message)
}

/// A chat on the screen.
public struct OpenChat: Equatable, Sendable {
  /// Who reads it, who asks to be let in, and what is wrong with it.
  public let chat: Chat
  /// Newest first.
  public let messages: [ChatMessage]
  /// Whether there are earlier ones: ``ChatModel/showEarlier()``.
  public let more: Bool

  /// The expert whom the screen offers, by name, to let in.
  public var toAdmit: UserId? {
    if case .expertToAdmit(let expert) = chat.state { expert } else { nil }
  }

  /// Whether the screen offers to write.
  public var canWrite: Bool {
    switch chat.state {
    // What is written before the user or the expert is let in waits on the phone.
    case .notBegun, .askedToBeLetIn, .expertToAdmit, .open: true
    case .noIdentity, .over: false
    }
  }
}

extension ChatMessage {
  /// Whether the screen offers to edit and to withdraw it. Withdrawing one that is not sent
  /// discards it.
  public var canBeChanged: Bool { isOwn && text != nil }

  /// Whether it was not withdrawn.
  public var hasText: Bool { text != nil }

  /// Whether the screen offers to send it to the present expert: it was written for another one.
  public var isForAnotherExpert: Bool { state == .notSent(code: "chat_expert_changed") }

  /// Why it does not go, such as `refused.chat_expert_not_admitted`.
  public var notSent: Message? {
    if case .notSent(let code) = state { Message(.refused, code: code) } else { nil }
  }
}

/// What an action in a chat is about.
public enum ChatPart: Hashable, Sendable {
  /// A message that is being written.
  case newMessage
  /// The earlier messages.
  case earlier
  /// How far the user has read.
  case readMark
  /// The chat as a whole, for people outside of it.
  case transcript
  /// The message with this id.
  case message(String)
  /// The expert or colleague who is being let in.
  case user(UserId)
}

/// State of a case's chat. A screen runs ``follow()`` as long as it is shown.
///
/// Actions do nothing while another one about the same part runs. They return when the screen shows
/// the result.
@MainActor
@Observable
public final class ChatModel {
  public var state: OpenChatState {
    switch chat.state {
    case .loading: .loading
    case .signedOut: .signedOut
    case .ready(let read): read.map { OpenChatState.ready($0) } ?? .notFound
    case .failed(let message): .failed(message)
    }
  }
  /// The parts with an action that runs: show it, and do not accept another.
  public var working: Set<ChatPart> { chat.working }
  /// Why the last action about a part failed.
  public var errors: [ChatPart: Message] { chat.errors }
  public let caseId: CaseId

  @ObservationIgnored private let chat: Followed<OpenChat?, ChatPart>
  @ObservationIgnored private let earliest: Earliest

  public init(caseId: CaseId, core: any WorkspaceProtocol) {
    let earliest = Earliest()
    self.caseId = caseId
    self.earliest = earliest
    chat = Followed(
      core: core,
      read: { core, _ in try ChatModel.read(caseId, downTo: earliest, core) },
      concerns: { change in
        switch change {
        // Who takes part, and whether it is over, depends on the case.
        case .ofChat(let changed), .ofCase(let changed): changed == caseId
        case .session: true
        case .ofPatient, .ofDocument, .notices, .syncStatus: false
        case .catalogue, .serviceRecords, .notifications, .invoices: false
        }
      })
  }

  /// Reads at once, and again whenever something the screen shows changes, until cancelled.
  public func follow() async {
    await chat.follow()
  }

  /// Reads again. Afterwards the screen is at least as recent as this call.
  public func refresh() async {
    await chat.refresh()
  }

  /// Shows earlier messages too: the screen has been scrolled to its end.
  public func showEarlier() async {
    guard let shown, shown.more, let oldest = shown.messages.last?.id else { return }
    await chat.act(on: .earlier) { [caseId, earliest] core in
      let page = try core.chats().messages(caseId: caseId, before: oldest, limit: rowsAtOnce)
      if let id = page.last?.id { earliest.lower(to: id) }
    }
  }

  /// Shows the messages down to this one, which a search found.
  public func show(_ messageId: String) async {
    earliest.lower(to: messageId)
    await chat.refresh()
  }

  /// Writes a message, perhaps in reply to another. Returns its id; `nil`: it was not written, so
  /// the screen keeps the text.
  @discardableResult
  public func write(_ text: String, replyTo: String? = nil) async -> String? {
    await chat.get(by: .newMessage) { [caseId] core in
      try core.chats().write(caseId: caseId, text: text, replyTo: replyTo)
    }
  }

  /// Replaces the text of an own message.
  public func edit(_ messageId: String, _ text: String) async {
    await act(on: messageId, where: \.canBeChanged) { chats, caseId in
      try chats.edit(caseId: caseId, messageId: messageId, text: text)
    }
  }

  /// Takes an own message back.
  public func withdraw(_ messageId: String) async {
    await act(on: messageId, where: \.canBeChanged) { chats, caseId in
      try chats.withdraw(caseId: caseId, messageId: messageId)
    }
  }

  /// Reacts to a message; `nil` takes the reaction back.
  public func react(_ messageId: String, _ reaction: String?) async {
    await act(on: messageId, where: \.hasText) { chats, caseId in
      try chats.react(caseId: caseId, messageId: messageId, reaction: reaction)
    }
  }

  /// Sends a message that was written for another expert to the present one.
  public func sendToCurrentExpert(_ messageId: String) async {
    await act(on: messageId, where: \.isForAnotherExpert) { chats, caseId in
      try chats.sendToCurrentExpert(caseId: caseId, messageId: messageId)
    }
  }

  /// Records that the user has read everything that is here. Does nothing if nothing is unread.
  public func markRead() async {
    guard let shown, shown.chat.unread > 0 else { return }
    await chat.act(on: .readMark) { [caseId] core in
      try core.chats().markRead(caseId: caseId)
    }
  }

  /// Lets the expert in whom the screen has named. Does nothing if it has named another by now.
  public func admitExpert(_ expert: UserId) async {
    guard let shown, shown.toAdmit == expert else { return }
    await chat.act(on: .user(expert)) { [caseId] core in
      try core.chats().admitExpert(caseId: caseId, expert: expert)
    }
  }

  /// Lets a colleague in who asks for it.
  public func letColleagueIn(_ colleague: UserId) async {
    guard let shown, shown.chat.asking.contains(colleague) else { return }
    await chat.act(on: .user(colleague)) { [caseId] core in
      try core.chats().letColleagueIn(caseId: caseId, colleague: colleague)
    }
  }

  /// What this phone has of the chat, for people outside of it. It leaves the encrypted store: ask
  /// first. `nil`: it could not be made, and ``errors`` says why.
  public func transcript(_ kind: TranscriptKind) async -> String? {
    await chat.get(by: .transcript) { [caseId] core in
      try core.chats().transcript(caseId: caseId, kind: kind)
    }
  }

  private var shown: OpenChat? {
    if case .ready(let shown) = state { shown } else { nil }
  }

  /// Does nothing unless the message is shown and offers this.
  private func act(
    on messageId: String, where offers: (ChatMessage) -> Bool,
    _ call: @escaping @Sendable (Chats, CaseId) throws -> Void
  ) async {
    let message = shown?.messages.first { $0.id == messageId }
    guard let message, offers(message) else { return }
    await chat.act(on: .message(messageId)) { [caseId] core in try call(core.chats(), caseId) }
  }

  private nonisolated static func read(
    _ caseId: CaseId, downTo earliest: Earliest, _ core: any WorkspaceProtocol
  ) throws -> OpenChat? {
    do {
      let chats = core.chats()
      let chat = try chats.chat(caseId: caseId)
      let rows = try Self.rows(of: caseId, downTo: earliest.id, chats)
      guard let oldest = rows.last?.id else {
        return OpenChat(chat: chat, messages: [], more: false)
      }
      earliest.lower(to: oldest)
      let next = try chats.messages(caseId: caseId, before: oldest, limit: 1)
      return OpenChat(chat: chat, messages: rows, more: !next.isEmpty)
    } catch MsoError.NotFound {
      return nil
    }
  }

  /// At least the newest page.
  private nonisolated static func rows(
    of caseId: CaseId, downTo earliest: String?, _ chats: Chats
  ) throws -> [ChatMessage] {
    var page = try chats.messages(caseId: caseId, limit: rowsAtOnce)
    guard let earliest else { return page }
    var rows = page
    while let oldest = page.last?.id, oldest > earliest {
      page = try chats.messages(caseId: caseId, before: oldest, limit: rowsAtOnce)
      rows += page
    }
    let wanted = rows.count(where: { $0.id >= earliest })
    return Array(rows.prefix(max(wanted, Int(rowsAtOnce))))
  }
}

/// The earliest message to show; reads run off the main actor.
private final class Earliest: @unchecked Sendable {
  private let lock = NSLock()
  private var held: String?

  var id: String? { lock.withLock { held } }

  func lower(to id: String) {
    lock.withLock { held = held.map { min($0, id) } ?? id }
  }
}
