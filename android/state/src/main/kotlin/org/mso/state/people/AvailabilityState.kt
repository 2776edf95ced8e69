/*
 * The screen on which an expert says when cases can be assigned.
 *
 * Invariant: what was entered stays until it has been saved, whatever is refused, read or received meanwhile. It
 * belongs to the expert who entered it: the next one to sign in neither sees nor saves it.
 */
package org.mso.state.people

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.Availability
import org.mso.core.AvailabilityException
import org.mso.core.Change
import org.mso.core.ExceptionKind
import org.mso.core.ProviderProfile
import org.mso.core.WorkspaceInterface
import org.mso.state.Message
import org.mso.state.ScreenReader

public sealed interface AvailabilityUiState {
    /** Nothing has been read yet. */
    public data object Loading : AvailabilityUiState

    /** Nobody is signed in: show the sign-in screen. */
    public data object SignedOut : AvailabilityUiState

    /** The profile has not been received yet, or the user is no expert. */
    public data object Absent : AvailabilityUiState

    /**
     * The form.
     *
     * @property profile as stored on the phone, possibly not sent yet
     * @property entries what the form shows
     * @property edited the entries have not been saved
     * @property saving they are being saved: show it, and do not accept another save
     * @property lastError why they were not saved the last time, or why nothing could be read
     */
    public data class Ready(
        val profile: ProviderProfile,
        val entries: Availability,
        val edited: Boolean = false,
        val saving: Boolean = false,
        val lastError: Message? = null,
    ) : AvailabilityUiState

    /** The profile could not be read. */
    public data class Failed(val reason: Message) : AvailabilityUiState
}

/** State of the form. Lives as long as [scope]; calls to the core run in [work]. */
public class AvailabilityState(
    private val core: WorkspaceInterface,
    scope: CoroutineScope,
    work: CoroutineContext = Dispatchers.IO,
) {
    private val reader = ScreenReader<AvailabilityUiState>(
        core,
        scope,
        work,
        loading = AvailabilityUiState.Loading,
        concerns = { it == Change.Session },
        find = { found() },
        failed = ::failed,
        keep = ::keep,
    )

    public val uiState: StateFlow<AvailabilityUiState> = reader.uiState

    /** Reads again. The job ends when the result is shown. */
    public fun refresh(): Job = reader.refresh()

    /** Replaces the entries: the zone, the weekly windows, all of them. */
    public fun edit(entries: Availability): Unit = edit { entries }

    public fun setAccepting(accepting: Boolean): Unit = edit { it.copy(accepting = accepting) }

    /** Adds days off, [from] and [to] included, as entered: `2026-12-24`. */
    public fun addLeave(from: String, to: String): Unit = edit {
        it.copy(exceptions = it.exceptions + AvailabilityException(from, to, ExceptionKind.LEAVE))
    }

    public fun removeLeave(leave: AvailabilityException): Unit = edit { it.copy(exceptions = it.exceptions - leave) }

    /** Saves the entries. Does nothing while they are unedited or being saved. The job ends when it is shown. */
    public fun save(): Job {
        val form = uiState.value as? AvailabilityUiState.Ready ?: return Job().apply { complete() }
        val sent = form.entries
        return reader.act(
            begin = { before ->
                before.of(form.profile)
                    ?.takeIf { it.edited && !it.saving }
                    ?.copy(saving = true, lastError = null)
            },
            end = { after, error -> after.of(form.profile)?.let { ended(it, sent, error) } ?: after },
            call = { core.people().setAvailability(sent) },
        )
    }

    private fun edit(change: (Availability) -> Availability): Unit = reader.edit { before ->
        if (before is AvailabilityUiState.Ready) {
            before.copy(entries = change(before.entries), edited = true)
        } else {
            before
        }
    }

    private fun ended(
        ready: AvailabilityUiState.Ready,
        sent: Availability,
        error: Message?,
    ): AvailabilityUiState.Ready {
        if (error != null) return ready.copy(saving = false, lastError = error)
        // What was entered while it was being saved is still to be saved.
        if (ready.entries != sent) return ready.copy(saving = false)
        return ready.copy(entries = ready.profile.availability ?: sent, edited = false, saving = false)
    }

    private fun found(): AvailabilityUiState {
        if (core.session() == null) return AvailabilityUiState.SignedOut
        val profile = core.people().profile() ?: return AvailabilityUiState.Absent
        val entries = profile.availability ?: return AvailabilityUiState.Absent
        return AvailabilityUiState.Ready(profile, entries)
    }

    private fun failed(reason: Message): AvailabilityUiState =
        if (reason.kind == "sign_in_needed") AvailabilityUiState.SignedOut else AvailabilityUiState.Failed(reason)

    private fun keep(before: AvailabilityUiState, now: AvailabilityUiState): AvailabilityUiState {
        if (before !is AvailabilityUiState.Ready) return now
        return when (now) {
            is AvailabilityUiState.Ready ->
                if (now.of(before.profile) == null) {
                    now
                } else {
                    before.copy(profile = now.profile, entries = if (before.edited) before.entries else now.entries)
                }
            is AvailabilityUiState.Failed -> if (before.edited) before.copy(lastError = now.reason) else now
            AvailabilityUiState.Loading, AvailabilityUiState.SignedOut, AvailabilityUiState.Absent -> now
        }
    }
}

/** The form, if it is of the same expert. */
private fun AvailabilityUiState.of(expert: ProviderProfile): AvailabilityUiState.Ready? =
    (this as? AvailabilityUiState.Ready)?.takeIf { it.profile.providerId == expert.providerId }
