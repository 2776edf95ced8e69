package org.mso.phone

import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlinx.serialization.json.Json
import org.mso.core.AdviceKind
import org.mso.core.Availability
import org.mso.core.AvailabilityException
import org.mso.core.CaseId
import org.mso.core.CaseOperation
import org.mso.core.Change
import org.mso.core.ClarificationId
import org.mso.core.ConsentKind
import org.mso.core.DiagnosisRank
import org.mso.core.DocumentId
import org.mso.core.ExceptionKind
import org.mso.core.Feedback
import org.mso.core.FeedbackOutcome
import org.mso.core.FormContent
import org.mso.core.IdentifierKind
import org.mso.core.IssueId
import org.mso.core.IssueKind
import org.mso.core.MsoException
import org.mso.core.Notice
import org.mso.core.NoticeId
import org.mso.core.NoticeKind
import org.mso.core.RejectionReason
import org.mso.core.Sex
import org.mso.core.UrgencyLevel
import org.mso.core.Weekday
import org.mso.core.WeeklyWindow

class PhoneTest {
    private val workspace = FakeWorkspace()
    private val phone = Phone { workspace }

    private fun expect(answer: String, request: String) =
        assertEquals(Json.parseToJsonElement(answer), phone.answer(request))

    private fun open() = expect("""{"id":0,"ok":{}}""", """{"id":0,"do":"open"}""")

    private fun error(kind: String, code: String? = null, field: String? = null): String {
        fun text(value: String?) = value?.let { "\"$it\"" }
        return """{"id":1,"error":{"kind":"$kind","code":${text(code)},"field":${text(field)},
            "reference":null,"existing":null}}"""
    }

    @Test
    fun `what is no request is a bad request`() {
        expect(error("bad_request", "no_json_object").replace("\"id\":1", "\"id\":null"), "{")
        expect(error("bad_request", "no_json_object").replace("\"id\":1", "\"id\":null"), "[1]")
        expect(error("bad_request", "missing_field", "do"), """{"id":1}""")
        expect(error("bad_request", "unknown_verb", "do"), """{"id":1,"do":"dance"}""")
        expect(error("bad_request", "not_open"), """{"id":1,"do":"cases"}""")
        open()
        expect(error("bad_request", "open_already"), """{"id":1,"do":"open"}""")
        expect(error("bad_request", "missing_field", "case_id"), """{"id":1,"do":"accept"}""")
        expect(
            error("bad_request", "wrong_field", "kind"),
            """{"id":1,"do":"stage_file","path":"a.jpg","kind":"poem","title":"A"}""",
        )
    }

    @Test
    fun `a patient is entered field by field`() {
        open()
        expect(
            """{"id":1,"ok":{"patient_id":"p1"}}""",
            """{"id":1,"do":"create_patient","family_name":"Weber","given_name":"Anna","birth_date":"1958-04",
                "sex":"female","identifiers":[{"kind":"national_id","issuer":"DE","number":"7"}]}""",
        )
        val patient = workspace.patients.single()
        assertEquals("Weber", patient.familyName)
        assertEquals("Anna", patient.givenName)
        assertEquals("1958-04", patient.birthDate)
        assertEquals(Sex.FEMALE, patient.sex)
        assertEquals(IdentifierKind.NATIONAL_ID, patient.identifiers.single().kind)
        assertEquals(null, patient.noIdentifierReason)
    }

    @Test
    fun `a case is entered field by field`() {
        open()
        expect(
            """{"id":1,"ok":{"case_id":"c2"}}""",
            """{"id":1,"do":"submit_case","patient_id":"p1","specialty":"cardiology","urgency":"routine",
                "clinical_question":"Repair now?","consent_kind":"legal_basis",
                "consent_obtained_by":"Dr. Weber","consent_obtained_at":"2026-01-05T09:00:00Z",
                "documents":["d1","d2"]}""",
        )
        val request = workspace.requests.single()
        assertEquals(UrgencyLevel.ROUTINE, request.request.urgency)
        assertEquals(ConsentKind.LEGAL_BASIS, request.request.consentKind)
        assertEquals(Instant.parse("2026-01-05T09:00:00Z"), request.request.consentObtainedAt)
        assertEquals(listOf(DocumentId("d1"), DocumentId("d2")), request.documents)
    }

