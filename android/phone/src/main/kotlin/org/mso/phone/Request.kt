/*
 * Reads an input line field by field.
 *
 * Invariant: a field that is missing or of the wrong type is a BadRequest that names the field;
 * there are no defaults.
 */
package org.mso.phone

import java.time.Instant
import java.time.format.DateTimeParseException
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.booleanOrNull
import kotlinx.serialization.json.intOrNull
import org.mso.core.DocumentId

/** The line is not a request that this program knows. */
internal class BadRequest(val code: String, val field: String? = null) : Exception(code)

/** The fields of an object in a request. */
internal class Fields(private val json: JsonObject) {
    fun text(name: String): String = textOrNull(name) ?: throw missing(name)

    fun textOrNull(name: String): String? {
        val value = value(name) ?: return null
        return (value as? JsonPrimitive)?.takeIf { it.isString }?.content ?: throw wrong(name)
    }

    fun documents(name: String): List<DocumentId> = texts(name).map(::DocumentId)

    fun flag(name: String): Boolean = flagOrNull(name) ?: throw missing(name)

    fun flagOrNull(name: String): Boolean? {
        val value = value(name) ?: return null
        return (value as? JsonPrimitive)?.booleanOrNull ?: throw wrong(name)
    }

    fun count(name: String): Int = (needed(name) as? JsonPrimitive)?.intOrNull ?: throw wrong(name)

    fun time(name: String): Instant = try {
        Instant.parse(text(name))
    } catch (_: DateTimeParseException) {
        throw wrong(name)
    }

    fun texts(name: String): List<String> = list(name).map {
        (it as? JsonPrimitive)?.takeIf { text -> text.isString }?.content ?: throw wrong(name)
    }

    fun child(name: String): Fields = Fields(needed(name) as? JsonObject ?: throw wrong(name))

    fun children(name: String): List<Fields> =
        list(name).map { Fields(it as? JsonObject ?: throw wrong(name)) }

    /** `in_progress` for `IN_PROGRESS`. */
    inline fun <reified T : Enum<T>> choice(name: String): T {
        val text = text(name)
        return enumValues<T>().find { it.name.lowercase() == text } ?: throw wrong(name)
    }

    /** A list of names as in [choice]. */
    inline fun <reified T : Enum<T>> choices(name: String): List<T> =
        texts(name).map { text -> enumValues<T>().find { it.name.lowercase() == text } ?: throw wrong(name) }

    fun wrong(name: String) = BadRequest("wrong_field", name)

    private fun missing(name: String) = BadRequest("missing_field", name)

    private fun needed(name: String): JsonElement = value(name) ?: throw missing(name)

    private fun value(name: String): JsonElement? = json[name]?.takeUnless { it is JsonNull }

    private fun list(name: String): List<JsonElement> = when (val value = value(name)) {
        null -> emptyList()
        is JsonArray -> value
        else -> throw wrong(name)
    }
}
