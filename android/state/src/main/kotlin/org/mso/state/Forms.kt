/*
 * The forms that there are, and what each of them calls in the core.
 */
package org.mso.state

import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import org.mso.core.CaseId
import org.mso.core.CaseOperation
import org.mso.core.FormContent
import org.mso.core.NewCase
import org.mso.core.NewPatient
import org.mso.core.Opinion
import org.mso.core.PatientId
import org.mso.core.SavedForm
import org.mso.core.WorkspaceInterface

/** How long the user must have typed nothing before a form is saved. */
private val QUIET: Duration = 500.milliseconds

/**
 * What a form calls in the core.
 *
 * @property read its content in what was saved; null: it is of another form
 * @property create sends it
 */
internal class FormCalls<I, R>(
    val saved: () -> SavedForm?,
    val read: (FormContent) -> R?,
    val save: (R) -> Unit,
    val discard: () -> Unit,
    val create: (R) -> I,
)

/**
 * The form of a new case.
 *
 * @param saved the id of a form that was left and is opened again: [FormState.id], also in the list of saved forms
 */
public fun caseForm(
    core: WorkspaceInterface,
    scope: CoroutineScope,
    saved: CaseId? = null,
    work: CoroutineContext = Dispatchers.IO,
    quiet: Duration = QUIET,
): FormState<CaseId, NewCase> {
    val id = saved ?: core.cases().newId()
    val calls = FormCalls<CaseId, NewCase>(
        saved = { core.forms().ofCase(id) },
        read = { (it as? FormContent.Case)?.case },
        save = { core.forms().save(FormContent.Case(it)) },
        discard = { core.forms().discardCase(id) },
        create = { core.cases().submit(it) },
    )
    return FormState(id, scope, work, quiet, calls)
}

/**
 * The form of a new patient.
 *
 * @param saved as for [caseForm]
 */
public fun patientForm(
    core: WorkspaceInterface,
    scope: CoroutineScope,
    saved: PatientId? = null,
    work: CoroutineContext = Dispatchers.IO,
    quiet: Duration = QUIET,
): FormState<PatientId, NewPatient> {
    val id = saved ?: core.patients().newId()
    val calls = FormCalls<PatientId, NewPatient>(
        saved = { core.forms().ofPatient(id) },
        read = { (it as? FormContent.Patient)?.patient },
        save = { core.forms().save(FormContent.Patient(it)) },
        discard = { core.forms().discardPatient(id) },
        create = { core.patients().create(it) },
    )
    return FormState(id, scope, work, quiet, calls)
}

/**
 * The form of an opinion on a case. The first saved one starts the review.
 *
 * @param further whether it is a further version of the user's own opinion; the case's allowed actions say whether that
 * is offered
 */
public fun opinionForm(
    core: WorkspaceInterface,
    scope: CoroutineScope,
    caseId: CaseId,
    further: Boolean = false,
    work: CoroutineContext = Dispatchers.IO,
    quiet: Duration = QUIET,
): FormState<CaseId, Opinion> {
    val calls = FormCalls<CaseId, Opinion>(
        saved = { core.forms().ofOpinion(caseId) },
        read = { (it as? FormContent.Opinion)?.opinion },
        save = { core.forms().save(FormContent.Opinion(caseId, it)) },
        discard = { core.forms().discardOpinion(caseId) },
        create = { opinion ->
            val operation =
                if (further) {
                    CaseOperation.AmendRecommendation(opinion)
                } else {
                    CaseOperation.SubmitRecommendation(opinion)
                }
            core.cases().act(caseId, operation)
            caseId
        },
    )
    return FormState(caseId, scope, work, quiet, calls)
}
