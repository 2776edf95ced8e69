/*
 * What each request does, as a user would do it.
 *
 * List and case requests go through the state classes, so that a scenario drives what a screen
 * would show; other requests go to the workspace. Invariant: requests are processed one at a time,
 * and each is answered once.
 */
package org.mso.phone

import java.util.concurrent.atomic.AtomicReference
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.job
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.SerializationException
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import org.mso.core.CaseId
import org.mso.core.CaseOperation
import org.mso.core.Change
import org.mso.core.ChangeListener
import org.mso.core.CommandId
import org.mso.core.DocumentId
import org.mso.core.FormContent
import org.mso.core.InternalException
import org.mso.core.InvoiceId
import org.mso.core.IssueItem
import org.mso.core.MsoException
import org.mso.core.NoticeId
import org.mso.core.NotificationId
import org.mso.core.PatientId
import org.mso.core.SavedForm
import org.mso.core.UserId
import org.mso.core.WorkspaceInterface
import org.mso.state.Message
import org.mso.state.cases.CaseDone
import org.mso.state.cases.CaseListState
import org.mso.state.cases.CaseListUiState
import org.mso.state.cases.CaseState
import org.mso.state.cases.CaseUiState

/** A state class's error message as an exception. */
private class Refusal(val shown: Message) : Exception(shown.key)

/** A phone; [open] opens its workspace on request. */
internal class Phone(private val open: () -> WorkspaceInterface) {
    private var opened: Opened? = null

    /** True once no more requests are answered. */
    var ended = false
        private set

    /** Answers one line. */
    fun answer(line: String): JsonObject {
        var id: JsonElement = JsonNull
        return try {
            val request = parse(line)
            id = request["id"] ?: JsonNull
            val fields = Fields(request)
            val answer = runBlocking { perform(fields.text("do"), fields) }
            answer("id" to id, "ok" to answer)
        } catch (bad: BadRequest) {
            failed(id, Message("bad_request", code = bad.code, field = bad.field))
        } catch (refusal: Refusal) {
            failed(id, refusal.shown)
        } catch (error: MsoException) {
            failed(id, Message.of(error))
        } catch (error: InternalException) {
            System.err.println("the core broke down: $error")
            failed(id, Message.of(error))
        }
    }

    /** Closes the open workspace, if any. */
    fun close() {
        opened?.close()
        opened = null
    }

    private fun failed(id: JsonElement, message: Message) = answer("id" to id, "error" to message)

    private fun parse(line: String): JsonObject = try {
        Json.parseToJsonElement(line) as? JsonObject
    } catch (_: SerializationException) {
        null
    } ?: throw BadRequest("no_json_object")

    private suspend fun perform(verb: String, fields: Fields): JsonObject {
        when (verb) {
            "open" -> {
                if (opened != null) throw BadRequest("open_already")
                opened = Opened(open())
                return answer()
            }
            "quit" -> {
                close()
                ended = true
                return answer()
            }
        }
        val action = VERBS[verb] ?: OPERATIONS[verb]?.let(::onTheCasesScreen)
            ?: throw BadRequest("unknown_verb", "do")
        return (opened ?: throw BadRequest("not_open")).action(fields)
    }
}

/** Most messages on a page. */
private const val MOST_MESSAGES: UInt = 200u

/** An open workspace and its screens. */
private class Opened(val workspace: WorkspaceInterface) {
    private val screens = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val caseScreens = mutableMapOf<CaseId, CaseState>()
    private val heard = AtomicReference(Heard(0, null))
    private val subscription = workspace.subscribe(object : ChangeListener {
        override fun changed(change: Change) {
            heard.updateAndGet { Heard(it.count + 1, change) }
        }
    })

    fun changes(): JsonObject {
        val (count, last) = heard.get()
        return answer("count" to count, "last" to last?.let(::told))
    }

    /** Opens a new list screen and returns its content. */
    suspend fun cases(): JsonObject {
        val screen = CoroutineScope(screens.coroutineContext + Job(screens.coroutineContext.job))
        try {
            val list = CaseListState(workspace, screen)
            return when (val state = list.uiState.first { it != CaseListUiState.Loading }) {
                CaseListUiState.Loading -> error("not loading")
                CaseListUiState.SignedOut -> throw Refusal(Message("sign_in_needed"))
                is CaseListUiState.Failed -> throw Refusal(state.reason)
                is CaseListUiState.Ready -> answer(
                    "cases" to state.rows,
                    "sync" to state.sync,
                    "unread_notices" to state.unreadNotices,
                )
            }
        } finally {
            screen.coroutineContext.job.cancelAndJoin()
        }
    }

    /**
     * Returns the content of a case's screen. The screen stays open, because only an open screen
     * shows that the case was removed.
     */
    suspend fun case(fields: Fields): JsonObject = answerOf(ready(screen(fields)).detail)

