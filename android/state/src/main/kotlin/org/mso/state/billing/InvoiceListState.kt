/*
 * The screen that lists the institution's invoices.
 *
 * Invariant: an invoice that is disputed already is not disputed again.
 */
package org.mso.state.billing

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.Change
import org.mso.core.InvoiceId
import org.mso.core.InvoiceVerification
import org.mso.core.InvoiceView
import org.mso.core.WorkspaceInterface
import org.mso.state.ContentReader
import org.mso.state.ContentUiState
import org.mso.state.Rows

/** Whether the screen offers to dispute it. */
public val InvoiceView.canBeDisputed: Boolean
    get() = verification != InvoiceVerification.FLAGGED

/** State of the list of invoices, newest first. Lives as long as [scope]; calls to the core run in [work]. */
public class InvoiceListState(
    private val core: WorkspaceInterface,
    scope: CoroutineScope,
    work: CoroutineContext = Dispatchers.IO,
) {
    private val reader = ContentReader(core, scope, work, { it == Change.Invoices }, ::list)

    public val uiState: StateFlow<ContentUiState<Rows<InvoiceView>>> = reader.uiState

    /** Reads again. The job ends when the result is shown. */
    public fun refresh(): Job = reader.refresh()

    /** Shows older ones too: the screen has been scrolled to its end. The job ends when they are shown. */
    public fun showMore(): Job = reader.showMore()

    /**
     * Disputes an invoice of the list. Does nothing while it cannot be disputed or another dispute is being recorded.
     * The job ends when the result is shown.
     */
    public fun dispute(id: InvoiceId, reason: String): Job =
        reader.act({ list -> list.rows.any { it.invoiceId == id && it.canBeDisputed } }) {
            core.billing().flagInvoice(id, reason)
        }

    private fun list(limit: UInt): Rows<InvoiceView> {
        val page = core.billing().invoices(limit = limit)
        return Rows(page.invoices, page.next != null)
    }
}