    @Test
    fun `an opinion is entered field by field`() {
        open()
        expect(
            """{"id":1,"ok":{"recommendation_id":"r1"}}""",
            """{"id":1,"do":"submit_recommendation","case_id":"c1","opinion":{"brief_history":"h",
                "assessment":"a",
                "diagnosis":[{"icd10":"I34.0","text":"t","rank":"primary","agreement":"confirmed"}],
                "recommendations":[{"kind":"follow_up","text":"t","timeframe":"8 weeks"}],"medications":[],
                "answer_to_question":"yes","urgency_flag":false,"declaration":true}}""",
        )
        val opinion = (workspace.operations.single() as CaseOperation.SubmitRecommendation).opinion
        assertEquals(DiagnosisRank.PRIMARY, opinion.diagnosis.single().rank)
        assertEquals(AdviceKind.FOLLOW_UP, opinion.recommendations.single().kind)
        assertTrue(opinion.declaration)
    }

    @Test
    fun `the list is shown with its line and its notices`() {
        open()
        expect(
            """{"id":1,"ok":{
                "cases":[{"case_id":"c1","number":"2026-000001","patient_id":"p1","patient_name":null,"specialty":"cardiology",
                  "urgency":"routine","status":"InProgress","closure":null,"readiness":"awaiting_uploads",
                  "submitted_at":"2026-11-23T08:00:00Z",
                  "due":{"accept_by":null,"start_by":null,"finish_by":"2026-11-23T08:00:00Z",
                  "answer_by":null,"read_by":null,"paused_at":null},"overdue":[],"document_count":1,"pending":["start_review"],
                  "allowed_actions":["submit_recommendation"]}],
                "sync":{"kind":"offline_waiting","waiting_commands":1,"waiting_uploads":0,
                  "waiting_upload_bytes":0,"waiting_downloads":0,"last_sync_at":null,"last_error":null,"unreadable_records":0},
                "unread_notices":0}}""",
            """{"id":1,"do":"cases"}""",
        )
    }