    /** The issues reported about a case, as its screen shows them. */
    suspend fun issues(fields: Fields): List<IssueItem> = ready(screen(fields)).issues

    /** Performs an operation on a case's screen. */
    suspend fun act(fields: Fields, operation: CaseOperation): CaseDone {
        val screen = screen(fields)
        ready(screen)
        screen.act(operation).join()
        val state = screen.uiState.value
        // A rejected case may be gone before the screen is read.
        if (state is CaseUiState.Removed) state.lastDone?.let { return it }
        val ready = ready(state)
        ready.lastError?.let { throw Refusal(it) }
        return checkNotNull(ready.lastDone) { "an action ended without a result" }
    }

    fun close() {
        subscription.close()
        runBlocking { screens.coroutineContext.job.cancelAndJoin() }
        workspace.shutdown()
        (workspace as? AutoCloseable)?.close()
    }

    private fun screen(fields: Fields): CaseState {
        val caseId = CaseId(fields.text("case_id"))
        return caseScreens.getOrPut(caseId) { CaseState(caseId, workspace, screens) }
    }

    private suspend fun ready(screen: CaseState): CaseUiState.Ready {
        screen.refresh().join()
        return ready(screen.uiState.value)
    }

    private fun ready(state: CaseUiState): CaseUiState.Ready = when (state) {
        CaseUiState.Loading -> error("was read before")
        CaseUiState.NotFound -> throw Refusal(Message("not_found"))
        is CaseUiState.Removed -> throw Refusal(Message("not_found", code = state.reason))
        is CaseUiState.Failed -> throw Refusal(state.reason)
        is CaseUiState.Ready -> state
    }

    private data class Heard(val count: Int, val last: Change?)
}

private typealias Verb = suspend Opened.(Fields) -> JsonObject

/** Enters an operation and performs it; the answer names what it created. */
private fun onTheCasesScreen(entered: (Fields) -> CaseOperation): Verb =
    { fields -> answerOfCreated(act(fields, entered(fields)).created) }

