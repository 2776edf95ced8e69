package org.mso.state.notices

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.mso.core.Change
import org.mso.core.MsoException
import org.mso.core.Notice
import org.mso.core.NoticeId
import org.mso.state.ContentUiState
import org.mso.state.cases.FakeCore
import org.mso.state.cases.aRemoval

@OptIn(ExperimentalCoroutinesApi::class)
class NoticeListStateTest {
    private val core = FakeCore().apply { notices = listOf(aNotice("n2"), aNotice("n1")) }

    private fun aNotice(id: String) = aRemoval("c1", "reassigned").copy(id = NoticeId(id))

    private fun TestScope.list(): NoticeListState {
        val list = NoticeListState(core, backgroundScope, StandardTestDispatcher(testScheduler))
        runCurrent()
        return list
    }

    private fun NoticeListState.ready() = assertIs<ContentUiState.Ready<List<Notice>>>(uiState.value)

    @Test
    fun `a notice that was seen is marked as read, once`() = runTest {
        val list = list()
        assertEquals(listOf(false, false), list.ready().content.map { it.read })
        list.markRead(NoticeId("n1")).join()
        list.markRead(NoticeId("n1")).join()
        assertEquals(listOf(false, true), list.ready().content.map { it.read })
        assertEquals(listOf("notice n1"), core.called)
    }

    @Test
    fun `a notice that could not be marked says why`() = runTest {
        val list = list()
        core.refusal = MsoException.StorageBroken("s-17")
        list.markRead(NoticeId("n1")).join()
        assertEquals("storage_broken", list.ready().lastError?.key)
        assertEquals(listOf(false, false), list.ready().content.map { it.read })
    }

    @Test
    fun `a new notice shows when notices change, not before`() = runTest {
        val list = list()
        core.notices = listOf(aNotice("n3")) + core.notices
        core.tell(Change.Notifications)
        runCurrent()
        assertEquals(listOf("n2", "n1"), list.ready().content.map { it.id.value })
        core.tell(Change.Notices)
        runCurrent()
        assertEquals(listOf("n3", "n2", "n1"), list.ready().content.map { it.id.value })
    }
}
