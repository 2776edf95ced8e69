/*
 * The form that edits a patient.
 *
 * Invariant: what the user entered stays until it is saved, and the record that the form was opened with does not
 * change under the user: only taking over another's changes reads it again.
 */
package org.mso.state.patients

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import org.mso.core.MsoException
import org.mso.core.PatientField
import org.mso.core.PatientFields
import org.mso.core.PatientId
import org.mso.core.WorkspaceInterface
import org.mso.state.Attempt
import org.mso.state.Message
import org.mso.state.attempt

public sealed interface PatientEditUiState {
    /** Nothing has been read yet. */
    public data object Loading : PatientEditUiState

    /** Nobody is signed in: show the sign-in screen. */
    public data object SignedOut : PatientEditUiState

    /**
     * The form.
     *
     * @property seen the record as it was when the form was opened, or when another's changes were taken over
     * @property entered the record as the user wants it
     * @property working it is being saved or read again: show it, and accept nothing
     * @property lastError why it was not saved or read again the last time
     * @property conflict somebody else changed a field that the user changed too: [Message.field] names it. Stays until
     * the form is saved or [PatientEditState.takeOver] succeeds
     */
    public data class Open(
        val seen: PatientFields,
        val entered: PatientFields,
        val working: Boolean = false,
        val lastError: Message? = null,
        val conflict: Message? = null,
    ) : PatientEditUiState {
        /** The fields that the user changed. */
        public val changed: Set<PatientField>
            get() = differences(seen, entered)

        internal fun failed(error: Message): Open {
            val isConflict = error.key == "refused.field_conflict"
            return copy(lastError = error, conflict = if (isConflict) error else conflict)
        }
    }

    /** The changes are safe on the phone. A further tap does nothing. */
    public data object Saved : PatientEditUiState

    /** The record could not be read. */
    public data class Failed(val reason: Message) : PatientEditUiState
}

/** State of one form. Lives as long as [scope]; calls to the core run in [work]. */
public class PatientEditState(
    private val patientId: PatientId,
    private val core: WorkspaceInterface,
    private val scope: CoroutineScope,
    private val work: CoroutineContext = Dispatchers.IO,
) {
    private val shown = MutableStateFlow<PatientEditUiState>(PatientEditUiState.Loading)

    public val uiState: StateFlow<PatientEditUiState> = shown.asStateFlow()

    init {
        scope.launch { load() }
    }

    /** Reads the record again if it could not be read; a form that is open stays. The job ends when it is shown. */
    public fun refresh(): Job = scope.launch { load() }

    /** Takes what the user entered, all fields of it. Does nothing while the form is not open or is working. */
    public fun enter(entered: PatientFields): Unit = shown.update { before ->
        if (before is PatientEditUiState.Open && !before.working) before.copy(entered = entered) else before
    }

    /** Saves the fields that the user changed. The job ends when the result is shown. */
    public fun save(): Job = act({ true }) {
        core.patients().edit(patientId, it.seen, it.entered)
        PatientEditUiState.Saved
    }

    /**
     * Reads the record again after a conflict: what the user did not change becomes what it is now, and what the user
     * changed stays as entered, with the other's value as the one seen. If that fails, it can be tried again. The job
     * ends when it is shown.
     */
    public fun takeOver(): Job = act({ it.conflict != null }) { open ->
        val now = fields()
        PatientEditUiState.Open(now, open.changed.fold(now) { form, field -> form.taking(field, open.entered) })
    }

    private suspend fun load() {
        val loaded: PatientEditUiState = when (val attempt = attempt(work, ::fields)) {
            is Attempt.Gave -> PatientEditUiState.Open(attempt.value, attempt.value)
            is Attempt.Failed -> unread(attempt.message)
        }
        shown.update { before ->
            when (before) {
                is PatientEditUiState.Open, PatientEditUiState.Saved -> before
                PatientEditUiState.Loading, PatientEditUiState.SignedOut, is PatientEditUiState.Failed -> loaded
            }
        }
    }

    private fun unread(reason: Message): PatientEditUiState =
        if (reason.kind == "sign_in_needed") PatientEditUiState.SignedOut else PatientEditUiState.Failed(reason)

    private fun fields(): PatientFields {
        if (core.session() == null) throw MsoException.SignInNeeded()
        return core.patients().detail(patientId).fields
    }

    private fun act(
        offered: (PatientEditUiState.Open) -> Boolean,
        call: (PatientEditUiState.Open) -> PatientEditUiState,
    ): Job {
        val open = begin(offered) ?: return Job().apply { complete() }
        return scope.launch {
            shown.value = when (val outcome = attempt(work) { call(open) }) {
                is Attempt.Gave -> outcome.value
                is Attempt.Failed -> open.failed(outcome.message)
            }
        }
    }

    /** Marks the form as working immediately, so that a second press is ignored; gives the form as it was before. */
    private fun begin(offered: (PatientEditUiState.Open) -> Boolean): PatientEditUiState.Open? {
        while (true) {
            val open = shown.value as? PatientEditUiState.Open ?: return null
            if (open.working || !offered(open)) return null
            if (shown.compareAndSet(open, open.copy(working = true, lastError = null))) return open
        }
    }
}
