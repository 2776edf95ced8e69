/*
 * A workspace for tests of the line protocol: one case, one patient form, no store and no network.
 */
package org.mso.phone

import java.time.Instant
import org.mso.core.Amount
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
import org.mso.core.Catalogue
import org.mso.core.Change
import org.mso.core.ChangeListener
import org.mso.core.Chat
import org.mso.core.ChatMember
import org.mso.core.ChatMessage
import org.mso.core.ChatState
import org.mso.core.Chats
import org.mso.core.CommandId
import org.mso.core.ConsentKind
import org.mso.core.Created
import org.mso.core.DeviceId
import org.mso.core.DocumentAction
import org.mso.core.DocumentId
import org.mso.core.DocumentItem
import org.mso.core.DocumentKind
import org.mso.core.Documents
import org.mso.core.Draft
import org.mso.core.Drafts
import org.mso.core.Due
import org.mso.core.EnteredInError
import org.mso.core.Feedback
import org.mso.core.FeedbackItem
import org.mso.core.FeedbackOutcome
import org.mso.core.FormContent
import org.mso.core.Forms
import org.mso.core.FoundMessage
import org.mso.core.InvoiceId
import org.mso.core.InvoiceVerification
import org.mso.core.InvoiceView
import org.mso.core.IssueAction
import org.mso.core.IssueAnswerItem
import org.mso.core.IssueId
import org.mso.core.IssueItem
import org.mso.core.IssueKind
import org.mso.core.MessageReaction
import org.mso.core.MessageState
import org.mso.core.MsoException
import org.mso.core.NewCase
import org.mso.core.NewPatient
import org.mso.core.NoHandle
import org.mso.core.Notice
import org.mso.core.NoticeId
import org.mso.core.Notices
import org.mso.core.NotificationId
import org.mso.core.NotificationItem
import org.mso.core.NotificationKind
import org.mso.core.NotificationPage
import org.mso.core.NotificationPriority
import org.mso.core.Notifications
import org.mso.core.Opinion
import org.mso.core.OutboxItem
import org.mso.core.OutboxState
import org.mso.core.OwnDevice
import org.mso.core.PatientId
import org.mso.core.PatientPage
import org.mso.core.Patients
import org.mso.core.PaymentState
import org.mso.core.People
import org.mso.core.ProviderId
import org.mso.core.Readiness
import org.mso.core.RecommendationId
import org.mso.core.RecommendationView
import org.mso.core.Role
import org.mso.core.SavedForm
import org.mso.core.ServiceRecordItem
import org.mso.core.ServiceRecordPage
import org.mso.core.ServiceState
import org.mso.core.SessionSummary
import org.mso.core.SetAside
import org.mso.core.Side
import org.mso.core.SpecialtyItem
import org.mso.core.StagedFile
import org.mso.core.Subscription
import org.mso.core.SyncControl
import org.mso.core.SyncReport
import org.mso.core.SyncState
import org.mso.core.SyncStatus
import org.mso.core.TimelineStep
import org.mso.core.TranscriptKind
import org.mso.core.TransferState
import org.mso.core.UrgencyLevel
import org.mso.core.UserId
import org.mso.core.VerificationMethod
import org.mso.core.Vitals
import org.mso.core.WorkspaceInterface

private val MORNING: Instant = Instant.parse("2026-11-23T08:00:00Z")

internal class FakeWorkspace : WorkspaceInterface {
    /** Thrown by the next calls. */
    var refusal: MsoException? = null
    var notices = listOf<Notice>()

    var available: Availability? = null
    var form: FormContent? = null
    var shutDown = false
        private set
    val patients = mutableListOf<NewPatient>()
    val requests = mutableListOf<NewCase>()
    val operations = mutableListOf<CaseOperation>()

    /** What was done in chats. */
    val chatted = mutableListOf<String>()
    var held: CaseDetail? = aCase()

    /** Runs during the next operation. */
    var meanwhile: () -> Unit = {}
    private val listeners = mutableListOf<ChangeListener>()

