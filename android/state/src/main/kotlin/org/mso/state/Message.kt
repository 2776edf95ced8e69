/*
 * Errors as keys that a screen looks up in its texts.
 *
 * Invariant: a message contains nothing that a person typed.
 */
package org.mso.state

import org.mso.core.InternalException
import org.mso.core.MessageState
import org.mso.core.MsoException
import org.mso.core.PatientId

/**
 * An error for a screen.
 *
 * @property kind one of the few kinds that an app can act on: `refused`, `invalid`, `offline`, …
 * @property code the specific stable code, if any
 * @property field the field concerned, as named in the record
 * @property reference the reference to quote to support
 * @property existing with `patient_exists`: the patient to use instead
 */
public data class Message(
    val kind: String,
    val code: String? = null,
    val field: String? = null,
    val reference: String? = null,
    val existing: PatientId? = null,
) {
    /** The key of the text: `offline`, `refused.assignment_superseded`. */
    val key: String
        get() = if (code == null) kind else "$kind.$code"

    public companion object {
        /** The message for an error of the core. */
        public fun of(error: MsoException): Message = when (error) {
            is MsoException.Refused -> 
                Message("refused", code = error.code, field = error.field, existing = error.existing)
            is MsoException.Invalid -> Message("invalid", code = error.reason, field = error.field)
            is MsoException.SignInNeeded -> Message("sign_in_needed")
            is MsoException.SignInFailed -> Message("sign_in_failed")
            is MsoException.Offline -> Message("offline")
            is MsoException.UpdateNeeded -> Message("update_needed")
            is MsoException.NotFound -> Message("not_found")
            is MsoException.TooManyDevices -> Message("too_many_devices")
            is MsoException.AlreadyOpen -> Message("already_open")
            is MsoException.KeyLost -> Message("key_lost")
            is MsoException.StorageBroken -> Message("storage_broken", reference = error.reference)
            is MsoException.Server -> Message("server", code = error.code, reference = error.reference)
            is MsoException.Bug -> Message("bug", reference = error.reference)
        }

        /** Why a chat's message does not go: `refused.chat_expert_changed`. */
        public fun of(state: MessageState.NotSent): Message = Message("refused", code = state.code)

        /** The message for an internal failure of the core. */
        public fun of(error: InternalException): Message =
            Message("bug", reference = error.javaClass.simpleName)
    }
}
