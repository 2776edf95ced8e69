package org.mso.state.cases

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
import org.mso.core.MsoException
import org.mso.core.RejectionReason
import org.mso.state.Message

@OptIn(ExperimentalCoroutinesApi::class)
class CaseStateTest {
    private val core = FakeCases().apply { put(aCase("c1")) }

    private fun TestScope.case(id: String = "c1"): CaseState {
        val state = CaseState(id, core, backgroundScope, StandardTestDispatcher(testScheduler))
        assertEquals(CaseUiState.Loading, state.uiState.value)
        runCurrent()
        return state
    }

    private fun CaseState.ready() = assertIs<CaseUiState.Ready>(uiState.value)

    @Test
    fun `it shows the case`() = runTest {
        assertEquals(CaseUiState.Ready(aCase("c1"), emptyList()), case().uiState.value)
    }

    @Test
    fun `a case that is not on this phone is not found and appears when it comes`() = runTest {
        val state = case("c2")
        assertEquals(CaseUiState.NotFound, state.uiState.value)
        core.put(aCase("c2"))
        core.tell(Change.OfCase("c2"))
        runCurrent()
        state.ready()
    }

    @Test
    fun `accepting shows work, then what waits to be sent`() = runTest {
        val state = case()
        val job = state.accept()
        assertTrue(state.ready().working)
        job.join()
        val ready = state.ready()
        assertEquals(false, ready.working)
        assertEquals(CaseDone.Accepted, ready.lastDone)
        assertEquals(listOf("accept_case"), ready.detail.summary.pending)
    }

    @Test
    fun `a second press while working does nothing`() = runTest {
        val state = case()
        val first = state.accept()
        state.accept().join()
        first.join()
        assertEquals(listOf("accept_case"), core.performed)
    }

    @Test
    fun `a refusal shows its key, and the next action takes it away`() = runTest {
        val state = case()
        core.refusal = MsoException.Refused("assignment_superseded", null)
        state.accept().join()
        assertEquals("refused.assignment_superseded", state.ready().lastError?.key)
        assertNull(state.ready().lastDone)
        core.refusal = null
        state.startReview().join()
        assertNull(state.ready().lastError)
        assertEquals(CaseDone.ReviewStarted, state.ready().lastDone)
    }

    @Test
    fun `a wrong field is named`() = runTest {
        val state = case()
        core.refusal = MsoException.Invalid("answer_to_question", "too_short")
        state.submitRecommendation(anOpinion()).join()
        assertEquals(Message("invalid", "too_short", "answer_to_question"), state.ready().lastError)
    }

    @Test
    fun `an opinion and a file tell what became of them`() = runTest {
        val state = case()
        state.submitRecommendation(anOpinion()).join()
        assertEquals(CaseDone.RecommendationSubmitted("r1"), state.ready().lastDone)
        state.addDocument("d1").join()
        assertEquals(CaseDone.DocumentAdded("d1"), state.ready().lastDone)
    }

    @Test
    fun `an expert rejects with a reason and a note`() = runTest {
        val state = case()
        core.refusal = MsoException.Refused("reason_required", null)
        state.reject(RejectionReason.OTHER, null).join()
        assertEquals("refused.reason_required", state.ready().lastError?.key)
        core.refusal = null
        state.reject(RejectionReason.OTHER, "My own patient.").join()
        assertEquals(CaseDone.Rejected(RejectionReason.OTHER), state.ready().lastDone)
        assertEquals(listOf("OTHER My own patient."), core.entered)
    }

    @Test
    fun `a rejected case that leaves at once is known to have been rejected`() = runTest {
        val state = case()
        core.meanwhile = {
            core.remove("c1")
            core.notices = listOf(aRemoval("c1", "rejected"))
        }
        state.reject(RejectionReason.NO_CAPACITY, null).join()
        val removed = CaseUiState.Removed("rejected", CaseDone.Rejected(RejectionReason.NO_CAPACITY))
        assertEquals(removed, state.uiState.value)
        core.tell(Change.Notices)
        runCurrent()
        assertEquals(removed, state.uiState.value)
    }

    @Test
    fun `a case that is taken away later was not taken by the last action`() = runTest {
        val state = case()
        state.accept().join()
        core.remove("c1")
        core.tell(Change.OfCase("c1"))
        runCurrent()
        assertEquals(CaseUiState.Removed(null, lastDone = null), state.uiState.value)
    }

