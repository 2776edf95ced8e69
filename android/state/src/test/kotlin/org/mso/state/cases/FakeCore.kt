/* A core for tests: holds what it is given, performs actions and notifies listeners. */
package org.mso.state.cases

import java.time.Instant
import java.util.concurrent.CopyOnWriteArrayList
import org.mso.core.AdviceItem
import org.mso.core.AdviceKind
import org.mso.core.Agreement
import org.mso.core.Availability
import org.mso.core.Billing
import org.mso.core.CaseAction
import org.mso.core.CaseDetail
import org.mso.core.CaseId
import org.mso.core.CaseOperation
import org.mso.core.CasePage
import org.mso.core.CaseRequest
import org.mso.core.CaseStatus
import org.mso.core.CaseSummary
import org.mso.core.Cases
import org.mso.core.Change
import org.mso.core.ChangeListener
import org.mso.core.Colleague
import org.mso.core.CommandId
import org.mso.core.ConsentKind
import org.mso.core.Created
import org.mso.core.DeviceId
import org.mso.core.DiagnosisItem
import org.mso.core.DiagnosisRank
import org.mso.core.Draft
import org.mso.core.DraftText
import org.mso.core.Drafts
import org.mso.core.Due
import org.mso.core.InvoiceId
import org.mso.core.InvoicePage
import org.mso.core.InvoiceVerification
import org.mso.core.InvoiceView
import org.mso.core.IssueAnswerItem
import org.mso.core.IssueId
import org.mso.core.IssueItem
import org.mso.core.IssueKind
import org.mso.core.MsoException
import org.mso.core.NewCase
import org.mso.core.NoHandle
import org.mso.core.Notice
import org.mso.core.NoticeId
import org.mso.core.NoticeKind
import org.mso.core.Notices
import org.mso.core.NotificationId
import org.mso.core.NotificationItem
import org.mso.core.NotificationPage
import org.mso.core.Notifications
import org.mso.core.Opinion
import org.mso.core.PatientId
import org.mso.core.People
import org.mso.core.ProviderProfile
import org.mso.core.Readiness
import org.mso.core.Role
import org.mso.core.ServiceRecordItem
import org.mso.core.ServiceRecordPage
import org.mso.core.SessionSummary
import org.mso.core.Subscription
import org.mso.core.SyncControl
import org.mso.core.SyncState
import org.mso.core.SyncStatus
import org.mso.core.UrgencyLevel
import org.mso.core.UserId
import org.mso.core.WorkspaceInterface

private val MORNING: Instant = Instant.parse("2026-11-23T08:00:00Z")

/** The handles that the screens use, over one set of data. Everything else is not called. */
class FakeCore : WorkspaceInterface {
    var signedIn = true
    var sync = SyncStatus(SyncState.IDLE, MORNING, 0u, 0u, 0u, 0u, 0uL, 0u, null)
    var notices = listOf<Notice>()
    var issues = listOf<IssueItem>()

    var notifications = listOf<NotificationItem>()
    var drafts = listOf<Draft>()
    var invoices = listOf<InvoiceView>()
    var serviceRecords = listOf<ServiceRecordItem>()
    var profile: ProviderProfile? = null
    var colleagues = listOf<Colleague>()

    /** Thrown by the next action. */
    var refusal: MsoException? = null

    /** Thrown by every read. */
    var broken: MsoException? = null

    /** What the next action creates. */
    var created: Created? = null

    /** Runs during the next action, before it ends. */
    var meanwhile: () -> Unit = {}
    var reads = 0
        private set
    val performed = mutableListOf<CaseOperation>()

    /** The calls that change something and are no operations on cases. */
    val called = mutableListOf<String>()
    val listeners = CopyOnWriteArrayList<ChangeListener>()

    /** The cases that were submitted, each time. */
    val submitted = mutableListOf<NewCase>()
    private var ids = 0
    private val held = linkedMapOf<CaseId, CaseDetail>()

    fun put(detail: CaseDetail) {
        held[detail.summary.caseId] = detail
    }

    fun remove(caseId: CaseId) {
        held -= caseId
    }

    fun tell(change: Change) = listeners.forEach { it.changed(change) }

    override fun session() = if (signedIn) SessionSummary(UserId("u1"), "Dr Amal", Role.PROVIDER) else null

    override fun cases(): Cases = object : Cases(NoHandle) {
        override fun list(after: String?, limit: UInt): CasePage = read {
            val rows = held.values.map { it.summary }
            CasePage(rows.take(limit.toInt()), if (rows.size > limit.toInt()) "further" else null)
        }

        override fun detail(caseId: CaseId): CaseDetail =
            read { held[caseId] ?: throw MsoException.NotFound() }

        override fun issues(caseId: CaseId): List<IssueItem> = issues

        override fun newId() = CaseId("c${++ids}")

        override fun submit(newCase: NewCase): CaseId {
            meanwhile()
            refusal?.let { throw it }
            submitted += newCase
            return newCase.caseId
        }

        override fun act(caseId: CaseId, operation: CaseOperation): Created? = perform(caseId, operation)
    }

    override fun notices(): Notices = object : Notices(NoHandle) {
        override fun list(): List<Notice> = notices

        override fun markRead(id: NoticeId) = call("notice $id") {
            notices = notices.map { if (it.id == id) it.copy(read = true) else it }
        }
    }

    override fun notifications(): Notifications = object : Notifications(NoHandle) {
        override fun list(after: String?, limit: UInt): NotificationPage =
            read { NotificationPage(notifications.take(limit.toInt()), further(notifications, limit)) }

        override fun unread(): UInt = notifications.count { !it.read }.coerceAtMost(100).toUInt()

        override fun markRead(id: NotificationId) = call("notification $id") {
            notifications = notifications.map { if (it.id == id) it.copy(read = true) else it }
        }
    }

