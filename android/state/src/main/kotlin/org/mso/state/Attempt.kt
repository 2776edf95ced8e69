/*
 * Calls from the state classes into the core: off the screen's thread, with errors as messages.
 *
 * Invariant: only errors of the core become messages. A cancelled coroutine stays cancelled, and a
 * programming error stays visible.
 */
package org.mso.state

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.withContext
import org.mso.core.InternalException
import org.mso.core.MsoException

/** The result of a call to the core. */
internal sealed interface Attempt<out T> {
    data class Gave<T>(val value: T) : Attempt<T>

    data class Failed(val message: Message) : Attempt<Nothing>
}

/** Calls the core in [work]. */
internal suspend fun <T> attempt(work: CoroutineContext, call: () -> T): Attempt<T> = withContext(work) {
    try {
        Attempt.Gave(call())
    } catch (error: MsoException) {
        Attempt.Failed(Message.of(error))
    } catch (error: InternalException) {
        Attempt.Failed(Message.of(error))
    }
}
