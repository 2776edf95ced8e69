/*
 * The screen of one case.
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
import org.mso.core.MsoException
import org.mso.core.NoticeKind
import org.mso.core.Opinion
import org.mso.core.RecommendationId
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
     */
    public data class Removed(val reason: String?) : CaseUiState

    /**
     * The case.
     *
     * @property detail everything about it
     * @property working an action runs: show it, and take no other
     * @property lastDone what the last action did; null when it failed or there was none
     * @property lastError why the last action failed
     */
    public data class Ready(
        val detail: CaseDetail,
        val working: Boolean = false,
        val lastDone: CaseDone? = null,
        val lastError: Message? = null,
    ) : CaseUiState

    /** It could not be read. */
    public data class Failed(val reason: Message) : CaseUiState
}

/** What an action did: safe on the phone, perhaps still waiting to be sent. */
public sealed interface CaseDone {
    /** The case was taken. */
    public data object Accepted : CaseDone

    /** The review has begun. */
    public data object ReviewStarted : CaseDone

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

    /** Begins the review. */
    public fun startReview(): Job = act {
        core.startReview(caseId)
        CaseDone.ReviewStarted
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
            val attempt = attempt(work, action)
            read { ready ->
                when (attempt) {
                    is Attempt.Gave -> ready.copy(working = false, lastDone = attempt.value)
                    is Attempt.Failed -> ready.copy(working = false, lastError = attempt.message)
                }
            }
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

    private suspend fun read(mark: (CaseUiState.Ready) -> CaseUiState.Ready = { it }) = reading.withLock {
        val attempt = attempt(work, ::found)
        shown.update { before ->
            when (attempt) {
                is Attempt.Failed -> CaseUiState.Failed(attempt.message)
                is Attempt.Gave -> when (val found = attempt.value) {
                    is Found.Here -> {
                        wasHere = true
                        val ready = before as? CaseUiState.Ready
                        mark(ready?.copy(detail = found.detail) ?: CaseUiState.Ready(found.detail))
                    }
                    is Found.Gone -> if (wasHere) CaseUiState.Removed(found.reason) else CaseUiState.NotFound
                }
            }
        }
    }

    private fun found(): Found = try {
        Found.Here(core.caseDetail(caseId))
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
        Change.SyncStatus, Change.Catalogue, Change.ServiceRecords -> false
    }

    private fun shows(documentId: DocumentId): Boolean {
        val ready = shown.value as? CaseUiState.Ready ?: return true
        return ready.detail.documents.any { it.documentId == documentId }
    }

    private sealed interface Found {
        data class Here(val detail: CaseDetail) : Found

        data class Gone(val reason: String?) : Found
    }
}