    fun tell(change: Change) = listeners.forEach { it.changed(change) }

    private fun <T> unlessRefused(answer: () -> T): T = refusal?.let { throw it } ?: answer()

    override fun cases() = object : Cases(NoHandle) {
        override fun list(after: String?, limit: UInt) = CasePage(listOfNotNull(held?.summary), null)

        override fun detail(caseId: CaseId): CaseDetail =
            held?.takeIf { it.summary.caseId == caseId } ?: throw MsoException.NotFound()

        override fun issues(caseId: CaseId) = listOf(
            IssueItem(
                id = IssueId("i1"),
                kind = IssueKind.RETURN,
                text = "Which drugs?",
                state = "open",
                awaitsAnswer = true,
                answers = listOf(IssueAnswerItem(UserId("u1"), MORNING, "None.", listOf(DocumentId("d1")))),
                wantedItems = listOf(DocumentKind.LAB),
                authorRole = Role.PROVIDER,
                createdAt = MORNING,
                allowedActions = listOf(IssueAction.ANSWER),
            ),
            IssueItem(
                id = IssueId("i2"),
                kind = IssueKind.CANCEL_REQUEST,
                text = null,
                state = "deleted",
                awaitsAnswer = false,
                author = UserId("u1"),
                authorRole = Role.REQUESTER,
                createdAt = MORNING,
                settledAt = MORNING,
            ),
        )

        override fun newId() = CaseId("c2")

        override fun submit(newCase: NewCase): CaseId = unlessRefused {
            requests += newCase
            CaseId("c2")
        }

        override fun act(caseId: CaseId, operation: CaseOperation): Created? {
            unlessRefused { operations += operation }
            meanwhile()
            tell(Change.OfCase(caseId))
            return when (operation) {
                is CaseOperation.ReportIssue -> Created.Issue(IssueId("i1"))
                is CaseOperation.SubmitRecommendation -> Created.Recommendation(RecommendationId("r1"))
                else -> null
            }
        }
    }

    override fun documents() = object : Documents(NoHandle) {
        override fun stageFile(path: String, kind: DocumentKind, title: String) = unlessRefused {
            StagedFile(DocumentId("d1"), kind, title, "ecg.jpg", "image/jpeg", 3u, "00ff")
        }

        override fun discardStaged(documentId: DocumentId) = unlessRefused { }

        override fun sha256(documentId: DocumentId) = unlessRefused { "00ff" }
    }

    override fun patients() = object : Patients(NoHandle) {
        override fun list(after: String?, limit: UInt) = PatientPage(emptyList(), null)

        override fun newId() = PatientId("p1")

        override fun create(patient: NewPatient): PatientId = unlessRefused {
            patients += patient
            PatientId("p1")
        }

        override fun verify(patientId: PatientId, method: VerificationMethod) = unlessRefused { }
    }

    override fun sync() = object : SyncControl(NoHandle) {
        override fun goOffline() = Unit

        override fun goOnline() = Unit

        override fun outbox() = listOf(OutboxItem(CommandId("k1"), "accept_case", MORNING, OutboxState.WAITING, null, null))

        override suspend fun runOnce() = unlessRefused { SyncReport(1u, 0u, 2u, 0u, 3u, failed = 0u) }

        override fun status() = SyncStatus(SyncState.OFFLINE, null, 1u, 0u, 0u, 0u, 0uL, 0u, null)
    }

    override fun notices() = object : Notices(NoHandle) {
        override fun list() = notices

        override fun markRead(id: NoticeId) = unlessRefused { }
    }

