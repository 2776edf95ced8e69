package org.mso.state.patients

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.UnconfinedTestDispatcher
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.mso.core.CaseId
import org.mso.core.Change
import org.mso.core.MsoException
import org.mso.core.PatientId
import org.mso.state.ContentUiState
import org.mso.state.Message

@OptIn(ExperimentalCoroutinesApi::class)
class PatientListStateTest {
    private val core = FakePatients()

    private fun TestScope.list(): PatientListState {
        val list = PatientListState(core, backgroundScope, StandardTestDispatcher(testScheduler))
        runCurrent()
        return list
    }

    private fun PatientListState.shown() = assertIs<ContentUiState.Ready<PatientRows>>(uiState.value).content

    private fun PatientListState.names() = shown().rows.map { it.displayName }

    @Test
    fun `it shows all patients, and a new one at once`() = runTest {
        core.put(aPatient("p1", "Adler, Jan"))
        val list = list()
        assertEquals(PatientRows("", listOf(aPatient("p1", "Adler, Jan").summary), more = false), list.shown())
        core.put(aPatient("p2", "Weber, Anna"))
        core.tell(Change.OfPatient(PatientId("p2")))
        runCurrent()
        assertEquals(listOf("Adler, Jan", "Weber, Anna"), list.names())
    }

    @Test
    fun `further patients are shown when the end is reached`() = runTest {
        repeat(70) { core.put(aPatient("p$it")) }
        val list = list()
        assertEquals(50 to true, list.shown().rows.size to list.shown().more)
        list.showMore().join()
        assertEquals(70 to false, list.shown().rows.size to list.shown().more)
    }

    @Test
    fun `a search shows who is found, and an empty one all again`() = runTest {
        core.put(aPatient("p1", "Adler, Jan"))
        core.put(aPatient("p2", "Weber, Anna"))
        val list = list()
        list.search("We").join()
        assertEquals("We", list.shown().query)
        assertEquals(listOf("Weber, Anna"), list.names())
        list.search(" ").join()
        assertEquals(listOf("Adler, Jan", "Weber, Anna"), list.names())
        assertEquals(listOf("We"), core.searched)
    }

    @Test
    fun `what is found is searched again when a patient changes`() = runTest {
        core.put(aPatient("p1", "Weber, Anna"))
        val list = list()
        list.search("We").join()
        core.put(aPatient("p2", "Wegner, Ute"))
        core.put(aPatient("p3", "Adler, Jan"))
        core.tell(Change.OfPatient(PatientId("p2")))
        runCurrent()
        assertEquals("We", list.shown().query)
        assertEquals(listOf("Weber, Anna", "Wegner, Ute"), list.names())
    }

    @Test
    fun `a query that was typed during an earlier search is the only one that is shown`() = runTest {
        core.put(aPatient("p1", "Weber, Anna"))
        core.put(aPatient("p2", "Wolf, Ida"))
        val list = list()
        val queries = mutableListOf<String>()
        backgroundScope.launch(UnconfinedTestDispatcher(testScheduler)) {
            list.uiState.collect { queries += assertIs<ContentUiState.Ready<PatientRows>>(it).content.query }
        }
        core.meanwhile = { list.search("Wo") }
        list.search("W").join()
        runCurrent()
        assertEquals("W", core.searched.first())
        assertEquals(listOf("", "Wo"), queries)
        assertEquals(listOf("Wolf, Ida"), list.names())
    }

    @Test
    fun `changes of other things cause no reading`() = runTest {
        list()
        core.tell(Change.OfCase(CaseId("c1")))
        core.tell(Change.SyncStatus)
        core.tell(Change.Notices)
        runCurrent()
        assertEquals(1, core.reads)
    }

    @Test
    fun `nobody signed in shows the sign-in and signing in shows the list`() = runTest {
        core.put(aPatient("p1"))
        core.signedIn = false
        val list = list()
        assertEquals(ContentUiState.SignedOut, list.uiState.value)
        core.signedIn = true
        core.tell(Change.Session)
        runCurrent()
        assertEquals(listOf("Weber, Anna"), list.names())
    }

    @Test
    fun `a search that fails shows its reason and the next one tries again`() = runTest {
        core.put(aPatient("p1"))
        val list = list()
        core.broken = MsoException.Invalid("query", "malformed")
        list.search("We").join()
        assertEquals(ContentUiState.Failed(Message("invalid", "malformed", "query")), list.uiState.value)
        core.broken = null
        list.search("Web").join()
        assertEquals(listOf("Weber, Anna"), list.names())
    }
}
