/*
 * The screen of the edits that the server refused because somebody else changed the same fields.
 *
 * Invariant: an edit is sent again only after the user has chosen for each field in conflict, between the two values
 * that are shown: if one of them becomes another, the field is chosen again.
 */
package org.mso.state.patients

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.Change
import org.mso.core.CommandId
import org.mso.core.PatientEditConflict
import org.mso.core.PatientField
import org.mso.core.WorkspaceInterface
import org.mso.state.ContentUiState
import org.mso.state.Message
import org.mso.state.ScreenReader

/** Whose value of a field is to stay. */
public enum class Whose {
    MINE,
    THEIRS,
}

/**
 * A refused edit.
 *
 * @property conflict both values of all fields
 * @property chosen what the user has chosen so far
 */
public data class EditConflict(
    val conflict: PatientEditConflict,
    val chosen: Map<PatientField, Whose> = emptyMap(),
) {
    /** Whether all has been chosen: [EditConflictsState.resolve]. */
    public val isDecided: Boolean
        get() = conflict.fields.all { it in chosen }

    /** The fields of which the user's values are to stay. */
    internal val mine: List<PatientField>
        get() = conflict.fields.filter { chosen[it] == Whose.MINE }
}

/**
 * State of the refused edits. Lives as long as [scope]; calls to the core run in [work].
 *
 * Actions do nothing while the edit is not in the list or another action is running. An action's job ends when the
 * screen shows the result.
 */
public class EditConflictsState(
    private val core: WorkspaceInterface,
    scope: CoroutineScope,
    work: CoroutineContext = Dispatchers.IO,
) {
    private val reader = ScreenReader<ContentUiState<List<EditConflict>>>(
        core,
        scope,
        work,
        loading = ContentUiState.Loading,
        concerns = { it is Change.OfPatient || it == Change.SyncStatus || it == Change.Session },
        find = { found() },
        failed = { if (it.kind == "sign_in_needed") ContentUiState.SignedOut else ContentUiState.Failed(it) },
        keep = ::keep,
    )

    public val uiState: StateFlow<ContentUiState<List<EditConflict>>> = reader.uiState

    /** Reads again. The job ends when the result is shown. */
    public fun refresh(): Job = reader.refresh()

    /** Chooses whose value of a field in conflict is to stay. Shows at once; does nothing while an action runs. */
    public fun choose(id: CommandId, field: PatientField, whose: Whose): Unit = reader.edit { before ->
        if (before is ContentUiState.Ready<List<EditConflict>> && !before.working) {
            val content = before.content.map { if (it.conflict.commandId == id) it.choosing(field, whose) else it }
            before.copy(content = content)
        } else {
            before
        }
    }

    /** Sends the edit again with the user's values of the fields chosen so. Does nothing until all has been chosen. */
    public fun resolve(id: CommandId): Job {
        val decided = shown().firstOrNull { it.conflict.commandId == id && it.isDecided }
            ?: return Job().apply { complete() }
        return act({ it == decided }) { core.patients().resolveEdit(id, decided.mine) }
    }

    /** Gives the edit up, with all that waits for it. Ask first. */
    public fun discard(id: CommandId): Job = act({ it.conflict.commandId == id }) { core.drafts().discard(id) }

    /** Acts if one of the edits is [concerned] and no action runs. */
    private fun act(concerned: (EditConflict) -> Boolean, call: () -> Unit): Job = reader.act(
        begin = { before ->
            (before as? ContentUiState.Ready<List<EditConflict>>)
                ?.takeIf { !it.working && it.content.any(concerned) }
                ?.copy(working = true, lastError = null)
        },
        end = ::ended,
        call = call,
    )

    private fun ended(after: ContentUiState<List<EditConflict>>, error: Message?): ContentUiState<List<EditConflict>> =
        if (after is ContentUiState.Ready<List<EditConflict>>) {
            after.copy(working = false, lastError = error)
        } else {
            after
        }

    private fun shown(): List<EditConflict> =
        (uiState.value as? ContentUiState.Ready<List<EditConflict>>)?.content.orEmpty()

    private fun found(): ContentUiState<List<EditConflict>> {
        if (core.session() == null) return ContentUiState.SignedOut
        return ContentUiState.Ready(core.patients().editConflicts().map { EditConflict(it) })
    }

    private fun keep(
        before: ContentUiState<List<EditConflict>>,
        now: ContentUiState<List<EditConflict>>,
    ): ContentUiState<List<EditConflict>> {
        if (before !is ContentUiState.Ready<List<EditConflict>> || now !is ContentUiState.Ready<List<EditConflict>>) {
            return now
        }
        val known = before.content.associateBy { it.conflict.commandId }
        return before.copy(content = now.content.map { it.keeping(known[it.conflict.commandId]) })
    }
}

private fun EditConflict.choosing(field: PatientField, whose: Whose): EditConflict =
    if (field in conflict.fields) copy(chosen = chosen + (field to whose)) else this

/** With the choices that still are between the same two values. */
private fun EditConflict.keeping(before: EditConflict?): EditConflict {
    if (before == null) return this
    val same = before.chosen.filterKeys { field ->
        field in conflict.fields &&
            conflict.mine.value(field) == before.conflict.mine.value(field) &&
            conflict.theirs.value(field) == before.conflict.theirs.value(field)
    }
    return copy(chosen = same)
}