    @Test
    fun `a case is shown whole`() {
        open()
        expect(
            """{"id":1,"ok":{
                "summary":{"case_id":"c1","number":"2026-000001","patient_id":"p1","patient_name":null,"specialty":"cardiology",
                  "urgency":"routine","status":"InProgress","closure":null,"readiness":"awaiting_uploads",
                  "submitted_at":"2026-11-23T08:00:00Z",
                  "due":{"accept_by":null,"start_by":null,"finish_by":"2026-11-23T08:00:00Z",
                  "answer_by":null,"read_by":null,"paused_at":null},"overdue":[],"document_count":1,"pending":["start_review"],
                  "allowed_actions":["submit_recommendation"]},
                "request":{"specialty":"cardiology","subspecialty":null,"urgency":"routine","urgency_reason":null,
                  "clinical_question":"Is repair indicated now?","present_illness":null,"past_medical":null,
                  "surgical":null,"family":null,"social":null,"medications":[],"allergies":[],
                  "no_known_allergies":false,
                  "vitals":{"systolic":120,"diastolic":80,"heart_rate":null,"respiratory_rate":null,
                  "temperature_tenths":null,"oxygen_saturation":97,"weight_grams":70000,"height_millimetres":null},
                  "pregnancy_status":null,"current_diagnosis":[],"differential":null,"treatment_so_far":null,
                  "previous_opinion":null,"previous_opinion_source":null,"previous_opinion_date":null,
                  "previous_opinion_documents":[],"follows_case":null,"consent_kind":"legal_basis",
                  "consent_obtained_by":"Dr. Weber","consent_obtained_at":"2026-11-23T08:00:00Z",
                  "consent_document":null},
                "timeline":[{"status":"New","at":"2026-11-23T08:00:00Z"}],
                "expert_name":null,"institution_name":"Hospital","patient_birth_date":"1958",
                "patient_sex":null,
                "documents":[{"document_id":"d1","title":"ECG","file_name":"ecg.jpg","kind":"imaging",
                  "media_type":"image/jpeg","size":3,"sha256":"00ff","stored":true,"after_opinion":false,
                  "transfer":"present","transferred":3,"trouble":null,"struck":null,"infected":false,
                  "allowed_actions":["strike"]}],
                "recommendation":{"recommendation_id":"r1","version":1,"author":"e1",
                  "signed_at":"2026-11-23T08:00:00Z",
                  "opinion":{"brief_history":"Symptomatic mitral regurgitation.",
                  "assessment":"Severe, with preserved function.","diagnosis":[],"recommendations":[],
                  "medications":[],"answer_to_question":"Yes, now.","limitations":null,"urgency_flag":false,
                  "declaration":true,"findings":[],"references":[]},"reviewed_documents":1,
                  "entered_in_error":{"at":"2026-11-23T08:00:00Z","reason":"of another patient"}},
                "earlier_recommendations":[],"clarifications":[],
                "feedback":[{"recommendation_version":1,"given_by":"u1","given_at":"2026-11-23T08:00:00Z",
                  "feedback":{"rating":5,"usefulness":4,"outcome":"followed","changed_management":null,
                  "comment":"Clear.","shared_with_provider":true}}],
                "invoice":{"invoice_id":"v1","case_id":"c1","number":"A-1","issued_at":"2026-11-23T08:00:00Z",
                  "net":{"minor":100,"currency":"EUR","display":"EUR 1.00"},
                  "tax":{"minor":19,"currency":"EUR","display":"EUR 0.19"},
                  "gross":{"minor":119,"currency":"EUR","display":"EUR 1.19"},"payment":"partly",
                  "left_to_pay":{"minor":19,"currency":"EUR","display":"EUR 0.19"},"due_date":"2026-12-23",
                  "verification":"flagged","flag_reason":"of another case","credit_of":null,"reissued_as":null},
                "rejection":null,"resubmission_pending":false,"team":[],"closure_reason":null,"read_at":null,"window_ends_at":null}}""",
            """{"id":1,"do":"case","case_id":"c1"}""",
        )
    }

    @Test
    fun `a button answers when its screen shows the outcome`() {
        open()
        expect("""{"id":1,"ok":{}}""", """{"id":1,"do":"accept","case_id":"c1"}""")
        workspace.refusal = MsoException.Refused("assignment_superseded", null, null)
        expect(error("refused", "assignment_superseded"), """{"id":1,"do":"start_review","case_id":"c1"}""")
        workspace.refusal = MsoException.Invalid("document_id", "unknown")
        expect(
            error("invalid", "unknown", "document_id"),
            """{"id":1,"do":"add_document","case_id":"c1","document_id":"d1"}""",
        )
        expect(error("not_found"), """{"id":1,"do":"accept","case_id":"c9"}""")
    }

    @Test
    fun `a case is rejected, returned, answered, sent on and taken back`() {
        open()
        val done = """{"id":1,"ok":{}}"""
        expect(
            done,
            """{"id":1,"do":"reject","case_id":"c1","reason":"no_capacity","text":"Until May."}""",
        )
        expect(
            """{"id":1,"ok":{"issue_id":"i1"}}""",
            """{"id":1,"do":"return_case","case_id":"c1","text":"Which drugs?"}""",
        )
        expect(
            done,
            """{"id":1,"do":"answer_issue","case_id":"c1","issue_id":"i1","text":"None.",
                "document_ids":["d1"]}""",
        )
        expect(done, """{"id":1,"do":"answer_issue","case_id":"c1","issue_id":"i1","document_ids":["d1"]}""")
        expect(done, """{"id":1,"do":"resubmit","case_id":"c1"}""")
        expect(done, """{"id":1,"do":"withdraw","case_id":"c1","reason":"Not needed."}""")
        val performed = listOf(
            CaseOperation.Reject(RejectionReason.NO_CAPACITY, "Until May."),
            CaseOperation.ReportIssue(IssueKind.RETURN, "Which drugs?", emptyList()),
            CaseOperation.AnswerIssue(IssueId("i1"), "None.", listOf(DocumentId("d1"))),
            CaseOperation.AnswerIssue(IssueId("i1"), null, listOf(DocumentId("d1"))),
            CaseOperation.Resubmit,
            CaseOperation.Withdraw("Not needed."),
        )
        assertEquals(performed, workspace.operations)
    }

