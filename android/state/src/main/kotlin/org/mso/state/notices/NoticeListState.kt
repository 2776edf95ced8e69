/*
 * The screen that lists the notices, which the phone itself writes.
 *
 * Invariant: the screen shows the core's latest answer, in the core's order.
 */
package org.mso.state.notices

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.Change
import org.mso.core.Notice
import org.mso.core.NoticeId
import org.mso.core.WorkspaceInterface
import org.mso.state.ContentReader
import org.mso.state.ContentUiState

/** State of the list of notices, newest first. Lives as long as [scope]; calls to the core run in [work]. */
public class NoticeListState(
    private val core: WorkspaceInterface,
    scope: CoroutineScope,
    work: CoroutineContext = Dispatchers.IO,
) {
    private val reader =
        ContentReader<List<Notice>>(core, scope, work, { it == Change.Notices }, { core.notices().list() })

    public val uiState: StateFlow<ContentUiState<List<Notice>>> = reader.uiState

    /** Reads again. The job ends when the result is shown. */
    public fun refresh(): Job = reader.refresh()

    /** The user has seen a notice. The job ends when the result is shown. */
    public fun markRead(id: NoticeId): Job = reader.mark({ list -> list.any { it.id == id && !it.read } }) {
        core.notices().markRead(id)
    }
}
