/*
 * The one line about sync that a user can trust.
 *
 * Not here: texts. The invariant: it never says "up to date" while anything waits.
 */
package org.mso.state.cases

import java.time.Instant
import org.mso.core.SyncState
import org.mso.core.SyncStatus

/** What the line says; each variant is one text. */
public enum class SyncLineKind {
    /** No network; nothing waits. */
    OFFLINE,

    /** No network; what waits will be sent. */
    OFFLINE_WAITING,

    /** At work. */
    SYNCING,

    /** Online; something waits for the next round. */
    WAITING,

    /** Online; the last round failed. */
    FAILED,

    /** Online; nothing waits. */
    UP_TO_DATE,
}

/**
 * The line and its figures.
 *
 * @property kind what it says
 * @property waitingCommands commands that wait to be sent
 * @property waitingUploads files that wait or are on their way up
 * @property waitingUploadBytes their bytes that the server does not have yet
 * @property waitingDownloads files that wait or are on their way down
 * @property lastSyncAt the last complete round
 * @property lastError the last error's code
 */
public data class SyncLine(
    val kind: SyncLineKind,
    val waitingCommands: UInt,
    val waitingUploads: UInt,
    val waitingUploadBytes: ULong,
    val waitingDownloads: UInt,
    val lastSyncAt: Instant?,
    val lastError: String?,
) {
    internal companion object {
        fun of(status: SyncStatus): SyncLine = SyncLine(
            kind = kind(status),
            waitingCommands = status.pendingCommands,
            waitingUploads = status.pendingUploads,
            waitingUploadBytes = status.pendingUploadBytes,
            waitingDownloads = status.pendingDownloads,
            lastSyncAt = status.lastSyncAt,
            lastError = status.lastError,
        )

        private fun kind(status: SyncStatus): SyncLineKind {
            val toSend = status.pendingCommands > 0u || status.pendingUploads > 0u
            return when (status.state) {
                SyncState.OFFLINE -> if (toSend) SyncLineKind.OFFLINE_WAITING else SyncLineKind.OFFLINE
                SyncState.SYNCING -> SyncLineKind.SYNCING
                SyncState.IDLE -> when {
                    status.lastError != null -> SyncLineKind.FAILED
                    toSend || status.pendingDownloads > 0u -> SyncLineKind.WAITING
                    else -> SyncLineKind.UP_TO_DATE
                }
            }
        }
    }
}
