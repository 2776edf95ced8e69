package org.mso.state.chats

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.mso.core.CaseId
import org.mso.core.Change
import org.mso.core.ChatState
import org.mso.core.MessageState
import org.mso.core.MsoException
import org.mso.core.TranscriptKind
import org.mso.core.UserId
import org.mso.state.ContentUiState
import org.mso.state.Message

@OptIn(ExperimentalCoroutinesApi::class)
class CaseChatStateTest {
    private val core = FakeChats().apply { messages = someMessages(2) }

    private fun TestScope.chat(id: String = "c1"): CaseChatState {
        val chat = CaseChatState(CaseId(id), core, backgroundScope, StandardTestDispatcher(testScheduler))
        assertEquals(ContentUiState.Loading, chat.uiState.value)
        runCurrent()
        return chat
    }

    private fun CaseChatState.ready() = assertIs<ContentUiState.Ready<CaseChat>>(uiState.value)

    private fun CaseChatState.shown() = ready().content

    private fun CaseChatState.range() = shown().messages.let { it.last().id to it.first().id }

    private fun TestScope.tellOfChat() {
        core.tell(Change.OfChat(CaseId("c1")))
        runCurrent()
    }

    @Test
    fun `it shows the chat and its messages, newest first`() = runTest {
        assertEquals(CaseChat(aChat(), core.messages, more = false), chat().shown())
    }

    @Test
    fun `a chat that has not begun has no messages and can be written in`() = runTest {
        core.chat = aChat(ChatState.NotBegun)
        core.messages = emptyList()
        val chat = chat()
        assertEquals(CaseChat(core.chat, emptyList(), more = false), chat.shown())
        assertEquals(true, chat.shown().mayWrite)
        assertEquals("m001", chat.write("Good morning.").await())
        assertEquals(listOf("Good morning."), chat.shown().messages.map { it.text })
    }

    @Test
    fun `earlier messages are shown when the end is reached`() = runTest {
        core.messages = someMessages(120)
        val chat = chat()
        assertEquals(anId(71) to anId(120), chat.range())
        assertEquals(true, chat.shown().more)
        chat.showMore().join()
        assertEquals(anId(21) to anId(120), chat.range())
        chat.showMore().join()
        assertEquals(anId(1) to anId(120), chat.range())
        assertEquals(false, chat.shown().more)
        chat.showMore().join()
        assertEquals(core.messages, chat.shown().messages)
    }

    @Test
    fun `a page that is just full has no earlier ones`() = runTest {
        core.messages = someMessages(50)
        val chat = chat()
        assertEquals(50 to false, chat.shown().messages.size to chat.shown().more)
    }

    @Test
    fun `new messages are shown at once, and what was shown stays`() = runTest {
        core.messages = someMessages(120)
        val chat = chat()
        chat.showMore().join()
        core.messages = someMessages(300)
        tellOfChat()
        assertEquals(anId(21) to anId(300), chat.range())
        assertEquals(280 to true, chat.shown().messages.size to chat.shown().more)
        chat.showMore().join()
        assertEquals(core.messages, chat.shown().messages)
    }

    @Test
    fun `a message that was taken back before it was sent is gone`() = runTest {
        core.messages = someMessages(51)
        val chat = chat()
        core.messages = core.messages.filter { it.id != anId(2) }
        tellOfChat()
        assertEquals(anId(1) to anId(51), chat.range())
        assertEquals(50 to false, chat.shown().messages.size to chat.shown().more)
    }

    @Test
    fun `what a search found is shown, with all that came after it`() = runTest {
        core.messages = someMessages(120)
        val chat = chat()
        chat.showFrom(anId(30)).join()
        assertEquals(anId(30) to anId(120), chat.range())
        chat.showFrom(anId(100)).join()
        assertEquals(anId(30) to anId(120), chat.range())
        chat.showMore().join()
        assertEquals(anId(1) to anId(120), chat.range())
    }

