package org.mso.state.drafts

import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.mso.core.Change
import org.mso.core.CommandId
import org.mso.core.Draft
import org.mso.core.DraftContent
import org.mso.core.DraftText
import org.mso.core.MsoException
import org.mso.core.PatientId
import org.mso.core.Remedy
import org.mso.state.ContentUiState
import org.mso.state.cases.FakeCore

@OptIn(ExperimentalCoroutinesApi::class)
class DraftListStateTest {
    private val core = FakeCore().apply { drafts = listOf(aDraft("d1"), aDraft("d2")) }

    private fun TestScope.list(): DraftListState {
        val list = DraftListState(core, backgroundScope, StandardTestDispatcher(testScheduler))
        runCurrent()
        return list
    }

    private fun DraftListState.ready() = assertIs<ContentUiState.Ready<List<Draft>>>(uiState.value)

    private fun DraftListState.ids() = ready().content.map { it.commandId.value }

    @Test
    fun `a draft that is sent leaves the list`() = runTest {
        val list = list()
        val job = list.send(CommandId("d1"))
        assertEquals(true, list.ready().working)
        job.join()
        assertEquals(listOf("d2") to false, list.ids() to list.ready().working)
        assertEquals(listOf("send d1"), core.called)
    }

    @Test
    fun `a draft is sent with other texts, with another patient, or discarded`() = runTest {
        core.drafts += aDraft("d3")
        val list = list()
        list.sendTexts(CommandId("d1"), listOf(DraftText("/text", "Which drugs?"))).join()
        list.useExistingPatient(CommandId("d2"), PatientId("p7")).join()
        list.discard(CommandId("d3")).join()
        assertEquals(listOf("send d1 /text=Which drugs?", "use p7 in d2", "discard d3"), core.called)
        assertEquals(emptyList(), list.ids())
    }

    @Test
    fun `a second press while one is sent does nothing`() = runTest {
        val list = list()
        val first = list.send(CommandId("d1"))
        list.discard(CommandId("d2")).join()
        first.join()
        assertEquals(listOf("send d1"), core.called)
    }

    @Test
    fun `a refused draft stays and says why, and the next action takes the reason away`() = runTest {
        val list = list()
        core.refusal = MsoException.Invalid("text", "too_short")
        list.sendTexts(CommandId("d1"), listOf(DraftText("/text", "?"))).join()
        assertEquals("invalid.too_short", list.ready().lastError?.key)
        assertEquals(listOf("d1", "d2"), list.ids())
        core.refusal = null
        list.send(CommandId("d1")).join()
        assertEquals(null, list.ready().lastError)
    }

    @Test
    fun `a draft that is not in the list is not sent`() = runTest {
        list().send(CommandId("d9")).join()
        assertEquals(emptyList(), core.called)
    }

    @Test
    fun `a command that is refused while the list is shown shows with the sync status`() = runTest {
        val list = list()
        core.drafts += aDraft("d3")
        core.tell(Change.Catalogue)
        runCurrent()
        assertEquals(listOf("d1", "d2"), list.ids())
        core.tell(Change.SyncStatus)
        runCurrent()
        assertEquals(listOf("d1", "d2", "d3"), list.ids())
    }
}

private fun aDraft(id: String) = Draft(
    commandId = CommandId(id),
    operation = "report_issue",
    caseId = null,
    code = "invalid",
    fields = listOf("text"),
    existingPatient = null,
    refusedAt = Instant.EPOCH,
    keptUntil = null,
    content = DraftContent.Other,
    texts = listOf(DraftText("/text", "Which?")),
    remedies = listOf(Remedy.CHANGE),
    waiting = emptyList(),
)
