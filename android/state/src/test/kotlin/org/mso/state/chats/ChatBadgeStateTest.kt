package org.mso.state.chats

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.mso.core.CaseId
import org.mso.core.Change
import org.mso.state.ContentUiState
import org.mso.state.Message

@OptIn(ExperimentalCoroutinesApi::class)
class ChatBadgeStateTest {
    private val core = FakeChats().apply { chat = aChat(unread = 3u) }

    private fun TestScope.badge(id: String = "c1"): ChatBadgeState {
        val badge = ChatBadgeState(CaseId(id), core, backgroundScope, StandardTestDispatcher(testScheduler))
        runCurrent()
        return badge
    }

    @Test
    fun `it counts what is unread, and again when the chat changes`() = runTest {
        val badge = badge()
        assertEquals<ContentUiState<UInt>>(ContentUiState.Ready(3u), badge.uiState.value)
        core.chat = aChat(unread = 4u)
        core.tell(Change.OfChat(CaseId("c2")))
        core.tell(Change.Notifications)
        runCurrent()
        assertEquals(1, core.reads)
        core.tell(Change.OfChat(CaseId("c1")))
        runCurrent()
        assertEquals<ContentUiState<UInt>>(ContentUiState.Ready(4u), badge.uiState.value)
    }

    @Test
    fun `without the case there is no badge`() = runTest {
        assertEquals(ContentUiState.Failed(Message("not_found")), badge("c2").uiState.value)
    }
}
