package org.mso.state.notifications

import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.mso.core.CaseId
import org.mso.core.Change
import org.mso.core.MsoException
import org.mso.core.NotificationId
import org.mso.core.NotificationItem
import org.mso.core.NotificationKind
import org.mso.core.NotificationPriority
import org.mso.state.ContentUiState
import org.mso.state.Message
import org.mso.state.cases.FakeCore

@OptIn(ExperimentalCoroutinesApi::class)
class NotificationListStateTest {
    private val core = FakeCore().apply {
        notifications = listOf(aNotification("n2"), aNotification("n1", read = true))
    }

    private fun TestScope.list(): NotificationListState {
        val list = NotificationListState(core, backgroundScope, StandardTestDispatcher(testScheduler))
        assertEquals(ContentUiState.Loading, list.uiState.value)
        runCurrent()
        return list
    }

    private fun NotificationListState.ready() = assertIs<ContentUiState.Ready<NotificationList>>(uiState.value)

    @Test
    fun `it shows the notifications and how many are unread`() = runTest {
        assertEquals(NotificationList(core.notifications, more = false, unread = 1u), list().ready().content)
    }

    @Test
    fun `older ones are shown when the end is reached, and the badge counts them before`() = runTest {
        core.notifications = List(120) { aNotification("n$it") }
        val list = list()
        assertEquals(50 to true, list.ready().content.rows.size to list.ready().content.more)
        assertEquals(100u, list.ready().content.unread)
        list.showMore().join()
        list.showMore().join()
        assertEquals(120 to false, list.ready().content.rows.size to list.ready().content.more)
    }

    @Test
    fun `opening a row marks it as read`() = runTest {
        val list = list()
        list.open(NotificationId("n2")).join()
        assertEquals(listOf(true, true), list.ready().content.rows.map { it.read })
        assertEquals(0u, list.ready().content.unread)
    }

    @Test
    fun `two rows that are opened at once are both marked, and one that is read is not marked again`() = runTest {
        core.notifications = listOf(aNotification("n3"), aNotification("n2"), aNotification("n1", read = true))
        val list = list()
        val jobs = listOf("n3", "n2", "n1").map { list.open(NotificationId(it)) }
        jobs.forEach { it.join() }
        assertEquals(listOf("notification n3", "notification n2"), core.called)
    }

    @Test
    fun `a row that could not be marked stays unread and says why`() = runTest {
        val list = list()
        core.refusal = MsoException.StorageBroken("s-17")
        list.open(NotificationId("n2")).join()
        assertEquals(Message("storage_broken", reference = "s-17"), list.ready().lastError)
        assertEquals(1u, list.ready().content.unread)
    }

    @Test
    fun `a new notification shows at once, and other changes cause no reading`() = runTest {
        val list = list()
        core.tell(Change.Notices)
        core.tell(Change.OfCase(CaseId("c1")))
        runCurrent()
        assertEquals(1, core.reads)
        core.notifications = listOf(aNotification("n3")) + core.notifications
        core.tell(Change.Notifications)
        runCurrent()
        assertEquals(listOf("n3", "n2", "n1"), list.ready().content.rows.map { it.id.value })
        assertEquals(2u, list.ready().content.unread)
    }

    @Test
    fun `nobody signed in shows the sign-in and signing in shows the list`() = runTest {
        core.signedIn = false
        val list = list()
        assertEquals(ContentUiState.SignedOut, list.uiState.value)
        core.signedIn = true
        core.tell(Change.Session)
        runCurrent()
        list.ready()
    }

    @Test
    fun `a session that ended shows the sign-in, and another failure its reason`() = runTest {
        core.broken = MsoException.SignInNeeded()
        val list = list()
        assertEquals(ContentUiState.SignedOut, list.uiState.value)
        core.broken = MsoException.StorageBroken("s-17")
        list.refresh().join()
        assertEquals(ContentUiState.Failed(Message("storage_broken", reference = "s-17")), list.uiState.value)
    }
}

private fun aNotification(id: String, read: Boolean = false) = NotificationItem(
    id = NotificationId(id),
    kind = NotificationKind.CASE_ACCEPTED,
    priority = NotificationPriority.NORMAL,
    caseId = CaseId("c1"),
    caseNumber = "2026-000001",
    invoiceId = null,
    createdAt = Instant.EPOCH,
    read = read,
)
