/*
 * The core's change callbacks as flows.
 *
 * Invariant: a flow subscribes when it is collected and unsubscribes when collection ends, so
 * callers keep no handle.
 */
package org.mso.core

import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.conflate

/**
 * Every change from the start of collection on. A slow collector loses none: changes are ids, and
 * small.
 */
public fun WorkspaceInterface.changes(): Flow<Change> = changes(::subscribe)

/** [changes] of anything that has the workspace's subscribe function. */
public fun changes(subscribe: (ChangeListener) -> AutoCloseable): Flow<Change> = callbackFlow {
    val subscription = subscribe(listener { trySend(it) })
    awaitClose { subscription.close() }
}.buffer(Channel.UNLIMITED)

/**
 * Signals when to read what a screen shows: at once, and again after each change that [concerns]
 * it.
 *
 * The first signal comes after subscribing, so no change between reading and listening is missed.
 * Signals that arrive while the collector is still reading are merged into one.
 */
public fun readSignals(
    subscribe: (ChangeListener) -> AutoCloseable,
    concerns: (Change) -> Boolean,
): Flow<Unit> = callbackFlow {
    val subscription = subscribe(listener { if (concerns(it)) trySend(Unit) })
    trySend(Unit)
    awaitClose { subscription.close() }
}.conflate()

private fun listener(heard: (Change) -> Unit): ChangeListener = object : ChangeListener {
    override fun changed(change: Change) = heard(change)
}
