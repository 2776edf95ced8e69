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
import org.mso.core.Amount
import org.mso.core.CaseId
import org.mso.core.Change
import org.mso.core.InvoiceId
import org.mso.core.InvoiceVerification
import org.mso.core.InvoiceView
import org.mso.core.MsoException
import org.mso.core.PaymentState
import org.mso.state.ContentUiState
import org.mso.state.Rows
import org.mso.state.cases.FakeCore

@OptIn(ExperimentalCoroutinesApi::class)
class InvoiceListStateTest {
    private val core = FakeCore().apply { invoices = listOf(anInvoice("i1")) }

    private fun TestScope.list(): InvoiceListState {
        val list = InvoiceListState(core, backgroundScope, StandardTestDispatcher(testScheduler))
        runCurrent()
        return list
    }

    private fun InvoiceListState.ready() = assertIs<ContentUiState.Ready<Rows<InvoiceView>>>(uiState.value)

    @Test
    fun `older invoices are shown when the end is reached`() = runTest {
        core.invoices = List(70) { anInvoice("i$it") }
        val list = list()
        assertEquals(Rows(core.invoices.take(50), more = true), list.ready().content)
        list.showMore().join()
        assertEquals(Rows(core.invoices, more = false), list.ready().content)
    }

    @Test
    fun `an invoice is disputed once, also one that was found correct`() = runTest {
        core.invoices = listOf(anInvoice("i1").copy(verification = InvoiceVerification.VERIFIED))
        val list = list()
        assertEquals(listOf(true), list.ready().content.rows.map { it.canBeDisputed })
        list.dispute(InvoiceId("i1"), "Not ordered.").join()
        assertEquals(listOf<String?>("Not ordered."), list.ready().content.rows.map { it.flagReason })
        assertEquals(listOf(false), list.ready().content.rows.map { it.canBeDisputed })
        list.dispute(InvoiceId("i1"), "Again.").join()
        assertEquals(listOf("flag i1: Not ordered."), core.called)
    }

    @Test
    fun `a dispute without a reason is refused and the field named`() = runTest {
        val list = list()
        core.refusal = MsoException.Invalid("reason", "too_short")
        list.dispute(InvoiceId("i1"), "").join()
        assertEquals("reason" to "invalid.too_short", list.ready().lastError?.let { it.field to it.key })
        assertEquals(false, list.ready().working)
        assertEquals(listOf(InvoiceVerification.PENDING), list.ready().content.rows.map { it.verification })
    }

    @Test
    fun `a new invoice shows when invoices change, not before`() = runTest {
        val list = list()
        core.invoices += anInvoice("i2")
        core.tell(Change.ServiceRecords)
        runCurrent()
        assertEquals(1, list.ready().content.rows.size)
        core.tell(Change.Invoices)
        runCurrent()
        assertEquals(2, list.ready().content.rows.size)
    }
}

private fun anInvoice(id: String) = InvoiceView(
    invoiceId = InvoiceId(id),
    caseId = CaseId("c1"),
    number = "A-1",
    issuedAt = Instant.EPOCH,
    net = Amount(10000L, "EUR", "EUR 100.00"),
    tax = Amount(1900L, "EUR", "EUR 19.00"),
    gross = Amount(11900L, "EUR", "EUR 119.00"),
    payment = PaymentState.OPEN,
    leftToPay = Amount(11900L, "EUR", "EUR 119.00"),
    dueDate = "2026-12-23",
    verification = InvoiceVerification.PENDING,
    flagReason = null,
    creditOf = null,
    reissuedAs = null,
)
