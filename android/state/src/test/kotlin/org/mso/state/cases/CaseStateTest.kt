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
import org.mso.core.CaseId
import org.mso.core.CaseOperation
import org.mso.core.Change
import org.mso.core.Created
import org.mso.core.DocumentId
import org.mso.core.IssueId
import org.mso.core.IssueKind
import org.mso.core.MsoException
import org.mso.core.RecommendationId
import org.mso.core.RejectionReason
import org.mso.state.Message

@OptIn(ExperimentalCoroutinesApi::class)
class CaseStateTest {
    private val core = FakeCore().apply { put(aCase("c1")) }

    private fun TestScope.case(id: String = "c1"): CaseState {
        val state = CaseState(CaseId(id), core, backgroundScope, StandardTestDispatcher(testScheduler))
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
        core.tell(Change.OfCase(CaseId("c2")))
        runCurrent()
        state.ready()
    }

    @Test
    fun `accepting shows work, then what waits to be sent`() = runTest {
        val state = case()
        val job = state.act(CaseOperation.Accept)
        assertTrue(state.ready().working)
        job.join()
        val ready = state.ready()
        assertEquals(false, ready.working)
        assertEquals(CaseDone(CaseOperation.Accept), ready.lastDone)
        assertEquals(listOf("waiting"), ready.detail.summary.pending)
    }

    @Test
    fun `a second press while working does nothing`() = runTest {
        val state = case()
        val first = state.act(CaseOperation.Accept)
        state.act(CaseOperation.Accept).join()
        first.join()
        assertEquals<List<CaseOperation>>(listOf(CaseOperation.Accept), core.performed)
    }

    @Test
    fun `a refusal shows its key, and the next action takes it away`() = runTest {
        val state = case()
        core.refusal = MsoException.Refused("assignment_superseded", null, null)
        state.act(CaseOperation.Accept).join()
        assertEquals("refused.assignment_superseded", state.ready().lastError?.key)
        assertNull(state.ready().lastDone)
        core.refusal = null
        state.act(CaseOperation.StartReview).join()
        assertNull(state.ready().lastError)
        assertEquals(CaseDone(CaseOperation.StartReview), state.ready().lastDone)
    }

    @Test
    fun `a wrong field is named`() = runTest {
        val state = case()
        core.refusal = MsoException.Invalid("answer_to_question", "too_short")
        state.act(CaseOperation.SubmitRecommendation(anOpinion())).join()
        assertEquals(Message("invalid", "too_short", "answer_to_question"), state.ready().lastError)
    }

    @Test
    fun `an operation tells what it created`() = runTest {
        val state = case()
        val submit = CaseOperation.SubmitRecommendation(anOpinion())
        core.created = Created.Recommendation(RecommendationId("r1"))
        state.act(submit).join()
        assertEquals(CaseDone(submit, Created.Recommendation(RecommendationId("r1"))), state.ready().lastDone)
        core.created = null
        val add = CaseOperation.AddDocument(DocumentId("d1"))
        state.act(add).join()
        assertEquals(CaseDone(add), state.ready().lastDone)
        assertEquals(listOf(submit, add), core.performed)
    }

    @Test
    fun `an expert rejects with a reason and a note`() = runTest {
        val state = case()
        core.refusal = MsoException.Refused("reason_required", null, null)
        state.act(CaseOperation.Reject(RejectionReason.OTHER, null)).join()
        assertEquals("refused.reason_required", state.ready().lastError?.key)
        core.refusal = null
        val reject = CaseOperation.Reject(RejectionReason.OTHER, "My own patient.")
        state.act(reject).join()
        assertEquals(CaseDone(reject), state.ready().lastDone)
        assertEquals<List<CaseOperation>>(listOf(reject), core.performed)
    }

    @Test
    fun `a rejected case that leaves at once is known to have been rejected`() = runTest {
        val state = case()
        core.meanwhile = {
            core.remove(CaseId("c1"))
            core.notices = listOf(aRemoval("c1", "rejected"))
        }
        val reject = CaseOperation.Reject(RejectionReason.NO_CAPACITY, null)
        state.act(reject).join()
        val removed = CaseUiState.Removed("rejected", CaseDone(reject))
        assertEquals(removed, state.uiState.value)
        core.tell(Change.Notices)
        runCurrent()
        assertEquals(removed, state.uiState.value)
    }