    override fun chats() = object : Chats(NoHandle) {
        override fun chat(caseId: CaseId): Chat = unlessRefused { aChat() }

        override fun messages(caseId: CaseId, before: String?, limit: UInt): List<ChatMessage> = unlessRefused {
            chatted += "messages of $caseId before $before, $limit"
            someMessages()
        }

        override fun write(caseId: CaseId, text: String, replyTo: String?): String = unlessRefused {
            chatted += "write in $caseId: $text, in reply to $replyTo"
            "m3"
        }

        override fun edit(caseId: CaseId, messageId: String, text: String) =
            said("edit $messageId in $caseId: $text")

        override fun withdraw(caseId: CaseId, messageId: String) = said("withdraw $messageId in $caseId")

        override fun react(caseId: CaseId, messageId: String, reaction: String?) =
            said("react to $messageId in $caseId: $reaction")

        override fun sendToCurrentExpert(caseId: CaseId, messageId: String) = said("send $messageId in $caseId")

        override fun markRead(caseId: CaseId) = said("read $caseId")

        override fun admitExpert(caseId: CaseId, expert: UserId) = said("admit $expert to $caseId")

        override fun letColleagueIn(caseId: CaseId, colleague: UserId) = said("let $colleague in to $caseId")

        override fun search(text: String, caseId: CaseId?, limit: UInt): List<FoundMessage> = unlessRefused {
            chatted += "search $text in $caseId"
            listOf(FoundMessage(CaseId("c1"), "m1"))
        }

        override fun transcript(caseId: CaseId, kind: TranscriptKind): String = unlessRefused {
            chatted += "transcript of $caseId, $kind"
            "[1] Ada began the chat."
        }

        private fun said(what: String): Unit = unlessRefused { chatted += what }
    }

    override suspend fun devices() = emptyList<OwnDevice>()

    override suspend fun retireDevice(deviceId: DeviceId) = Unit

    override suspend fun signInReplacing(email: String, password: String, deviceId: DeviceId) =
        signIn(email, password)

    override fun drafts() = object : Drafts(NoHandle) {
        override fun list() = emptyList<Draft>()
    }

    override fun notifications() = object : Notifications(NoHandle) {
        override fun list(after: String?, limit: UInt) = NotificationPage(
            listOf(
                NotificationItem(
                    NotificationId("n1"), NotificationKind.CASE_ACCEPTED, NotificationPriority.NORMAL, CaseId("c1"),
                    "2026-000001", null, MORNING, read = false,
                ),
            ),
            null,
        )

        override fun unread() = 1u

        override fun markRead(id: NotificationId) = unlessRefused { }
    }

    override fun forms() = object : Forms(NoHandle) {
        override fun save(content: FormContent) = unlessRefused { form = content }

        override fun ofCase(caseId: CaseId) = form?.let { SavedForm(it, MORNING, null) }

        override fun ofOpinion(caseId: CaseId) = form?.let { SavedForm(it, MORNING, MORNING) }
    }

    override fun people() = object : People(NoHandle) {
        override fun setAvailability(availability: Availability) = unlessRefused { available = availability }
    }

    override fun billing() = object : Billing(NoHandle) {
        override fun serviceRecords(after: String?, limit: UInt) = ServiceRecordPage(
            listOf(
                ServiceRecordItem(
                    "2026-000001", "second_opinion", MORNING, Amount(12000, "EUR", "EUR 120.00"),
                    ServiceState.SETTLED, MORNING,
                ),
            ),
            null,
        )
    }

    override fun catalogue() = object : Catalogue(NoHandle) {
        override fun specialties() = listOf(SpecialtyItem("cardiology", "Cardiology"))
    }

    override fun integrityCheck() = "ok"

    override fun session(): SessionSummary? = SessionSummary(UserId("u1"), "Dr Amal", Role.PROVIDER)

    override fun shutdown() {
        shutDown = true
    }

    override suspend fun signIn(email: String, password: String) =
        unlessRefused { SessionSummary(UserId("u1"), "Dr Amal", Role.PROVIDER) }

    override suspend fun signOut() = unlessRefused { }

    override fun subscribe(listener: ChangeListener): Subscription {
        listeners += listener
        return object : Subscription(NoHandle) {
            override fun close() {
                listeners -= listener
            }
        }
    }

    override fun unsent() = 1u
}

