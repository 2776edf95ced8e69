/*
 * Ids: one type for each kind, so that a patient's id cannot be passed where a case's is expected.
 *
 * Invariant: an id comes from the core and is passed back unchanged. Text that is not an id is refused by the core.
 */
package org.mso.core

/** The id of a record. [value] is its text form, a UUID. */
public sealed interface Id {
    public val value: String
}

@JvmInline
public value class CaseId(override val value: String) : Id {
    override fun toString(): String = value
}

@JvmInline
public value class ClarificationId(override val value: String) : Id {
    override fun toString(): String = value
}

@JvmInline
public value class CommandId(override val value: String) : Id {
    override fun toString(): String = value
}

@JvmInline
public value class DeviceId(override val value: String) : Id {
    override fun toString(): String = value
}

@JvmInline
public value class DocumentId(override val value: String) : Id {
    override fun toString(): String = value
}

@JvmInline
public value class InstitutionId(override val value: String) : Id {
    override fun toString(): String = value
}

@JvmInline
public value class InvoiceId(override val value: String) : Id {
    override fun toString(): String = value
}

@JvmInline
public value class IssueId(override val value: String) : Id {
    override fun toString(): String = value
}

@JvmInline
public value class NoticeId(override val value: String) : Id {
    override fun toString(): String = value
}

@JvmInline
public value class NotificationId(override val value: String) : Id {
    override fun toString(): String = value
}

@JvmInline
public value class PatientId(override val value: String) : Id {
    override fun toString(): String = value
}

@JvmInline
public value class ProviderId(override val value: String) : Id {
    override fun toString(): String = value
}

@JvmInline
public value class RecommendationId(override val value: String) : Id {
    override fun toString(): String = value
}

@JvmInline
public value class UserId(override val value: String) : Id {
    override fun toString(): String = value
}
