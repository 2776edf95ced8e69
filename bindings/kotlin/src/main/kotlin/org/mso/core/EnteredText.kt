/*
 * Strings on their way into the core. A string of Kotlin's may hold half a character (a lone surrogate), which no bytes can
 * say: the generated code would throw an exception that is no MsoException.
 *
 * Invariant: every string and id that an app passes goes through here (`ffi/uniffi.toml`).
 */
package org.mso.core

/** A noncharacter, which the core refuses by the name of the field (`ffi/src/text.rs`). */
private const val HALF = 0xFFFE

/** The text with [HALF] in place of each half of a character. */
internal fun wellFormed(text: String): String {
    if (text.none(Char::isSurrogate)) return text
    return buildString(text.length) {
        var at = 0
        while (at < text.length) {
            val character = text.codePointAt(at)
            val isHalf = character in Char.MIN_SURROGATE.code..Char.MAX_SURROGATE.code
            appendCodePoint(if (isHalf) HALF else character)
            at += Character.charCount(character)
        }
    }
}
