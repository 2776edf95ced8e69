package org.mso.core

import java.nio.file.Path
import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.io.TempDir

/** Half an emoji, as a keyboard leaves it or as a cut string ends. */
private const val HALF = "pain \uD83D"

private const val AN_ID = "01930000-0000-7000-8000-000000000000"

/**
 * A string with half a character is an error of the field in which it was entered, wherever text comes in, and the phone goes
 * on.
 */
@Timeout(60)
class HalfCharacterTest {
    @TempDir
    lateinit var folder: Path

    private val case = CaseId(AN_ID)

    private fun options() =
        WorkspaceOptions(folder.resolve("store").toString(), "http://127.0.0.1:9", "linux", "0.1.0", "border test")

    private fun refused(field: String, call: suspend () -> Unit) {
        val error = assertFailsWith<MsoException.Invalid>(field) { runBlocking { call() } }
        assertEquals(field to "malformed", error.field to error.reason)
    }

    private fun workspace(run: (Workspace) -> Unit) = Workspace.open(options(), MemoryKeyVault()).use { workspace ->
        try {
            run(workspace)
            assertEquals("ok", workspace.integrityCheck())
            assertEquals(emptyList(), workspace.sync().outbox())
        } finally {
            workspace.shutdown()
        }
    }

    @Test
    fun `both halves together are a character`() {
        assertEquals("a\uFFFEb😀\uFFFE", wellFormed("a\uD83Db\uD83D\uDE00\uDE00"))
        assertEquals("日本 😀", wellFormed("日本 😀"))
    }

    @Test
    fun `opening and signing in`() {
        val vault = MemoryKeyVault()
        refused("directory") { Workspace.open(options().copy(directory = HALF), vault) }
        refused("server_url") { Workspace.open(options().copy(serverUrl = HALF), vault) }
        refused("platform") { Workspace.open(options().copy(platform = HALF), vault) }
        refused("app_version") { Workspace.open(options().copy(appVersion = HALF), vault) }
        refused("device_name") { Workspace.open(options().copy(deviceName = HALF), vault) }
        refused("directory") { storeRemains(HALF) }
        refused("directory") { eraseStore(HALF, vault) }
        workspace {
            refused("email") { it.signIn(HALF, "secret") }
            refused("password") { it.signIn("amal@example.org", HALF) }
            refused("email") { it.signInReplacing(HALF, "secret", DeviceId(AN_ID)) }
            refused("password") { it.signInReplacing("amal@example.org", HALF, DeviceId(AN_ID)) }
        }
    }

    @Test
    fun `patients, searches and bills`() = workspace {
        val patient = aPatient()
        val create = { made: NewPatient -> it.patients().create(made) }
        refused("family_name") { create(patient.copy(familyName = HALF)) }
        refused("given_name") { create(patient.copy(givenName = HALF)) }
        refused("birth_date") { create(patient.copy(birthDate = HALF)) }
        refused("no_identifier_reason") { create(patient.copy(noIdentifierReason = HALF)) }
        refused("preferred_language") { create(patient.copy(preferredLanguage = HALF)) }
        val number = PatientIdentifier(IdentifierKind.NATIONAL_ID, "DE", "7")
        refused("issuer") { create(patient.copy(identifiers = listOf(number.copy(issuer = HALF)))) }
        refused("number") { create(patient.copy(identifiers = listOf(number.copy(number = HALF)))) }
        refused("query") { it.patients().search(HALF) }
        refused("query") { it.catalogue().searchDiagnoses(HALF, Icd10Edition.entries, 10u) }
        refused("reason") { it.billing().flagInvoice(InvoiceId(AN_ID), HALF) }
    }

