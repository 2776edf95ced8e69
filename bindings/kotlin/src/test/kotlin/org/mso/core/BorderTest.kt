package org.mso.core

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.io.TempDir

/**
 * Tests that Kotlin and the real core understand each other; the core's rules are tested in Rust.
 */
@Timeout(60)
class BorderTest {
    @TempDir
    lateinit var folder: Path

    private val vault = MemoryKeyVault()

    private fun options() = WorkspaceOptions(
        directory = folder.resolve("store").toString(),
        // Nothing listens on the discard port.
        serverUrl = "http://127.0.0.1:9",
        platform = "linux",
        appVersion = "0.1.0",
        deviceName = "border test",
    )

    private fun open(vault: KeyVault = this.vault) = Workspace.open(options(), vault)

    /** Opens, runs, shuts down and closes, as the single owner of a workspace does. */
    private fun workspace(run: (Workspace) -> Unit) = open().use { workspace ->
        try {
            run(workspace)
        } finally {
            workspace.shutdown()
        }
    }

    @Test
    fun `records and lists come across`() = workspace { workspace ->
        assertNull(workspace.session())
        assertEquals(CasePage(emptyList(), next = null), workspace.cases().list())
        assertEquals(emptyList(), workspace.notices().list())
        assertEquals(emptyList(), workspace.sync().outbox())
        val status = workspace.sync().status()
        assertEquals(SyncState.OFFLINE, status.state)
        assertEquals(0u, status.pendingCommands)
        assertNull(status.lastSyncAt)
    }

    @Test
    fun `the store is whole and holds after a restart`() {
        repeat(2) { workspace { assertEquals("ok", it.integrityCheck()) } }
        assertEquals(1, vault.made)
    }

    @Test
    fun `nothing can be entered before signing in`() = workspace { workspace ->
        assertFailsWith<MsoException.SignInNeeded> { workspace.patients().create(aPatient()) }
        assertEquals(emptyList(), workspace.sync().outbox())
    }

    @Test
    fun `a wrong birth date names its field`() = workspace { workspace ->
        val error = assertFailsWith<MsoException.Invalid> { workspace.patients().create(aPatient("17.04.1958")) }
        assertEquals("birth_date", error.field)
        assertTrue(error.reason.isNotBlank())
    }

    @Test
    fun `an id that is none is refused by its kind`() = workspace { workspace ->
        val error = assertFailsWith<MsoException.Invalid> { workspace.cases().detail(CaseId("no id")) }
        assertEquals("case_id" to "malformed", error.field to error.reason)
        assertFailsWith<MsoException.NotFound> {
            workspace.cases().detail(CaseId("01930000-0000-7000-8000-000000000000"))
        }
    }

    @Test
    fun `what is typed in about a case is checked before the case is looked for`() = workspace { workspace ->
        val cases = workspace.cases()
        val nobodys = CaseId("01930000-0000-7000-8000-000000000000")
        val tooShort = CaseOperation.ReportIssue(IssueKind.RETURN, "Why?", emptyList())
        val error = assertFailsWith<MsoException.Invalid> { cases.act(nobodys, tooShort) }
        assertEquals("text" to "too_short", error.field to error.reason)
        assertFailsWith<MsoException.SignInNeeded> {
            cases.act(nobodys, CaseOperation.Reject(RejectionReason.NO_CAPACITY, null))
        }
        val (issue, document) = IssueId(nobodys.value) to DocumentId(nobodys.value)
        assertFailsWith<MsoException.SignInNeeded> {
            cases.act(nobodys, CaseOperation.AnswerIssue(issue, null, listOf(document)))
        }
        assertEquals(emptyList(), cases.issues(nobodys))
    }

    @Test
    fun `a suspending call fails as any other`() = runBlocking {
        open().use { workspace ->
            assertFailsWith<MsoException.Offline> { workspace.signIn("amal@example.org", "secret") }
            workspace.shutdown()
        }
    }

    @Test
    fun `a file's bytes come back as they were`() = workspace { workspace ->
        val bytes = ByteArray(200_000) { (it * 31).toByte() }
        val file = Files.write(folder.resolve("report.pdf"), "%PDF-1.7\n".encodeToByteArray() + bytes)
        val documents = workspace.documents()
        val staged = documents.stageFile(file.toString(), DocumentKind.REPORT, "Report")
        assertEquals("application/pdf", staged.mediaType)
        assertEquals(Files.size(file).toULong(), staged.size)
        assertContentEquals(Files.readAllBytes(file), documents.read(staged.documentId))
        assertEquals(staged.sha256, documents.sha256(staged.documentId))
    }

    @Test
    fun `a camera's bytes are staged without a file, listed, and read piece by piece`() = workspace { workspace ->
        val documents = workspace.documents()
        val bytes = "%PDF-1.7\n".encodeToByteArray() + ByteArray(100_000) { (it * 31).toByte() }
        val staged = documents.stageBytes(bytes, "page.pdf", DocumentKind.PHOTO, "Page")
        assertEquals(listOf(staged), documents.staged())
        documents.open(staged.documentId).use { reader ->
            val pieces = generateSequence { reader.read(40_000u).takeIf { it.isNotEmpty() } }.toList()
            assertEquals(listOf(40_000, 40_000, bytes.size - 80_000), pieces.map { it.size })
            assertContentEquals(bytes, pieces.reduce(ByteArray::plus))
        }
        documents.discardStaged(staged.documentId)
        assertEquals(emptyList(), documents.staged())
        assertFailsWith<MsoException.NotFound> { documents.open(staged.documentId) }
    }

