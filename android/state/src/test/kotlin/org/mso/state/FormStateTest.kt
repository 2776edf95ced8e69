package org.mso.state

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNotEquals
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.cancel
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.mso.core.CaseId
import org.mso.core.CaseOperation
import org.mso.core.FormContent
import org.mso.core.MsoException
import org.mso.core.NewCase
import org.mso.core.NewPatient
import org.mso.core.PatientId
import org.mso.core.Sex
import org.mso.state.cases.aRequest
import org.mso.state.cases.anOpinion

@OptIn(ExperimentalCoroutinesApi::class)
class FormStateTest {
    private val fake = FakeForms()
    private val core = fake.core
    private val quiet = 500.milliseconds

    private fun TestScope.form(
        saved: CaseId? = null,
        scope: CoroutineScope = backgroundScope,
    ): FormState<CaseId, NewCase> {
        val form = caseForm(fake, scope, saved, StandardTestDispatcher(testScheduler), quiet)
        runCurrent()
        return form
    }

    /** Lets the quiet time pass. */
    private fun TestScope.pause() {
        advanceTimeBy(quiet)
        runCurrent()
    }

    private inline fun <reified R : Any> FormState<*, R>.asOpen(): FormUiState.Open<R> =
        assertIs<FormUiState.Open<R>>(uiState.value)

    private fun aCase(id: CaseId, question: String = "Is repair indicated now?") =
        NewCase(id, PatientId("p1"), aRequest(question), emptyList())

    private fun saved(vararg cases: NewCase): List<FormContent> = cases.map { FormContent.Case(it) }

    @Test
    fun `two taps send one case, with the id that was made when the form opened`() = runTest {
        val form = form()
        val first = form.send(aCase(form.id))
        assertEquals(true, form.asOpen().working)
        form.send(aCase(form.id)).join()
        first.join()
        form.send(aCase(form.id)).join()
        assertEquals<FormUiState<CaseId, NewCase>>(FormUiState.Sent(form.id), form.uiState.value)
        assertEquals(listOf(aCase(form.id)), core.submitted)
    }

    @Test
    fun `a form whose answer did not arrive is sent again under the same id`() = runTest {
        val form = form()
        core.refusal = MsoException.StorageBroken("disk_full")
        form.send(aCase(form.id)).join()
        assertEquals("storage_broken" to false, form.asOpen().lastError?.key to form.asOpen().working)
        core.refusal = null
        form.send(aCase(form.id)).join()
        assertEquals<FormUiState<CaseId, NewCase>>(FormUiState.Sent(form.id), form.uiState.value)
    }

    @Test
    fun `another form makes another case, and one that is opened again the same`() = runTest {
        val first = form()
        assertNotEquals(first.id, form().id)
        assertEquals(first.id, form(saved = first.id).id)
    }

    @Test
    fun `it opens with what was saved before`() = runTest {
        val id = CaseId("c7")
        fake.saved = FormContent.Case(aCase(id, "Is"))
        val form = caseForm(fake, backgroundScope, id, StandardTestDispatcher(testScheduler), quiet)
        assertEquals<FormUiState<CaseId, NewCase>>(FormUiState.Loading, form.uiState.value)
        runCurrent()
        assertEquals(FormUiState.Open(aCase(id, "Is")), form.asOpen())
        pause()
        assertEquals(emptyList(), fake.saves)
    }

    @Test
    fun `a form of another version of the app says so and stays until the user types`() = runTest {
        fake.saved = FormContent.Unreadable(CaseId("c7"), null)
        val form = form(saved = CaseId("c7"))
        assertEquals(FormUiState.Open<NewCase>(unreadable = true), form.asOpen())
        form.flush().join()
        pause()
        assertEquals(emptyList(), fake.saves)
        form.changed(aCase(form.id))
        pause()
        assertEquals(false, form.asOpen().unreadable)
        assertEquals(saved(aCase(form.id)), fake.saves)
    }