    @Test
    fun `an expert returns a case with a question`() = runTest {
        val state = case()
        core.meanwhile = { core.issues = listOf(aQuestion("i1")) }
        state.returnCase("Which drugs are taken?").join()
        assertEquals(CaseDone.Returned("i1"), state.ready().lastDone)
        assertEquals(listOf(aQuestion("i1")), state.ready().issues)
        assertEquals(listOf("Which drugs are taken?"), core.entered)
    }

    @Test
    fun `a requester answers every issue and sends the case on`() = runTest {
        core.issues = listOf(aQuestion("i1"), aQuestion("i2"))
        val state = case()
        assertEquals(listOf("i1", "i2"), state.ready().unanswered.map { it.id })
        core.meanwhile = { core.issues = listOf(aQuestion("i1", awaitsAnswer = false), aQuestion("i2")) }
        state.answerIssue("i1", "None.").join()
        assertEquals(CaseDone.IssueAnswered("i1"), state.ready().lastDone)
        assertEquals(listOf("i2"), state.ready().unanswered.map { it.id })
        core.meanwhile = {}
        core.refusal = MsoException.Refused("unanswered_issue", null)
        state.resubmit().join()
        assertEquals("refused.unanswered_issue", state.ready().lastError?.key)
        core.refusal = null
        state.answerIssue("i2", null, listOf("d1")).join()
        state.resubmit().join()
        assertEquals(CaseDone.Resubmitted, state.ready().lastDone)
        assertEquals(listOf("i1 None. []", "i2 null [d1]"), core.entered)
        assertEquals(listOf("answer_issue", "answer_issue", "resubmit_case"), core.performed)
    }

    @Test
    fun `an issue that comes while the case is shown shows at once`() = runTest {
        val state = case()
        core.issues = listOf(aQuestion("i1"))
        core.tell(Change.OfCase("c1"))
        runCurrent()
        assertEquals(listOf(aQuestion("i1")), state.ready().issues)
    }

    @Test
    fun `a requester takes a case back`() = runTest {
        val state = case()
        state.withdraw("Asked elsewhere.").join()
        assertEquals(CaseDone.Withdrawn, state.ready().lastDone)
        assertEquals(listOf("Asked elsewhere."), core.entered)
    }

    @Test
    fun `a change while an action runs keeps the mark of work`() = runTest {
        val state = case()
        val action = state.accept()
        core.put(aCase("c1", question = "Changed?"))
        core.tell(Change.OfCase("c1"))
        runCurrent()
        action.join()
        assertEquals("Changed?", state.ready().detail.clinicalQuestion)
        assertEquals(CaseDone.Accepted, state.ready().lastDone)
    }

    @Test
    fun `a case that is taken away while shown says why`() = runTest {
        val state = case()
        core.remove("c1")
        core.notices = listOf(aRemoval("c1", "assignment_superseded"))
        core.tell(Change.OfCase("c1"))
        runCurrent()
        assertEquals(CaseUiState.Removed("assignment_superseded"), state.uiState.value)
    }

    @Test
    fun `the reason of a removal may be told later`() = runTest {
        val state = case()
        core.remove("c1")
        core.tell(Change.OfCase("c1"))
        runCurrent()
        assertEquals(CaseUiState.Removed(null), state.uiState.value)
        core.notices = listOf(aRemoval("c1", "reassigned"))
        core.tell(Change.Notices)
        runCurrent()
        assertEquals(CaseUiState.Removed("reassigned"), state.uiState.value)
    }

    @Test
    fun `a case that is taken away in the middle of an action is removed, not an error`() = runTest {
        val state = case()
        core.meanwhile = { core.remove("c1") }
        core.refusal = MsoException.NotFound()
        state.accept().join()
        assertEquals(CaseUiState.Removed(null), state.uiState.value)
    }

    @Test
    fun `without a case there is nothing to act on`() = runTest {
        case("c2").accept().join()
        assertEquals(emptyList(), core.performed)
    }

    @Test
    fun `changes of other cases and of files elsewhere cause no reading`() = runTest {
        case()
        core.tell(Change.OfCase("c2"))
        core.tell(Change.OfDocument("d9"))
        core.tell(Change.SyncStatus)
        runCurrent()
        assertEquals(1, core.reads)
    }

    @Test
    fun `a store that cannot be read shows its reason`() = runTest {
        core.broken = MsoException.StorageBroken("s-17")
        assertEquals(CaseUiState.Failed(Message("storage_broken", reference = "s-17")), case().uiState.value)
    }
}