    @Test
    fun `a diagnosis is found by the words of its title`() = workspace { workspace ->
        val found = workspace.catalogue().searchDiagnoses("mitral insuff", Icd10Edition.entries, 10u)
        assertTrue(found.any { it.code == "I34.0" }, "$found")
    }

    @Test
    fun `a key vault's error becomes the core's`() {
        val lost = KeyVaultThatThrows { KeyVaultException.KeyInvalidated() }
        assertFailsWith<MsoException.KeyLost> { open(lost) }
    }

    @Test
    fun `a key vault that breaks down does not take the core with it`() {
        assertFailsWith<MsoException> { open(KeyVaultThatThrows { IllegalStateException("no keystore") }) }
        workspace { assertEquals("ok", it.integrityCheck()) }
    }

    @Test
    fun `a key vault that cannot forget its key does not keep the store from being erased`() {
        workspace { }
        val broken = object : KeyVault by vault {
            override fun wipe() = error("no keystore")
        }
        eraseStore(options().directory, broken)
        assertEquals(0uL, storeRemains(options().directory).databaseBytes)
    }

    @Test
    fun `a store without its key is lost, and says so`() {
        workspace { }
        vault.wipe()
        assertFailsWith<MsoException.KeyLost> { open() }
    }

    @Test
    fun `changes are told on the caller's thread and on the core's own`() = workspace { workspace ->
        val listener = HeardOn()
        workspace.subscribe(listener).use {
            workspace.sync().goOnline()
            // This call itself reports going online; the core's own thread reports that there is no
            // server.
            assertEquals(Change.SyncStatus, listener.hear { thread -> thread == Thread.currentThread() })
            assertEquals(Change.SyncStatus, listener.hear { thread -> thread != Thread.currentThread() })
            workspace.sync().goOffline()
        }
    }

    @Test
    fun `a cancelled listener hears no more`() = workspace { workspace ->
        val (cancelled, other) = HeardOn() to HeardOn()
        val subscription = workspace.subscribe(cancelled)
        subscription.cancel()
        subscription.close()
        workspace.subscribe(other).use {
            workspace.sync().goOnline()
            other.hear { thread -> thread == Thread.currentThread() }
            workspace.sync().goOffline()
        }
        assertTrue(cancelled.heard.isEmpty())
    }

    @Test
    fun `changes flow, and the workspace can be closed while one listens`() = runBlocking {
        val workspace = open()
        val signals = LinkedBlockingQueue<Unit>()
        val collector = launch(Dispatchers.Default) {
            readSignals(workspace::subscribe) { it == Change.SyncStatus }.onEach { signals += it }.collect {}
        }
        checkNotNull(signals.poll(10, TimeUnit.SECONDS)) { "never subscribed" }
        val first = launch(Dispatchers.Default) {
            withTimeout(10_000) { assertEquals(Change.SyncStatus, workspace.changes().first()) }
        }
        while (!first.isCompleted) {
            workspace.sync().goOnline()
            workspace.sync().goOffline()
        }
        checkNotNull(signals.poll(10, TimeUnit.SECONDS)) { "no signal" }
        workspace.shutdown()
        workspace.close()
        collector.cancel()
        collector.join()
    }

    @Test
    fun `a closed workspace answers no more, and closing twice is fine`() {
        val workspace = open()
        workspace.shutdown()
        workspace.close()
        workspace.close()
        assertTrue(workspace.uniffiIsDestroyed)
        assertFailsWith<IllegalStateException> { workspace.session() }
    }

    @Test
    fun `a workspace that was shut down says so instead of breaking`() = workspace { workspace ->
        workspace.shutdown()
        assertFailsWith<MsoException> { workspace.cases().list() }
    }

    private fun aPatient(birthDate: String = "1958-04-17") = NewPatient(
        patientId = PatientId("01930000-0000-7000-8000-000000000001"),
        familyName = "Weber",
        givenName = null,
        birthDate = birthDate,
        sex = Sex.FEMALE,
        identifiers = listOf(PatientIdentifier(IdentifierKind.NATIONAL_ID, "DE", "7")),
        noIdentifierReason = null,
        preferredLanguage = null,
    )
}

/** Records each change and the thread it was reported on. */
private class HeardOn : ChangeListener {
    val heard = LinkedBlockingQueue<Pair<Change, Thread>>()

    override fun changed(change: Change) {
        heard += change to Thread.currentThread()
    }

    /** The first change reported on such a thread; discards earlier changes from other threads. */
    fun hear(on: (Thread) -> Boolean): Change {
        while (true) {
            val (change, thread) = checkNotNull(heard.poll(10, TimeUnit.SECONDS)) { "the core told nothing" }
            if (on(thread)) return change
        }
    }
}

private class KeyVaultThatThrows(private val error: () -> Exception) : KeyVault {
    override fun unwrapRoot(wrapped: ByteArray?): UnwrappedRoot = throw error()

    override fun wipe() = Unit
}
