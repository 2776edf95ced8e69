/*
 * Saves what the user types in a form.
 *
 * Invariants: calls to the core about the form happen one after the other, and each save takes the newest content, so
 * an older one is never saved after a newer one. After the form was sent or discarded nothing is saved: that would
 * bring it back.
 */
package org.mso.state

import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.filterNotNull
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext

/**
 * Saves the newest content once nothing was typed for [quiet], and when [scope] ends.
 *
 * @param shown told after each save, with the error if it failed
 */
internal class FormSaver<C : Any>(
    private val scope: CoroutineScope,
    private val work: CoroutineContext,
    private val quiet: Duration,
    private val save: (C) -> Unit,
    private val shown: (Message?) -> Unit,
) {
    private val unsaved = MutableStateFlow<Typed<C>?>(null)
    private val calling = Mutex()
    private var isOver = false // guarded by `calling`

    init {
        scope.launch {
            try {
                unsaved.filterNotNull().collectLatest {
                    delay(quiet)
                    saveNewest()
                }
            } finally {
                saveNewest()
            }
        }
    }

    fun changed(content: C) {
        unsaved.value = Typed(content)
    }

    fun flush(): Job = scope.launch { saveNewest() }

    /** Calls the core to send or discard the form. If that succeeds, nothing is saved any more. */
    suspend fun <T> end(call: () -> T): Attempt<T> = whole {
        val outcome = attempt(work, call)
        if (outcome is Attempt.Gave) {
            isOver = true
            unsaved.value = null
        }
        outcome
    }

    private suspend fun saveNewest(): Unit = whole {
        val typed = unsaved.value
        if (typed != null && !isOver) {
            when (val outcome = attempt(work) { save(typed.content) }) {
                is Attempt.Gave -> {
                    // What was typed meanwhile is still to be saved.
                    unsaved.compareAndSet(typed, null)
                    shown(null)
                }
                is Attempt.Failed -> shown(outcome.message)
            }
        }
    }

    /** One at a time, and to its end even if [scope] ends meanwhile: only then is it known whether the form is over. */
    private suspend fun <T> whole(action: suspend () -> T): T =
        withContext(NonCancellable) { calling.withLock { action() } }

    /** Compared by identity: the same text typed again is a change, so that a failed save is tried again. */
    private class Typed<C>(val content: C)
}
