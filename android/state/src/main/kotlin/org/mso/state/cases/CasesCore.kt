/*
 * The part of the core that the case screens need, so that tests can replace it.
 *
 * Invariant: every function is one call to the workspace, and its result is passed on unchanged.
 */
package org.mso.state.cases

import org.mso.core.CaseDetail
import org.mso.core.CaseId
import org.mso.core.CaseSummary
import org.mso.core.ChangeListener
import org.mso.core.DocumentId
import org.mso.core.IssueId
import org.mso.core.IssueItem
import org.mso.core.Notice
import org.mso.core.Opinion
import org.mso.core.RecommendationId
import org.mso.core.RejectionReason
import org.mso.core.SessionSummary
import org.mso.core.SyncStatus
import org.mso.core.WorkspaceInterface

/** The part of the core that the case screens use. Functions throw `MsoException`. */
public interface CasesCore {
    /** The signed-in user's session; null if nobody is signed in. */
    public fun session(): SessionSummary?

    /** All cases on this phone, newest first. */
    public fun cases(): List<CaseSummary>

    /** One case with everything its screen shows. */
    public fun caseDetail(caseId: CaseId): CaseDetail

    /** The issues of a case, oldest first. */
    public fun issues(caseId: CaseId): List<IssueItem>

    public fun syncStatus(): SyncStatus

    /** Notices for the user, newest first. */
    public fun notices(): List<Notice>

    /** Accepts an assigned case. */
    public fun accept(caseId: CaseId)

    /** Rejects a case; the text is for admins only. */
    public fun reject(caseId: CaseId, reason: RejectionReason, text: String?)

    /** Starts the review. */
    public fun startReview(caseId: CaseId)

    /** Returns a case to the requester with a question. */
    public fun returnCase(caseId: CaseId, text: String): IssueId

    /** Answers a question that a case was returned with. */
    public fun answerIssue(caseId: CaseId, issueId: IssueId, text: String?, documentIds: List<DocumentId>)

    /** Resubmits a returned case. */
    public fun resubmit(caseId: CaseId)

    /** Withdraws a case that no expert has accepted. */
    public fun withdraw(caseId: CaseId, reason: String)

    /** Submits the opinion. */
    public fun submitRecommendation(caseId: CaseId, opinion: Opinion): RecommendationId

    /** Adds a staged file to a case. */
    public fun addDocument(caseId: CaseId, documentId: DocumentId)

    /** Reports changes to [listener] until the result is closed. */
    public fun subscribe(listener: ChangeListener): AutoCloseable
}

/** The real core. */
public class WorkspaceCases(private val workspace: WorkspaceInterface) : CasesCore {
    override fun session(): SessionSummary? = workspace.session()

    override fun cases(): List<CaseSummary> = workspace.cases()

    override fun caseDetail(caseId: CaseId): CaseDetail = workspace.caseDetail(caseId)

    override fun issues(caseId: CaseId): List<IssueItem> = workspace.issues(caseId)

    override fun syncStatus(): SyncStatus = workspace.syncStatus()

    override fun notices(): List<Notice> = workspace.notices()

    override fun accept(caseId: CaseId): Unit = workspace.accept(caseId)

    override fun reject(caseId: CaseId, reason: RejectionReason, text: String?): Unit =
        workspace.reject(caseId, reason, text)

    override fun startReview(caseId: CaseId): Unit = workspace.startReview(caseId)

    override fun returnCase(caseId: CaseId, text: String): IssueId = workspace.returnCase(caseId, text)

    override fun answerIssue(
        caseId: CaseId,
        issueId: IssueId,
        text: String?,
        documentIds: List<DocumentId>,
    ): Unit = workspace.answerIssue(caseId, issueId, text, documentIds)

    override fun resubmit(caseId: CaseId): Unit = workspace.resubmit(caseId)

    override fun withdraw(caseId: CaseId, reason: String): Unit = workspace.withdraw(caseId, reason)

    override fun submitRecommendation(caseId: CaseId, opinion: Opinion): RecommendationId =
        workspace.submitRecommendation(caseId, opinion)

    override fun addDocument(caseId: CaseId, documentId: DocumentId): Unit =
        workspace.addDocument(caseId, documentId)

    override fun subscribe(listener: ChangeListener): AutoCloseable = workspace.subscribe(listener)
}
