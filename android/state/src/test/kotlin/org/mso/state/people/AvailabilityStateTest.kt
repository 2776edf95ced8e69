package org.mso.state.people

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.mso.core.Availability
import org.mso.core.AvailabilityException
import org.mso.core.Change
import org.mso.core.ExceptionKind
import org.mso.core.MsoException
import org.mso.core.ProviderId
import org.mso.core.ProviderProfile
import org.mso.state.Message
import org.mso.state.cases.FakeCore

@OptIn(ExperimentalCoroutinesApi::class)
class AvailabilityStateTest {
    private val stored = Availability("Europe/Berlin", emptyList(), emptyList(), accepting = true)
    private val leave = AvailabilityException("2026-12-24", "2026-12-31", ExceptionKind.LEAVE)
    private val core = FakeCore().apply {
        profile = ProviderProfile(
            providerId = ProviderId("x1"),
            displayName = "Dr Amal",
            specialties = listOf("cardiology"),
            languages = listOf("de"),
            maxOpen = null,
            maxUrgent = null,
            availability = stored,
            active = true,
            pending = emptyList(),
        )
    }

    private fun TestScope.form(): AvailabilityState {
        val form = AvailabilityState(core, backgroundScope, StandardTestDispatcher(testScheduler))
        assertEquals<AvailabilityUiState>(AvailabilityUiState.Loading, form.uiState.value)
        runCurrent()
        return form
    }

    private fun AvailabilityState.ready() = assertIs<AvailabilityUiState.Ready>(uiState.value)

    @Test
    fun `it shows what is stored, unedited`() = runTest {
        val ready = form().ready()
        assertEquals(stored to false, ready.entries to ready.edited)
        assertEquals("Dr Amal", ready.profile.displayName)
    }

    @Test
    fun `what was entered is saved`() = runTest {
        val form = form()
        form.setAccepting(false)
        form.addLeave("2026-12-24", "2026-12-31")
        assertEquals(true, form.ready().edited)
        assertEquals(stored, core.profile?.availability)
        val job = form.save()
        assertEquals(true, form.ready().saving)
        job.join()
        assertEquals(stored.copy(accepting = false, exceptions = listOf(leave)), core.profile?.availability)
        assertEquals(core.profile?.availability, form.ready().entries)
        assertEquals(false to false, form.ready().edited to form.ready().saving)
    }

    @Test
    fun `a form that nobody edited is not saved`() = runTest {
        val form = form()
        form.save().join()
        assertEquals(emptyList(), core.called)
        assertEquals(false, form.ready().saving)
    }

    @Test
    fun `leave is removed`() = runTest {
        val form = form()
        val other = AvailabilityException("2027-01-04", "2027-01-05", ExceptionKind.EXTRA)
        form.edit(stored.copy(exceptions = listOf(leave, other)))
        form.removeLeave(leave)
        assertEquals(listOf(other), form.ready().entries.exceptions)
    }

    @Test
    fun `a refused save keeps what was entered and says why, and the next save takes the reason away`() = runTest {
        val form = form()
        form.addLeave("24 Dec", "2026-12-31")
        val entered = form.ready().entries
        core.refusal = MsoException.Invalid("from", "malformed")
        form.save().join()
        assertEquals(Message("invalid", "malformed", "from"), form.ready().lastError)
        assertEquals(entered to true, form.ready().entries to form.ready().edited)
        core.refusal = null
        form.save().join()
        assertEquals(null, form.ready().lastError)
        assertEquals(entered, core.profile?.availability)
    }

    @Test
    fun `a second press while it is saved does nothing`() = runTest {
        val form = form()
        form.setAccepting(false)
        val first = form.save()
        form.save().join()
        first.join()
        assertEquals(listOf("availability"), core.called)
    }

    @Test
    fun `what is entered while it is saved is still to be saved`() = runTest {
        val form = form()
        form.setAccepting(false)
        val job = form.save()
        form.setAccepting(true)
        job.join()
        assertEquals(true to true, form.ready().entries.accepting to form.ready().edited)
        assertEquals(false, core.profile?.availability?.accepting)
    }

    @Test
    fun `a profile that comes meanwhile replaces what is shown, not what was entered`() = runTest {
        val form = form()
        core.profile = core.profile?.copy(availability = stored.copy(timeZone = "Asia/Almaty"))
        core.tell(Change.Session)
        runCurrent()
        assertEquals("Asia/Almaty", form.ready().entries.timeZone)
        form.setAccepting(false)
        core.profile = core.profile?.copy(displayName = "Dr Amal B", availability = stored)
        core.tell(Change.Session)
        runCurrent()
        assertEquals("Dr Amal B", form.ready().profile.displayName)
        assertEquals("Asia/Almaty" to false, form.ready().entries.timeZone to form.ready().entries.accepting)
    }

    @Test
    fun `another expert neither sees nor saves the entries`() = runTest {
        val form = form()
        form.setAccepting(false)
        val others = stored.copy(timeZone = "Asia/Almaty")
        core.profile = core.profile?.copy(providerId = ProviderId("x2"), availability = others)
        core.tell(Change.Session)
        runCurrent()
        assertEquals(others to false, form.ready().entries to form.ready().edited)
        form.save().join()
        assertEquals(emptyList(), core.called)
        assertEquals(others, core.profile?.availability)
    }

    @Test
    fun `another expert does not see how a save before ended`() = runTest {
        val form = form()
        form.setAccepting(false)
        core.meanwhile = { core.profile = core.profile?.copy(providerId = ProviderId("x2")) }
        core.refusal = MsoException.Invalid("from", "malformed")
        form.save().join()
        assertEquals(stored to false, form.ready().entries to form.ready().saving)
        assertEquals(null, form.ready().lastError)
    }

    @Test
    fun `a failed read keeps what was entered`() = runTest {
        val form = form()
        form.setAccepting(false)
        core.broken = MsoException.StorageBroken("s-17")
        form.refresh().join()
        assertEquals(false, form.ready().entries.accepting)
        assertEquals("storage_broken", form.ready().lastError?.key)
    }

    @Test
    fun `without a profile there is no form until it comes`() = runTest {
        val profile = core.profile
        core.profile = null
        val form = form()
        assertEquals<AvailabilityUiState>(AvailabilityUiState.Absent, form.uiState.value)
        form.save().join()
        assertEquals(emptyList(), core.called)
        core.profile = profile
        core.tell(Change.Session)
        runCurrent()
        form.ready()
    }

    @Test
    fun `nobody signed in shows the sign-in`() = runTest {
        core.signedIn = false
        assertEquals<AvailabilityUiState>(AvailabilityUiState.SignedOut, form().uiState.value)
    }
}
