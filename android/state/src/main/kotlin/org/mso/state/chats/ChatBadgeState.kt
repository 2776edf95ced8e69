/* The badge that counts the unread messages of one case's chat, for screens that do not show the chat itself. */
package org.mso.state.chats

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.CaseId
import org.mso.core.Change
import org.mso.core.WorkspaceInterface
import org.mso.state.ContentReader
import org.mso.state.ContentUiState

/** State of the badge: how many messages are unread. Lives as long as [scope]; calls to the core run in [work]. */
public class ChatBadgeState(
    private val caseId: CaseId,
    private val core: WorkspaceInterface,
    scope: CoroutineScope,
    work: CoroutineContext = Dispatchers.IO,
) {
    private val reader = ContentReader<UInt>(
        core,
        scope,
        work,
        { it == Change.OfChat(caseId) || it == Change.OfCase(caseId) },
        { core.chats().chat(caseId).unread },
    )

    public val uiState: StateFlow<ContentUiState<UInt>> = reader.uiState

    /** Reads again. The job ends when the result is shown. */
    public fun refresh(): Job = reader.refresh()
}
