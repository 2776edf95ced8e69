/* A core for tests: holds the given cases, performs actions and notifies listeners. */
package org.mso.state.cases

import java.time.Instant
import java.util.concurrent.CopyOnWriteArrayList
import org.mso.core.CaseAction
import org.mso.core.CaseDetail
import org.mso.core.CaseId
import org.mso.core.CaseStatus
import org.mso.core.CaseSummary
import org.mso.core.Change
import org.mso.core.ChangeListener
import org.mso.core.DiagnosisItem
import org.mso.core.AdviceItem
import org.mso.core.AdviceKind
import org.mso.core.Agreement
import org.mso.core.DiagnosisRank
import org.mso.core.DocumentId
import org.mso.core.IssueId
import org.mso.core.IssueItem
import org.mso.core.IssueKind
import org.mso.core.MsoException
import org.mso.core.Notice
import org.mso.core.NoticeKind
import org.mso.core.Opinion
import org.mso.core.Readiness
import org.mso.core.RecommendationId
import org.mso.core.RejectionReason
import org.mso.core.Role
import org.mso.core.SessionSummary
import org.mso.core.SyncState
import org.mso.core.SyncStatus
import org.mso.core.UrgencyLevel

private val MORNING: Instant = Instant.parse("2026-11-23T08:00:00Z")

class FakeCases : CasesCore {
    var signedIn = true
    var sync = SyncStatus(SyncState.IDLE, MORNING, 0u, 0u, 0uL, 0u, null)
    var notices = listOf<Notice>()
    var issues = listOf<IssueItem>()

    /** Thrown by the next action. */
    var refusal: MsoException? = null

    /** Thrown by every read. */
    var broken: MsoException? = null

    /** Runs during the next action, before it ends. */
    var meanwhile: () -> Unit = {}
    var reads = 0
        private set
    val performed = mutableListOf<String>()

    /** The text entered with those actions. */
    val entered = mutableListOf<String>()
    val listeners = CopyOnWriteArrayList<ChangeListener>()
    private val held = linkedMapOf<CaseId, CaseDetail>()

    fun put(detail: CaseDetail) {
        held[detail.summary.caseId] = detail
    }

    fun remove(caseId: CaseId) {
        held -= caseId
    }

    fun tell(change: Change) = listeners.forEach { it.changed(change) }

    override fun session() = if (signedIn) SessionSummary("u1", "Dr Amal", Role.PROVIDER) else null

    override fun cases(): List<CaseSummary> = read { held.values.map { it.summary } }

    override fun caseDetail(caseId: CaseId): CaseDetail =
        read { held[caseId] ?: throw MsoException.NotFound() }

    override fun issues(caseId: CaseId): List<IssueItem> = issues

    override fun syncStatus(): SyncStatus = sync

    override fun notices(): List<Notice> = notices

    override fun accept(caseId: CaseId) = perform("accept_case", caseId)

    override fun reject(caseId: CaseId, reason: RejectionReason, text: String?) =
        perform("reject_case", caseId, "$reason $text")

    override fun startReview(caseId: CaseId) = perform("start_review", caseId)

    override fun returnCase(caseId: CaseId, text: String): IssueId {
        perform("report_issue", caseId, text)
        return "i1"
    }

    override fun answerIssue(caseId: CaseId, issueId: IssueId, text: String?, documentIds: List<DocumentId>) =
        perform("answer_issue", caseId, "$issueId $text $documentIds")

    override fun resubmit(caseId: CaseId) = perform("resubmit_case", caseId)

    override fun withdraw(caseId: CaseId, reason: String) = perform("withdraw_case", caseId, reason)

    override fun submitRecommendation(caseId: CaseId, opinion: Opinion): RecommendationId {
        perform("submit_recommendation", caseId)
        return "r1"
    }

    override fun addDocument(caseId: CaseId, documentId: DocumentId) = perform("add_document", caseId)

    override fun subscribe(listener: ChangeListener): AutoCloseable {
        listeners += listener
        return AutoCloseable { listeners -= listener }
    }

    private fun <T> read(what: () -> T): T {
        reads += 1
        broken?.let { throw it }
        return what()
    }

    private fun perform(command: String, caseId: CaseId, entry: String? = null) {
        meanwhile()
        refusal?.let { throw it }
        performed += command
        entry?.let { entered += it }
        held.computeIfPresent(caseId) { _, detail ->
            detail.copy(summary = detail.summary.copy(pending = detail.summary.pending + command))
        }
        tell(Change.OfCase(caseId))
    }
}

fun aCase(id: CaseId, question: String = "Is repair indicated now?") = CaseDetail(
    summary = CaseSummary(
        caseId = id,
        number = "2026-000001",
        patientName = "Weber, Anna",
        specialty = "cardiology",
        urgency = UrgencyLevel.ROUTINE,
        status = CaseStatus.ASSIGNED,
        readiness = Readiness.READY,
        submittedAt = MORNING,
        documentCount = 1u,
        pending = emptyList(),
        allowedActions = listOf(CaseAction.ACCEPT),
    ),
    clinicalQuestion = question,
    presentIllness = null,
    pastMedical = null,
    treatmentSoFar = null,
    previousOpinion = null,
    timeline = emptyList(),
    expertName = null,
    institutionName = "Hospital",
    patientBirthDate = "1958",
    patientSex = null,
    documents = emptyList(),
    recommendation = null,
    invoice = null,
)

fun aQuestion(id: IssueId = "i1", awaitsAnswer: Boolean = true) =
    IssueItem(id, IssueKind.RETURN, "Which drugs are taken?", "open", awaitsAnswer, if (awaitsAnswer) 0u else 1u)

fun aRemoval(caseId: CaseId, code: String) =
    Notice("n1", NoticeKind.CASE_GIVEN_AWAY, code, null, caseId, "2026-000001", MORNING, read = false)

fun anOpinion() = Opinion(
    briefHistory = "Symptomatic mitral regurgitation.",
    assessment = "Severe, with preserved function.",
    diagnosis = listOf(DiagnosisItem("I34.0", "Insufficiency", DiagnosisRank.PRIMARY, Agreement.CONFIRMED)),
    recommendations = listOf(AdviceItem(AdviceKind.SURGERY, "Repair.", null)),
    medications = emptyList(),
    answerToQuestion = "Yes, now.",
    limitations = null,
    urgencyFlag = false,
    declaration = true,
)
