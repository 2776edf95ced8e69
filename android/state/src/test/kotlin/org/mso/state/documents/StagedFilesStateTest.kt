package org.mso.state.documents

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.mso.core.Change
import org.mso.core.DocumentId
import org.mso.core.DocumentKind
import org.mso.core.Documents
import org.mso.core.MsoException
import org.mso.core.NoHandle
import org.mso.core.StagedFile
import org.mso.core.WorkspaceInterface
import org.mso.state.ContentUiState
import org.mso.state.cases.FakeCore

@OptIn(ExperimentalCoroutinesApi::class)
class StagedFilesStateTest {
    private val core = FakeDocuments().apply { files = listOf(aFile("d1"), aFile("d2")) }

    private fun TestScope.list(): StagedFilesState {
        val list = StagedFilesState(core, backgroundScope, StandardTestDispatcher(testScheduler))
        runCurrent()
        return list
    }

    private fun StagedFilesState.ready() = assertIs<ContentUiState.Ready<List<StagedFile>>>(uiState.value)

    private fun StagedFilesState.ids() = ready().content.map { it.documentId.value }

    @Test
    fun `it shows the files that are part of no case`() = runTest {
        assertEquals(listOf(aFile("d1"), aFile("d2")), list().ready().content)
    }

    @Test
    fun `a file and a camera's picture are added and given back`() = runTest {
        val list = list()
        val job = list.addFile("/scans/echo.pdf", DocumentKind.IMAGING, "Echo")
        assertEquals(true, list.ready().working)
        val file = job.await()
        val picture = list.addBytes(byteArrayOf(1, 2), "wound.jpg", DocumentKind.PHOTO, "Wound").await()
        assertEquals(listOf("/scans/echo.pdf IMAGING Echo", "2 bytes wound.jpg PHOTO Wound"), core.added)
        assertEquals(listOf(aFile("d1"), aFile("d2"), file, picture), list.ready().content)
        assertEquals(false, list.ready().working)
    }

    @Test
    fun `a file that could not be added says why, and the next one takes the reason away`() = runTest {
        val list = list()
        core.refusal = MsoException.Invalid("file", "too_large")
        assertNull(list.addFile("/scans/film.mp4", DocumentKind.IMAGING, "Film").await())
        assertEquals("invalid.too_large", list.ready().lastError?.key)
        assertEquals(listOf("d1", "d2"), list.ids())
        core.refusal = null
        list.addFile("/scans/echo.pdf", DocumentKind.IMAGING, "Echo").join()
        assertNull(list.ready().lastError)
    }

    @Test
    fun `a second file is not added while one is added`() = runTest {
        val list = list()
        val first = list.addFile("/scans/echo.pdf", DocumentKind.IMAGING, "Echo")
        assertNull(list.addFile("/scans/lab.pdf", DocumentKind.LAB, "Lab").await())
        first.join()
        assertEquals(listOf("/scans/echo.pdf IMAGING Echo"), core.added)
    }

    @Test
    fun `a file is discarded, once`() = runTest {
        val list = list()
        list.discard(DocumentId("d1")).join()
        list.discard(DocumentId("d1")).join()
        assertEquals(listOf(DocumentId("d1")), core.discarded)
        assertEquals(listOf("d2"), list.ids())
    }

    @Test
    fun `a file that could not be discarded stays and says why`() = runTest {
        val list = list()
        core.refusal = MsoException.NotFound()
        list.discard(DocumentId("d1")).join()
        assertEquals("not_found", list.ready().lastError?.key)
        assertEquals(listOf("d1", "d2"), list.ids())
    }

    @Test
    fun `a file that becomes part of a case leaves the list`() = runTest {
        val list = list()
        core.files = listOf(aFile("d2"))
        core.core.tell(Change.SyncStatus)
        runCurrent()
        assertEquals(listOf("d1", "d2"), list.ids())
        core.core.tell(Change.OfDocument(DocumentId("d1")))
        runCurrent()
        assertEquals(listOf("d2"), list.ids())
    }

    @Test
    fun `nobody signed in shows the sign-in`() = runTest {
        core.core.signedIn = false
        assertEquals(ContentUiState.SignedOut, list().uiState.value)
    }
}

/** A core that holds staged files. Everything else is [core]'s. */
private class FakeDocuments(val core: FakeCore = FakeCore()) : WorkspaceInterface by core {
    var files = listOf<StagedFile>()

    /** Thrown by every action. */
    var refusal: MsoException? = null
    val added = mutableListOf<String>()
    val discarded = mutableListOf<DocumentId>()

    override fun documents(): Documents = object : Documents(NoHandle) {
        override fun staged(): List<StagedFile> = files

        override fun stageFile(path: String, kind: DocumentKind, title: String): StagedFile =
            stage("$path $kind $title")

        override fun stageBytes(bytes: ByteArray, fileName: String, kind: DocumentKind, title: String): StagedFile =
            stage("${bytes.size} bytes $fileName $kind $title")

        override fun discardStaged(documentId: DocumentId) {
            refusal?.let { throw it }
            discarded += documentId
            files = files.filter { it.documentId != documentId }
        }
    }

    private fun stage(what: String): StagedFile {
        refusal?.let { throw it }
        added += what
        return aFile("new${added.size}").also { files = files + it }
    }
}

private fun aFile(id: String) = StagedFile(
    documentId = DocumentId(id),
    kind = DocumentKind.IMAGING,
    title = "Echo",
    fileName = "echo.pdf",
    mediaType = "application/pdf",
    size = 2uL,
    sha256 = "0".repeat(64),
)
