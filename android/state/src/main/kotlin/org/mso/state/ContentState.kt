/*
 * The screens that show one content and carry out single actions on it: lists, mostly.
 *
 * Invariant: one action runs at a time; marking something as read is none and never waits.
 */
package org.mso.state

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.Change
import org.mso.core.WorkspaceInterface

public sealed interface ContentUiState<out C> {
    /** Nothing has been read yet. */
    public data object Loading : ContentUiState<Nothing>

    /** Nobody is signed in: show the sign-in screen. */
    public data object SignedOut : ContentUiState<Nothing>

    /**
     * The content.
     *
     * @property working an action is running: show it, and do not accept another
     * @property lastError why the last action failed
     */
    public data class Ready<out C>(
        val content: C,
        val working: Boolean = false,
        val lastError: Message? = null,
    ) : ContentUiState<C>

    /** The content could not be read. */
    public data class Failed(val reason: Message) : ContentUiState<Nothing>
}

/**
 * Rows of a list.
 *
 * @property more whether there are older ones
 */
public data class Rows<out R>(val rows: List<R>, val more: Boolean)

/** A [ScreenReader] of a [ContentUiState]. */
internal class ContentReader<C>(
    core: WorkspaceInterface,
    scope: CoroutineScope,
    work: CoroutineContext,
    concerns: (Change) -> Boolean,
    find: (UInt) -> C,
) {
    private val reader = ScreenReader<ContentUiState<C>>(
        core,
        scope,
        work,
        loading = ContentUiState.Loading,
        // Any screen shows the sign-in when the session ends.
        concerns = { it == Change.Session || concerns(it) },
        find = { if (core.session() == null) ContentUiState.SignedOut else ContentUiState.Ready(find(it)) },
        failed = { if (it.kind == "sign_in_needed") ContentUiState.SignedOut else ContentUiState.Failed(it) },
        keep = ::keep,
    )

    val uiState: StateFlow<ContentUiState<C>> = reader.uiState

    fun refresh(): Job = reader.refresh()

    fun showMore(): Job = reader.showMore()

    /** Acts if the content is shown, no action runs, and [offered] says so. */
    fun act(offered: (C) -> Boolean, call: () -> Unit): Job = reader.act(
        begin = { before ->
            (before as? ContentUiState.Ready<C>)
                ?.takeIf { !it.working && offered(it.content) }
                ?.copy(working = true, lastError = null)
        },
        end = { after, error ->
            if (after is ContentUiState.Ready<C>) after.copy(working = false, lastError = error) else after
        },
        call = call,
    )

    /** Marks something as read if [wanted] says so, also while an action runs. */
    fun mark(wanted: (C) -> Boolean, call: () -> Unit): Job = reader.act(
        begin = { before -> (before as? ContentUiState.Ready<C>)?.takeIf { wanted(it.content) } },
        end = { after, error ->
            if (after is ContentUiState.Ready<C> && error != null) after.copy(lastError = error) else after
        },
        call = call,
    )

    private fun keep(before: ContentUiState<C>, now: ContentUiState<C>): ContentUiState<C> =
        if (before is ContentUiState.Ready<C> && now is ContentUiState.Ready<C>) {
            before.copy(content = now.content)
        } else {
            now
        }
}
