package org.mso.state.patients

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.mso.core.Change
import org.mso.core.IdentifierKind
import org.mso.core.MsoException
import org.mso.core.PatientField
import org.mso.core.PatientFields
import org.mso.core.PatientId
import org.mso.core.PatientIdentifier
import org.mso.core.Sex
import org.mso.core.WrittenName
import org.mso.state.Message

@OptIn(ExperimentalCoroutinesApi::class)
class PatientEditStateTest {
    private val core = FakePatients().apply { put(aPatient("p1", fields = someFields(phone = "+49 1"))) }
    private val id = PatientId("p1")
    private val conflict = MsoException.Refused("field_conflict", "phone", null)

    private fun TestScope.form(): PatientEditState {
        val form = PatientEditState(id, core, backgroundScope, StandardTestDispatcher(testScheduler))
        runCurrent()
        return form
    }

    private fun PatientEditState.opened() = assertIs<PatientEditUiState.Open>(uiState.value)

    /** Somebody else's change, received meanwhile. */
    private fun change(fields: PatientFields) = core.put(aPatient("p1", fields = fields))

    @Test
    fun `it opens with the record, and keeps it when the record changes`() = runTest {
        val form = form()
        val opened = PatientEditUiState.Open(someFields(phone = "+49 1"), someFields(phone = "+49 1"))
        assertEquals(opened, form.opened())
        change(someFields(phone = "+49 2"))
        core.tell(Change.OfPatient(id))
        form.refresh().join()
        assertEquals(opened, form.opened())
    }

    @Test
    fun `saving sends what was seen and what is wanted, once`() = runTest {
        val form = form()
        change(someFields(phone = "+49 2"))
        form.enter(someFields(phone = "+49 1", city = "Ulm"))
        val first = form.save()
        assertTrue(form.opened().working)
        form.save().join()
        first.join()
        form.save().join()
        assertEquals<PatientEditUiState>(PatientEditUiState.Saved, form.uiState.value)
        val edit = someFields(phone = "+49 1") to someFields(phone = "+49 1", city = "Ulm")
        assertEquals(listOf(Performed("edit", id, edit)), core.performed.toList())
    }

    @Test
    fun `what was entered survives a refusal and is sent again`() = runTest {
        val form = form()
        form.enter(someFields(phone = "12"))
        core.refusal = MsoException.Invalid("phone", "malformed")
        form.save().join()
        assertEquals(Message("invalid", "malformed", "phone"), form.opened().lastError)
        assertEquals(someFields(phone = "12"), form.opened().entered)
        assertEquals(false, form.opened().working)
        assertNull(form.opened().conflict)
        core.refusal = null
        form.enter(someFields(phone = "+49 12"))
        form.save().join()
        val edit = someFields(phone = "+49 1") to someFields(phone = "+49 12")
        assertEquals(listOf(Performed("edit", id, edit)), core.performed.toList())
    }

    @Test
    fun `what is typed while it is being saved is not taken`() = runTest {
        val form = form()
        form.enter(someFields(city = "Ulm"))
        core.refusal = conflict
        val saving = form.save()
        form.enter(someFields(city = "Bonn"))
        saving.join()
        assertEquals("Ulm", form.opened().entered.city)
    }

    @Test
    fun `a conflict names the field`() = runTest {
        val form = form()
        form.enter(someFields(phone = "+49 3"))
        core.refusal = conflict
        form.save().join()
        assertEquals("phone", form.opened().conflict?.field)
        assertEquals(someFields(phone = "+49 3"), form.opened().entered)
        assertEquals(someFields(phone = "+49 1"), form.opened().seen)
    }

    @Test
    fun `taking over keeps what the user changed and shows what others changed`() = runTest {
        val form = form()
        form.enter(someFields(phone = "+49 3", email = " "))
        core.refusal = conflict
        change(someFields(phone = "+49 2", email = "anna@example.org", city = "Ulm"))
        form.save().join()
        form.takeOver().join()
        val seen = someFields(phone = "+49 2", email = "anna@example.org", city = "Ulm")
        // The line for the e-mail address was left blank: that is no change.
        val entered = someFields(phone = "+49 3", email = "anna@example.org", city = "Ulm")
        assertEquals(PatientEditUiState.Open(seen, entered), form.opened())
        assertEquals(setOf(PatientField.PHONE), form.opened().changed)
        core.refusal = null
        form.save().join()
        assertEquals(listOf(Performed("edit", id, seen to entered)), core.performed.toList())
    }

