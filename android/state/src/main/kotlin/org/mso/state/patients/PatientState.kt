/*
 * The screen of one patient.
 *
 * The screen shows a button for each of the allowed actions, and the core checks again when it is pressed. Invariant:
 * an action that is not offered is not carried out.
 */
package org.mso.state.patients

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.Change
import org.mso.core.Inactive
import org.mso.core.PatientAction
import org.mso.core.PatientDetail
import org.mso.core.PatientId
import org.mso.core.Patients
import org.mso.core.VerificationMethod
import org.mso.core.WorkspaceInterface
import org.mso.state.ContentReader
import org.mso.state.ContentUiState

/**
 * State of one patient. Lives as long as [scope]; calls to the core run in [work].
 *
 * Actions do nothing while they are not offered or another action is running. An action's job ends when the screen
 * shows the result.
 */
public class PatientState(
    private val patientId: PatientId,
    private val core: WorkspaceInterface,
    scope: CoroutineScope,
    work: CoroutineContext = Dispatchers.IO,
) {
    private val reader = ContentReader<PatientDetail>(
        core,
        scope,
        work,
        { it == Change.OfPatient(patientId) },
        { core.patients().detail(patientId) },
    )

    public val uiState: StateFlow<ContentUiState<PatientDetail>> = reader.uiState

    /** Reads again. The job ends when the result is shown. */
    public fun refresh(): Job = reader.refresh()

    /** Attests the patient's identity. */
    public fun verify(method: VerificationMethod): Job = act(PatientAction.VERIFY) { it.verify(patientId, method) }

    /** Takes the record out of use for new cases. */
    public fun deactivate(inactive: Inactive): Job =
        act(PatientAction.DEACTIVATE) { it.deactivate(patientId, inactive) }

    /** Takes the record into use again. */
    public fun reactivate(): Job = act(PatientAction.REACTIVATE) { it.reactivate(patientId) }

    /** Records that this patient and one of the possible duplicates are two people. */
    public fun dismissDuplicate(other: PatientId): Job = reader.act(
        { PatientAction.DISMISS_DUPLICATE in it.allowedActions && other in it.possibleDuplicates },
    ) { core.patients().dismissDuplicate(patientId, other) }

    private fun act(action: PatientAction, call: (Patients) -> Unit): Job =
        reader.act({ action in it.allowedActions }) { call(core.patients()) }
}
