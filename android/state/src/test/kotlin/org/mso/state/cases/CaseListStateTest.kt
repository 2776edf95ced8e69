package org.mso.state.cases

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.cancel
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.mso.core.CaseId
import org.mso.core.Change
import org.mso.core.DocumentId
import org.mso.core.MsoException
import org.mso.core.SyncState
import org.mso.state.Message

@OptIn(ExperimentalCoroutinesApi::class)
class CaseListStateTest {
    private val core = FakeCore()

    private fun TestScope.list() = CaseListState(core, backgroundScope, StandardTestDispatcher(testScheduler))

    private fun CaseListState.ready() = assertIs<CaseListUiState.Ready>(uiState.value)

    @Test
    fun `it loads and then shows the cases`() = runTest {
        core.put(aCase("c1"))
        val list = list()
        assertEquals(CaseListUiState.Loading, list.uiState.value)
        runCurrent()
        assertEquals(listOf(CaseId("c1")), list.ready().rows.map { it.caseId })
        assertEquals(SyncLineKind.UP_TO_DATE, list.ready().sync.kind)
        assertEquals(0, list.ready().unreadNotices)
    }

    @Test
    fun `a change of a case shows at once`() = runTest {
        val list = list()
        runCurrent()
        core.put(aCase("c1"))
        core.tell(Change.OfCase(CaseId("c1")))
        runCurrent()
        assertEquals(listOf(CaseId("c1")), list.ready().rows.map { it.caseId })
    }

    @Test
    fun `older cases are shown when the end is reached`() = runTest {
        repeat(70) { core.put(aCase("c$it")) }
        val list = list()
        runCurrent()
        assertEquals(50 to true, list.ready().rows.size to list.ready().more)
        list.showMore()
        runCurrent()
        assertEquals(70 to false, list.ready().rows.size to list.ready().more)
    }

    @Test
    fun `changes that do not concern it cause no reading`() = runTest {
        list()
        runCurrent()
        core.tell(Change.OfDocument(DocumentId("d1")))
        core.tell(Change.OfChat(CaseId("c1")))
        core.tell(Change.Catalogue)
        core.tell(Change.ServiceRecords)
        runCurrent()
        assertEquals(1, core.reads)
    }

    @Test
    fun `many changes at once are not read one by one`() = runTest {
        list()
        runCurrent()
        repeat(100) { core.tell(Change.OfCase(CaseId("c$it"))) }
        runCurrent()
        // The first change triggers one read, and all the others together trigger one more.
        assertEquals(1 + 2, core.reads)
    }

    @Test
    fun `unread notices are counted`() = runTest {
        core.notices = listOf(aRemoval("c1", "reassigned"), aRemoval("c2", "reassigned").copy(read = true))
        val list = list()
        runCurrent()
        assertEquals(1, list.ready().unreadNotices)
    }

    @Test
    fun `nobody signed in shows the sign-in and signing in shows the list`() = runTest {
        core.signedIn = false
        val list = list()
        runCurrent()
        assertEquals(CaseListUiState.SignedOut, list.uiState.value)
        core.signedIn = true
        core.tell(Change.Session)
        runCurrent()
        list.ready()
    }

    @Test
    fun `a session that ended shows the sign-in`() = runTest {
        core.broken = MsoException.SignInNeeded()
        val list = list()
        runCurrent()
        assertEquals(CaseListUiState.SignedOut, list.uiState.value)
    }

    @Test
    fun `a failure shows its reason and refreshing tries again`() = runTest {
        core.broken = MsoException.StorageBroken("s-17")
        val list = list()
        runCurrent()
        val failed = CaseListUiState.Failed(Message("storage_broken", reference = "s-17"))
        assertEquals(failed, list.uiState.value)
        core.broken = null
        list.refresh().join()
        list.ready()
    }

    @Test
    fun `offline with something to send says so`() = runTest {
        core.sync = core.sync.copy(state = SyncState.OFFLINE, pendingCommands = 2u)
        val list = list()
        runCurrent()
        assertEquals(SyncLineKind.OFFLINE_WAITING, list.ready().sync.kind)
        assertEquals(2u, list.ready().sync.waitingCommands)
    }

    @Test
    fun `it never says up to date while a file is still to come`() = runTest {
        core.sync = core.sync.copy(pendingDownloads = 1u)
        val list = list()
        runCurrent()
        assertEquals(SyncLineKind.WAITING, list.ready().sync.kind)
        core.sync = core.sync.copy(lastError = "server")
        core.tell(Change.SyncStatus)
        runCurrent()
        assertEquals(SyncLineKind.FAILED, list.ready().sync.kind)
    }

    @Test
    fun `it stops listening when its scope ends`() = runTest {
        val scope = CoroutineScope(StandardTestDispatcher(testScheduler))
        CaseListState(core, scope, StandardTestDispatcher(testScheduler))
        runCurrent()
        assertEquals(1, core.listeners.size)
        scope.cancel()
        runCurrent()
        assertEquals(0, core.listeners.size)
    }
}
