package org.mso.state

import kotlin.test.Test
import kotlin.test.assertEquals
import org.mso.core.MessageState
import org.mso.core.MsoException
import org.mso.core.PatientId

class MessageTest {
    @Test
    fun `every error has a key of its own`() {
        val keys = listOf(
            MsoException.Refused("patient_exists", null, null),
            MsoException.Invalid("email", "other_user"),
            MsoException.SignInNeeded(),
            MsoException.SignInFailed(),
            MsoException.Offline(),
            MsoException.UpdateNeeded(),
            MsoException.NotFound(),
            MsoException.TooManyDevices(emptyList()),
            MsoException.AlreadyOpen(),
            MsoException.KeyLost(),
            MsoException.StorageBroken("s-1"),
            MsoException.Server("internal", "r-1"),
            MsoException.Bug("b-1"),
        ).map { Message.of(it).key }
        assertEquals(
            listOf(
                "refused.patient_exists",
                "invalid.other_user",
                "sign_in_needed",
                "sign_in_failed",
                "offline",
                "update_needed",
                "not_found",
                "too_many_devices",
                "already_open",
                "key_lost",
                "storage_broken",
                "server.internal",
                "bug",
            ),
            keys,
        )
    }

    @Test
    fun `what a chat does not take is told by its reason`() {
        val reasons = listOf("not_a_participant", "no_identity", "expert_changed", "not_the_author", "older_readers")
        val messages = reasons.map { Message.of(MsoException.Invalid("chat", it)) }
        assertEquals(reasons.map { Message("invalid", it, "chat") }, messages)
        assertEquals(reasons.map { "invalid.$it" }, messages.map { it.key })
    }

    @Test
    fun `why a chat's message does not go has a key`() {
        val codes = listOf("chat_expert_changed", "chat_expert_not_admitted")
        assertEquals(codes.map { "refused.$it" }, codes.map { Message.of(MessageState.NotSent(it)).key })
    }

    @Test
    fun `what can be quoted is kept`() {
        val message = Message.of(MsoException.Server("internal", "r-1"))
        assertEquals("r-1", message.reference)
    }

    @Test
    fun `the patient to use instead is kept`() {
        val message = Message.of(MsoException.Refused("patient_exists", null, PatientId("p1")))
        assertEquals(PatientId("p1"), message.existing)
    }
}
