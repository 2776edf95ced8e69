/*
 * The screen that lists the patients, and searches them while the user types.
 *
 * Invariant: the rows are the answer to the query that they are shown with, and a later query's rows are never replaced
 * by an earlier one's.
 */
package org.mso.state.patients

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.Change
import org.mso.core.PatientSummary
import org.mso.core.WorkspaceInterface
import org.mso.state.ContentReader
import org.mso.state.ContentUiState

/**
 * Patients by name.
 *
 * @property query what they were found by; blank: these are all patients
 * @property more whether there are further ones: [PatientListState.showMore]
 */
public data class PatientRows(val query: String, val rows: List<PatientSummary>, val more: Boolean)

/** State of the list of patients. Lives as long as [scope]; calls to the core run in [work]. */
public class PatientListState(
    private val core: WorkspaceInterface,
    scope: CoroutineScope,
    work: CoroutineContext = Dispatchers.IO,
) {
    // Before the reader, which uses it.
    @Volatile private var typed = ""

    private val reader = ContentReader<PatientRows>(core, scope, work, { it is Change.OfPatient }, ::found)

    public val uiState: StateFlow<ContentUiState<PatientRows>> = reader.uiState

    /** Reads again. The job ends when the result is shown. */
    public fun refresh(): Job = reader.refresh()

    /** Shows further patients too: the screen has been scrolled to its end. The job ends when they are shown. */
    public fun showMore(): Job = reader.showMore()

    /**
     * Shows the patients found by the beginnings of their names or by a whole identifier; with a blank query all. To be
     * called at every change of the text. The job ends when the result is shown, or a later query's.
     */
    public fun search(query: String): Job {
        typed = query
        return reader.refresh()
    }

    private fun found(limit: UInt): PatientRows {
        while (true) {
            val query = typed
            val page = core.patients().let {
                if (query.isBlank()) it.list(limit = limit) else it.search(query, limit = limit)
            }
            // What was typed meanwhile is searched at once.
            if (query == typed) return PatientRows(query, page.patients, page.next != null)
        }
    }
}