    @Test
    fun `each message says how far it is`() = runTest {
        val waiting = aMessage(3, state = MessageState.Waiting)
        core.messages = listOf(waiting) + core.messages
        val chat = chat()
        assertEquals<MessageState>(MessageState.Waiting, chat.shown().messages.first().state)
        core.messages = listOf(waiting.copy(state = MessageState.Read)) + core.messages.drop(1)
        tellOfChat()
        assertEquals<MessageState>(MessageState.Read, chat.shown().messages.first().state)
    }

    @Test
    fun `a message is written, in reply to another or to none`() = runTest {
        val chat = chat()
        val job = chat.write("Since when?", replyTo = anId(1))
        assertEquals(true, chat.ready().working)
        assertEquals(anId(3), job.await())
        assertEquals(anId(4), chat.write("Any fever?").await())
        assertEquals(listOf("write Since when?, in reply to m001", "write Any fever?, in reply to null"), core.called)
        assertEquals(listOf("Any fever?", "Since when?"), chat.shown().messages.map { it.text }.take(2))
        assertEquals(false, chat.ready().working)
    }

    @Test
    fun `a message that was not written says why, and the next one takes the reason away`() = runTest {
        val chat = chat()
        core.refusal = MsoException.Invalid("text", "length")
        assertNull(chat.write("").await())
        assertEquals(Message("invalid", "length", "text"), chat.ready().lastError)
        core.refusal = null
        chat.write("Good morning.").join()
        assertNull(chat.ready().lastError)
    }

    @Test
    fun `a transcript is given, also of a chat that is over`() = runTest {
        core.chat = aChat(ChatState.Over)
        val chat = chat()
        assertEquals("Message 2\nMessage 1", chat.transcript(TranscriptKind.TEXT).await())
        assertEquals(listOf("transcript of c1, TEXT"), core.called)
        assertEquals(false, chat.ready().working)
    }

    @Test
    fun `a transcript that could not be made says why`() = runTest {
        val chat = chat()
        core.refusal = MsoException.NotFound()
        assertNull(chat.transcript(TranscriptKind.JSON).await())
        assertEquals(Message("not_found"), chat.ready().lastError)
    }

    @Test
    fun `a second message is not written while one is written`() = runTest {
        val chat = chat()
        val first = chat.write("One")
        assertNull(chat.write("Two").await())
        first.join()
        assertEquals(listOf("write One, in reply to null"), core.called)
    }

    @Test
    fun `an own message is edited and taken back, another's is not`() = runTest {
        core.messages = listOf(aMessage(2, isOwn = false), aMessage(1))
        val chat = chat()
        assertEquals(listOf(false, true), chat.shown().messages.map(chat.shown()::mayChange))
        chat.edit(anId(1), "Better").join()
        assertEquals("Better" to true, chat.shown().messages.last().let { it.text to it.edited })
        chat.withdraw(anId(1)).join()
        assertNull(chat.shown().messages.last().text)
        chat.withdraw(anId(1)).join()
        chat.edit(anId(2), "Not mine").join()
        assertEquals(listOf("edit m001: Better", "withdraw m001"), core.called)
    }

    @Test
    fun `a message that could not be edited stays and says why`() = runTest {
        val chat = chat()
        core.refusal = MsoException.Invalid("chat", "not_the_author")
        chat.edit(anId(1), "Better").join()
        assertEquals(Message("invalid", "not_the_author", "chat"), chat.ready().lastError)
        assertEquals(core.messages, chat.shown().messages)
    }

    @Test
    fun `a reaction is given and taken back, and none to a withdrawn message`() = runTest {
        core.messages = listOf(aMessage(2, text = null), aMessage(1, isOwn = false))
        val chat = chat()
        chat.react(anId(1), "+1").join()
        chat.react(anId(1), null).join()
        chat.react(anId(2), "+1").join()
        assertEquals(listOf("react m001: +1", "react m001: null"), core.called)
    }

    @Test
    fun `a message for another expert is sent to the present one, and no other is`() = runTest {
        val changed = MessageState.NotSent("chat_expert_changed")
        val notAdmitted = MessageState.NotSent("chat_expert_not_admitted")
        core.messages = listOf(aMessage(2, state = changed), aMessage(1, state = notAdmitted))
        val chat = chat()
        assertEquals(listOf(true, false), chat.shown().messages.map(chat.shown()::mayReaddress))
        chat.sendToCurrentExpert(anId(1)).join()
        chat.sendToCurrentExpert(anId(2)).join()
        assertEquals(listOf("send m002"), core.called)
        assertEquals<MessageState>(MessageState.Waiting, chat.shown().messages.first().state)
    }

