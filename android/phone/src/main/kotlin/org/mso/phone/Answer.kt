/*
 * Records as JSON: fields under their Rust names, times in ISO 8601, absent values as null.
 *
 * Fields are read by reflection in declaration order, so a new field of a record appears without a
 * change here.
 */
package org.mso.phone

import java.lang.reflect.Modifier
import java.time.Instant
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.mso.core.CaseStatus
import org.mso.core.Change
import org.mso.core.Chat
import org.mso.core.ChatMessage
import org.mso.core.ChatState
import org.mso.core.Created
import org.mso.core.FoundMessage
import org.mso.core.Id
import org.mso.core.Inactive
import org.mso.core.MessageState

private val CAPITAL = Regex("[A-Z]")

/** An object with these fields. Their values may be records. */
internal fun answer(vararg fields: Pair<String, Any?>): JsonObject =
    JsonObject(fields.associate { (name, field) -> name to value(field) })

/** A record of the core or of the state classes. */
internal fun answerOf(record: Any): JsonObject {
    val fields = record.javaClass.declaredFields.filterNot { Modifier.isStatic(it.modifiers) }
    return JsonObject(
        fields.associate { field ->
            field.isAccessible = true
            field.name.replace(CAPITAL) { "_" + it.value.lowercase() } to value(field[record])
        },
    )
}

/** The id of the record that an operation created. */
internal fun answerOfCreated(created: Created?): JsonObject = when (created) {
    null -> answer()
    is Created.Issue -> answer("issue_id" to created.issueId)
    is Created.Recommendation -> answer("recommendation_id" to created.recommendationId)
    is Created.Clarification -> answer("clarification_id" to created.clarificationId)
}

/** A case's chat without its messages. */
internal fun answerOfChat(chat: Chat): JsonObject = answer(
    "state" to stateName(chat.state),
    "expert" to (chat.state as? ChatState.ExpertToAdmit)?.expert,
    "members" to chat.members.map {
        answer(
            "user_id" to it.userId,
            "admitted" to it.admitted,
            "is_own" to it.isOwn,
            "safety_number" to it.safetyNumber,
        )
    },
    "asking" to chat.asking,
    "unread" to chat.unread,
    "entries" to chat.entries.toLong(),
    "fault" to chat.fault,
    "set_aside" to chat.setAside.map { listOf<Any>(it.entry.toLong(), it.code) },
    "code" to chat.refusal,
)

/** Messages of a chat. */
internal fun answerOfMessages(messages: List<ChatMessage>): JsonObject = answer(
    "messages" to messages.map { message ->
        answer(
            "id" to message.id,
            "author" to message.author,
            "is_own" to message.isOwn,
            "text" to message.text,
            "reply_to" to message.replyTo,
            "edited" to message.edited,
            "state" to stateName(message.state),
            "code" to (message.state as? MessageState.NotSent)?.code,
            "reactions" to message.reactions.map { listOf<Any>(it.userId, it.text) },
        )
    },
)

/** Messages that were searched for: each as its case and its id. */
internal fun answerOfFound(found: List<FoundMessage>): JsonObject =
    answer("found" to found.map { listOf<Any>(it.caseId, it.messageId) })

/** A change callback as JSON. */
internal fun told(change: Change): JsonObject = when (change) {
    is Change.OfCase -> answer("kind" to "case", "id" to change.caseId)
    is Change.OfChat -> answer("kind" to "chat", "id" to change.caseId)
    is Change.OfPatient -> answer("kind" to "patient", "id" to change.patientId)
    is Change.OfDocument -> answer("kind" to "document", "id" to change.documentId)
    Change.Notices -> answer("kind" to "notices")
    Change.SyncStatus -> answer("kind" to "sync_status")
    Change.Catalogue -> answer("kind" to "catalogue")
    Change.ServiceRecords -> answer("kind" to "service_records")
    Change.Notifications -> answer("kind" to "notifications")
    Change.Invoices -> answer("kind" to "invoices")
    Change.Session -> answer("kind" to "session")
}

private fun value(field: Any?): JsonElement = when (field) {
    null -> JsonNull
    is JsonElement -> field
    is String -> JsonPrimitive(field)
    is Id -> JsonPrimitive(field.value)
    is Boolean -> JsonPrimitive(field)
    // Counts from the core are unsigned, but reflection shows a field of type UInt as an Int.
    is Int -> JsonPrimitive(field.toUInt().toLong())
    is Short -> JsonPrimitive(field.toUShort().toInt())
    is Byte -> JsonPrimitive(field.toUByte().toInt())
    is UShort -> JsonPrimitive(field.toInt())
    is UByte -> JsonPrimitive(field.toInt())
    is Long -> JsonPrimitive(field)
    is UInt -> JsonPrimitive(field.toLong())
    is Instant -> JsonPrimitive(field.toString())
    is CaseStatus -> JsonPrimitive(statusName(field))
    is Enum<*> -> JsonPrimitive(field.name.lowercase())
    is Inactive.Deceased -> answer("reason" to "deceased", "deceased_date" to field.deceasedDate)
    is Inactive -> answer("reason" to field.javaClass.simpleName.lowercase())
    is List<*> -> JsonArray(field.map(::value))
    else -> answerOf(field)
}

/** `InProgress`: the form in which users and the server write a status. */
private fun statusName(status: CaseStatus): String =
    status.name.split('_').joinToString("") { it.first() + it.drop(1).lowercase() }

private fun stateName(state: ChatState): String = when (state) {
    ChatState.NotBegun -> "not_begun"
    ChatState.AskedToBeLetIn -> "asked_to_be_let_in"
    is ChatState.ExpertToAdmit -> "expert_to_admit"
    ChatState.Open -> "open"
    ChatState.NoIdentity -> "no_identity"
    ChatState.Over -> "over"
}

private fun stateName(state: MessageState): String = when (state) {
    MessageState.Waiting -> "waiting"
    MessageState.Sent -> "sent"
    MessageState.Read -> "read"
    is MessageState.NotSent -> "not_sent"
}
