package org.mso.state

import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotEquals
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import org.mso.core.CaseId
import org.mso.core.CaseRequest
import org.mso.core.ConsentKind
import org.mso.core.MsoException
import org.mso.core.NewCase
import org.mso.core.PatientId
import org.mso.core.UrgencyLevel
import org.mso.state.cases.FakeCore

@OptIn(ExperimentalCoroutinesApi::class)
class FormStateTest {
    private val core = FakeCore()

    private fun TestScope.form(saved: CaseId? = null) =
        caseForm(core, backgroundScope, saved, StandardTestDispatcher(testScheduler))

    @Test
    fun `two taps send one case, with the id that was made when the form opened`() = runTest {
        val form = form()
        val first = form.send(aCase(form.id))
        assertEquals(FormUiState.Sending, form.uiState.value)
        form.send(aCase(form.id)).join()
        first.join()
        form.send(aCase(form.id)).join()
        assertEquals(FormUiState.Sent(form.id), form.uiState.value)
        assertEquals(listOf(aCase(form.id)), core.submitted)
    }

    @Test
    fun `a form whose answer did not arrive is sent again under the same id`() = runTest {
        val form = form()
        core.refusal = MsoException.StorageBroken("disk_full")
        form.send(aCase(form.id)).join()
        assertEquals("storage_broken", (form.uiState.value as FormUiState.Open).lastError?.key)
        core.refusal = null
        form.send(aCase(form.id)).join()
        assertEquals(FormUiState.Sent(form.id), form.uiState.value)
    }

    @Test
    fun `another form makes another case, and one that is opened again the same`() = runTest {
        val first = form()
        assertNotEquals(first.id, form().id)
        assertEquals(first.id, form(saved = first.id).id)
    }

    private fun aCase(id: CaseId) = NewCase(
        caseId = id,
        patientId = PatientId("p1"),
        request = CaseRequest(
            specialty = "cardiology",
            urgency = UrgencyLevel.ROUTINE,
            urgencyReason = null,
            clinicalQuestion = "Is repair indicated now?",
            presentIllness = null,
            pastMedical = null,
            treatmentSoFar = null,
            previousOpinion = null,
            consentKind = ConsentKind.LEGAL_BASIS,
            consentObtainedBy = "Dr. Weber",
            consentObtainedAt = Instant.EPOCH,
        ),
        documents = emptyList(),
    )
}
