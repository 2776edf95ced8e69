package org.mso.phone

import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.name
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import org.junit.jupiter.api.io.TempDir
import org.mso.core.KeyVaultException

class SimulatorKeyVaultTest {
    @TempDir
    lateinit var folder: Path

    private val file get() = folder.resolve("store.vault")

    @Test
    fun `a root comes back after a restart`() {
        val made = SimulatorKeyVault(file).unwrapRoot(null)
        val again = SimulatorKeyVault(file).unwrapRoot(made.wrapped)
        assertEquals(32, made.root.size)
        assertContentEquals(made.root, again.root)
        assertContentEquals(made.wrapped, again.wrapped)
    }

    @Test
    fun `every root is another and is not in its wrapped form`() {
        val vault = SimulatorKeyVault(file)
        val (one, two) = listOf(vault.unwrapRoot(null), vault.unwrapRoot(null))
        assertFalse(one.root.contentEquals(two.root))
        assertFalse(one.wrapped.toList().windowed(32).contains(one.root.toList()))
        assertContentEquals(one.root, vault.unwrapRoot(one.wrapped).root)
    }

    @Test
    fun `after wiping the root is lost`() {
        val vault = SimulatorKeyVault(file)
        val wrapped = vault.unwrapRoot(null).wrapped
        vault.wipe()
        assertFailsWith<KeyVaultException.KeyInvalidated> { vault.unwrapRoot(wrapped) }
        vault.unwrapRoot(null)
        assertFailsWith<KeyVaultException.KeyInvalidated> { vault.unwrapRoot(wrapped) }
    }

    @Test
    fun `a changed wrapped form is refused`() {
        val vault = SimulatorKeyVault(file)
        val wrapped = vault.unwrapRoot(null).wrapped
        wrapped[20] = (wrapped[20] + 1).toByte()
        assertFailsWith<KeyVaultException.KeyInvalidated> { vault.unwrapRoot(wrapped) }
        assertFailsWith<KeyVaultException.KeyInvalidated> { vault.unwrapRoot(ByteArray(3)) }
    }

    @Test
    fun `a folder that cannot be written is unavailable, not lost`() {
        val vault = SimulatorKeyVault(folder.resolve("nowhere").resolve("store.vault"))
        assertFailsWith<KeyVaultException.Unavailable> { vault.unwrapRoot(null) }
    }

    @Test
    fun `the key lies there whole and for its owner alone`() {
        SimulatorKeyVault(file).unwrapRoot(null)
        assertEquals(32, Files.size(file))
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        assertEquals(listOf("store.vault"), folder.listDirectoryEntries().map { it.name })
    }
}