private val VERBS: Map<String, Verb> = mapOf(
    "sign_in" to { answerOf(workspace.signIn(it.text("email"), it.text("password"))) },
    "session" to { answer("session" to workspace.session()) },
    "sign_out" to { done { workspace.signOut() } },
    "go_online" to { done { workspace.sync().goOnline() } },
    "go_offline" to { done { workspace.sync().goOffline() } },
    "sync" to { answerOf(workspace.sync().runOnce()) },
    "status" to { answerOf(workspace.sync().status()) },
    "outbox" to { answer("outbox" to workspace.sync().outbox()) },
    "create_patient" to {
        val patients = workspace.patients()
        answer("patient_id" to patients.create(newPatient(it, patients.newId())))
    },
    "verify_patient" to {
        done { workspace.patients().verify(PatientId(it.text("patient_id")), it.choice("method")) }
    },
    "patient" to { answerOf(workspace.patients().detail(PatientId(it.text("patient_id")))) },
    "edit_patient" to {
        done {
            val patient = PatientId(it.text("patient_id"))
            val seen = workspace.patients().detail(patient).fields
            workspace.patients().edit(patient, seen, changed(seen, it.child("entered")))
        }
    },
    "edit_conflicts" to { answer("conflicts" to workspace.patients().editConflicts()) },
    "resolve_edit" to {
        done { workspace.patients().resolveEdit(CommandId(it.text("command_id")), it.choices("mine")) }
    },
    "patients" to { answer("patients" to workspace.patients().list().patients) },
    "stage_file" to {
        answerOf(workspace.documents().stageFile(it.text("path"), it.choice("kind"), it.text("title")))
    },
    "discard_staged" to {
        done { workspace.documents().discardStaged(DocumentId(it.text("document_id"))) }
    },
    "open_case_form" to { answer("case_id" to workspace.cases().newId()) },
    "submit_case" to {
        val cases = workspace.cases()
        val caseId = it.textOrNull("case_id")?.let(::CaseId) ?: cases.newId()
        answer("case_id" to cases.submit(newCase(it, caseId)))
    },
    "save_case_form" to {
        done { workspace.forms().save(FormContent.Case(newCase(it, CaseId(it.text("case_id"))))) }
    },
    "saved_case_form" to { savedForm(workspace.forms().ofCase(CaseId(it.text("case_id")))) },
    "save_opinion" to {
        done {
            val content = FormContent.Opinion(CaseId(it.text("case_id")), opinion(it.child("opinion")))
            workspace.forms().save(content)
        }
    },
    "saved_opinion" to { savedForm(workspace.forms().ofOpinion(CaseId(it.text("case_id")))) },
    "cases" to { cases() },
    "case" to { case(it) },
    "issues" to { answer("issues" to issues(it)) },
    "document_sha256" to {
        answer("sha256" to workspace.documents().sha256(DocumentId(it.text("document_id"))))
    },
    "staged_files" to { answer("files" to workspace.documents().staged()) },
    "unsent" to { answer("unsent" to workspace.unsent()) },
    "drafts" to { answer("drafts" to workspace.drafts().list()) },
    "send_draft" to { done { workspace.drafts().send(CommandId(it.text("command_id"))) } },
    "send_draft_texts" to {
        done { workspace.drafts().sendTexts(CommandId(it.text("command_id")), draftTexts(it)) }
    },
    "use_existing_patient" to {
        done {
            val existing = PatientId(it.text("patient_id"))
            workspace.drafts().useExistingPatient(CommandId(it.text("command_id")), existing)
        }
    },
    "discard_draft" to { done { workspace.drafts().discard(CommandId(it.text("command_id"))) } },
    "send_held" to { done { workspace.sync().sendHeld() } },
    "take_back" to { done { workspace.sync().takeBack(CommandId(it.text("command_id"))) } },
    "chat" to { answerOfChat(workspace.chats().chat(CaseId(it.text("case_id")))) },
    "messages" to {
        val caseId = CaseId(it.text("case_id"))
        answerOfMessages(workspace.chats().messages(caseId, it.textOrNull("before"), MOST_MESSAGES))
    },
    "write_message" to {
        val caseId = CaseId(it.text("case_id"))
        answer("id" to workspace.chats().write(caseId, it.text("text"), it.textOrNull("reply_to")))
    },
    "edit_message" to {
        done { workspace.chats().edit(CaseId(it.text("case_id")), it.text("message"), it.text("text")) }
    },
    "withdraw_message" to {
        done { workspace.chats().withdraw(CaseId(it.text("case_id")), it.text("message")) }
    },
    "react" to {
        done {
            val caseId = CaseId(it.text("case_id"))
            workspace.chats().react(caseId, it.text("message"), it.textOrNull("reaction"))
        }
    },
    "send_to_current_expert" to {
        done { workspace.chats().sendToCurrentExpert(CaseId(it.text("case_id")), it.text("message")) }
    },
    "mark_chat_read" to { done { workspace.chats().markRead(CaseId(it.text("case_id"))) } },
    "admit_expert" to {
        done { workspace.chats().admitExpert(CaseId(it.text("case_id")), UserId(it.text("user_id"))) }
    },
    "let_colleague_in" to {
        done { workspace.chats().letColleagueIn(CaseId(it.text("case_id")), UserId(it.text("user_id"))) }
    },
    "search_messages" to { answerOfFound(workspace.chats().search(it.text("text"))) },
    "chat_transcript" to {
        val caseId = CaseId(it.text("case_id"))
        answer("transcript" to workspace.chats().transcript(caseId, it.choice("kind")))
    },
    "notices" to { answer("notices" to workspace.notices().list()) },
    "mark_notice_read" to { done { workspace.notices().markRead(NoticeId(it.text("notice_id"))) } },
    "notifications" to { answer("notifications" to workspace.notifications().list().notifications) },
    "unread_notifications" to { answer("unread" to workspace.notifications().unread()) },
    "mark_notification_read" to {
        done { workspace.notifications().markRead(NotificationId(it.text("notification_id"))) }
    },
    "profile" to { answer("profile" to workspace.people().profile()) },
    "set_availability" to { done { workspace.people().setAvailability(availability(it)) } },
    "institution" to { answer("institution" to workspace.people().institution()) },
    "colleagues" to { answer("colleagues" to workspace.people().colleagues()) },
    "invoices" to { answer("invoices" to workspace.billing().invoices().invoices) },
    "flag_invoice" to {
        done { workspace.billing().flagInvoice(InvoiceId(it.text("invoice_id")), it.text("reason")) }
    },
    "service_records" to { answer("service_records" to workspace.billing().serviceRecords().serviceRecords) },
    "specialties" to { answer("specialties" to workspace.catalogue().specialties()) },
    "integrity_check" to { answer("result" to workspace.integrityCheck()) },
    "changes" to { changes() },
)

/** The content of a saved form; null where there is none. */
private fun savedForm(form: SavedForm?): JsonObject = when (val content = form?.content) {
    null -> answer("form" to null)
    is FormContent.Case -> answer("form" to content.case)
    is FormContent.Patient -> answer("form" to content.patient)
    is FormContent.Opinion -> answer("form" to content.opinion)
    is FormContent.Unreadable -> throw BadRequest("unreadable_form")
}

private inline fun done(action: () -> Unit): JsonObject {
    action()
    return answer()
}
