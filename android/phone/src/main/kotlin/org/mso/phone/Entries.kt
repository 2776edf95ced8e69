/* Form input, taken from a request. The core validates it. */
package org.mso.phone

import org.mso.core.AdviceItem
import org.mso.core.AllergyItem
import org.mso.core.Availability
import org.mso.core.AvailabilityException
import org.mso.core.CaseId
import org.mso.core.CaseOperation
import org.mso.core.CaseRequest
import org.mso.core.ClarificationId
import org.mso.core.DiagnosisItem
import org.mso.core.DocumentId
import org.mso.core.DraftText
import org.mso.core.Feedback
import org.mso.core.IssueId
import org.mso.core.IssueKind
import org.mso.core.MedicationItem
import org.mso.core.NewCase
import org.mso.core.NewPatient
import org.mso.core.Opinion
import org.mso.core.PatientFields
import org.mso.core.PatientId
import org.mso.core.PatientIdentifier
import org.mso.core.WeeklyWindow

internal fun newPatient(fields: Fields, patientId: PatientId) = NewPatient(
    patientId = patientId,
    familyName = fields.text("family_name"),
    givenName = fields.textOrNull("given_name"),
    birthDate = fields.text("birth_date"),
    sex = fields.choice("sex"),
    identifiers = identifiers(fields),
    noIdentifierReason = fields.textOrNull("no_identifier_reason"),
    preferredLanguage = fields.textOrNull("preferred_language"),
)

private fun identifiers(fields: Fields): List<PatientIdentifier> = fields.children("identifiers").map {
    PatientIdentifier(kind = it.choice("kind"), issuer = it.text("issuer"), number = it.text("number"))
}

/** A patient's form with the values that were entered. */
internal fun changed(form: PatientFields, entered: Fields) = form.copy(
    familyName = entered.textOrNull("family_name") ?: form.familyName,
    givenName = entered.textOrNull("given_name") ?: form.givenName,
    birthDate = entered.textOrNull("birth_date") ?: form.birthDate,
    sex = if (entered.textOrNull("sex") == null) form.sex else entered.choice("sex"),
    identifiers = identifiers(entered).ifEmpty { form.identifiers },
    phone = entered.textOrNull("phone") ?: form.phone,
    email = entered.textOrNull("email") ?: form.email,
    preferredLanguage = entered.textOrNull("preferred_language") ?: form.preferredLanguage,
)

internal fun newCase(fields: Fields, caseId: CaseId) = NewCase(
    caseId = caseId,
    patientId = PatientId(fields.text("patient_id")),
    request = CaseRequest(
        specialty = fields.text("specialty"),
        urgency = fields.choice("urgency"),
        urgencyReason = fields.textOrNull("urgency_reason"),
        clinicalQuestion = fields.text("clinical_question"),
        presentIllness = fields.textOrNull("present_illness"),
        pastMedical = fields.textOrNull("past_medical"),
        treatmentSoFar = fields.textOrNull("treatment_so_far"),
        previousOpinion = fields.textOrNull("previous_opinion"),
        consentKind = fields.choice("consent_kind"),
        consentObtainedBy = fields.text("consent_obtained_by"),
        consentObtainedAt = fields.time("consent_obtained_at"),
        allergies = fields.children("allergies").map { allergy ->
            AllergyItem(allergy.text("substance"), allergy.textOrNull("reaction"), null)
        },
    ),
    documents = fields.documents("documents"),
)

internal fun availability(fields: Fields) = Availability(
    timeZone = fields.text("time_zone"),
    weekly = fields.children("weekly").map { WeeklyWindow(it.choices("days"), it.text("from"), it.text("to")) },
    exceptions = fields.children("exceptions").map {
        AvailabilityException(it.text("from"), it.text("to"), it.choice("kind"))
    },
    accepting = fields.flag("accepting"),
)

internal fun draftTexts(fields: Fields): List<DraftText> =
    fields.children("texts").map { DraftText(it.text("place"), it.text("text")) }

