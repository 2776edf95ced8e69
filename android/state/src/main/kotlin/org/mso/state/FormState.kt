/*
 * A form that makes a record: a new case, a new patient, an opinion.
 *
 * Invariants: the record's id is made when the form opens, not when it is sent. However often the form is sent
 * (two taps, or again because the first answer did not arrive), the core makes one record of it. What was typed is
 * saved on the phone until the form is sent or discarded.
 */
package org.mso.state

import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import org.mso.core.FormContent
import org.mso.core.SavedForm

public sealed interface FormUiState<out I, out R> {
    /** What was saved of it is being read: the fields take nothing yet. */
    public data object Loading : FormUiState<Nothing, Nothing>

    /**
     * It can be filled in and sent.
     *
     * @property content what was saved before, then what was typed last; null: nothing yet
     * @property unreadable what was saved is of another version of the app and cannot be shown: tell the user. It is
     * kept until the user types or sends
     * @property working it is being sent or discarded: the fields take nothing, and a further tap does nothing
     * @property lastError why it was not sent or discarded the last time
     * @property saveError why what was typed last is not saved; it is tried again with the next change
     */
    public data class Open<out R>(
        val content: R? = null,
        val unreadable: Boolean = false,
        val working: Boolean = false,
        val lastError: Message? = null,
        val saveError: Message? = null,
    ) : FormUiState<Nothing, R>

    /** It is safe on the phone. A further tap does nothing. */
    public data class Sent<out I>(val id: I) : FormUiState<I, Nothing>

    /** It was discarded. A further tap or change does nothing. */
    public data object Discarded : FormUiState<Nothing, Nothing>

    /** What was saved of it could not be read. */
    public data class Failed(val reason: Message) : FormUiState<Nothing, Nothing>
}

/**
 * State of one form. Lives as long as [scope]; calls to the core run in [work].
 *
 * What was typed last is saved also when [scope] ends. The app may be killed in the background without that: a screen
 * that is no longer shown calls [flush].
 *
 * @property id what the record will be called: put it into the record that is sent; of an opinion, the case's id
 * @param quiet how long the user must have typed nothing before it is saved
 */
public class FormState<I, R : Any> internal constructor(
    public val id: I,
    private val scope: CoroutineScope,
    private val work: CoroutineContext,
    quiet: Duration,
    private val calls: FormCalls<I, R>,
) {
    private val shown = MutableStateFlow<FormUiState<I, R>>(FormUiState.Loading)
    private val saver = FormSaver(scope, work, quiet, calls.save, ::showSaved)

    public val uiState: StateFlow<FormUiState<I, R>> = shown.asStateFlow()

    init {
        scope.launch { load() }
    }

    /** Reads again what was saved if it could not be read; an open form stays. The job ends when it is shown. */
    public fun refresh(): Job = scope.launch { load() }

    /** Takes what the user typed, the whole form, and saves it soon. To be called at each edit, and only then. */
    public fun changed(content: R) {
        // While it is being sent too: it is saved if the sending fails.
        if (edit { it.copy(content = content, unreadable = false) }) saver.changed(content)
    }

    /** Saves now what was typed last. The job ends when it is saved or the state says why it is not. */
    public fun flush(): Job = saver.flush()

    /** Sends the form. If that fails, it stays saved. The job ends when the result is shown. */
    public fun send(record: R): Job {
        val begun = begin { it.copy(content = record, unreadable = false) }
        if (!begun) return Job().apply { complete() }
        saver.changed(record)
        return end { FormUiState.Sent(calls.create(record)) }
    }

    /** Discards the form, and what was saved of it. Ask first. The job ends when the result is shown. */
    public fun discard(): Job {
        if (!begin { it }) return Job().apply { complete() }
        return end {
            calls.discard()
            FormUiState.Discarded
        }
    }

    private suspend fun load() {
        val loaded: FormUiState<I, R> = when (val attempt = attempt(work, calls.saved)) {
            is Attempt.Gave -> opened(attempt.value)
            is Attempt.Failed -> FormUiState.Failed(attempt.message)
        }
        shown.update { before ->
            if (before is FormUiState.Loading || before is FormUiState.Failed) loaded else before
        }
    }

    private fun opened(saved: SavedForm?): FormUiState.Open<R> = when (val content = saved?.content) {
        null -> FormUiState.Open()
        is FormContent.Unreadable -> FormUiState.Open(unreadable = true)
        else -> FormUiState.Open(calls.read(content))
    }

    private fun showSaved(error: Message?) {
        edit { it.copy(saveError = error) }
    }

    /** Marks the form as working immediately, so that a second tap is ignored. */
    private fun begin(change: (FormUiState.Open<R>) -> FormUiState.Open<R>): Boolean =
        edit { if (it.working) null else change(it).copy(working = true, lastError = null) }

    private fun end(call: () -> FormUiState<I, R>): Job = scope.launch {
        when (val outcome = saver.end(call)) {
            is Attempt.Gave -> shown.value = outcome.value
            is Attempt.Failed -> edit { it.copy(working = false, lastError = outcome.message) }
        }
    }

    /** Changes the state if the form is open and [change] gives one; says whether it did. */
    private fun edit(change: (FormUiState.Open<R>) -> FormUiState.Open<R>?): Boolean {
        while (true) {
            val open = shown.value as? FormUiState.Open<R> ?: return false
            val changed = change(open) ?: return false
            if (shown.compareAndSet(open, changed)) return true
        }
    }
}