    @Test
    fun `what follows an opinion is entered`() {
        open()
        val entries = listOf(
            """{"id":1,"do":"mark_recommendation_read","case_id":"c1"}""",
            """{"id":1,"do":"give_feedback","case_id":"c1","recommendation_version":1,"rating":4,
                "outcome":"partly","comment":"Clear."}""",
            """{"id":1,"do":"request_clarification","case_id":"c1","text":"For how long?"}""",
            """{"id":1,"do":"answer_clarification","case_id":"c1","clarification_id":"q1","text":"A month."}""",
            """{"id":1,"do":"resolve_issue","case_id":"c1","issue_id":"i1"}""",
            """{"id":1,"do":"delete_issue","case_id":"c1","issue_id":"i1"}""",
            """{"id":1,"do":"request_release","case_id":"c1","reason":"Ill."}""",
        )
        entries.forEach { expect("""{"id":1,"ok":{}}""", it) }
        val performed = listOf(
            CaseOperation.MarkRecommendationRead,
            CaseOperation.GiveFeedback(1u, Feedback(4u, null, FeedbackOutcome.PARTLY, null, "Clear.", true)),
            CaseOperation.RequestClarification("For how long?"),
            CaseOperation.AnswerClarification(ClarificationId("q1"), "A month."),
            CaseOperation.ResolveIssue(IssueId("i1"), null),
            CaseOperation.DeleteIssue(IssueId("i1")),
            CaseOperation.RequestRelease("Ill."),
        )
        assertEquals(performed, workspace.operations)
    }

    @Test
    fun `the issues of a case are listed`() {
        open()
        expect(
            """{"id":1,"ok":{"issues":[
                {"id":"i1","kind":"return","text":"Which drugs?","state":"open","awaits_answer":true,
                  "answers":[{"by":"u1","at":"2026-11-23T08:00:00Z","text":"None.","document_ids":["d1"]}],
                  "wanted_items":["lab"],"author":null,"author_role":"provider",
                  "created_at":"2026-11-23T08:00:00Z","earlier_texts":[],"settled_at":null,"note":null,
                  "allowed_actions":["answer"]},
                {"id":"i2","kind":"cancel_request","text":null,"state":"deleted","awaits_answer":false,
                  "answers":[],"wanted_items":[],"author":"u1","author_role":"requester",
                  "created_at":"2026-11-23T08:00:00Z","earlier_texts":[],
                  "settled_at":"2026-11-23T08:00:00Z","note":null,"allowed_actions":[]}]}}""",
            """{"id":1,"do":"issues","case_id":"c1"}""",
        )
        expect(error("not_found"), """{"id":1,"do":"issues","case_id":"c9"}""")
    }

    @Test
    fun `a wrong entry about a case is a bad request`() {
        open()
        expect(
            error("bad_request", "wrong_field", "reason"),
            """{"id":1,"do":"reject","case_id":"c1","reason":"no_time"}""",
        )
        expect(error("bad_request", "missing_field", "reason"), """{"id":1,"do":"withdraw","case_id":"c1"}""")
        expect(error("bad_request", "missing_field", "text"), """{"id":1,"do":"return_case","case_id":"c1"}""")
        assertEquals(emptyList(), workspace.operations)
    }

    @Test
    fun `a rejected case may leave before its screen is looked at again`() {
        open()
        workspace.meanwhile = { workspace.held = null }
        expect("""{"id":1,"ok":{}}""", """{"id":1,"do":"reject","case_id":"c1","reason":"no_capacity"}""")
        expect(error("not_found"), """{"id":1,"do":"resubmit","case_id":"c1"}""")
    }

    @Test
    fun `a case that was taken away says why to whom it was shown`() {
        open()
        phone.answer("""{"id":1,"do":"case","case_id":"c1"}""")
        workspace.held = null
        workspace.notices = listOf(
            Notice(
                NoticeId("n1"), NoticeKind.CASE_GIVEN_AWAY, "reassigned", null, CaseId("c1"), null, Instant.EPOCH, false,
            ),
        )
        expect(error("not_found", "reassigned"), """{"id":1,"do":"case","case_id":"c1"}""")
    }

