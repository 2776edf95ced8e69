/*
 * The screen of one case, with the issues it was returned for.
 *
 * Not here: what is allowed; a button is shown for each of the summary's allowed actions, and the core
 * decides once more when it is pressed. The invariant: one action at a time, and its end is shown together
 * with what it changed.
 */
package org.mso.state.cases

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import org.mso.core.CaseDetail
import org.mso.core.CaseId
import org.mso.core.Change
import org.mso.core.DocumentId
import org.mso.core.IssueId
import org.mso.core.IssueItem
import org.mso.core.MsoException
import org.mso.core.NoticeKind
import org.mso.core.Opinion
import org.mso.core.RecommendationId
import org.mso.core.RejectionReason
import org.mso.core.readSignals
import org.mso.state.Attempt
import org.mso.state.Message
import org.mso.state.attempt

/** What the screen of a case shows. */
public sealed interface CaseUiState {
    /** Nothing was read yet. */
    public data object Loading : CaseUiState

    /** There is no such case on this phone. */
    public data object NotFound : CaseUiState

    /**
     * The case left this phone while it was shown.
     *
     * @property reason the code of the notice that says why; null when there is none (yet)
     * @property lastDone what the action did in whose course it left: a rejected case goes at once
     */
    public data class Removed(val reason: String?, val lastDone: CaseDone? = null) : CaseUiState

    /**
     * The case.
     *
     * @property detail everything about it
     * @property issues what was reported about it, oldest first
     * @property working an action runs: show it, and take no other
     * @property lastDone what the last action did; null when it failed or there was none
     * @property lastError why the last action failed
     */
    public data class Ready(
        val detail: CaseDetail,
        val issues: List<IssueItem>,
        val working: Boolean = false,
        val lastDone: CaseDone? = null,
        val lastError: Message? = null,
    ) : CaseUiState {
        /** The issues that the case waits for an answer to. */
        public val unanswered: List<IssueItem>
            get() = issues.filter { it.awaitsAnswer }
    }

    /** It could not be read. */
    public data class Failed(val reason: Message) : CaseUiState
}

/** What an action did: safe on the phone, perhaps still waiting to be sent. */
public sealed interface CaseDone {
    /** The case was taken. */
    public data object Accepted : CaseDone

    /** The case was rejected. */
    public data class Rejected(val reason: RejectionReason) : CaseDone

    /** The review has begun. */
    public data object ReviewStarted : CaseDone

    /** The case was sent back with a question. */
    public data class Returned(val issueId: IssueId) : CaseDone

    /** A question was answered. */
    public data class IssueAnswered(val issueId: IssueId) : CaseDone

    /** The returned case was sent on. */
    public data object Resubmitted : CaseDone

    /** The case was taken back. */
    public data object Withdrawn : CaseDone

    /** The opinion was given. */
    public data class RecommendationSubmitted(val recommendationId: RecommendationId) : CaseDone

    /** A file was added. */
    public data class DocumentAdded(val documentId: DocumentId) : CaseDone
}

/**
 * State of one case. Lives as long as [scope]; calls to the core are made in [work].
 *
 * Actions do nothing while there is no case to act on or another action runs. Their job ends when the screen
 * shows what came of them.
 */
