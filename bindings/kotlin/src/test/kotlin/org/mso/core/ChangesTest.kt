package org.mso.core

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.advanceTimeBy
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest

/** Tests the flows alone, with a source of changes made for this test. */
@OptIn(ExperimentalCoroutinesApi::class)
class ChangesTest {
    private val listeners = mutableListOf<ChangeListener>()

    private fun subscribe(listener: ChangeListener): AutoCloseable {
        listeners += listener
        return AutoCloseable { listeners -= listener }
    }

    private fun tell(change: Change) = listeners.forEach { it.changed(change) }

    private fun <T> TestScope.collected(flow: Flow<T>) =
        mutableListOf<T>().also { backgroundScope.launch { flow.toList(it) } }

    @Test
    fun `a slow collector loses no change`() = runTest {
        val heard = collected(changes(::subscribe))
        runCurrent()
        val told = List(1_000) { Change.OfCase(CaseId("c$it")) }
        told.forEach(::tell)
        runCurrent()
        assertEquals<List<Change>>(told, heard)
    }

    @Test
    fun `the subscription ends with the collector`() = runTest {
        val collector = launch { changes(::subscribe).collect {} }
        runCurrent()
        assertEquals(1, listeners.size)
        collector.cancel()
        runCurrent()
        assertEquals(0, listeners.size)
    }

    @Test
    fun `the first signal to read comes after subscribing`() = runTest {
        var listenersAtFirstSignal = -1
        val collector = launch {
            readSignals(::subscribe) { true }.collect { listenersAtFirstSignal = listeners.size }
        }
        runCurrent()
        assertEquals(1, listenersAtFirstSignal)
        collector.cancel()
    }

    @Test
    fun `only what concerns the reader makes it read`() = runTest {
        val signals = collected(readSignals(::subscribe) { it == Change.Notices })
        runCurrent()
        tell(Change.Catalogue)
        runCurrent()
        assertEquals(1, signals.size)
        tell(Change.Notices)
        runCurrent()
        assertEquals(2, signals.size)
    }

    @Test
    fun `what changes while one reads is read once more`() = runTest {
        var readings = 0
        val reader = launch {
            readSignals(::subscribe) { true }.collect {
                readings += 1
                delay(100)
            }
        }
        runCurrent()
        repeat(10) { tell(Change.Notices) }
        advanceTimeBy(1_000)
        assertEquals(2, readings)
        reader.cancel()
    }
}
