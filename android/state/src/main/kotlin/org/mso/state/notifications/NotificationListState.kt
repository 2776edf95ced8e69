/*
 * The screen that lists the notifications, and the badge that counts the unread ones.
 *
 * Invariant: a notification that was opened is marked as read.
 */
package org.mso.state.notifications

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.Change
import org.mso.core.NotificationId
import org.mso.core.NotificationItem
import org.mso.core.WorkspaceInterface
import org.mso.state.ContentReader
import org.mso.state.ContentUiState

/**
 * The list.
 *
 * @property rows newest first
 * @property more whether there are older ones: [NotificationListState.showMore]
 * @property unread how many are unread, shown or not; counted up to 100, which means "more than 99"
 */
public data class NotificationList(val rows: List<NotificationItem>, val more: Boolean, val unread: UInt)

/** State of the list of notifications. Lives as long as [scope]; calls to the core run in [work]. */
public class NotificationListState(
    private val core: WorkspaceInterface,
    scope: CoroutineScope,
    work: CoroutineContext = Dispatchers.IO,
) {
    private val reader = ContentReader(core, scope, work, { it == Change.Notifications }, ::list)

    public val uiState: StateFlow<ContentUiState<NotificationList>> = reader.uiState

    /** Reads again. The job ends when the result is shown. */
    public fun refresh(): Job = reader.refresh()

    /** Shows older ones too: the screen has been scrolled to its end. The job ends when they are shown. */
    public fun showMore(): Job = reader.showMore()

    /** A row has been opened: marks it as read. The job ends when the result is shown. */
    public fun open(id: NotificationId): Job = reader.mark({ list -> list.rows.any { it.id == id && !it.read } }) {
        core.notifications().markRead(id)
    }

    private fun list(limit: UInt): NotificationList {
        val notifications = core.notifications()
        val page = notifications.list(limit = limit)
        return NotificationList(page.notifications, page.next != null, notifications.unread())
    }
}
