/*
 * A key vault for tests and the demo: the wrapping key is stored in a file.
 *
 * Not for real phones, where the key never leaves the Android Keystore. Invariant: the file is
 * either complete or absent, however the program ends. Without it, nothing that was wrapped can be
 * read again.
 */
package org.mso.phone

import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.NoSuchFileException
import java.nio.file.Path
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardCopyOption.REPLACE_EXISTING
import java.nio.file.StandardOpenOption.CREATE
import java.nio.file.StandardOpenOption.TRUNCATE_EXISTING
import java.nio.file.StandardOpenOption.WRITE
import java.nio.file.attribute.PosixFilePermissions
import java.security.GeneralSecurityException
import java.security.SecureRandom
import javax.crypto.Cipher
import javax.crypto.spec.GCMParameterSpec
import javax.crypto.spec.SecretKeySpec
import org.mso.core.KeyVault
import org.mso.core.KeyVaultException
import org.mso.core.UnwrappedRoot

private const val KEY_BYTES = 32
private const val NONCE_BYTES = 12
private const val TAG_BITS = 128

/** Wraps the store's root key by AES-256-GCM with a key stored in [file]. */
internal class SimulatorKeyVault(private val file: Path) : KeyVault {
    private val random = SecureRandom()

    override fun unwrapRoot(wrapped: ByteArray?): UnwrappedRoot = try {
        if (wrapped == null) newRoot() else UnwrappedRoot(root = unwrap(wrapped), wrapped = wrapped)
    } catch (_: IOException) {
        throw KeyVaultException.Unavailable()
    }

    override fun wipe() {
        try {
            Files.deleteIfExists(file)
        } catch (error: IOException) {
            // The interface has no error for this, so report it to the user of the simulator.
            System.err.println("the simulator's key vault was not wiped: $error")
        }
    }

    private fun newRoot(): UnwrappedRoot {
        val root = bytes(KEY_BYTES)
        val nonce = bytes(NONCE_BYTES)
        val cipher = cipher(Cipher.ENCRYPT_MODE, wrappingKey() ?: newWrappingKey(), nonce)
        return UnwrappedRoot(root = root, wrapped = nonce + cipher.doFinal(root))
    }

    private fun unwrap(wrapped: ByteArray): ByteArray {
        val key = wrappingKey()
        if (key == null || wrapped.size <= NONCE_BYTES) throw KeyVaultException.KeyInvalidated()
        val nonce = wrapped.copyOf(NONCE_BYTES)
        return try {
            cipher(Cipher.DECRYPT_MODE, key, nonce).doFinal(wrapped, NONCE_BYTES, wrapped.size - NONCE_BYTES)
        } catch (_: GeneralSecurityException) {
            throw KeyVaultException.KeyInvalidated()
        }
    }

    private fun wrappingKey(): ByteArray? = try {
        Files.readAllBytes(file)
    } catch (_: NoSuchFileException) {
        null
    }

    private fun newWrappingKey(): ByteArray {
        val key = bytes(KEY_BYTES)
        val unfinished = file.resolveSibling("${file.fileName}.new")
        Files.deleteIfExists(unfinished)
        val owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        FileChannel.open(unfinished, setOf(CREATE, WRITE, TRUNCATE_EXISTING), owner).use { channel ->
            val buffer = ByteBuffer.wrap(key)
            while (buffer.hasRemaining()) channel.write(buffer)
            channel.force(true)
        }
        Files.move(unfinished, file, ATOMIC_MOVE, REPLACE_EXISTING)
        return key
    }

    private fun cipher(mode: Int, key: ByteArray, nonce: ByteArray): Cipher =
        Cipher.getInstance("AES/GCM/NoPadding").apply {
            init(mode, SecretKeySpec(key, "AES"), GCMParameterSpec(TAG_BITS, nonce))
        }

    private fun bytes(count: Int): ByteArray = ByteArray(count).also(random::nextBytes)
}
