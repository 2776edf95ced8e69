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
import org.mso.core.Created
import org.mso.core.Id
import org.mso.core.Inactive

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

/** A change callback as JSON. */
internal fun told(change: Change): JsonObject = when (change) {
    is Change.OfCase -> answer("kind" to "case", "id" to change.caseId)
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
