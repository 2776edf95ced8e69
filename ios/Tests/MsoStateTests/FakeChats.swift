// A core for tests of the chat screens: holds one case's chat, and refuses on demand.

import Foundation
import MsoCore
import MsoState

/// A call that changes something, or lets something out.
enum ChatCall: Equatable {
  case write(String, replyTo: String?)
  case edit(String, String)
  case withdraw(String)
  case react(String, String?)
  case markRead
  case admitExpert(UserId)
  case letColleagueIn(UserId)
  case sendToCurrentExpert(String)
  case transcript(TranscriptKind)
}

final class FakeChatCore: FakeCore, @unchecked Sendable {
  /// The fake's contents; tests write them, models use them from other threads.
  struct ChatContents {
    /// `nil`: the case is not on this phone.
    var chat: Chat? = FakeChatCore.chat()
    /// Newest first.
    var messages: [ChatMessage] = []
    /// Thrown by every call that changes something.
    var refusal: MsoError?
    /// The calls that changed something.
    var calls: [ChatCall] = []
    /// What was searched for, and in which case.
    var searched: [String] = []
    /// Called before a search, with its text.
    var beforeSearching: (@Sendable (String) -> Void)?
    /// Called before a call that changes something.
    var beforeCall: (@Sendable () -> Void)?
  }

  private let chatLock = NSLock()
  private var heldChat = ChatContents()

  var room: ChatContents {
    get { chatLock.withLock { heldChat } }
    set { chatLock.withLock { heldChat = newValue } }
  }

  override func chats() -> Chats { FakeChats(self) }

  /// Fails as every other read of the core does.
  fileprivate func readChat() throws -> ChatContents {
    if let broken = contents.broken { throw broken }
    return room
  }

  fileprivate func found(_ text: String, in caseId: CaseId?) throws -> [ChatMessage] {
    room.beforeSearching?(text)
    chatLock.withLock { heldChat.searched.append("\(text) \(caseId?.value ?? "all")") }
    return try readChat().messages.filter { $0.text?.contains(text) == true }
  }

  /// Records a call and does to the chat what the core would do.
  fileprivate func call(
    _ call: ChatCall, effect: (inout ChatContents) -> Void = { _ in }
  ) throws {
    room.beforeCall?()
    try chatLock.withLock {
      if let refusal = heldChat.refusal { throw refusal }
      heldChat.calls.append(call)
      effect(&heldChat)
    }
  }
}

private final class FakeChats: Chats, @unchecked Sendable {
  private let core: FakeChatCore

  init(_ core: FakeChatCore) {
    self.core = core
    super.init(noHandle: NoHandle())
  }

  required init(unsafeFromHandle handle: UInt64) { fatalError("a fake has no handle") }

  override func chat(caseId: CaseId) throws -> Chat {
    guard let chat = try core.readChat().chat, chat.caseId == caseId else {
      throw MsoError.NotFound
    }
    return chat
  }

  override func messages(caseId: CaseId, before: String?, limit: UInt32) throws -> [ChatMessage] {
    let earlier = try core.readChat().messages.filter { message in
      before.map { message.id < $0 } ?? true
    }
    return Array(earlier.prefix(Int(limit)))
  }

  override func write(caseId: CaseId, text: EnteredText, replyTo: String?) throws -> String {
    try core.call(.write(text, replyTo: replyTo)) { room in
      room.messages.insert(
        FakeChatCore.message("m900", text: text, isOwn: true, .waiting), at: 0)
    }
    return "m900"
  }

  override func edit(caseId: CaseId, messageId: String, text: EnteredText) throws {
    try core.call(.edit(messageId, text)) { room in
      room.messages = room.messages.map { message in
        message.id == messageId
          ? FakeChatCore.message(messageId, text: text, isOwn: true, message.state) : message
      }
    }
  }

  override func withdraw(caseId: CaseId, messageId: String) throws {
    try core.call(.withdraw(messageId)) { room in
      room.messages.removeAll { $0.id == messageId }
    }
  }

  override func react(caseId: CaseId, messageId: String, reaction: EnteredText?) throws {
    try core.call(.react(messageId, reaction))
  }

  override func markRead(caseId: CaseId) throws {
    try core.call(.markRead) { $0.chat = FakeChatCore.chat(unread: 0) }
  }

  override func admitExpert(caseId: CaseId, expert: UserId) throws {
    try core.call(.admitExpert(expert)) { $0.chat = FakeChatCore.chat(.open) }
  }

  override func letColleagueIn(caseId: CaseId, colleague: UserId) throws {
    try core.call(.letColleagueIn(colleague)) { $0.chat = FakeChatCore.chat(asking: []) }
  }

  override func sendToCurrentExpert(caseId: CaseId, messageId: String) throws {
    try core.call(.sendToCurrentExpert(messageId)) { room in
      room.messages = room.messages.map { message in
        message.id == messageId
          ? FakeChatCore.message(messageId, isOwn: true, .waiting) : message
      }
    }
  }

  override func transcript(caseId: CaseId, kind: TranscriptKind) throws -> String {
    try core.call(.transcript(kind))
    return core.room.messages.compactMap(\.text).joined(separator: "\n")
  }

  override func search(text: EnteredText, caseId: CaseId?, limit: UInt32) throws
    -> [FoundMessage]
  {
    try core.found(text, in: caseId).prefix(Int(limit)).map {
      FoundMessage(caseId: CaseId("c1"), messageId: $0.id)
    }
  }
}

extension FakeChatCore {
  static func chat(
    _ state: ChatState = .open, asking: [String] = [], unread: UInt32 = 0, fault: String? = nil
  ) -> Chat {
    Chat(
      caseId: CaseId("c1"), state: state,
      members: [
        ChatMember(
          userId: UserId("u1"), side: .requester, admitted: false, isOwn: true, safetyNumber: ""),
        ChatMember(
          userId: UserId("expert"), side: .expert, admitted: true, isOwn: false,
          safetyNumber: String(repeating: "7", count: 60)),
      ],
      asking: asking.map { UserId($0) }, unread: unread, entries: 9, fault: fault, setAside: [],
      refusal: nil)
  }

  static func message(
    _ id: String, text: String? = "Which drugs?", isOwn: Bool = false,
    _ state: MessageState = .sent
  ) -> ChatMessage {
    ChatMessage(
      id: id, author: UserId(isOwn ? "u1" : "expert"), isOwn: isOwn, at: morning, text: text,
      replyTo: nil, edited: false, reactions: [], state: state)
  }

  /// Messages with these numbers, newest first.
  static func messages(_ numbers: ClosedRange<Int>) -> [ChatMessage] {
    numbers.reversed().map { message("m\(100 + $0)") }
  }
}
