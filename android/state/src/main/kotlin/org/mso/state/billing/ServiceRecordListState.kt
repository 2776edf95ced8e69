/*
 * The screen that lists the services that the expert has given.
 *
 * Invariant: the screen shows the core's latest answer, in the core's order.
 */
package org.mso.state.billing

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.Change
import org.mso.core.ServiceRecordItem
import org.mso.core.WorkspaceInterface
import org.mso.state.ContentReader
import org.mso.state.ContentUiState
import org.mso.state.Rows

/** State of the list of services, newest first. Lives as long as [scope]; calls to the core run in [work]. */
public class ServiceRecordListState(
    private val core: WorkspaceInterface,
    scope: CoroutineScope,
    work: CoroutineContext = Dispatchers.IO,
) {
    private val reader = ContentReader(core, scope, work, { it == Change.ServiceRecords }, ::list)

    public val uiState: StateFlow<ContentUiState<Rows<ServiceRecordItem>>> = reader.uiState

    /** Reads again. The job ends when the result is shown. */
    public fun refresh(): Job = reader.refresh()

    /** Shows older ones too: the screen has been scrolled to its end. The job ends when they are shown. */
    public fun showMore(): Job = reader.showMore()

    private fun list(limit: UInt): Rows<ServiceRecordItem> {
        val page = core.billing().serviceRecords(limit = limit)
        return Rows(page.serviceRecords, page.next != null)
    }
}
