/*
 * What all screens that read from the core have in common: listening, reading, showing more rows, acting.
 *
 * Invariant: reads happen one after the other, and the result of an action is shown together with what it changed.
 */
package org.mso.state

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import org.mso.core.Change
import org.mso.core.WorkspaceInterface
import org.mso.core.readSignals

/** How many more rows a list shows each time that its end is reached. */
internal const val ROWS_AT_ONCE: Int = 50

/**
 * Keeps the state [S] of one screen. Lives as long as [scope]; calls to the core run in [work].
 *
 * A longer list is read from its start again, so that all its rows are of the same moment.
 *
 * @param find reads the state with at most so many rows
 * @param failed the state after a failed read
 * @param keep what stays of the state before when a new one has been read
 */
internal class ScreenReader<S>(
    core: WorkspaceInterface,
    private val scope: CoroutineScope,
    private val work: CoroutineContext,
    loading: S,
    concerns: (Change) -> Boolean,
    private val find: (UInt) -> S,
    private val failed: (Message) -> S,
    private val keep: (S, S) -> S = { _, now -> now },
) {
    private val shown = MutableStateFlow(loading)
    private val reading = Mutex()

    @Volatile private var wanted = ROWS_AT_ONCE

    val uiState: StateFlow<S> = shown.asStateFlow()

    init {
        scope.launch { readSignals(core::subscribe, concerns).collect { read() } }
    }

    fun refresh(): Job = scope.launch { read() }

    fun showMore(): Job = scope.launch {
        wanted += ROWS_AT_ONCE
        read()
    }

    /** Changes the state without the core. */
    fun edit(change: (S) -> S): Unit = shown.update(change)

    /**
     * Calls the core, reads again, and shows both at once.
     *
     * @param begin the state while the action runs, shown immediately; null: it does not run now
     * @param end the state afterwards, with the error if it failed
     */
    fun act(begin: (S) -> S?, end: (S, Message?) -> S, call: () -> Unit): Job {
        if (!begun(begin)) return Job().apply { complete() }
        return scope.launch {
            val error = (attempt(work, call) as? Attempt.Failed)?.message
            read { end(it, error) }
        }
    }

    private fun begun(begin: (S) -> S?): Boolean {
        while (true) {
            val before = shown.value
            val working = begin(before) ?: return false
            if (shown.compareAndSet(before, working)) return true
        }
    }

    private suspend fun read(end: (S) -> S = { it }) = reading.withLock {
        val now = when (val attempt = attempt(work) { find(wanted.toUInt()) }) {
            is Attempt.Gave -> attempt.value
            is Attempt.Failed -> failed(attempt.message)
        }
        shown.update { before -> end(keep(before, now)) }
    }
}