/** The operations on a case, by the names that requests use. */
internal val OPERATIONS: Map<String, (Fields) -> CaseOperation> = mapOf(
    "accept" to { CaseOperation.Accept },
    "reject" to { CaseOperation.Reject(it.choice("reason"), it.textOrNull("text")) },
    "start_review" to { CaseOperation.StartReview },
    "return_case" to { CaseOperation.ReportIssue(IssueKind.RETURN, it.text("text"), emptyList()) },
    "report_issue" to { CaseOperation.ReportIssue(it.choice("kind"), it.text("text"), emptyList()) },
    "edit_issue" to {
        CaseOperation.EditIssue(IssueId(it.text("issue_id")), it.text("text"), emptyList())
    },
    "resolve_issue" to { CaseOperation.ResolveIssue(IssueId(it.text("issue_id")), it.textOrNull("note")) },
    "reopen_issue" to { CaseOperation.ReopenIssue(IssueId(it.text("issue_id"))) },
    "delete_issue" to { CaseOperation.DeleteIssue(IssueId(it.text("issue_id"))) },
    "answer_issue" to {
        CaseOperation.AnswerIssue(
            IssueId(it.text("issue_id")),
            it.textOrNull("text"),
            it.documents("document_ids"),
        )
    },
    "resubmit" to { CaseOperation.Resubmit },
    "withdraw" to { CaseOperation.Withdraw(it.text("reason")) },
    "request_cancellation" to { CaseOperation.RequestCancellation(it.text("reason")) },
    "request_release" to { CaseOperation.RequestRelease(it.text("reason")) },
    "add_document" to { CaseOperation.AddDocument(DocumentId(it.text("document_id"))) },
    "submit_recommendation" to { CaseOperation.SubmitRecommendation(opinion(it.child("opinion"))) },
    "amend_recommendation" to { CaseOperation.AmendRecommendation(opinion(it.child("opinion"))) },
    "mark_recommendation_read" to { CaseOperation.MarkRecommendationRead },
    "give_feedback" to {
        CaseOperation.GiveFeedback(it.count("recommendation_version").toUInt(), feedback(it))
    },
    "request_clarification" to { CaseOperation.RequestClarification(it.text("text")) },
    "answer_clarification" to {
        CaseOperation.AnswerClarification(ClarificationId(it.text("clarification_id")), it.text("text"))
    },
)

private fun feedback(fields: Fields) = Feedback(
    rating = fields.count("rating").toUByte(),
    usefulness = null,
    outcome = fields.choice("outcome"),
    changedManagement = null,
    comment = fields.textOrNull("comment"),
    sharedWithProvider = true,
)

internal fun opinion(fields: Fields) = Opinion(
    briefHistory = fields.text("brief_history"),
    assessment = fields.text("assessment"),
    diagnosis = fields.children("diagnosis").map { diagnosis ->
        DiagnosisItem(
            icd10 = diagnosis.textOrNull("icd10"),
            text = diagnosis.text("text"),
            rank = diagnosis.choice("rank"),
            agreement = diagnosis.choice("agreement"),
        )
    },
    recommendations = fields.children("recommendations").map { advice ->
        AdviceItem(
            kind = advice.choice("kind"),
            text = advice.text("text"),
            timeframe = advice.textOrNull("timeframe"),
        )
    },
    medications = fields.children("medications").map { medication ->
        MedicationItem(
            name = medication.text("name"),
            dose = medication.text("dose"),
            route = medication.text("route"),
            frequency = medication.text("frequency"),
            duration = medication.textOrNull("duration"),
            allergyAcknowledged = medication.flagOrNull("allergy_acknowledged") == true,
        )
    },
    answerToQuestion = fields.text("answer_to_question"),
    limitations = fields.textOrNull("limitations"),
    urgencyFlag = fields.flag("urgency_flag"),
    declaration = fields.flag("declaration"),
)
