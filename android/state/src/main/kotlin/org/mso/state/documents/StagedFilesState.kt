/*
 * The screen of the files that were added on this phone and are part of no case yet.
 *
 * Invariant: a file stays in the list until it is part of a case or was discarded.
 */
package org.mso.state.documents

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.Change
import org.mso.core.DocumentId
import org.mso.core.DocumentKind
import org.mso.core.Documents
import org.mso.core.StagedFile
import org.mso.core.WorkspaceInterface
import org.mso.state.ContentReader
import org.mso.state.ContentUiState

/**
 * State of the list of staged files, oldest first. Lives as long as [scope]; calls to the core run in [work].
 *
 * Actions do nothing while the list is not shown or another action is running: of several files, add each when the one
 * before has ended. An action's job ends when the screen shows the result.
 */
public class StagedFilesState(
    private val core: WorkspaceInterface,
    private val scope: CoroutineScope,
    work: CoroutineContext = Dispatchers.IO,
) {
    // The core tells of a file when it becomes part of a case, and when it is free again.
    private val reader = ContentReader<List<StagedFile>>(
        core,
        scope,
        work,
        { it is Change.OfDocument },
        { core.documents().staged() },
    )

    public val uiState: StateFlow<ContentUiState<List<StagedFile>>> = reader.uiState

    /** Reads again. The job ends when the result is shown. */
    public fun refresh(): Job = reader.refresh()

    /** Adds a file, which may be deleted afterwards. Gives what it became; null: it was not added. */
    public fun addFile(path: String, kind: DocumentKind, title: String): Deferred<StagedFile?> =
        add { it.stageFile(path, kind, title) }

    /** Adds what was never written to a file, such as a camera's picture. Gives what it became, as [addFile]. */
    public fun addBytes(
        bytes: ByteArray,
        fileName: String,
        kind: DocumentKind,
        title: String,
    ): Deferred<StagedFile?> = add { it.stageBytes(bytes, fileName, kind, title) }

    /** Deletes a file. Ask first. */
    public fun discard(id: DocumentId): Job = reader.act({ list -> list.any { it.documentId == id } }) {
        core.documents().discardStaged(id)
    }

    private fun add(stage: (Documents) -> StagedFile): Deferred<StagedFile?> {
        var added: StagedFile? = null
        val job = reader.act({ true }) { added = stage(core.documents()) }
        return scope.async {
            job.join()
            added
        }
    }
}
