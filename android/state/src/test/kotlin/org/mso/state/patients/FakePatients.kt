/* A core for tests of the patient screens: holds what it is given, performs actions and notifies listeners. */
package org.mso.state.patients

import java.util.concurrent.CopyOnWriteArrayList
import org.mso.core.Change
import org.mso.core.ChangeListener
import org.mso.core.CommandId
import org.mso.core.Drafts
import org.mso.core.Id
import org.mso.core.Inactive
import org.mso.core.MsoException
import org.mso.core.NoHandle
import org.mso.core.PatientAction
import org.mso.core.PatientDetail
import org.mso.core.PatientEditConflict
import org.mso.core.PatientField
import org.mso.core.PatientFields
import org.mso.core.PatientId
import org.mso.core.PatientPage
import org.mso.core.PatientSummary
import org.mso.core.Patients
import org.mso.core.Role
import org.mso.core.SessionSummary
import org.mso.core.Sex
import org.mso.core.Subscription
import org.mso.core.UserId
import org.mso.core.VerificationMethod
import org.mso.core.WorkspaceInterface
import org.mso.state.cases.FakeCore

/** A call that the core took. */
data class Performed(val what: String, val on: Id, val content: Any? = null)

/** The handles that the patient screens use, over one set of data. Everything else is not called. */
class FakePatients : WorkspaceInterface by FakeCore() {
    var signedIn = true
    var conflicts = listOf<PatientEditConflict>()

    /** Thrown by every action. */
    var refusal: MsoException? = null

    /** Thrown by every read. */
    var broken: MsoException? = null

    /** Runs once, during the next read or action, before it answers. */
    var meanwhile: () -> Unit = {}
    var reads = 0
        private set
    val performed = mutableListOf<Performed>()

    /** What was searched, each time. */
    val searched = mutableListOf<String>()
    private val listeners = CopyOnWriteArrayList<ChangeListener>()
    private val held = linkedMapOf<PatientId, PatientDetail>()

    fun put(detail: PatientDetail) {
        held[detail.summary.patientId] = detail
    }

    fun tell(change: Change) = listeners.forEach { it.changed(change) }

    override fun session(): SessionSummary? =
        if (signedIn) SessionSummary(UserId("u1"), "Dr Amal", Role.PROVIDER) else null

    override fun subscribe(listener: ChangeListener): Subscription {
        listeners += listener
        return object : Subscription(NoHandle) {
            override fun close() {
                listeners -= listener
            }
        }
    }

    override fun patients(): Patients = object : Patients(NoHandle) {
        override fun list(after: String?, limit: UInt): PatientPage = read { page(limit) { true } }

        override fun search(query: String, after: String?, limit: UInt): PatientPage {
            searched += query
            return read { page(limit) { it.displayName.startsWith(query) } }
        }

        override fun detail(patientId: PatientId): PatientDetail =
            read { held[patientId] ?: throw MsoException.NotFound() }

        override fun editConflicts(): List<PatientEditConflict> = read { conflicts }

        override fun edit(patientId: PatientId, seen: PatientFields, wanted: PatientFields) =
            perform(Performed("edit", patientId, seen to wanted))

        override fun resolveEdit(commandId: CommandId, mine: List<PatientField>) {
            perform(Performed("resolve", commandId, mine))
            conflicts = conflicts.filter { it.commandId != commandId }
        }

        override fun deactivate(patientId: PatientId, inactive: Inactive) =
            perform(Performed("deactivate", patientId, inactive))

        override fun reactivate(patientId: PatientId) = perform(Performed("reactivate", patientId))

        override fun dismissDuplicate(patientId: PatientId, otherId: PatientId) =
            perform(Performed("dismiss_duplicate", patientId, otherId))

        override fun verify(patientId: PatientId, method: VerificationMethod) =
            perform(Performed("verify", patientId, method))
    }

    override fun drafts(): Drafts = object : Drafts(NoHandle) {
        override fun discard(commandId: CommandId) {
            perform(Performed("discard", commandId))
            conflicts = conflicts.filter { it.commandId != commandId }
        }
    }

    private fun page(limit: UInt, wanted: (PatientSummary) -> Boolean): PatientPage {
        val rows = held.values.map { it.summary }.filter(wanted)
        return PatientPage(rows.take(limit.toInt()), if (rows.size > limit.toInt()) "further" else null)
    }

    private fun <T> read(what: () -> T): T {
        reads += 1
        interrupt()
        broken?.let { throw it }
        return what()
    }

    private fun perform(call: Performed) {
        interrupt()
        refusal?.let { throw it }
        performed += call
    }

    private fun interrupt() {
        val run = meanwhile
        meanwhile = {}
        run()
    }
}

fun aPatient(
    id: String,
    name: String = "Weber, Anna",
    fields: PatientFields = someFields(),
    allowedActions: List<PatientAction> = listOf(PatientAction.EDIT),
    possibleDuplicates: List<PatientId> = emptyList(),
) = PatientDetail(
    summary = PatientSummary(
        patientId = PatientId(id),
        displayName = name,
        birthDate = "1958",
        sex = Sex.FEMALE,
        verified = false,
        active = true,
        pending = emptyList(),
    ),
    fields = fields,
    inactive = null,
    revokedReason = null,
    duplicateOf = null,
    possibleDuplicates = possibleDuplicates,
    allowedActions = allowedActions,
)

fun someFields(phone: String? = null, email: String? = null, city: String? = null) = PatientFields(
    familyName = "Weber",
    givenName = "Anna",
    otherNames = emptyList(),
    birthDate = "1958",
    birthDateEstimated = false,
    sex = Sex.FEMALE,
    identifiers = emptyList(),
    noIdentifierReason = "None yet.",
    nationality = null,
    country = null,
    phone = phone,
    email = email,
    addressLines = emptyList(),
    city = city,
    addressCountry = null,
    preferredLanguage = null,
    guardianName = null,
    guardianRelation = null,
    guardianPhone = null,
)

/** Both changed telephone number and e-mail address. */
fun aConflict(
    id: String,
    mine: PatientFields = someFields(phone = "+49 1", email = "mine@example.org"),
    theirs: PatientFields = someFields(phone = "+49 2", email = "theirs@example.org"),
) = PatientEditConflict(
    commandId = CommandId(id),
    patientId = PatientId("p1"),
    fields = listOf(PatientField.PHONE, PatientField.EMAIL),
    mine = mine,
    theirs = theirs,
    waiting = emptyList(),
)