    @Test
    fun `a case that is taken away later was not taken by the last action`() = runTest {
        val state = case()
        state.act(CaseOperation.Accept).join()
        core.remove(CaseId("c1"))
        core.tell(Change.OfCase(CaseId("c1")))
        runCurrent()
        assertEquals(CaseUiState.Removed(null, lastDone = null), state.uiState.value)
    }

    @Test
    fun `an expert returns a case with a question`() = runTest {
        val state = case()
        core.meanwhile = { core.issues = listOf(aQuestion("i1")) }
        core.created = Created.Issue(IssueId("i1"))
        state.act(CaseOperation.ReportIssue(IssueKind.RETURN, "Which drugs are taken?", emptyList())).join()
        assertEquals(Created.Issue(IssueId("i1")), state.ready().lastDone?.created)
        assertEquals(listOf(aQuestion("i1")), state.ready().issues)
    }

    @Test
    fun `a requester answers every issue and sends the case on`() = runTest {
        core.issues = listOf(aQuestion("i1"), aQuestion("i2"))
        val state = case()
        assertEquals(listOf("i1", "i2"), state.ready().unanswered.map { it.id.value })
        core.meanwhile = { core.issues = listOf(aQuestion("i1", awaitsAnswer = false), aQuestion("i2")) }
        val first = CaseOperation.AnswerIssue(IssueId("i1"), "None.", emptyList())
        state.act(first).join()
        assertEquals(CaseDone(first), state.ready().lastDone)
        assertEquals(listOf("i2"), state.ready().unanswered.map { it.id.value })
        core.meanwhile = {}
        core.refusal = MsoException.Refused("unanswered_issue", null, null)
        state.act(CaseOperation.Resubmit).join()
        assertEquals("refused.unanswered_issue", state.ready().lastError?.key)
        core.refusal = null
        val second = CaseOperation.AnswerIssue(IssueId("i2"), null, listOf(DocumentId("d1")))
        state.act(second).join()
        state.act(CaseOperation.Resubmit).join()
        assertEquals(CaseDone(CaseOperation.Resubmit), state.ready().lastDone)
        assertEquals(listOf(first, second, CaseOperation.Resubmit), core.performed)
    }

    @Test
    fun `an issue that comes while the case is shown shows at once`() = runTest {
        val state = case()
        core.issues = listOf(aQuestion("i1"))
        core.tell(Change.OfCase(CaseId("c1")))
        runCurrent()
        assertEquals(listOf(aQuestion("i1")), state.ready().issues)
    }

    @Test
    fun `a change while an action runs keeps the mark of work`() = runTest {
        val state = case()
        val action = state.act(CaseOperation.Accept)
        core.put(aCase("c1", question = "Changed?"))
        core.tell(Change.OfCase(CaseId("c1")))
        runCurrent()
        action.join()
        assertEquals("Changed?", state.ready().detail.request.clinicalQuestion)
        assertEquals(CaseDone(CaseOperation.Accept), state.ready().lastDone)
    }

    @Test
    fun `a case that is taken away while shown says why`() = runTest {
        val state = case()
        core.remove(CaseId("c1"))
        core.notices = listOf(aRemoval("c1", "assignment_superseded"))
        core.tell(Change.OfCase(CaseId("c1")))
        runCurrent()
        assertEquals(CaseUiState.Removed("assignment_superseded"), state.uiState.value)
    }

    @Test
    fun `the reason of a removal may be told later`() = runTest {
        val state = case()
        core.remove(CaseId("c1"))
        core.tell(Change.OfCase(CaseId("c1")))
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
        core.meanwhile = { core.remove(CaseId("c1")) }
        core.refusal = MsoException.NotFound()
        state.act(CaseOperation.Accept).join()
        assertEquals(CaseUiState.Removed(null), state.uiState.value)
    }

    @Test
    fun `without a case there is nothing to act on`() = runTest {
        case("c2").act(CaseOperation.Accept).join()
        assertEquals(emptyList(), core.performed)
    }

    @Test
    fun `changes of other cases, of the chat and of files elsewhere cause no reading`() = runTest {
        case()
        core.tell(Change.OfCase(CaseId("c2")))
        core.tell(Change.OfChat(CaseId("c1")))
        core.tell(Change.OfDocument(DocumentId("d9")))
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
