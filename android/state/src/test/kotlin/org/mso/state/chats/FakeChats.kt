/* A core for tests of the chat screens: holds one case's chat, performs actions and notifies listeners. */
package org.mso.state.chats

import java.time.Instant
import org.mso.core.CaseId
import org.mso.core.Change
import org.mso.core.Chat
import org.mso.core.ChatMember
import org.mso.core.ChatMessage
import org.mso.core.ChatState
import org.mso.core.Chats
import org.mso.core.FoundMessage
import org.mso.core.MessageState
import org.mso.core.MsoException
import org.mso.core.NoHandle
import org.mso.core.Side
import org.mso.core.TranscriptKind
import org.mso.core.UserId
import org.mso.core.WorkspaceInterface
import org.mso.state.cases.FakeCore

/** A core that holds the chat of the case `c1`. Everything else is [core]'s. */
class FakeChats(val core: FakeCore = FakeCore()) : WorkspaceInterface by core {
    var chat = aChat()

    /** Newest first. */
    var messages = listOf<ChatMessage>()

    /** Thrown by every action. */
    var refusal: MsoException? = null

    /** Thrown by every read. */
    var broken: MsoException? = null

    /** Runs once, during the next search, before it answers. */
    var meanwhile: () -> Unit = {}

    /** How often the chat was read, or searched. */
    var reads = 0
        private set

    /** The calls that change something. */
    val called = mutableListOf<String>()

    /** What was searched, each time. */
    val searched = mutableListOf<String>()

    fun tell(change: Change) = core.tell(change)

    override fun chats(): Chats = object : Chats(NoHandle) {
        override fun chat(caseId: CaseId): Chat = read {
            if (caseId == chat.caseId) chat else throw MsoException.NotFound()
        }

        override fun messages(caseId: CaseId, before: String?, limit: UInt): List<ChatMessage> =
            messages.filter { before == null || it.id < before }.take(minOf(limit, 200u).toInt())

        override fun write(caseId: CaseId, text: String, replyTo: String?): String {
            val number = messages.size + 1
            call("write $text, in reply to $replyTo")
            messages = listOf(aMessage(number, text = text, state = MessageState.Waiting)) + messages
            return anId(number)
        }

        override fun edit(caseId: CaseId, messageId: String, text: String) {
            call("edit $messageId: $text")
            change(messageId) { it.copy(text = text, edited = true) }
        }

        override fun withdraw(caseId: CaseId, messageId: String) {
            call("withdraw $messageId")
            change(messageId) { it.copy(text = null) }
        }

        override fun react(caseId: CaseId, messageId: String, reaction: String?) = call("react $messageId: $reaction")

        override fun sendToCurrentExpert(caseId: CaseId, messageId: String) {
            call("send $messageId")
            change(messageId) { it.copy(state = MessageState.Waiting) }
        }

        override fun markRead(caseId: CaseId) {
            call("read $caseId")
            chat = chat.copy(unread = 0u)
        }

        override fun admitExpert(caseId: CaseId, expert: UserId) {
            call("admit $expert")
            chat = chat.copy(state = ChatState.Open)
        }

        override fun letColleagueIn(caseId: CaseId, colleague: UserId) {
            call("let in $colleague")
            chat = chat.copy(asking = chat.asking - colleague)
        }

        override fun transcript(caseId: CaseId, kind: TranscriptKind): String {
            call("transcript of $caseId, $kind")
            return messages.joinToString("\n") { it.text.orEmpty() }
        }

        override fun search(text: String, caseId: CaseId?, limit: UInt): List<FoundMessage> {
            searched += text
            val run = meanwhile
            meanwhile = {}
            run()
            return read {
                messages
                    .filter { text in it.text.orEmpty() && (caseId == null || caseId == chat.caseId) }
                    .map { FoundMessage(chat.caseId, it.id) }
                    .take(minOf(limit, 200u).toInt())
            }
        }
    }

    private fun <T> read(what: () -> T): T {
        reads += 1
        broken?.let { throw it }
        return what()
    }

    private fun call(name: String) {
        refusal?.let { throw it }
        called += name
    }

    private fun change(id: String, change: (ChatMessage) -> ChatMessage) {
        messages = messages.map { if (it.id == id) change(it) else it }
    }
}

/** The chat of the case `c1`: the user, of the team, and an expert. */
fun aChat(state: ChatState = ChatState.Open, unread: UInt = 0u) = Chat(
    caseId = CaseId("c1"),
    state = state,
    members = listOf(
        ChatMember(UserId("u1"), Side.REQUESTER, admitted = true, isOwn = true, safetyNumber = ""),
        ChatMember(UserId("e1"), Side.EXPERT, admitted = true, isOwn = false, safetyNumber = "1".repeat(60)),
    ),
    asking = emptyList(),
    unread = unread,
    entries = 4uL,
    fault = null,
    setAside = emptyList(),
    refusal = null,
)

/** Ids of later messages have greater numbers. */
fun anId(number: Int) = "m" + number.toString().padStart(3, '0')

fun aMessage(
    number: Int,
    text: String? = "Message $number",
    isOwn: Boolean = true,
    state: MessageState = MessageState.Sent,
) = ChatMessage(
    id = anId(number),
    author = UserId(if (isOwn) "u1" else "e1"),
    isOwn = isOwn,
    at = Instant.EPOCH,
    text = text,
    replyTo = null,
    edited = false,
    reactions = emptyList(),
    state = state,
)

/** So many messages, newest first. */
fun someMessages(count: Int) = List(count) { aMessage(count - it) }
