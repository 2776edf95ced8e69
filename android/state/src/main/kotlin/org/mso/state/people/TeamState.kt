/*
 * The screen of a case's team: who of the institution is on it.
 *
 * Invariant: the team is changed only while the case's allowed actions offer it; the core checks again.
 */
package org.mso.state.people

import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.StateFlow
import org.mso.core.CaseAction
import org.mso.core.CaseId
import org.mso.core.CaseOperation
import org.mso.core.Change
import org.mso.core.UserId
import org.mso.core.WorkspaceInterface
import org.mso.state.ContentReader
import org.mso.state.ContentUiState

/**
 * A person who is on the team or can be added to it.
 *
 * @property name null: not received yet
 */
public data class TeamRow(val userId: UserId, val name: String?, val onTeam: Boolean)

/**
 * The team and the colleagues who are not on it.
 *
 * @property rows by name; former colleagues only while they are on the team
 * @property mayChange whether the screen offers to add and remove
 */
public data class Team(val rows: List<TeamRow>, val mayChange: Boolean)

/**
 * State of one case's team. Lives as long as [scope]; calls to the core run in [work].
 *
 * Actions do nothing while the team may not be changed or another action is running. An action's job ends when the
 * screen shows the result.
 */
public class TeamState(
    private val caseId: CaseId,
    private val core: WorkspaceInterface,
    scope: CoroutineScope,
    work: CoroutineContext = Dispatchers.IO,
) {
    // Colleagues come with the session.
    private val reader = ContentReader<Team>(core, scope, work, { it == Change.OfCase(caseId) }, { team() })

    public val uiState: StateFlow<ContentUiState<Team>> = reader.uiState

    /** Reads again. The job ends when the result is shown. */
    public fun refresh(): Job = reader.refresh()

    public fun add(userId: UserId): Job = act(CaseOperation.AddTeamMember(userId))

    public fun remove(userId: UserId): Job = act(CaseOperation.RemoveTeamMember(userId))

    private fun act(operation: CaseOperation): Job =
        reader.act({ it.mayChange }) { core.cases().act(caseId, operation) }

    private fun team(): Team {
        val detail = core.cases().detail(caseId)
        val colleagues = core.people().colleagues()
        val known = colleagues
            .map { TeamRow(it.userId, it.displayName, it.userId in detail.team) to it.active }
            .filter { (row, active) -> row.onTeam || active }
            .map { (row, _) -> row }
        val unknown = (detail.team - colleagues.map { it.userId }.toSet()).map { TeamRow(it, null, onTeam = true) }
        return Team(known + unknown, CaseAction.CHANGE_TEAM in detail.summary.allowedActions)
    }
}