    @Test
    fun `what is unread is marked as read once, also while an action runs`() = runTest {
        core.chat = aChat(unread = 2u)
        val chat = chat()
        val writing = chat.write("Good morning.")
        chat.markRead().join()
        writing.join()
        chat.markRead().join()
        assertEquals(listOf("write Good morning., in reply to null", "read c1"), core.called)
        assertEquals(0u, chat.shown().chat.unread)
    }

    @Test
    fun `the expert who is to be admitted is, and nobody else`() = runTest {
        core.chat = aChat(ChatState.ExpertToAdmit(UserId("e1")))
        val chat = chat()
        assertEquals(true, chat.shown().mayWrite)
        chat.admitExpert(UserId("e2")).join()
        chat.admitExpert(UserId("e1")).join()
        chat.admitExpert(UserId("e1")).join()
        assertEquals(listOf("admit e1"), core.called)
        assertEquals<ChatState>(ChatState.Open, chat.shown().chat.state)
    }

    @Test
    fun `an expert who changed meanwhile is not admitted, and the screen says why`() = runTest {
        core.chat = aChat(ChatState.ExpertToAdmit(UserId("e1")))
        val chat = chat()
        core.refusal = MsoException.Invalid("chat", "expert_changed")
        chat.admitExpert(UserId("e1")).join()
        assertEquals(Message("invalid", "expert_changed", "chat"), chat.ready().lastError)
    }

    @Test
    fun `a colleague who asks is let in`() = runTest {
        core.chat = aChat().copy(asking = listOf(UserId("u2")))
        val chat = chat()
        chat.letColleagueIn(UserId("u3")).join()
        chat.letColleagueIn(UserId("u2")).join()
        assertEquals(listOf("let in u2"), core.called)
        assertEquals(emptyList(), chat.shown().chat.asking)
    }

    @Test
    fun `a case that is closed makes the chat one to read only`() = runTest {
        val chat = chat()
        core.chat = aChat(ChatState.Over, unread = 1u)
        core.tell(Change.OfCase(CaseId("c1")))
        runCurrent()
        assertEquals(false, chat.shown().mayWrite)
        assertEquals(core.messages, chat.shown().messages)
        assertNull(chat.write("Too late").await())
        chat.edit(anId(1), "No").join()
        chat.withdraw(anId(1)).join()
        chat.react(anId(1), "+1").join()
        assertEquals(emptyList(), core.called)
        chat.markRead().join()
        assertEquals(listOf("read c1"), core.called)
    }

    @Test
    fun `a phone without the user's keys neither writes nor tells what was read`() = runTest {
        core.chat = aChat(ChatState.NoIdentity, unread = 1u)
        val chat = chat()
        assertEquals(false, chat.shown().mayWrite)
        assertNull(chat.write("Good morning.").await())
        chat.markRead().join()
        assertEquals(emptyList(), core.called)
    }

    @Test
    fun `changes of other chats and cases cause no reading`() = runTest {
        chat()
        core.tell(Change.OfChat(CaseId("c2")))
        core.tell(Change.OfCase(CaseId("c2")))
        core.tell(Change.SyncStatus)
        runCurrent()
        assertEquals(1, core.reads)
    }

    @Test
    fun `without the case there is no chat, and nobody signed in shows the sign-in`() = runTest {
        assertEquals(ContentUiState.Failed(Message("not_found")), chat("c2").uiState.value)
        core.core.signedIn = false
        assertEquals(ContentUiState.SignedOut, chat().uiState.value)
    }

    @Test
    fun `a store that cannot be read shows its reason`() = runTest {
        core.broken = MsoException.StorageBroken("s-17")
        assertEquals(ContentUiState.Failed(Message("storage_broken", reference = "s-17")), chat().uiState.value)
    }
}
