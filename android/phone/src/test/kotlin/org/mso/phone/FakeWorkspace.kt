/*
 * A workspace for tests of the line protocol: one case, one patient form, no store and no network.
 */
package org.mso.phone

import java.time.Instant
import org.mso.core.Amount
import org.mso.core.CaseAction
import org.mso.core.CaseDetail
import org.mso.core.CaseId
import org.mso.core.CaseStatus
import org.mso.core.CaseSummary
import org.mso.core.Change
import org.mso.core.ChangeListener
import org.mso.core.DocumentId
import org.mso.core.DocumentItem
import org.mso.core.DocumentKind
import org.mso.core.InvoiceView
import org.mso.core.IssueId
import org.mso.core.IssueItem
import org.mso.core.IssueKind
import org.mso.core.MsoException
import org.mso.core.NewCase
import org.mso.core.NewPatient
import org.mso.core.NoHandle
import org.mso.core.Notice
import org.mso.core.Opinion
import org.mso.core.OutboxItem
import org.mso.core.PatientId
import org.mso.core.PatientSummary
import org.mso.core.Readiness
import org.mso.core.RecommendationId
import org.mso.core.RecommendationView
import org.mso.core.RejectionReason
import org.mso.core.Role
import org.mso.core.ServiceRecordItem
import org.mso.core.SessionSummary
import org.mso.core.SpecialtyItem
import org.mso.core.StagedFile
import org.mso.core.SubscriptionHandle
import org.mso.core.SyncReport
import org.mso.core.SyncState
import org.mso.core.SyncStatus
import org.mso.core.TimelineStep
import org.mso.core.TransferState
import org.mso.core.UrgencyLevel
import org.mso.core.VerificationMethod
import org.mso.core.WorkspaceInterface

private val MORNING: Instant = Instant.parse("2026-11-23T08:00:00Z")

internal class FakeWorkspace : WorkspaceInterface {
    /** Thrown by the next calls. */
    var refusal: MsoException? = null
    var notices = listOf<Notice>()
    var shutDown = false
        private set
    val patients = mutableListOf<NewPatient>()
    val requests = mutableListOf<NewCase>()
    val opinions = mutableListOf<Opinion>()

    /** Other input, as text. */
    val entered = mutableListOf<String>()
    var held: CaseDetail? = aCase()

    /** Runs during the next entry. */
    var meanwhile: () -> Unit = {}
    private val listeners = mutableListOf<ChangeListener>()

    fun tell(change: Change) = listeners.forEach { it.changed(change) }

    private fun <T> unlessRefused(answer: () -> T): T = refusal?.let { throw it } ?: answer()

    override fun accept(caseId: CaseId) = unlessRefused { tell(Change.OfCase(caseId)) }

    override fun caseDetail(caseId: CaseId): CaseDetail =
        held?.takeIf { it.summary.caseId == caseId } ?: throw MsoException.NotFound()

    override fun cases(): List<CaseSummary> = listOfNotNull(held?.summary)

    override fun startReview(caseId: CaseId) = unlessRefused { }

    override fun reject(caseId: CaseId, reason: RejectionReason, text: String?) =
        enter("reject $caseId $reason $text")

    override fun returnCase(caseId: CaseId, text: String): IssueId {
        enter("return_case $caseId $text")
        return "i1"
    }

    override fun answerIssue(caseId: CaseId, issueId: IssueId, text: String?, documentIds: List<DocumentId>) =
        enter("answer_issue $caseId $issueId $text $documentIds")

    override fun resubmit(caseId: CaseId) = enter("resubmit $caseId")

    override fun withdraw(caseId: CaseId, reason: String) = enter("withdraw $caseId $reason")

    override fun issues(caseId: CaseId) = listOf(
        IssueItem("i1", IssueKind.RETURN, "Which drugs?", "open", awaitsAnswer = true, answers = 0u),
        IssueItem("i2", IssueKind.CANCEL_REQUEST, null, "deleted", awaitsAnswer = false, answers = 0u),
    )

    private fun enter(text: String) = unlessRefused {
        entered += text
        meanwhile()
    }

    override fun submitCase(newCase: NewCase): CaseId = unlessRefused {
        requests += newCase
        "c2"
    }

    override fun submitRecommendation(caseId: CaseId, opinion: Opinion): RecommendationId = unlessRefused {
        opinions += opinion
        "r1"
    }