    @Test
    fun `a form that cannot be read says why, saves nothing over it, and opens when it can be read`() = runTest {
        fake.broken = MsoException.StorageBroken("s-17")
        fake.saved = FormContent.Case(aCase(CaseId("c7")))
        val form = form(saved = CaseId("c7"))
        val failed = FormUiState.Failed(Message("storage_broken", reference = "s-17"))
        assertEquals<FormUiState<CaseId, NewCase>>(failed, form.uiState.value)
        form.changed(aCase(form.id, "Is"))
        pause()
        assertEquals(emptyList(), fake.saves)
        fake.broken = null
        form.refresh().join()
        assertEquals(aCase(form.id), form.asOpen().content)
    }

    @Test
    fun `it is saved once the user pauses, with what was typed last`() = runTest {
        val form = form()
        form.changed(aCase(form.id, "I"))
        advanceTimeBy(quiet / 2)
        form.changed(aCase(form.id, "Is"))
        advanceTimeBy(quiet / 2)
        runCurrent()
        assertEquals(emptyList(), fake.saves)
        assertEquals(aCase(form.id, "Is"), form.asOpen().content)
        pause()
        assertEquals(saved(aCase(form.id, "Is")), fake.saves)
        pause()
        assertEquals(1, fake.saves.size)
    }

    @Test
    fun `what is typed while a save runs is saved after it`() = runTest {
        val form = form()
        fake.meanwhile = { form.changed(aCase(form.id, "Is")) }
        form.changed(aCase(form.id, "I"))
        pause()
        assertEquals(saved(aCase(form.id, "I")), fake.saves)
        pause()
        assertEquals(saved(aCase(form.id, "I"), aCase(form.id, "Is")), fake.saves)
    }

    @Test
    fun `flushing saves at once, and nothing where nothing is new`() = runTest {
        val form = form()
        form.changed(aCase(form.id))
        form.flush().join()
        assertEquals(saved(aCase(form.id)), fake.saves)
        form.flush().join()
        pause()
        assertEquals(1, fake.saves.size)
    }

    @Test
    fun `leaving the screen saves what was typed last`() = runTest {
        val screen = CoroutineScope(StandardTestDispatcher(testScheduler))
        val form = form(scope = screen)
        form.changed(aCase(form.id))
        screen.cancel()
        runCurrent()
        assertEquals(saved(aCase(form.id)), fake.saves)
    }

    @Test
    fun `a failed save shows and is tried again with the next change, also of the same text`() = runTest {
        val form = form()
        fake.refusal = MsoException.Invalid("form", "too_large")
        form.changed(aCase(form.id))
        pause()
        assertEquals("invalid.too_large", form.asOpen().saveError?.key)
        fake.refusal = null
        pause()
        assertEquals(emptyList(), fake.saves)
        form.changed(aCase(form.id))
        pause()
        assertEquals(null, form.asOpen().saveError)
        assertEquals(saved(aCase(form.id)), fake.saves)
    }

    @Test
    fun `nothing is saved after it was sent`() = runTest {
        val screen = CoroutineScope(StandardTestDispatcher(testScheduler))
        val form = form(scope = screen)
        form.changed(aCase(form.id, "Is"))
        core.meanwhile = { form.changed(aCase(form.id, "Is repair")) }
        form.send(aCase(form.id)).join()
        form.changed(aCase(form.id, "Late"))
        form.flush().join()
        pause()
        screen.cancel()
        runCurrent()
        assertEquals(emptyList(), fake.saves)
        assertEquals(listOf(aCase(form.id)), core.submitted)
    }

    @Test
    fun `a screen that is left while the form is sent saves nothing`() = runTest {
        val screen = CoroutineScope(StandardTestDispatcher(testScheduler))
        val form = form(scope = screen)
        core.meanwhile = { screen.cancel() }
        form.send(aCase(form.id))
        runCurrent()
        pause()
        assertEquals(listOf(aCase(form.id)), core.submitted)
        assertEquals(emptyList(), fake.saves)
    }

