package org.mso.state.patients

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.mso.core.Change
import org.mso.core.Inactive
import org.mso.core.MsoException
import org.mso.core.PatientAction
import org.mso.core.PatientDetail
import org.mso.core.PatientId
import org.mso.core.VerificationMethod
import org.mso.state.ContentUiState
import org.mso.state.Message

@OptIn(ExperimentalCoroutinesApi::class)
class PatientStateTest {
    private val core = FakePatients()
    private val id = PatientId("p1")

    private fun TestScope.patient(): PatientState {
        val state = PatientState(id, core, backgroundScope, StandardTestDispatcher(testScheduler))
        runCurrent()
        return state
    }

    private fun PatientState.ready() = assertIs<ContentUiState.Ready<PatientDetail>>(uiState.value)

    private fun offer(vararg actions: PatientAction) =
        core.put(aPatient("p1", allowedActions = actions.toList(), possibleDuplicates = listOf(PatientId("p2"))))

    @Test
    fun `it shows the patient, and a change of the patient at once`() = runTest {
        core.put(aPatient("p1"))
        val state = patient()
        assertEquals(aPatient("p1"), state.ready().content)
        core.put(aPatient("p1", fields = someFields(phone = "+49 1")))
        core.tell(Change.OfPatient(id))
        runCurrent()
        assertEquals("+49 1", state.ready().content.fields.phone)
    }

    @Test
    fun `changes of other patients cause no reading`() = runTest {
        core.put(aPatient("p1"))
        patient()
        core.tell(Change.OfPatient(PatientId("p2")))
        core.tell(Change.SyncStatus)
        runCurrent()
        assertEquals(1, core.reads)
    }

    @Test
    fun `a patient who is not on this phone is not found and appears when received`() = runTest {
        val state = patient()
        assertEquals(ContentUiState.Failed(Message("not_found")), state.uiState.value)
        core.put(aPatient("p1"))
        core.tell(Change.OfPatient(id))
        runCurrent()
        assertEquals(aPatient("p1"), state.ready().content)
    }

    @Test
    fun `each action that is offered is carried out`() = runTest {
        offer(
            PatientAction.VERIFY,
            PatientAction.DEACTIVATE,
            PatientAction.REACTIVATE,
            PatientAction.DISMISS_DUPLICATE,
        )
        val state = patient()
        state.verify(VerificationMethod.REGISTRY).join()
        state.deactivate(Inactive.Deceased("2026-04")).join()
        state.reactivate().join()
        state.dismissDuplicate(PatientId("p2")).join()
        val performed = listOf(
            Performed("verify", id, VerificationMethod.REGISTRY),
            Performed("deactivate", id, Inactive.Deceased("2026-04")),
            Performed("reactivate", id),
            Performed("dismiss_duplicate", id, PatientId("p2")),
        )
        assertEquals(performed, core.performed.toList())
    }

    @Test
    fun `what is not offered is not done`() = runTest {
        offer(PatientAction.EDIT)
        val state = patient()
        state.verify(VerificationMethod.REGISTRY).join()
        state.deactivate(Inactive.Left).join()
        state.reactivate().join()
        state.dismissDuplicate(PatientId("p2")).join()
        assertEquals(emptyList(), core.performed.toList())
    }

    @Test
    fun `only a possible duplicate is dismissed`() = runTest {
        offer(PatientAction.DISMISS_DUPLICATE)
        val state = patient()
        state.dismissDuplicate(PatientId("p3")).join()
        assertEquals(emptyList(), core.performed.toList())
    }

    @Test
    fun `a second press while working does nothing, and the result is shown with what changed`() = runTest {
        offer(PatientAction.VERIFY)
        val state = patient()
        core.meanwhile = { offer(PatientAction.SUBMIT_CASE) }
        val first = state.verify(VerificationMethod.DOCUMENT_SEEN)
        assertTrue(state.ready().working)
        state.verify(VerificationMethod.REGISTRY).join()
        first.join()
        val performed = listOf(Performed("verify", id, VerificationMethod.DOCUMENT_SEEN))
        assertEquals(performed, core.performed.toList())
        assertEquals(false, state.ready().working)
        assertEquals(listOf(PatientAction.SUBMIT_CASE), state.ready().content.allowedActions)
    }

    @Test
    fun `a refusal shows its key, and the next action takes it away`() = runTest {
        offer(PatientAction.DEACTIVATE)
        val state = patient()
        core.refusal = MsoException.Refused("open_case", null, null)
        state.deactivate(Inactive.Duplicate).join()
        assertEquals("refused.open_case", state.ready().lastError?.key)
        core.refusal = null
        state.deactivate(Inactive.Duplicate).join()
        assertNull(state.ready().lastError)
    }
}