    @Test
    fun `notifications are read and availability is entered`() {
        open()
        expect(
            """{"id":1,"ok":{"notifications":[{"id":"n1","kind":"case_accepted","priority":"normal","case_id":"c1",
                "case_number":"2026-000001","invoice_id":null,"created_at":"2026-11-23T08:00:00Z","read":false}]}}""",
            """{"id":1,"do":"notifications"}""",
        )
        expect("""{"id":1,"ok":{"unread":1}}""", """{"id":1,"do":"unread_notifications"}""")
        expect("""{"id":1,"ok":{}}""", """{"id":1,"do":"mark_notification_read","notification_id":"n1"}""")
        val entered = { day: String ->
            """{"id":1,"do":"set_availability","time_zone":"Asia/Amman","accepting":true,
                "weekly":[{"days":["sunday","$day"],"from":"08:00","to":"16:00"}],
                "exceptions":[{"from":"2026-12-24","to":"2026-12-26","kind":"leave"}]}"""
        }
        expect("""{"id":1,"ok":{}}""", entered("monday"))
        val expected = Availability(
            "Asia/Amman",
            listOf(WeeklyWindow(listOf(Weekday.SUNDAY, Weekday.MONDAY), "08:00", "16:00")),
            listOf(AvailabilityException("2026-12-24", "2026-12-26", ExceptionKind.LEAVE)),
            true,
        )
        assertEquals(expected, workspace.available)
        expect(error("bad_request", "wrong_field", "days"), entered("mayday"))
    }

    @Test
    fun `a chat and its messages are shown`() {
        open()
        expect(
            """{"id":1,"ok":{"state":"expert_to_admit","expert":"e1","members":[
                {"user_id":"u1","admitted":true,"is_own":true,"safety_number":""},
                {"user_id":"e1","admitted":false,"is_own":false,"safety_number":"12345"}],
                "asking":["u3"],"unread":1,"entries":4,"fault":null,
                "set_aside":[[2,"chat_forbidden_change"]],"code":null}}""",
            """{"id":1,"do":"chat","case_id":"c1"}""",
        )
        expect(
            """{"id":1,"ok":{"messages":[
                {"id":"m2","author":"u1","is_own":true,"text":"Since Monday.","reply_to":"m1","edited":true,
                  "state":"not_sent","code":"chat_expert_changed","reactions":[]},
                {"id":"m1","author":"e1","is_own":false,"text":null,"reply_to":null,"edited":false,
                  "state":"sent","code":null,"reactions":[["u1","+1"]]}]}}""",
            """{"id":1,"do":"messages","case_id":"c1","before":"m3"}""",
        )
        expect("""{"id":1,"ok":{"found":[["c1","m1"]]}}""", """{"id":1,"do":"search_messages","text":"Mon"}""")
        phone.answer("""{"id":1,"do":"messages","case_id":"c1"}""")
        val asked = listOf("messages of c1 before m3, 200", "search Mon in null", "messages of c1 before null, 200")
        assertEquals(asked, workspace.chatted)
    }

    @Test
    fun `a transcript is given in the form that is asked for`() {
        open()
        val given = """{"id":1,"ok":{"transcript":"[1] Ada began the chat."}}"""
        for (kind in listOf("json", "text")) {
            expect(given, """{"id":1,"do":"chat_transcript","case_id":"c1","kind":"$kind"}""")
        }
        assertEquals(listOf("transcript of c1, JSON", "transcript of c1, TEXT"), workspace.chatted)
        val other = """{"id":1,"do":"chat_transcript","case_id":"c1","kind":"pdf"}"""
        expect(error("bad_request", "wrong_field", "kind"), other)
        workspace.refusal = MsoException.NotFound()
        expect(error("not_found"), """{"id":1,"do":"chat_transcript","case_id":"c1","kind":"json"}""")
    }