    @Test
    fun `a case's request`() = workspace {
        val submit = { request: CaseRequest ->
            it.cases().submit(NewCase(case, PatientId(AN_ID), request, emptyList()))
        }
        val request = aRequest()
        refused("specialty") { submit(request.copy(specialty = HALF)) }
        refused("urgency_reason") { submit(request.copy(urgency = UrgencyLevel.URGENT, urgencyReason = HALF)) }
        refused("clinical_question") { submit(request.copy(clinicalQuestion = HALF)) }
        refused("present_illness") { submit(request.copy(presentIllness = HALF)) }
        refused("past_medical") { submit(request.copy(pastMedical = HALF)) }
        refused("treatment_so_far") { submit(request.copy(treatmentSoFar = HALF)) }
        refused("previous_opinion") { submit(request.copy(previousOpinion = HALF)) }
        refused("consent_obtained_by") { submit(request.copy(consentObtainedBy = HALF)) }
        for (time in listOf(Instant.MIN, Instant.MAX)) {
            assertFailsWith<MsoException.SignInNeeded> { submit(request.copy(consentObtainedAt = time)) }
        }
    }

    @Test
    fun `operations on a case`() = workspace {
        val issue = IssueId(AN_ID)
        val texts = mapOf(
            CaseOperation.Reject(RejectionReason.OTHER, HALF) to "text",
            CaseOperation.ReportIssue(IssueKind.RETURN, HALF, emptyList()) to "text",
            CaseOperation.EditIssue(issue, HALF, emptyList()) to "text",
            CaseOperation.ResolveIssue(issue, HALF) to "note",
            CaseOperation.AnswerIssue(issue, HALF, emptyList()) to "text",
            CaseOperation.Withdraw(HALF) to "reason",
            CaseOperation.RequestCancellation(HALF) to "reason",
            CaseOperation.RequestRelease(HALF) to "reason",
            CaseOperation.StrikeDocument(DocumentId(AN_ID), HALF) to "reason",
            CaseOperation.RequestClarification(HALF) to "text",
            CaseOperation.AnswerClarification(ClarificationId(AN_ID), HALF) to "text",
            CaseOperation.EditDetails(aRequest().copy(presentIllness = HALF)) to "present_illness",
        )
        val opinion = anOpinion()
        val diagnosis = DiagnosisItem(null, "Insufficiency", DiagnosisRank.PRIMARY, Agreement.CONFIRMED)
        val advice = AdviceItem(AdviceKind.SURGERY, "Repair.", null)
        val medicine = MedicationItem("n", "d", "oral", "daily", null)
        val opinions = mapOf(
            opinion.copy(briefHistory = HALF) to "brief_history",
            opinion.copy(assessment = HALF) to "assessment",
            opinion.copy(answerToQuestion = HALF) to "answer_to_question",
            opinion.copy(limitations = HALF) to "limitations",
            opinion.copy(diagnosis = listOf(diagnosis.copy(icd10 = HALF))) to "icd10",
            opinion.copy(diagnosis = listOf(diagnosis.copy(text = HALF))) to "diagnosis",
            opinion.copy(recommendations = listOf(advice.copy(text = HALF))) to "recommendations",
            opinion.copy(recommendations = listOf(advice.copy(timeframe = HALF))) to "timeframe",
            opinion.copy(medications = listOf(medicine.copy(name = HALF))) to "name",
            opinion.copy(medications = listOf(medicine.copy(dose = HALF))) to "dose",
            opinion.copy(medications = listOf(medicine.copy(route = HALF))) to "route",
            opinion.copy(medications = listOf(medicine.copy(frequency = HALF))) to "frequency",
            opinion.copy(medications = listOf(medicine.copy(duration = HALF))) to "duration",
        ).flatMap { (given, field) ->
            listOf(
                CaseOperation.SubmitRecommendation(given) to field,
                CaseOperation.AmendRecommendation(given) to field,
            )
        }
        for ((operation, field) in texts.toList() + opinions) refused(field) { it.cases().act(case, operation) }
        val feedback = Feedback(5u, null, FeedbackOutcome.entries.first(), null, HALF, false)
        refused("comment") { it.cases().act(case, CaseOperation.GiveFeedback(1u, feedback)) }
        val unrated = CaseOperation.GiveFeedback(1u, feedback.copy(rating = UByte.MAX_VALUE, comment = null))
        refused("rating") { it.cases().act(case, unrated) }
    }