internal fun aCase() = CaseDetail(
    summary = CaseSummary(
        caseId = CaseId("c1"),
        number = "2026-000001",
        patientId = PatientId("p1"),
        patientName = null,
        specialty = "cardiology",
        urgency = UrgencyLevel.ROUTINE,
        status = CaseStatus.IN_PROGRESS,
        closure = null,
        readiness = Readiness.AWAITING_UPLOADS,
        submittedAt = MORNING,
        due = Due(null, null, MORNING, null, null, null),
        documentCount = 1u,
        pending = listOf("start_review"),
        allowedActions = listOf(CaseAction.SUBMIT_RECOMMENDATION),
    ),
    request = aRequest(),
    timeline = listOf(TimelineStep(CaseStatus.NEW, MORNING)),
    expertName = null,
    institutionName = "Hospital",
    patientBirthDate = "1958",
    patientSex = null,
    documents = listOf(
        DocumentItem(
            documentId = DocumentId("d1"),
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
            trouble = null,
            allowedActions = listOf(DocumentAction.STRIKE),
        ),
    ),
    recommendation = RecommendationView(
        RecommendationId("r1"), 1u, ProviderId("e1"), MORNING, anOpinion(), 1u,
        EnteredInError(MORNING, "of another patient"),
    ),
    feedback = listOf(
        FeedbackItem(
            1u, UserId("u1"), MORNING,
            Feedback(5u, 4u, FeedbackOutcome.FOLLOWED, null, "Clear.", sharedWithProvider = true),
        ),
    ),
    invoice = InvoiceView(
        invoiceId = InvoiceId("v1"),
        caseId = CaseId("c1"),
        number = "A-1",
        issuedAt = MORNING,
        net = Amount(100, "EUR", "EUR 1.00"),
        tax = Amount(19, "EUR", "EUR 0.19"),
        gross = Amount(119, "EUR", "EUR 1.19"),
        payment = PaymentState.PARTLY,
        leftToPay = Amount(19, "EUR", "EUR 0.19"),
        dueDate = "2026-12-23",
        verification = InvoiceVerification.FLAGGED,
        flagReason = "of another case",
        creditOf = null,
        reissuedAs = null,
    ),
)

internal fun aRequest(question: String = "Is repair indicated now?") = CaseRequest(
    specialty = "cardiology",
    urgency = UrgencyLevel.ROUTINE,
    urgencyReason = null,
    clinicalQuestion = question,
    presentIllness = null,
    pastMedical = null,
    vitals = Vitals(120u, 80u, null, null, null, 97u, 70_000u, null),
    treatmentSoFar = null,
    previousOpinion = null,
    consentKind = ConsentKind.LEGAL_BASIS,
    consentObtainedBy = "Dr. Weber",
    consentObtainedAt = MORNING,
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

internal fun aChat() = Chat(
    caseId = CaseId("c1"),
    state = ChatState.ExpertToAdmit(UserId("e1")),
    members = listOf(
        ChatMember(UserId("u1"), Side.REQUESTER, admitted = true, isOwn = true, safetyNumber = ""),
        ChatMember(UserId("e1"), Side.EXPERT, admitted = false, isOwn = false, safetyNumber = "12345"),
    ),
    asking = listOf(UserId("u3")),
    unread = 1u,
    entries = 4uL,
    fault = null,
    setAside = listOf(SetAside(2uL, "chat_forbidden_change")),
    refusal = null,
)

internal fun someMessages() = listOf(
    ChatMessage(
        id = "m2",
        author = UserId("u1"),
        isOwn = true,
        at = MORNING,
        text = "Since Monday.",
        replyTo = "m1",
        edited = true,
        reactions = emptyList(),
        state = MessageState.NotSent("chat_expert_changed"),
    ),
    ChatMessage(
        id = "m1",
        author = UserId("e1"),
        isOwn = false,
        at = MORNING,
        text = null,
        replyTo = null,
        edited = false,
        reactions = listOf(MessageReaction(UserId("u1"), "+1")),
        state = MessageState.Sent,
    ),
)
