package org.mso.core

import java.security.SecureRandom

/** Stores roots by an opaque id. */
internal class MemoryKeyVault : KeyVault {
    private val roots = mutableMapOf<Byte, ByteArray>()
    var made = 0
        private set

    override fun unwrapRoot(wrapped: ByteArray?): UnwrappedRoot {
        if (wrapped != null) {
            return UnwrappedRoot(roots[wrapped.single()] ?: throw KeyVaultException.KeyInvalidated(), wrapped)
        }
        made += 1
        val root = ByteArray(32).also(SecureRandom()::nextBytes)
        roots[made.toByte()] = root
        return UnwrappedRoot(root, byteArrayOf(made.toByte()))
    }

    override fun wipe() = roots.clear()
}
