/*
 * The screen that lists the cases.
 *
 * Not here: rows' texts, colours, order (the core sorts). The invariant: what is shown is what the core
 * answered last; nothing is changed in place.
 */
package org.mso.state.cases

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import org.mso.core.CaseSummary
import org.mso.core.Change
import org.mso.core.readSignals
import org.mso.state.Attempt
import org.mso.state.Message
import org.mso.state.attempt

/** What the list shows. */
public sealed interface CaseListUiState {
    /** Nothing was read yet. */
    public data object Loading : CaseListUiState

    /** Nobody is signed in: show the sign-in. */
    public data object SignedOut : CaseListUiState

    /**
     * The list.
     *
     * @property rows newest first
     * @property sync the line above them
     * @property unreadNotices how many notices the user has not seen
     */
    public data class Ready(
        val rows: List<CaseSummary>,
        val sync: SyncLine,
        val unreadNotices: Int,
    ) : CaseListUiState

    /** It could not be read. */
    public data class Failed(val reason: Message) : CaseListUiState
}

/**
 * State of the list of cases. Lives as long as [scope]; calls to the core are made in [work].
 */
public class CaseListState(
    private val core: CasesCore,
    private val scope: CoroutineScope,
    private val work: CoroutineContext = Dispatchers.IO,
) {
    private val shown = MutableStateFlow<CaseListUiState>(CaseListUiState.Loading)
    private val reading = Mutex()

    /** What to show. */
    public val uiState: StateFlow<CaseListUiState> = shown.asStateFlow()

    init {
        scope.launch { readSignals(core::subscribe, ::concerns).collect { read() } }
    }

    /** Reads again; the job ends when what was read is shown. */
    public fun refresh(): Job = scope.launch { read() }

    private suspend fun read() = reading.withLock {
        shown.value = when (val attempt = attempt(work, ::list)) {
            is Attempt.Gave -> attempt.value
            is Attempt.Failed ->
                if (attempt.message.kind == "sign_in_needed") {
                    CaseListUiState.SignedOut
                } else {
                    CaseListUiState.Failed(attempt.message)
                }
        }
    }

    private fun list(): CaseListUiState {
        if (core.session() == null) return CaseListUiState.SignedOut
        return CaseListUiState.Ready(
            rows = core.cases(),
            sync = SyncLine.of(core.syncStatus()),
            unreadNotices = core.notices().count { !it.read },
        )
    }

    private fun concerns(change: Change): Boolean = when (change) {
        is Change.OfCase, is Change.OfPatient -> true
        Change.Notices, Change.SyncStatus, Change.Session -> true
        // Rows show no transfer; the line's figures come with SyncStatus.
        is Change.OfDocument, Change.Catalogue, Change.ServiceRecords -> false
        Change.Notifications, Change.Invoices -> false
    }
}
