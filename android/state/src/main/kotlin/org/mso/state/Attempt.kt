/*
 * The one way from the state classes into the core: off the screen's thread, errors as messages.
 *
 * Not here: which call is made. The invariant: only errors of the core's become messages; a cancelled
 * coroutine stays cancelled, and a mistake of ours stays visible.
 */
package org.mso.state

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.withContext
import org.mso.core.InternalException
import org.mso.core.MsoException

/** What a call to the core came to. */
internal sealed interface Attempt<out T> {
    data class Gave<T>(val value: T) : Attempt<T>

    data class Failed(val message: Message) : Attempt<Nothing>
}

/** Makes a call to the core in [work]. */
internal suspend fun <T> attempt(work: CoroutineContext, call: () -> T): Attempt<T> = withContext(work) {
    try {
        Attempt.Gave(call())
    } catch (error: MsoException) {
        Attempt.Failed(Message.of(error))
    } catch (error: InternalException) {
        Attempt.Failed(Message.of(error))
    }
}
