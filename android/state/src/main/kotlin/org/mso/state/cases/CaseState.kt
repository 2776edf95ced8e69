/*
 * The screen of one case, with the issues it was returned for.
 *
 * The screen shows a button for each of the allowed actions of the summary, of each issue and of
 * each document, and the core checks again when it is pressed. Invariant: one action runs at a
 * time, and its result is shown together with what it changed.
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
import org.mso.core.CaseOperation
import org.mso.core.Change
import org.mso.core.Created
import org.mso.core.DocumentId
import org.mso.core.IssueItem
import org.mso.core.MsoException
import org.mso.core.NoticeKind
import org.mso.core.WorkspaceInterface
import org.mso.core.readSignals
import org.mso.state.Attempt
import org.mso.state.Message
import org.mso.state.attempt

public sealed interface CaseUiState {
    /** Nothing has been read yet. */
    public data object Loading : CaseUiState

    /** There is no such case on this phone. */
    public data object NotFound : CaseUiState

    /**
     * The case left this phone while it was shown.
     *
     * @property reason the code of the notice that explains the removal; null if there is none
     * (yet)
     * @property lastDone the result of the action that removed the case: a rejected case is removed
     * at once
     */
    public data class Removed(val reason: String?, val lastDone: CaseDone? = null) : CaseUiState

    /**
     * The case.
     *
     * @property detail all data of the case
     * @property issues the reported issues, oldest first
     * @property working an action is running: show it, and do not accept another
     * @property lastDone the result of the last action; null if it failed or there was none
     * @property lastError why the last action failed
     */
    public data class Ready(
        val detail: CaseDetail,
        val issues: List<IssueItem>,
        val working: Boolean = false,
        val lastDone: CaseDone? = null,
        val lastError: Message? = null,
    ) : CaseUiState {
        /** The issues that still need an answer. */
        public val unanswered: List<IssueItem>
            get() = issues.filter { it.awaitsAnswer }
    }

    /** The case could not be read. */
    public data class Failed(val reason: Message) : CaseUiState
}

/**
 * An operation that was carried out: stored on the phone, possibly not sent yet.
 *
 * @property created the record that it created, if it creates one
 */
public data class CaseDone(val operation: CaseOperation, val created: Created? = null)

/**
 * State of one case. Lives as long as [scope]; calls to the core run in [work].
 *
 * Actions do nothing while there is no case to act on or another action is running. An action's job
 * ends when the screen shows the result.
 */
public class CaseState(
    private val caseId: CaseId,
    private val core: WorkspaceInterface,
    private val scope: CoroutineScope,
    private val work: CoroutineContext = Dispatchers.IO,
) {
    private val shown = MutableStateFlow<CaseUiState>(CaseUiState.Loading)
    private val reading = Mutex()
    private var wasHere = false // guarded by `reading`

    public val uiState: StateFlow<CaseUiState> = shown.asStateFlow()

    init {
        scope.launch { readSignals(core::subscribe, ::concerns).collect { read() } }
    }

    /** Reads again. The job ends when the result is shown. */
    public fun refresh(): Job = scope.launch { read() }

    /** Carries out an operation that the case, an issue or a document offers in its `allowedActions`. */
    public fun act(operation: CaseOperation): Job {
        if (!begin()) return Job().apply { complete() }
        return scope.launch {
            read(attempt(work) { CaseDone(operation, core.cases().act(caseId, operation)) })
        }
    }

    /** Marks the screen as working immediately, so that a second press is ignored. */
    private fun begin(): Boolean {
        while (true) {
            val ready = shown.value as? CaseUiState.Ready ?: return false
            if (ready.working) return false
            val working = ready.copy(working = true, lastDone = null, lastError = null)
            if (shown.compareAndSet(ready, working)) return true
        }
    }

    /** Reads again; [outcome] is the result of the action that ends with this read. */
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
        core.cases().let { Found.Here(it.detail(caseId), it.issues(caseId)) }
    } catch (_: MsoException.NotFound) {
        val given = core.notices().list().filter { it.kind == NoticeKind.CASE_GIVEN_AWAY }
        Found.Gone(given.firstOrNull { it.caseId == caseId }?.code)
    }

    private fun concerns(change: Change): Boolean = when (change) {
        is Change.OfCase -> change.caseId == caseId
        // The notice with the reason may arrive after the removal itself.
        Change.Notices -> shown.value is CaseUiState.Removed
        is Change.OfPatient -> true
        is Change.OfDocument -> shows(change.documentId)
        Change.Session -> true
        Change.Invoices -> true
        // The chat has a screen of its own.
        is Change.OfChat -> false
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