    override fun drafts(): Drafts = object : Drafts(NoHandle) {
        override fun list(): List<Draft> = read { drafts }

        override fun send(commandId: CommandId) = call("send $commandId") { drop(commandId) }

        override fun sendTexts(commandId: CommandId, texts: List<DraftText>) =
            call("send $commandId ${texts.joinToString { it.place + "=" + it.text }}") { drop(commandId) }

        override fun useExistingPatient(commandId: CommandId, existing: PatientId) =
            call("use $existing in $commandId") { drop(commandId) }

        override fun discard(commandId: CommandId) = call("discard $commandId") { drop(commandId) }

        private fun drop(id: CommandId) {
            drafts = drafts.filter { it.commandId != id }
        }
    }

    override fun billing(): Billing = object : Billing(NoHandle) {
        override fun invoices(after: String?, limit: UInt): InvoicePage =
            read { InvoicePage(invoices.take(limit.toInt()), further(invoices, limit)) }

        override fun flagInvoice(invoiceId: InvoiceId, reason: String) = call("flag $invoiceId: $reason") {
            invoices = invoices.map {
                if (it.invoiceId == invoiceId) {
                    it.copy(verification = InvoiceVerification.FLAGGED, flagReason = reason)
                } else {
                    it
                }
            }
        }

        override fun serviceRecords(after: String?, limit: UInt): ServiceRecordPage =
            read { ServiceRecordPage(serviceRecords.take(limit.toInt()), further(serviceRecords, limit)) }
    }

    override fun people(): People = object : People(NoHandle) {
        override fun profile(): ProviderProfile? = read { profile }

        override fun setAvailability(availability: Availability) = call("availability") {
            profile = profile?.copy(availability = availability)
        }

        override fun colleagues(): List<Colleague> = colleagues
    }

    override fun sync(): SyncControl = object : SyncControl(NoHandle) {
        override fun status(): SyncStatus = sync
    }

    override fun subscribe(listener: ChangeListener): Subscription {
        listeners += listener
        return object : Subscription(NoHandle) {
            override fun close() {
                listeners -= listener
            }
        }
    }

    override fun catalogue() = notUsed()

    override fun chats() = notUsed()

    override fun forms() = notUsed()

    override fun documents() = notUsed()

    override suspend fun devices() = notUsed()

    override suspend fun retireDevice(deviceId: DeviceId) = notUsed()

    override suspend fun signInReplacing(email: String, password: String, deviceId: DeviceId) = notUsed()

    override fun integrityCheck() = notUsed()

    override fun patients() = notUsed()

    override fun shutdown() = notUsed()

    override suspend fun signIn(email: String, password: String) = notUsed()

    override suspend fun signOut() = notUsed()

    override fun unsent() = notUsed()

    private fun notUsed(): Nothing = error("the screens do not use this")

    private fun further(rows: List<*>, limit: UInt) = if (rows.size > limit.toInt()) "further" else null

    private fun call(name: String, change: () -> Unit) {
        meanwhile()
        refusal?.let { throw it }
        called += name
        change()
    }

    private fun <T> read(what: () -> T): T {
        reads += 1
        broken?.let { throw it }
        return what()
    }

    private fun perform(caseId: CaseId, operation: CaseOperation): Created? {
        meanwhile()
        refusal?.let { throw it }
        performed += operation
        held.computeIfPresent(caseId) { _, detail ->
            detail.copy(summary = detail.summary.copy(pending = detail.summary.pending + "waiting"))
        }
        tell(Change.OfCase(caseId))
        return created
    }
}

fun aCase(id: String, question: String = "Is repair indicated now?") = CaseDetail(
    summary = CaseSummary(
        caseId = CaseId(id),
        number = "2026-000001",
        patientId = PatientId("p1"),
        patientName = "Weber, Anna",
        specialty = "cardiology",
        urgency = UrgencyLevel.ROUTINE,
        status = CaseStatus.ASSIGNED,
        closure = null,
        readiness = Readiness.READY,
        submittedAt = MORNING,
        due = Due(null, null, null, null, null, null),
        documentCount = 1u,
        pending = emptyList(),
        allowedActions = listOf(CaseAction.ACCEPT),
    ),
    request = aRequest(question),
    timeline = emptyList(),
    expertName = null,
    institutionName = "Hospital",
    patientBirthDate = "1958",
    patientSex = null,
    documents = emptyList(),
    recommendation = null,
    invoice = null,
)

fun aRequest(question: String = "Is repair indicated now?") = CaseRequest(
    specialty = "cardiology",
    urgency = UrgencyLevel.ROUTINE,
    urgencyReason = null,
    clinicalQuestion = question,
    presentIllness = null,
    pastMedical = null,
    treatmentSoFar = null,
    previousOpinion = null,
    consentKind = ConsentKind.LEGAL_BASIS,
    consentObtainedBy = "Dr. Weber",
    consentObtainedAt = MORNING,
)

fun aQuestion(id: String = "i1", awaitsAnswer: Boolean = true) =
    IssueItem(
        id = IssueId(id),
        kind = IssueKind.RETURN,
        text = "Which drugs are taken?",
        state = "open",
        awaitsAnswer = awaitsAnswer,
        answers = listOf(IssueAnswerItem(UserId("u1"), MORNING, "None.", emptyList())).takeUnless { awaitsAnswer }.orEmpty(),
        authorRole = Role.PROVIDER,
        createdAt = MORNING,
    )

fun aRemoval(caseId: String, code: String) =
    Notice(NoticeId("n1"), NoticeKind.CASE_GIVEN_AWAY, code, null, CaseId(caseId), "2026-000001", MORNING, read = false)

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
