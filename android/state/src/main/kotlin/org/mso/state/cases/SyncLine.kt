/*
 * The line that tells the user the sync status.
 *
 * Invariant: it never says "up to date" while anything is waiting.
 */
package org.mso.state.cases

import java.time.Instant
import org.mso.core.SyncState
import org.mso.core.SyncStatus

/** What the line says; each value is one text. */
public enum class SyncLineKind {
    /** No network; nothing is waiting. */
    OFFLINE,

    /** No network; waiting items will be sent later. */
    OFFLINE_WAITING,

    /** A sync is running. */
    SYNCING,

    /** Online; something is waiting for the next sync. */
    WAITING,

    /** Online; the last sync failed. */
    FAILED,

    /** Online; nothing is waiting. */
    UP_TO_DATE,
}

/**
 * The line and its figures.
 *
 * @property kind what the line says
 * @property waitingCommands commands waiting to be sent
 * @property waitingUploads files waiting for upload or being uploaded
 * @property waitingUploadBytes the bytes of those files that the server does not have yet
 * @property waitingDownloads files waiting for download or being downloaded
 * @property lastSyncAt the time of the last complete sync
 * @property lastError the code of the last error
 * @property unreadableRecords records that are not shown, or not as they are now
 */
public data class SyncLine(
    val kind: SyncLineKind,
    val waitingCommands: UInt,
    val waitingUploads: UInt,
    val waitingUploadBytes: ULong,
    val waitingDownloads: UInt,
    val lastSyncAt: Instant?,
    val lastError: String?,
    val unreadableRecords: UInt,
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
            unreadableRecords = status.unreadableRecords,
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
