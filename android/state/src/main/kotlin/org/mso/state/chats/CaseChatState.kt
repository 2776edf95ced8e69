/*
 * The screen of one case's chat.
 *
 * The core checks again what the screen offers. Invariant: what has been shown stays shown when something changes: the
 * messages are read again down to the oldest one, however many have come.
 */
package org.mso.state.chats

import java.util.concurrent.atomic.AtomicBoolean
import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.CaseId
import org.mso.core.Change
import org.mso.core.Chat
import org.mso.core.ChatMessage
import org.mso.core.ChatState
import org.mso.core.Chats
import org.mso.core.MessageState
import org.mso.core.TranscriptKind
import org.mso.core.UserId
import org.mso.core.WorkspaceInterface
import org.mso.state.ContentReader
import org.mso.state.ContentUiState
import org.mso.state.ROWS_AT_ONCE

private const val EXPERT_CHANGED = "chat_expert_changed"

private val PAGE: UInt = ROWS_AT_ONCE.toUInt()

/**
 * A case's chat.
 *
 * @property chat how far it is, who reads it, who asks to be let in, and what is wrong with it
 * @property messages newest first; each says how far it is
 * @property more whether there are earlier ones: [CaseChatState.showMore]
 */
public data class CaseChat(val chat: Chat, val messages: List<ChatMessage>, val more: Boolean) {
    /** Whether the screen offers to write. What nobody else can read yet waits on this phone. */
    public val mayWrite: Boolean
        get() = when (chat.state) {
            ChatState.NotBegun, ChatState.AskedToBeLetIn, is ChatState.ExpertToAdmit, ChatState.Open -> true
            ChatState.NoIdentity, ChatState.Over -> false
        }

    /** Whether the screen offers to edit and to withdraw this message. */
    public fun mayChange(message: ChatMessage): Boolean = mayWrite && message.isOwn && message.text != null

    /** Whether the screen offers to send this message, which was written for another expert, to the present one. */
    public fun mayReaddress(message: ChatMessage): Boolean =
        mayWrite && message.state == MessageState.NotSent(EXPERT_CHANGED)

    internal fun has(id: String, wanted: (ChatMessage) -> Boolean): Boolean =
        messages.any { it.id == id && wanted(it) }
}

/**
 * State of one case's chat. Lives as long as [scope]; calls to the core run in [work].
 *
 * Actions do nothing while the chat does not offer them or another action is running. An action's job ends when the
 * screen shows the result.
 */
public class CaseChatState(
    private val caseId: CaseId,
    private val core: WorkspaceInterface,
    private val scope: CoroutineScope,
    work: CoroutineContext = Dispatchers.IO,
) {
    // Before the reader, which uses them.
    private val earlierWanted = AtomicBoolean(false)

    @Volatile private var oldestShown: String? = null

    @Volatile private var oldestWanted: String? = null

    // The chat is over when the case is closed.
    private val reader = ContentReader<CaseChat>(
        core,
        scope,
        work,
        { it == Change.OfChat(caseId) || it == Change.OfCase(caseId) },
        { found() },
    )

    public val uiState: StateFlow<ContentUiState<CaseChat>> = reader.uiState

    /** Reads again. The job ends when the result is shown. */
    public fun refresh(): Job = reader.refresh()

    /** Shows earlier messages too: the screen has been scrolled to its end. The job ends when they are shown. */
    public fun showMore(): Job {
        earlierWanted.set(true)
        return reader.refresh()
    }

    /** Shows all messages from this one on, such as one that a search found. The job ends when they are shown. */
    public fun showFrom(messageId: String): Job {
        oldestWanted = messageId
        return reader.refresh()
    }

    /**
     * Writes a message, perhaps in reply to another. Gives its id; null: it was not written, and the text is to stay
     * where it was typed.
     */
    public fun write(text: String, replyTo: String? = null): Deferred<String?> {
        var written: String? = null
        val job = reader.act({ it.mayWrite }) { written = core.chats().write(caseId, text, replyTo) }
        return scope.async {
            job.join()
            written
        }
    }

    /** Replaces the text of an own message. */
    public fun edit(messageId: String, text: String): Job =
        act({ chat -> chat.has(messageId, chat::mayChange) }) { it.edit(caseId, messageId, text) }

    /** Takes an own message back. Ask first. */
    public fun withdraw(messageId: String): Job =
        act({ chat -> chat.has(messageId, chat::mayChange) }) { it.withdraw(caseId, messageId) }

    /** Reacts to a message; null takes the user's reaction back. */
    public fun react(messageId: String, reaction: String?): Job =
        act({ chat -> chat.mayWrite && chat.has(messageId) { it.text != null } }) {
            it.react(caseId, messageId, reaction)
        }

    /** Sends a message that was written for another expert to the present one. */
    public fun sendToCurrentExpert(messageId: String): Job =
        act({ chat -> chat.has(messageId, chat::mayReaddress) }) { it.sendToCurrentExpert(caseId, messageId) }

    /** Lets the expert in whom the chat shows as one to admit. Ask first, with the expert's name. */
    public fun admitExpert(expert: UserId): Job =
        act({ it.chat.state == ChatState.ExpertToAdmit(expert) }) { it.admitExpert(caseId, expert) }

    /** Lets a colleague in who asks for it. */
    public fun letColleagueIn(colleague: UserId): Job =
        act({ it.mayWrite && colleague in it.chat.asking }) { it.letColleagueIn(caseId, colleague) }

    /** The newest messages have been seen: marks all as read. The job ends when the result is shown. */
    public fun markRead(): Job =
        reader.mark({ it.chat.unread > 0u && it.chat.state != ChatState.NoIdentity }) { core.chats().markRead(caseId) }

    /**
     * What this phone has of the chat, for people outside of it. It leaves the encrypted store: ask first. Gives null if
     * it failed; the reason is shown.
     */
    public fun transcript(kind: TranscriptKind): Deferred<String?> {
        var exported: String? = null
        val job = reader.act({ true }) { exported = core.chats().transcript(caseId, kind) }
        return scope.async {
            job.join()
            exported
        }
    }

    private fun act(offered: (CaseChat) -> Boolean, call: (Chats) -> Unit): Job =
        reader.act(offered) { call(core.chats()) }

    private fun found(): CaseChat {
        val chats = core.chats()
        val chat = chats.chat(caseId)
        val withEarlier = earlierWanted.getAndSet(false)
        val again = shownAgain(chats)
        val messages = if (withEarlier && again.isNotEmpty()) again + earlier(chats, again, PAGE) else again
        oldestShown = messages.lastOrNull()?.id
        return CaseChat(chat, messages, messages.isNotEmpty() && earlier(chats, messages, 1u).isNotEmpty())
    }

    /** The newest page, and the messages down to the oldest one that was shown or is wanted. */
    private fun shownAgain(chats: Chats): List<ChatMessage> {
        val from = listOfNotNull(oldestShown, oldestWanted).minOrNull()
        val rows = mutableListOf<ChatMessage>()
        do {
            val page = earlier(chats, rows, PAGE)
            rows += page
        } while (from != null && page.size == ROWS_AT_ONCE && page.last().id > from)
        return rows.filterIndexed { at, row -> at < ROWS_AT_ONCE || (from != null && row.id >= from) }
    }

    private fun earlier(chats: Chats, than: List<ChatMessage>, limit: UInt): List<ChatMessage> =
        chats.messages(caseId, than.lastOrNull()?.id, limit)
}
