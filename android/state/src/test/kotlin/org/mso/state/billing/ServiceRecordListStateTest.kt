package org.mso.state.billing

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
import org.mso.core.ServiceRecordItem
import org.mso.core.ServiceState
import org.mso.state.ContentUiState
import org.mso.state.Rows
import org.mso.state.cases.FakeCore

@OptIn(ExperimentalCoroutinesApi::class)
class ServiceRecordListStateTest {
    private val core = FakeCore().apply { serviceRecords = List(60) { aService("2026-$it") } }

    private fun TestScope.list(): ServiceRecordListState {
        val list = ServiceRecordListState(core, backgroundScope, StandardTestDispatcher(testScheduler))
        runCurrent()
        return list
    }

    private fun ServiceRecordListState.ready() =
        assertIs<ContentUiState.Ready<Rows<ServiceRecordItem>>>(uiState.value)

    @Test
    fun `older services are shown when the end is reached`() = runTest {
        val list = list()
        assertEquals(Rows(core.serviceRecords.take(50), more = true), list.ready().content)
        list.showMore().join()
        assertEquals(Rows(core.serviceRecords, more = false), list.ready().content)
    }

    @Test
    fun `a new service shows when service records change, not before`() = runTest {
        val list = list()
        core.serviceRecords = listOf(aService("2026-60")) + core.serviceRecords
        core.tell(Change.Invoices)
        runCurrent()
        assertEquals("2026-0", list.ready().content.rows.first().caseNumber)
        core.tell(Change.ServiceRecords)
        runCurrent()
        assertEquals("2026-60", list.ready().content.rows.first().caseNumber)
    }
}

private fun aService(caseNumber: String) =
    ServiceRecordItem(caseNumber, "opinion", Instant.EPOCH, null, ServiceState.RECORDED, null)