    @Test
    fun `a form whose sending fails stays saved, with what was sent`() = runTest {
        val form = form()
        form.changed(aCase(form.id, "Is"))
        pause()
        core.refusal = MsoException.Invalid("clinical_question", "too_short")
        form.send(aCase(form.id, "Is repair")).join()
        assertEquals("invalid.too_short", form.asOpen().lastError?.key)
        pause()
        assertEquals<FormContent?>(FormContent.Case(aCase(form.id, "Is repair")), fake.saved)
    }

    @Test
    fun `discarding ends the form, with what was not saved yet`() = runTest {
        val form = form()
        form.changed(aCase(form.id))
        form.discard().join()
        form.changed(aCase(form.id))
        form.send(aCase(form.id)).join()
        pause()
        assertEquals<FormUiState<CaseId, NewCase>>(FormUiState.Discarded, form.uiState.value)
        assertEquals(listOf("case ${form.id}"), fake.discarded)
        assertEquals(emptyList(), fake.saves)
        assertEquals(emptyList(), core.submitted)
    }

    @Test
    fun `a form that could not be discarded says why and stays`() = runTest {
        val form = form()
        form.changed(aCase(form.id))
        fake.refusal = MsoException.StorageBroken("s-17")
        form.discard().join()
        assertEquals("storage_broken", form.asOpen().lastError?.key)
        fake.refusal = null
        pause()
        assertEquals(saved(aCase(form.id)), fake.saves)
    }

    @Test
    fun `a patient is saved, opened again, sent and discarded as a patient`() = runTest {
        val work = StandardTestDispatcher(testScheduler)
        val form = patientForm(fake, backgroundScope, work = work)
        runCurrent()
        val typed = NewPatient(form.id, "Weber", null, "1958", Sex.FEMALE, emptyList(), "None yet.", null)
        form.changed(typed)
        form.flush().join()
        assertEquals(listOf<FormContent>(FormContent.Patient(typed)), fake.saves)
        val again = patientForm(fake, backgroundScope, form.id, work)
        runCurrent()
        assertEquals(typed, again.asOpen().content)
        again.send(typed).join()
        assertEquals(listOf(typed), fake.created)
        form.discard().join()
        assertEquals(listOf("patient ${form.id}"), fake.discarded)
    }

    @Test
    fun `an opinion is saved, opened again and discarded as an opinion`() = runTest {
        val work = StandardTestDispatcher(testScheduler)
        val form = opinionForm(fake, backgroundScope, CaseId("c1"), work = work)
        runCurrent()
        form.changed(anOpinion())
        form.flush().join()
        assertEquals(listOf<FormContent>(FormContent.Opinion(CaseId("c1"), anOpinion())), fake.saves)
        val again = opinionForm(fake, backgroundScope, CaseId("c1"), work = work)
        runCurrent()
        assertEquals(anOpinion(), again.asOpen().content)
        again.discard().join()
        assertEquals(listOf("opinion c1"), fake.discarded)
    }

    @Test
    fun `an opinion is submitted, and a further version amends it`() = runTest {
        val work = StandardTestDispatcher(testScheduler)
        val first = opinionForm(fake, backgroundScope, CaseId("c1"), work = work)
        val second = opinionForm(fake, backgroundScope, CaseId("c1"), further = true, work = work)
        runCurrent()
        first.send(anOpinion()).join()
        second.send(anOpinion()).join()
        val expected =
            listOf(CaseOperation.SubmitRecommendation(anOpinion()), CaseOperation.AmendRecommendation(anOpinion()))
        assertEquals<List<CaseOperation>>(expected, core.performed)
        assertEquals(CaseId("c1"), assertIs<FormUiState.Sent<CaseId>>(second.uiState.value).id)
    }
}
