/*
 * The screen that searches the chats while the user types.
 *
 * Invariant: the rows are the answer to the text that they are shown with, and a later text's rows are never replaced
 * by an earlier one's.
 */
package org.mso.state.chats

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.CaseId
import org.mso.core.Change
import org.mso.core.FoundMessage
import org.mso.core.WorkspaceInterface
import org.mso.state.ContentReader
import org.mso.state.ContentUiState

/** Most messages that the core finds. */
private const val MOST_FOUND: UInt = 200u

/**
 * Messages by what they contain, newest first. [CaseChatState.showFrom] shows one.
 *
 * @property text what they contain; blank: nothing was searched
 * @property more whether there are older ones: [ChatSearchState.showMore]
 */
public data class FoundMessages(val text: String, val rows: List<FoundMessage>, val more: Boolean)

/**
 * State of a search in the chat of [caseId], or in all chats if it is null. Lives as long as [scope]; calls to the core
 * run in [work].
 */
public class ChatSearchState(
    private val caseId: CaseId?,
    private val core: WorkspaceInterface,
    scope: CoroutineScope,
    work: CoroutineContext = Dispatchers.IO,
) {
    // Before the reader, which uses it.
    @Volatile private var typed = ""

    private val reader = ContentReader<FoundMessages>(core, scope, work, ::concerns, ::found)

    public val uiState: StateFlow<ContentUiState<FoundMessages>> = reader.uiState

    /** Searches again. The job ends when the result is shown. */
    public fun refresh(): Job = reader.refresh()

    /** Shows older messages too: the screen has been scrolled to its end. The job ends when they are shown. */
    public fun showMore(): Job = reader.showMore()

    /**
     * Shows the messages that contain the text; none if it is blank. To be called at every change of the text. The job
     * ends when the result is shown, or a later text's.
     */
    public fun search(text: String): Job {
        typed = text
        return reader.refresh()
    }

    private fun found(limit: UInt): FoundMessages {
        while (true) {
            val text = typed
            // One more than is shown, to know whether there are older ones.
            val most = minOf(limit + 1u, MOST_FOUND)
            val found = if (text.isBlank()) emptyList() else core.chats().search(text, caseId, most)
            // What was typed meanwhile is searched at once.
            if (text == typed) return FoundMessages(text, found.take(limit.toInt()), found.size > limit.toInt())
        }
    }

    private fun concerns(change: Change): Boolean = when (change) {
        is Change.OfChat -> caseId == null || change.caseId == caseId
        // A case that leaves this phone takes its chat with it.
        is Change.OfCase -> caseId == null || change.caseId == caseId
        is Change.OfPatient, is Change.OfDocument -> false
        Change.Notices, Change.SyncStatus, Change.Catalogue, Change.ServiceRecords -> false
        Change.Notifications, Change.Invoices, Change.Session -> false
    }
}
