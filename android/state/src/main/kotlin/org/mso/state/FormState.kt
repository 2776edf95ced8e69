/*
 * A form that makes a record: a new case, a new patient.
 *
 * Invariant: the record's id is made when the form opens, not when it is sent. However often the form is sent (two taps, or
 * again because the first answer did not arrive), the core makes one record of it.
 */
package org.mso.state

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import org.mso.core.CaseId
import org.mso.core.NewCase
import org.mso.core.NewPatient
import org.mso.core.PatientId
import org.mso.core.WorkspaceInterface

public sealed interface FormUiState<out I> {
    /**
     * It can be sent.
     *
     * @property lastError why it was not taken the last time
     */
    public data class Open(val lastError: Message? = null) : FormUiState<Nothing>

    /** It is being sent: a further tap does nothing. */
    public data object Sending : FormUiState<Nothing>

    /** It is safe on the phone. A further tap does nothing. */
    public data class Sent<I>(val id: I) : FormUiState<I>
}

/**
 * State of one form. Lives as long as [scope]; calls to the core run in [work].
 *
 * @property id what the record will be called: put it into the record that is sent
 */
public class FormState<I, R>(
    public val id: I,
    private val scope: CoroutineScope,
    private val work: CoroutineContext,
    private val create: (R) -> I,
) {
    private val shown = MutableStateFlow<FormUiState<I>>(FormUiState.Open())

    public val uiState: StateFlow<FormUiState<I>> = shown.asStateFlow()

    /** Sends the form. The job ends when the result is shown. */
    public fun send(record: R): Job {
        if (!begin()) return Job().apply { complete() }
        return scope.launch {
            shown.value = when (val outcome = attempt(work) { create(record) }) {
                is Attempt.Gave -> FormUiState.Sent(outcome.value)
                is Attempt.Failed -> FormUiState.Open(outcome.message)
            }
        }
    }

    private fun begin(): Boolean {
        while (true) {
            val open = shown.value as? FormUiState.Open ?: return false
            if (shown.compareAndSet(open, FormUiState.Sending)) return true
        }
    }
}

/**
 * The form of a new case.
 *
 * @param saved the id of a form that the system closed and opens again: keep [FormState.id] with what was typed
 */
public fun caseForm(
    core: WorkspaceInterface,
    scope: CoroutineScope,
    saved: CaseId? = null,
    work: CoroutineContext = Dispatchers.IO,
): FormState<CaseId, NewCase> = FormState(saved ?: core.cases().newId(), scope, work) { core.cases().submit(it) }

/**
 * The form of a new patient.
 *
 * @param saved as for [caseForm]
 */
public fun patientForm(
    core: WorkspaceInterface,
    scope: CoroutineScope,
    saved: PatientId? = null,
    work: CoroutineContext = Dispatchers.IO,
): FormState<PatientId, NewPatient> =
    FormState(saved ?: core.patients().newId(), scope, work) { core.patients().create(it) }
