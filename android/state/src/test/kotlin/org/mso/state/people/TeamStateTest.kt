package org.mso.state.people

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.mso.core.CaseAction
import org.mso.core.CaseDetail
import org.mso.core.CaseId
import org.mso.core.CaseOperation
import org.mso.core.Change
import org.mso.core.Colleague
import org.mso.core.MsoException
import org.mso.core.UserId
import org.mso.state.ContentUiState
import org.mso.state.Message
import org.mso.state.cases.FakeCore
import org.mso.state.cases.aCase

@OptIn(ExperimentalCoroutinesApi::class)
class TeamStateTest {
    private val core = FakeCore().apply {
        put(aTeamOf("u1", "u3"))
        colleagues = listOf(
            Colleague(UserId("u1"), "Amal", active = true),
            Colleague(UserId("u2"), "Bo", active = true),
            Colleague(UserId("u3"), "Cy", active = false),
            Colleague(UserId("u4"), "Di", active = false),
        )
    }

    private fun aTeamOf(vararg ids: String, actions: List<CaseAction> = listOf(CaseAction.CHANGE_TEAM)): CaseDetail {
        val detail = aCase("c1")
        return detail.copy(summary = detail.summary.copy(allowedActions = actions), team = ids.map { UserId(it) })
    }

    private fun TestScope.team(id: String = "c1"): TeamState {
        val team = TeamState(CaseId(id), core, backgroundScope, StandardTestDispatcher(testScheduler))
        runCurrent()
        return team
    }

    private fun TeamState.ready() = assertIs<ContentUiState.Ready<Team>>(uiState.value)

    @Test
    fun `it shows who is on the team and who can be added, former colleagues only on the team`() = runTest {
        val rows = listOf(
            TeamRow(UserId("u1"), "Amal", onTeam = true),
            TeamRow(UserId("u2"), "Bo", onTeam = false),
            TeamRow(UserId("u3"), "Cy", onTeam = true),
        )
        assertEquals(Team(rows, mayChange = true), team().ready().content)
    }

    @Test
    fun `a member whose name has not been received shows without it`() = runTest {
        core.put(aTeamOf("u9"))
        assertEquals(TeamRow(UserId("u9"), null, onTeam = true), team().ready().content.rows.last())
    }

    @Test
    fun `a colleague is added and removed`() = runTest {
        val team = team()
        core.meanwhile = { core.put(aTeamOf("u1", "u2", "u3")) }
        team.add(UserId("u2")).join()
        assertEquals(listOf(true, true, true), team.ready().content.rows.map { it.onTeam })
        core.meanwhile = { core.put(aTeamOf("u1", "u3")) }
        team.remove(UserId("u2")).join()
        assertEquals(listOf(true, false, true), team.ready().content.rows.map { it.onTeam })
        val expected = listOf(CaseOperation.AddTeamMember(UserId("u2")), CaseOperation.RemoveTeamMember(UserId("u2")))
        assertEquals<List<CaseOperation>>(expected, core.performed)
    }

    @Test
    fun `a team that may not be changed is not`() = runTest {
        core.put(aTeamOf("u1", actions = emptyList()))
        val team = team()
        assertEquals(false, team.ready().content.mayChange)
        team.add(UserId("u2")).join()
        assertEquals(emptyList(), core.performed)
    }

    @Test
    fun `a refusal shows its key`() = runTest {
        val team = team()
        core.refusal = MsoException.Refused("not_allowed", null, null)
        team.remove(UserId("u1")).join()
        assertEquals("refused.not_allowed" to false, team.ready().lastError?.key to team.ready().working)
    }

    @Test
    fun `a change of this case or of the colleagues shows at once, one of another case causes no reading`() = runTest {
        val team = team()
        core.tell(Change.OfCase(CaseId("c2")))
        runCurrent()
        assertEquals(1, core.reads)
        core.put(aTeamOf("u1", "u2"))
        core.tell(Change.OfCase(CaseId("c1")))
        runCurrent()
        assertEquals(listOf("Amal", "Bo"), team.ready().content.rows.map { it.name })
        core.colleagues = core.colleagues.map { it.copy(active = true) }
        core.tell(Change.Session)
        runCurrent()
        assertEquals(listOf("Amal", "Bo", "Cy", "Di"), team.ready().content.rows.map { it.name })
    }

    @Test
    fun `without the case there is no team`() = runTest {
        assertEquals(ContentUiState.Failed(Message("not_found")), team("c2").uiState.value)
    }
}
