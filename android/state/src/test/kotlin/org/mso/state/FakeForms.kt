/* A core for tests of the forms: holds one saved form, and says in which order it was called. */
package org.mso.state

import java.time.Instant
import org.mso.core.CaseId
import org.mso.core.FormContent
import org.mso.core.Forms
import org.mso.core.MsoException
import org.mso.core.NewPatient
import org.mso.core.NoHandle
import org.mso.core.PatientId
import org.mso.core.Patients
import org.mso.core.SavedForm
import org.mso.core.WorkspaceInterface
import org.mso.state.cases.FakeCore

/** The handles that forms use. Cases are [core]'s. Everything else is not called. */
class FakeForms(val core: FakeCore = FakeCore()) : WorkspaceInterface by core {
    var saved: FormContent? = null

    /** What was saved, each time. */
    val saves = mutableListOf<FormContent>()

    /** What was discarded, each time. */
    val discarded = mutableListOf<String>()
    val created = mutableListOf<NewPatient>()

    /** Thrown by every save and discard. */
    var refusal: MsoException? = null

    /** Thrown by every read. */
    var broken: MsoException? = null

    /** Runs once, during the next save, before it ends. */
    var meanwhile: () -> Unit = {}
    private var ids = 0

    override fun forms(): Forms = object : Forms(NoHandle) {
        override fun ofCase(caseId: CaseId): SavedForm? = read()

        override fun ofPatient(patientId: PatientId): SavedForm? = read()

        override fun ofOpinion(caseId: CaseId): SavedForm? = read()

        override fun save(content: FormContent) {
            val run = meanwhile
            meanwhile = {}
            run()
            refusal?.let { throw it }
            saves += content
            saved = content
        }

        override fun discardCase(caseId: CaseId) = discard("case $caseId")

        override fun discardPatient(patientId: PatientId) = discard("patient $patientId")

        override fun discardOpinion(caseId: CaseId) = discard("opinion $caseId")
    }

    override fun patients(): Patients = object : Patients(NoHandle) {
        override fun newId(): PatientId = PatientId("p${++ids}")

        override fun create(patient: NewPatient): PatientId {
            created += patient
            return patient.patientId
        }
    }

    private fun read(): SavedForm? {
        broken?.let { throw it }
        return saved?.let { SavedForm(it, Instant.EPOCH, null) }
    }

    private fun discard(what: String) {
        refusal?.let { throw it }
        discarded += what
        saved = null
    }
}