    @Test
    fun `a failed take-over can be retried`() = runTest {
        val form = form()
        form.enter(someFields(phone = "+49 3"))
        core.refusal = conflict
        change(someFields(phone = "+49 2", city = "Ulm"))
        form.save().join()
        core.broken = MsoException.StorageBroken("s-17")
        form.takeOver().join()
        assertEquals("storage_broken", form.opened().lastError?.key)
        assertEquals("phone", form.opened().conflict?.field)
        assertEquals(someFields(phone = "+49 3"), form.opened().entered)
        core.broken = null
        form.takeOver().join()
        val seen = someFields(phone = "+49 2", city = "Ulm")
        val entered = someFields(phone = "+49 3", city = "Ulm")
        assertEquals(PatientEditUiState.Open(seen, entered), form.opened())
    }

    @Test
    fun `a save that fails for another reason leaves the conflict to be taken over`() = runTest {
        val form = form()
        form.enter(someFields(phone = "+49 3"))
        core.refusal = conflict
        form.save().join()
        core.refusal = MsoException.Invalid("phone", "malformed")
        form.save().join()
        assertEquals("invalid.malformed", form.opened().lastError?.key)
        assertEquals("refused.field_conflict", form.opened().conflict?.key)
    }

    @Test
    fun `the lines of an address are taken over together`() = runTest {
        val form = form()
        form.enter(someFields(phone = "+49 1", city = "Bonn"))
        core.refusal = conflict
        change(someFields(phone = "+49 1", city = "Ulm").copy(addressLines = listOf("Am Markt 1"), country = "DE"))
        form.save().join()
        form.takeOver().join()
        assertEquals("Bonn", form.opened().entered.city)
        assertEquals(emptyList(), form.opened().entered.addressLines)
        assertEquals("DE", form.opened().entered.country)
    }

    @Test
    fun `without a conflict nothing is taken over`() = runTest {
        val form = form()
        change(someFields(phone = "+49 2"))
        form.takeOver().join()
        assertEquals(someFields(phone = "+49 1"), form.opened().seen)
    }

    @Test
    fun `each field that differs is changed, and taking each gives the other form`() {
        val one = someFields(phone = "+49 1")
        val other = PatientFields(
            familyName = "Wolf",
            givenName = "Ida",
            otherNames = listOf(WrittenName("ru", "Вольф", null)),
            birthDate = "1960",
            birthDateEstimated = true,
            sex = Sex.OTHER,
            identifiers = listOf(PatientIdentifier(IdentifierKind.MRN, "Hospital", "17", null)),
            noIdentifierReason = null,
            nationality = "DE",
            country = "AT",
            phone = "+49 2",
            email = "ida@example.org",
            addressLines = listOf("Am Markt 1"),
            city = "Ulm",
            addressCountry = "DE",
            preferredLanguage = "de",
            guardianName = "Jan Wolf",
            guardianRelation = "uncle",
            guardianPhone = "+49 3",
        )
        assertEquals(PatientField.entries.toSet(), differences(one, other))
        assertEquals(other, PatientField.entries.fold(one) { form, field -> form.taking(field, other) })
    }

    @Test
    fun `nobody signed in shows the sign-in, and refreshing opens the form afterwards`() = runTest {
        core.signedIn = false
        val form = form()
        assertEquals<PatientEditUiState>(PatientEditUiState.SignedOut, form.uiState.value)
        core.signedIn = true
        core.broken = MsoException.SignInNeeded()
        form.refresh().join()
        assertEquals<PatientEditUiState>(PatientEditUiState.SignedOut, form.uiState.value)
        core.broken = null
        form.refresh().join()
        assertEquals(someFields(phone = "+49 1"), form.opened().entered)
    }

    @Test
    fun `a record that cannot be read shows its reason and refreshing tries again`() = runTest {
        core.broken = MsoException.StorageBroken("s-17")
        val form = form()
        val failed = PatientEditUiState.Failed(Message("storage_broken", reference = "s-17"))
        assertEquals<PatientEditUiState>(failed, form.uiState.value)
        core.broken = null
        form.refresh().join()
        assertEquals(someFields(phone = "+49 1"), form.opened().entered)
    }
}
