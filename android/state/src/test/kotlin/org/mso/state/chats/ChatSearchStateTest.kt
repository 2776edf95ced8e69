package org.mso.state.chats

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.mso.core.CaseId
import org.mso.core.Change
import org.mso.core.FoundMessage
import org.mso.core.MsoException
import org.mso.core.PatientId
import org.mso.state.ContentUiState
import org.mso.state.Message

@OptIn(ExperimentalCoroutinesApi::class)
class ChatSearchStateTest {
    private val core = FakeChats().apply { messages = listOf(aMessage(2, "Potassium 5.9"), aMessage(1, "Sodium")) }

    private fun TestScope.search(caseId: String? = null): ChatSearchState {
        val dispatcher = StandardTestDispatcher(testScheduler)
        val search = ChatSearchState(caseId?.let(::CaseId), core, backgroundScope, dispatcher)
        runCurrent()
        return search
    }

    private fun ChatSearchState.shown() = assertIs<ContentUiState.Ready<FoundMessages>>(uiState.value).content

    private fun found(number: Int) = FoundMessage(CaseId("c1"), anId(number))

    @Test
    fun `nothing is found before something is searched`() = runTest {
        val search = search()
        search.search(" ").join()
        assertEquals(FoundMessages(" ", emptyList(), more = false), search.shown())
        assertEquals(emptyList(), core.searched)
    }

    @Test
    fun `a text is found in all chats, or in one`() = runTest {
        val (all, one, other) = listOf(search(), search("c1"), search("c2"))
        listOf(all, one, other).forEach { it.search("Pot").join() }
        assertEquals(FoundMessages("Pot", listOf(found(2)), more = false), all.shown())
        assertEquals(listOf(found(2)), one.shown().rows)
        assertEquals(emptyList(), other.shown().rows)
    }

    @Test
    fun `older messages are shown when the end is reached, as far as the core finds them`() = runTest {
        core.messages = someMessages(300)
        val search = search()
        search.search("Message").join()
        assertEquals(50 to true, search.shown().rows.size to search.shown().more)
        repeat(3) { search.showMore().join() }
        assertEquals(200 to false, search.shown().rows.size to search.shown().more)
    }

    @Test
    fun `a new message is searched at once, and other changes cause no search`() = runTest {
        val search = search("c1")
        search.search("ium").join()
        core.tell(Change.OfChat(CaseId("c2")))
        core.tell(Change.OfPatient(PatientId("p1")))
        runCurrent()
        assertEquals(listOf("ium"), core.searched)
        core.messages = listOf(aMessage(3, "Calcium")) + core.messages
        core.tell(Change.OfChat(CaseId("c1")))
        runCurrent()
        assertEquals(listOf(found(3), found(2), found(1)), search.shown().rows)
    }

    @Test
    fun `a text that was typed during an earlier search is the one that is shown`() = runTest {
        val search = search()
        core.meanwhile = { search.search("Sod") }
        search.search("Pot").join()
        runCurrent()
        assertEquals(FoundMessages("Sod", listOf(found(1)), more = false), search.shown())
    }

    @Test
    fun `a search that fails shows its reason, and nobody signed in the sign-in`() = runTest {
        val search = search()
        core.broken = MsoException.StorageBroken("s-17")
        search.search("Pot").join()
        assertEquals(ContentUiState.Failed(Message("storage_broken", reference = "s-17")), search.uiState.value)
        core.core.signedIn = false
        search.refresh().join()
        assertEquals(ContentUiState.SignedOut, search.uiState.value)
    }
}