    override fun addDocument(caseId: CaseId, documentId: DocumentId) = unlessRefused { }

    override fun discardStaged(documentId: DocumentId) = unlessRefused { }

    override fun documentSha256(documentId: DocumentId) = unlessRefused { "00ff" }

    override fun readDocument(documentId: DocumentId) = ByteArray(0)

    override fun stageFile(path: String, kind: DocumentKind, title: String) =
        unlessRefused { StagedFile("d1", "image/jpeg", 3u, "00ff") }

    override fun createPatient(patient: NewPatient): PatientId = unlessRefused {
        patients += patient
        "p1"
    }

    override fun patients() = listOf<PatientSummary>()

    override fun verifyPatient(patientId: PatientId, method: VerificationMethod) = unlessRefused { }

    override fun goOffline() = Unit

    override fun goOnline() = Unit

    override fun integrityCheck() = "ok"

    override fun markNoticeRead(id: String) = unlessRefused { }

    override fun notices() = notices

    override fun outbox() = listOf(OutboxItem("k1", "accept_case", MORNING, sent = false))

    override fun serviceRecords() = listOf(
        ServiceRecordItem("2026-000001", "second_opinion", MORNING, Amount(12000, "EUR", "EUR 120.00")),
    )

    override fun session(): SessionSummary? = SessionSummary("u1", "Dr Amal", Role.PROVIDER)

    override fun shutdown() {
        shutDown = true
    }

    override suspend fun signIn(email: String, password: String) =
        unlessRefused { SessionSummary("u1", "Dr Amal", Role.PROVIDER) }

    override suspend fun signOut() = unlessRefused { }

    override fun specialties() = listOf(SpecialtyItem("cardiology", "Cardiology"))

    override fun subscribe(listener: ChangeListener): SubscriptionHandle {
        listeners += listener
        return object : SubscriptionHandle(NoHandle) {
            override fun close() {
                listeners -= listener
            }
        }
    }

    override suspend fun sync() = unlessRefused { SyncReport(1u, 0u, 2u, 0u, 3u, failed = 0u) }

    override fun unsent() = 1u

    override fun syncStatus() = SyncStatus(SyncState.OFFLINE, null, 1u, 0u, 0uL, 0u, null)
}

internal fun aCase() = CaseDetail(
    summary = CaseSummary(
        caseId = "c1",
        number = "2026-000001",
        patientName = null,
        specialty = "cardiology",
        urgency = UrgencyLevel.ROUTINE,
        status = CaseStatus.IN_PROGRESS,
        readiness = Readiness.AWAITING_UPLOADS,
        submittedAt = MORNING,
        documentCount = 1u,
        pending = listOf("start_review"),
        allowedActions = listOf(CaseAction.SUBMIT_RECOMMENDATION),
    ),
    clinicalQuestion = "Is repair indicated now?",
    presentIllness = null,
    pastMedical = null,
    treatmentSoFar = null,
    previousOpinion = null,
    timeline = listOf(TimelineStep(CaseStatus.NEW, MORNING)),
    expertName = null,
    institutionName = "Hospital",
    patientBirthDate = "1958",
    patientSex = null,
    documents = listOf(
        DocumentItem(
            documentId = "d1",
            title = "ECG",
            fileName = "ecg.jpg",
            kind = DocumentKind.IMAGING,
            mediaType = "image/jpeg",
            size = 3uL,
            sha256 = "00ff",
            stored = true,
            afterOpinion = false,
            transfer = TransferState.PRESENT,
            transferred = 3uL,
        ),
    ),
    recommendation = RecommendationView("r1", 1u, "e1", MORNING, anOpinion(), emptyList(), emptyList(), 1u),
    invoice = InvoiceView(
        number = "A-1",
        issuedAt = MORNING,
        net = Amount(100, "EUR", "EUR 1.00"),
        tax = Amount(19, "EUR", "EUR 0.19"),
        gross = Amount(119, "EUR", "EUR 1.19"),
    ),
)

internal fun anOpinion() = Opinion(
    briefHistory = "Symptomatic mitral regurgitation.",
    assessment = "Severe, with preserved function.",
    diagnosis = emptyList(),
    recommendations = emptyList(),
    medications = emptyList(),
    answerToQuestion = "Yes, now.",
    limitations = null,
    urgencyFlag = false,
    declaration = true,
)
