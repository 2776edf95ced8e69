/*
 * The screen that lists the drafts: what was entered and refused.
 *
 * The screen shows a button for each of a draft's remedies, and the core checks again when it is pressed. Invariant: a
 * draft stays in the list until it has been sent or discarded.
 */
package org.mso.state.drafts

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.Change
import org.mso.core.CommandId
import org.mso.core.Draft
import org.mso.core.DraftText
import org.mso.core.Drafts
import org.mso.core.PatientId
import org.mso.core.WorkspaceInterface
import org.mso.state.ContentReader
import org.mso.state.ContentUiState

/**
 * State of the list of drafts, oldest first. Lives as long as [scope]; calls to the core run in [work].
 *
 * Actions do nothing while the draft is not in the list or another action is running. An action's job ends when the
 * screen shows the result.
 */
public class DraftListState(
    private val core: WorkspaceInterface,
    scope: CoroutineScope,
    work: CoroutineContext = Dispatchers.IO,
) {
    // Drafts come and go with the figure of the sync status that counts them.
    private val reader =
        ContentReader<List<Draft>>(core, scope, work, { it == Change.SyncStatus }, { core.drafts().list() })

    public val uiState: StateFlow<ContentUiState<List<Draft>>> = reader.uiState

    /** Reads again. The job ends when the result is shown. */
    public fun refresh(): Job = reader.refresh()

    /** Sends a draft as it is, with all that waits for it. */
    public fun send(id: CommandId): Job = act(id) { it.send(id) }

    /** Sends a draft with some of its texts changed. */
    public fun sendTexts(id: CommandId, texts: List<DraftText>): Job = act(id) { it.sendTexts(id, texts) }

    /** Uses a patient that the institution has in place of a refused new one. */
    public fun useExistingPatient(id: CommandId, existing: PatientId): Job =
        act(id) { it.useExistingPatient(id, existing) }

    /** Discards a draft and all that waits for it. Ask first. */
    public fun discard(id: CommandId): Job = act(id) { it.discard(id) }

    private fun act(id: CommandId, call: (Drafts) -> Unit): Job =
        reader.act({ list -> list.any { it.commandId == id } }) { call(core.drafts()) }
}
