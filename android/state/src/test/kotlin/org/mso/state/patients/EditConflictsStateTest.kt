package org.mso.state.patients

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.mso.core.Change
import org.mso.core.CommandId
import org.mso.core.MsoException
import org.mso.core.PatientField
import org.mso.core.PatientId
import org.mso.state.ContentUiState
import org.mso.state.Message

@OptIn(ExperimentalCoroutinesApi::class)
class EditConflictsStateTest {
    private val core = FakePatients().apply { conflicts = listOf(aConflict("k1"), aConflict("k2")) }
    private val first = CommandId("k1")

    private fun TestScope.edits(): EditConflictsState {
        val state = EditConflictsState(core, backgroundScope, StandardTestDispatcher(testScheduler))
        runCurrent()
        return state
    }

    private fun EditConflictsState.ready() = assertIs<ContentUiState.Ready<List<EditConflict>>>(uiState.value)

    private fun EditConflictsState.chosen() = ready().content.map { it.chosen }

    /** Chooses for both fields of the first edit. */
    private fun EditConflictsState.decide() {
        choose(first, PatientField.PHONE, Whose.THEIRS)
        choose(first, PatientField.EMAIL, Whose.MINE)
    }

    @Test
    fun `it shows the edits with nothing chosen`() = runTest {
        val shown = listOf(EditConflict(aConflict("k1")), EditConflict(aConflict("k2")))
        assertEquals(shown, edits().ready().content)
        assertEquals(listOf(false, false), shown.map { it.isDecided })
    }

    @Test
    fun `new edits and settled ones show at once`() = runTest {
        val state = edits()
        core.conflicts = listOf(aConflict("k3"))
        core.tell(Change.SyncStatus)
        runCurrent()
        assertEquals(listOf(EditConflict(aConflict("k3"))), state.ready().content)
        core.conflicts = emptyList()
        core.tell(Change.OfPatient(PatientId("p1")))
        runCurrent()
        assertEquals(emptyList(), state.ready().content)
    }

    @Test
    fun `changes of other things cause no reading`() = runTest {
        edits()
        core.tell(Change.Catalogue)
        core.tell(Change.Invoices)
        runCurrent()
        assertEquals(1, core.reads)
    }

    @Test
    fun `an edit is sent again with the user's values where the user chose so`() = runTest {
        val state = edits()
        state.decide()
        assertEquals(listOf(true, false), state.ready().content.map { it.isDecided })
        state.resolve(first).join()
        val resolved = listOf(Performed("resolve", first, listOf(PatientField.EMAIL)))
        assertEquals(resolved, core.performed.toList())
        assertEquals(listOf(EditConflict(aConflict("k2"))), state.ready().content)
        assertEquals(false, state.ready().working)
    }

    @Test
    fun `an edit is not sent until all has been chosen`() = runTest {
        val state = edits()
        state.choose(first, PatientField.PHONE, Whose.MINE)
        state.resolve(first).join()
        assertEquals(emptyList(), core.performed.toList())
    }

    @Test
    fun `the last choice counts, and only fields in conflict are chosen`() = runTest {
        val state = edits()
        state.decide()
        state.choose(first, PatientField.PHONE, Whose.MINE)
        state.choose(first, PatientField.NAME, Whose.MINE)
        val chosen = mapOf(PatientField.PHONE to Whose.MINE, PatientField.EMAIL to Whose.MINE)
        assertEquals(listOf(chosen, emptyMap<PatientField, Whose>()), state.chosen())
    }

    @Test
    fun `choices survive a reading`() = runTest {
        val state = edits()
        state.decide()
        state.refresh().join()
        val chosen = mapOf(PatientField.PHONE to Whose.THEIRS, PatientField.EMAIL to Whose.MINE)
        assertEquals(listOf(chosen, emptyMap<PatientField, Whose>()), state.chosen())
    }

    @Test
    fun `a field of which a value became another is chosen again`() = runTest {
        val state = edits()
        state.decide()
        core.conflicts = listOf(aConflict("k1", theirs = someFields(phone = "+49 9", email = "theirs@example.org")))
        core.tell(Change.OfPatient(PatientId("p1")))
        runCurrent()
        assertEquals(listOf(mapOf(PatientField.EMAIL to Whose.MINE)), state.chosen())
        state.resolve(first).join()
        assertEquals(emptyList(), core.performed.toList())
    }

    @Test
    fun `an edit is discarded without choosing`() = runTest {
        val state = edits()
        state.discard(first).join()
        assertEquals(listOf(Performed("discard", first)), core.performed.toList())
        assertEquals(listOf(EditConflict(aConflict("k2"))), state.ready().content)
    }

    @Test
    fun `a second press while working does nothing, nor does choosing`() = runTest {
        val state = edits()
        state.decide()
        val resolving = state.resolve(first)
        assertEquals(true, state.ready().working)
        state.discard(CommandId("k2")).join()
        state.choose(CommandId("k2"), PatientField.PHONE, Whose.MINE)
        resolving.join()
        assertEquals(listOf("resolve"), core.performed.map { it.what })
        assertEquals(listOf(EditConflict(aConflict("k2"))), state.ready().content)
    }

    @Test
    fun `a refusal shows its key, keeps the choices, and the next action takes it away`() = runTest {
        val state = edits()
        state.decide()
        core.refusal = MsoException.Invalid("command", "still_sending")
        state.resolve(first).join()
        assertEquals(Message("invalid", "still_sending", "command"), state.ready().lastError)
        assertEquals(true, state.ready().content.first().isDecided)
        core.refusal = null
        state.resolve(first).join()
        assertNull(state.ready().lastError)
        assertEquals(listOf("resolve"), core.performed.map { it.what })
    }

    @Test
    fun `an edit that is not in the list is neither sent nor discarded`() = runTest {
        val state = edits()
        state.resolve(CommandId("k9")).join()
        state.discard(CommandId("k9")).join()
        assertEquals(emptyList(), core.performed.toList())
    }

    @Test
    fun `nobody signed in shows the sign-in`() = runTest {
        core.signedIn = false
        assertEquals(ContentUiState.SignedOut, edits().uiState.value)
    }
}
