/*
 * The screen that lists the cases.
 *
 * Invariant: the screen shows the core's latest answer, in the core's order; nothing is changed in
 * place.
 */
package org.mso.state.cases

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.CaseSummary
import org.mso.core.Change
import org.mso.core.WorkspaceInterface
import org.mso.state.Message
import org.mso.state.ScreenReader

public sealed interface CaseListUiState {
    /** Nothing has been read yet. */
    public data object Loading : CaseListUiState

    /** Nobody is signed in: show the sign-in screen. */
    public data object SignedOut : CaseListUiState

    /**
     * The list.
     *
     * @property rows newest first
     * @property more whether there are older ones: [CaseListState.showMore]
     * @property sync the status line above the rows
     * @property unreadNotices the number of notices the user has not seen
     */
    public data class Ready(
        val rows: List<CaseSummary>,
        val more: Boolean,
        val sync: SyncLine,
        val unreadNotices: Int,
    ) : CaseListUiState

    /** The list could not be read. */
    public data class Failed(val reason: Message) : CaseListUiState
}

/** State of the list of cases. Lives as long as [scope]; calls to the core run in [work]. */
public class CaseListState(
    private val core: WorkspaceInterface,
    scope: CoroutineScope,
    work: CoroutineContext = Dispatchers.IO,
) {
    private val reader =
        ScreenReader<CaseListUiState>(core, scope, work, CaseListUiState.Loading, ::concerns, ::list, ::failed)

    public val uiState: StateFlow<CaseListUiState> = reader.uiState

    /** Reads again. The job ends when the result is shown. */
    public fun refresh(): Job = reader.refresh()

    /** Shows older cases too: the screen has been scrolled to its end. The job ends when they are shown. */
    public fun showMore(): Job = reader.showMore()

    private fun failed(reason: Message): CaseListUiState =
        if (reason.kind == "sign_in_needed") CaseListUiState.SignedOut else CaseListUiState.Failed(reason)

    private fun list(limit: UInt): CaseListUiState {
        if (core.session() == null) return CaseListUiState.SignedOut
        val page = core.cases().list(limit = limit)
        return CaseListUiState.Ready(
            rows = page.cases,
            more = page.next != null,
            sync = SyncLine.of(core.sync().status()),
            unreadNotices = core.notices().list().count { !it.read },
        )
    }

    private fun concerns(change: Change): Boolean = when (change) {
        is Change.OfCase, is Change.OfPatient -> true
        Change.Notices, Change.SyncStatus, Change.Session -> true
        // Rows do not show transfers and chats; the status line's figures come with SyncStatus.
        is Change.OfDocument, is Change.OfChat, Change.Catalogue, Change.ServiceRecords -> false
        Change.Notifications, Change.Invoices -> false
    }
}