    @Test
    fun `what is done in a chat is passed on`() {
        open()
        val written = """{"id":1,"ok":{"id":"m3"}}"""
        expect(written, """{"id":1,"do":"write_message","case_id":"c1","text":"Since when?"}""")
        expect(written, """{"id":1,"do":"write_message","case_id":"c1","text":"Monday.","reply_to":"m2"}""")
        val others = listOf(
            """{"id":1,"do":"edit_message","case_id":"c1","message":"m3","text":"Tuesday."}""",
            """{"id":1,"do":"withdraw_message","case_id":"c1","message":"m3"}""",
            """{"id":1,"do":"react","case_id":"c1","message":"m1","reaction":"+1"}""",
            """{"id":1,"do":"react","case_id":"c1","message":"m1"}""",
            """{"id":1,"do":"send_to_current_expert","case_id":"c1","message":"m2"}""",
            """{"id":1,"do":"mark_chat_read","case_id":"c1"}""",
            """{"id":1,"do":"admit_expert","case_id":"c1","user_id":"e1"}""",
            """{"id":1,"do":"let_colleague_in","case_id":"c1","user_id":"u3"}""",
        )
        others.forEach { expect("""{"id":1,"ok":{}}""", it) }
        val done = listOf(
            "write in c1: Since when?, in reply to null",
            "write in c1: Monday., in reply to m2",
            "edit m3 in c1: Tuesday.",
            "withdraw m3 in c1",
            "react to m1 in c1: +1",
            "react to m1 in c1: null",
            "send m2 in c1",
            "read c1",
            "admit e1 to c1",
            "let u3 in to c1",
        )
        assertEquals(done, workspace.chatted)
        workspace.refusal = MsoException.Invalid("chat", "not_a_participant")
        expect(error("invalid", "not_a_participant", "chat"), """{"id":1,"do":"mark_chat_read","case_id":"c1"}""")
        expect(error("bad_request", "missing_field", "message"), """{"id":1,"do":"react","case_id":"c1"}""")
    }

    @Test
    fun `an opinion that is being written is saved and shown`() {
        open()
        expect("""{"id":1,"ok":{"form":null}}""", """{"id":1,"do":"saved_opinion","case_id":"c1"}""")
        val opinion = """{"brief_history":"Mitral","assessment":"","diagnosis":[],"recommendations":[],
            "medications":[],"answer_to_question":"","urgency_flag":false,"declaration":false}"""
        expect(
            """{"id":1,"ok":{}}""",
            """{"id":1,"do":"save_opinion","case_id":"c1","opinion":$opinion}""",
        )
        val saved = assertIs<FormContent.Opinion>(workspace.form)
        assertEquals(CaseId("c1") to "Mitral", saved.caseId to saved.opinion.briefHistory)
        val shown = phone.answer("""{"id":1,"do":"saved_opinion","case_id":"c1"}""")
        assertTrue(""""brief_history":"Mitral"""" in shown.toString(), shown.toString())
    }

    @Test
    fun `errors of the core are told by kind`() {
        open()
        workspace.refusal = MsoException.Offline()
        expect(error("offline"), """{"id":1,"do":"sync"}""")
        workspace.refusal = MsoException.SignInFailed()
        expect(error("sign_in_failed"), """{"id":1,"do":"sign_in","email":"a@b","password":"c"}""")
    }

    @Test
    fun `changes are counted`() {
        open()
        expect("""{"id":1,"ok":{"count":0,"last":null}}""", """{"id":1,"do":"changes"}""")
        workspace.tell(Change.Notices)
        workspace.tell(Change.OfCase(CaseId("c1")))
        expect(
            """{"id":1,"ok":{"count":2,"last":{"kind":"case","id":"c1"}}}""",
            """{"id":1,"do":"changes"}""",
        )
        workspace.tell(Change.OfChat(CaseId("c1")))
        expect(
            """{"id":1,"ok":{"count":3,"last":{"kind":"chat","id":"c1"}}}""",
            """{"id":1,"do":"changes"}""",
        )
    }

    @Test
    fun `quitting closes the workspace`() {
        open()
        expect("""{"id":1,"ok":{}}""", """{"id":1,"do":"quit"}""")
        assertTrue(workspace.shutDown)
        assertTrue(phone.ended)
    }
}