    @Test
    fun `files and drafts`() = workspace {
        val (documents, drafts) = it.documents() to it.drafts()
        val bytes = "%PDF-1.7\n".encodeToByteArray()
        refused("path") { documents.stageFile(HALF, DocumentKind.REPORT, "Report") }
        refused("title") { documents.stageFile("report.pdf", DocumentKind.REPORT, HALF) }
        refused("file_name") { documents.stageBytes(bytes, HALF, DocumentKind.REPORT, "Report") }
        refused("title") { documents.stageBytes(bytes, "report.pdf", DocumentKind.REPORT, HALF) }
        val draft = CommandId(AN_ID)
        refused("place") { drafts.sendTexts(draft, listOf(DraftText(HALF, "text"))) }
        refused("text") { drafts.sendTexts(draft, listOf(DraftText("/text", HALF))) }
        val content = DraftContent.Patient(aPatient().copy(familyName = HALF))
        refused("family_name") { drafts.sendChanged(draft, content) }
    }

    @Test
    fun `ids, alone, in records and in lists`() = workspace {
        refused("case_id") { it.cases().detail(CaseId(HALF)) }
        refused("case_id") { it.cases().submit(NewCase(CaseId(HALF), PatientId(AN_ID), aRequest(), emptyList())) }
        refused("patient_id") { it.patients().create(aPatient().copy(patientId = PatientId(HALF))) }
        refused("issue_id") { it.cases().act(case, CaseOperation.DeleteIssue(IssueId(HALF))) }
        refused("user_id") { it.cases().act(case, CaseOperation.AddTeamMember(UserId(HALF))) }
        refused("clarification_id") {
            it.cases().act(case, CaseOperation.AnswerClarification(ClarificationId(HALF), "text"))
        }
        val documents = listOf(DocumentId(AN_ID), DocumentId(HALF))
        refused("document_id") { it.cases().act(case, CaseOperation.AnswerIssue(IssueId(AN_ID), null, documents)) }
        refused("command_id") { it.drafts().send(CommandId(HALF)) }
        refused("notice_id") { it.notices().markRead(NoticeId(HALF)) }
        refused("invoice_id") { it.billing().flagInvoice(InvoiceId(HALF), "reason") }
        refused("device_id") { it.retireDevice(DeviceId(HALF)) }
    }

    private fun aPatient() = NewPatient(
        patientId = PatientId(AN_ID),
        familyName = "Weber",
        givenName = null,
        birthDate = "1958-04-17",
        sex = Sex.FEMALE,
        identifiers = emptyList(),
        noIdentifierReason = null,
        preferredLanguage = null,
    )

    private fun aRequest() = CaseRequest(
        specialty = "cardiology",
        urgency = UrgencyLevel.ROUTINE,
        urgencyReason = null,
        clinicalQuestion = "Is repair of the valve indicated now?",
        presentIllness = "Short of breath on stairs.",
        pastMedical = null,
        treatmentSoFar = null,
        previousOpinion = null,
        consentKind = ConsentKind.LEGAL_BASIS,
        consentObtainedBy = "Dr. Weber",
        consentObtainedAt = Instant.EPOCH,
    )

    private fun anOpinion() = Opinion(
        briefHistory = "Symptomatic mitral regurgitation.",
        assessment = "Severe, with preserved function.",
        diagnosis = emptyList(),
        recommendations = emptyList(),
        medications = emptyList(),
        answerToQuestion = "Yes, repair it now.",
        limitations = null,
        urgencyFlag = false,
        declaration = true,
    )
}