public class CaseState(
    private val caseId: CaseId,
    private val core: CasesCore,
    private val scope: CoroutineScope,
    private val work: CoroutineContext = Dispatchers.IO,
) {
    private val shown = MutableStateFlow<CaseUiState>(CaseUiState.Loading)
    private val reading = Mutex()
    private var wasHere = false // guarded by `reading`

    /** What to show. */
    public val uiState: StateFlow<CaseUiState> = shown.asStateFlow()

    init {
        scope.launch { readSignals(core::subscribe, ::concerns).collect { read() } }
    }

    /** Reads again. */
    public fun refresh(): Job = scope.launch { read() }

    /** Takes the case. */
    public fun accept(): Job = act {
        core.accept(caseId)
        CaseDone.Accepted
    }

    /** Rejects the case. The text is for admins only; some reasons need one. */
    public fun reject(reason: RejectionReason, text: String?): Job = act {
        core.reject(caseId, reason, text)
        CaseDone.Rejected(reason)
    }

    /** Begins the review. */
    public fun startReview(): Job = act {
        core.startReview(caseId)
        CaseDone.ReviewStarted
    }

    /** Sends the case back to the requester with a question. */
    public fun returnCase(text: String): Job = act {
        CaseDone.Returned(core.returnCase(caseId, text))
    }

    /** Answers one of the issues in words, in files of the case, or both. */
    public fun answerIssue(issueId: IssueId, text: String?, documentIds: List<DocumentId> = emptyList()): Job =
        act {
            core.answerIssue(caseId, issueId, text, documentIds)
            CaseDone.IssueAnswered(issueId)
        }

    /** Sends the returned case on. */
    public fun resubmit(): Job = act {
        core.resubmit(caseId)
        CaseDone.Resubmitted
    }

    /** Takes the case back. */
    public fun withdraw(reason: String): Job = act {
        core.withdraw(caseId, reason)
        CaseDone.Withdrawn
    }

    /** Gives the opinion. */
    public fun submitRecommendation(opinion: Opinion): Job = act {
        CaseDone.RecommendationSubmitted(core.submitRecommendation(caseId, opinion))
    }

    /** Adds a staged file. */
    public fun addDocument(documentId: DocumentId): Job = act {
        core.addDocument(caseId, documentId)
        CaseDone.DocumentAdded(documentId)
    }

    private fun act(action: () -> CaseDone): Job {
        if (!begin()) return Job().apply { complete() }
        return scope.launch {
            read(attempt(work, action))
        }
    }

    /** Marks the screen as working, at once: a second press must find it so. */
    private fun begin(): Boolean {
        while (true) {
            val ready = shown.value as? CaseUiState.Ready ?: return false
            if (ready.working) return false
            val working = ready.copy(working = true, lastDone = null, lastError = null)
            if (shown.compareAndSet(ready, working)) return true
        }
    }

    /** Reads again; [outcome] is that of the action which ends with this reading. */
    private suspend fun read(outcome: Attempt<CaseDone>? = null) = reading.withLock {
        val attempt = attempt(work, ::found)
        shown.update { before ->
            when (attempt) {
                is Attempt.Failed -> CaseUiState.Failed(attempt.message)
                is Attempt.Gave -> when (val found = attempt.value) {
                    is Found.Here -> {
                        wasHere = true
                        ended(here(before, found), outcome)
                    }
                    is Found.Gone -> if (wasHere) removed(before, found, outcome) else CaseUiState.NotFound
                }
            }
        }
    }

    private fun here(before: CaseUiState, found: Found.Here): CaseUiState.Ready {
        val ready = before as? CaseUiState.Ready
        return ready?.copy(detail = found.detail, issues = found.issues)
            ?: CaseUiState.Ready(found.detail, found.issues)
    }

    private fun ended(ready: CaseUiState.Ready, outcome: Attempt<CaseDone>?) = when (outcome) {
        null -> ready
        is Attempt.Gave -> ready.copy(working = false, lastDone = outcome.value)
        is Attempt.Failed -> ready.copy(working = false, lastError = outcome.message)
    }

    private fun removed(before: CaseUiState, found: Found.Gone, outcome: Attempt<CaseDone>?): CaseUiState {
        val done = (outcome as? Attempt.Gave)?.value
        return CaseUiState.Removed(found.reason, done ?: (before as? CaseUiState.Removed)?.lastDone)
    }

    private fun found(): Found = try {
        Found.Here(core.caseDetail(caseId), core.issues(caseId))
    } catch (_: MsoException.NotFound) {
        val given = core.notices().filter { it.kind == NoticeKind.CASE_GIVEN_AWAY }
        Found.Gone(given.firstOrNull { it.caseId == caseId }?.code)
    }

    private fun concerns(change: Change): Boolean = when (change) {
        is Change.OfCase -> change.caseId == caseId
        // The reason of a removal may be told after the removal itself.
        Change.Notices -> shown.value is CaseUiState.Removed
        is Change.OfPatient -> true
        is Change.OfDocument -> shows(change.documentId)
        Change.Session -> true
        Change.Invoices -> true
        Change.SyncStatus, Change.Catalogue, Change.ServiceRecords, Change.Notifications -> false
    }

    private fun shows(documentId: DocumentId): Boolean {
        val ready = shown.value as? CaseUiState.Ready ?: return true
        return ready.detail.documents.any { it.documentId == documentId }
    }

    private sealed interface Found {
        data class Here(val detail: CaseDetail, val issues: List<IssueItem>) : Found

        data class Gone(val reason: String?) : Found
    }
}
