//! The cases that the matrix asks about, with all that hangs on them.

use crate::actor::Role;
use crate::cases::*;
use crate::documents::DocumentState;
use crate::facts::{Context, Fact, Facts};
use crate::ids::{ClarificationId, CommandId, DocumentId, IssueId, QuarantineId, RecommendationId, UserId};
use crate::issues::{Issue, IssueAnswer, IssueKind, IssueState};
use crate::people::TeamCandidate;
use crate::testing::{Fixture, a_case, text};

/// One column: a case as it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    In(CaseStatus),
    /// Returned, after an expert had accepted it.
    ReturnedFromAccepted,
    Closed,
}

pub(super) const COLUMNS: [Column; 9] = [
    Column::In(CaseStatus::New),
    Column::In(CaseStatus::Assigned),
    Column::In(CaseStatus::Accepted),
    Column::In(CaseStatus::InProgress),
    Column::In(CaseStatus::Rejected),
    Column::In(CaseStatus::Returned),
    Column::ReturnedFromAccepted,
    Column::In(CaseStatus::Done),
    Column::Closed,
];

impl Column {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::In(status) => status.name(),
            Self::ReturnedFromAccepted => "Returned²",
            Self::Closed => "closed",
        }
    }

    pub(super) fn case(self, fixture: &Fixture) -> Case {
        match self {
            Self::In(status) => a_case(fixture).in_status(status),
            Self::ReturnedFromAccepted => Case {
                resume_status: Some(CaseStatus::Accepted),
                ever_accepted: true,
                ..a_case(fixture).in_status(CaseStatus::Returned)
            },
            Self::Closed => Case {
                closure: Some(Closure::Cancelled),
                closure_reason: Some(text("no consent")),
                assignment: None,
                ..a_case(fixture).assigned()
            },
        }
    }
}

/// A case and all that hangs on it: the open return issue of a returned one, another issue that is open, one of a return
/// that was resolved, a file, and after Done an opinion with a question.
pub(super) struct Scene {
    pub(super) fixture: Fixture,
    pub(super) case: Case,
    pub(super) facts: Facts,
    pub(super) open_return: IssueId,
    pub(super) other_issue: IssueId,
    pub(super) resolved_return: IssueId,
    pub(super) document: DocumentId,
    pub(super) question: ClarificationId,
    pub(super) kept: QuarantineId,
    pub(super) colleague: UserId,
}

impl Scene {
    pub(super) fn new(column: Column) -> Self {
        let fixture = Fixture::new();
        let case = column.case(&fixture);
        let now = fixture.now;
        let colleague = UserId::generate(now);
        let mut scene = Self {
            facts: fixture.facts(&case),
            open_return: IssueId::generate(now),
            other_issue: IssueId::generate(now),
            resolved_return: IssueId::generate(now),
            document: DocumentId::generate(now),
            question: ClarificationId::generate(now),
            kept: QuarantineId::generate(now),
            colleague,
            case,
            fixture,
        };
        scene.hang();
        scene
    }

    fn hang(&mut self) {
        let (now, case_id) = (self.fixture.now, self.case.id);
        let resolved = IssueState::Resolved {
            by: None,
            at: now,
            note: None,
        };
        let mut issues = vec![
            self.issue(self.resolved_return, IssueKind::Return, resolved),
            self.issue(self.other_issue, IssueKind::Quality, IssueState::Open),
        ];
        if self.case.status == CaseStatus::Returned {
            issues.push(self.issue(self.open_return, IssueKind::Return, IssueState::Open));
        }
        self.facts.issues = Fact::Known(issues);
        let mut document = self.fixture.stored_document(case_id);
        document.id = self.document;
        document.file.document_id = self.document;
        self.facts.documents = Fact::Known(vec![document]);
        self.facts.team_candidate = Fact::Known(Some(TeamCandidate {
            user_id: self.colleague,
            role: Role::Requester,
            institution_id: Some(self.fixture.institution),
            active: true,
        }));
        self.facts.quarantine = Fact::Known(vec![Quarantined {
            id: self.kept,
            case_id,
            author: self.fixture.provider_user,
            command_id: CommandId::generate(now),
            assignment_id: None,
            refusal: "assignment_superseded".to_owned(),
            kept_at: now,
            discarded_at: None,
        }]);
        if self.case.status != CaseStatus::Done {
            return;
        }
        self.facts.recommendations = Fact::Known(vec![Recommendation {
            id: RecommendationId::generate(now),
            case_id,
            version: 1,
            author: self.fixture.provider,
            signed_at: now,
            content: self.fixture.opinion(),
            entered_in_error: None,
        }]);
        self.facts.clarifications = Fact::Known(vec![Clarification {
            id: self.question,
            case_id,
            text: text("Is a mechanical valve an option?"),
            asked_by: self.fixture.requester,
            asked_at: now,
            escalated_at: None,
            answer: None,
            version: 1,
        }]);
    }

    fn issue(&self, id: IssueId, kind: IssueKind, state: IssueState) -> Issue {
        let now = self.fixture.now;
        Issue {
            id,
            case_id: self.case.id,
            kind,
            text: Some(text("The discharge letter is missing.")),
            wanted_items: Vec::new(),
            author: Some(self.fixture.provider_user),
            author_role: Role::Provider,
            state,
            answers: Vec::new(),
            history: Vec::new(),
            created_at: now,
            opened_at: now,
            version: 1,
        }
    }

    /// The issue that an act on issues is about: the one that keeps the case returned, if it is.
    pub(super) fn target(&self) -> IssueId {
        if self.case.status == CaseStatus::Returned {
            self.open_return
        } else {
            self.other_issue
        }
    }

    pub(super) fn answered(mut self) -> Self {
        if let Fact::Known(issues) = &mut self.facts.issues {
            for issue in issues {
                issue.answers.push(IssueAnswer {
                    by: self.fixture.requester,
                    at: self.fixture.now,
                    text: Some(text("It is attached.")),
                    document_ids: Vec::new(),
                });
            }
        }
        self
    }

    /// The facts, and the context in which the role gives the command.
    pub(super) fn asked_by(&self, role: Role) -> Context {
        let fixture = &self.fixture;
        match role {
            Role::Requester => fixture.as_requester(),
            Role::Provider => fixture.as_provider(&self.case),
            Role::Admin => fixture.as_admin(),
            Role::System => fixture.as_system(),
        }
    }
}

/// The scene that a row is about.
pub(super) fn scene(column: Column, label: &str) -> Scene {
    let mut scene = Scene::new(column);
    if label == "mark_document_stored"
        && let Fact::Known(documents) = &mut scene.facts.documents
    {
        for document in documents {
            document.state = DocumentState::Declared;
        }
    }
    if label == "remove_team_member" {
        scene.case.team.push(scene.colleague);
    }
    if label.starts_with("flag_overdue") {
        let by = Some(scene.fixture.now);
        scene.case.due = Due {
            accept_by: by,
            start_by: by,
            finish_by: by,
            answer_by: by,
            read_by: by,
            paused_at: None,
        };
    }
    scene.facts.case = Fact::Known(Some(scene.case.clone()));
    if label == "resubmit_case (answered)" {
        scene = scene.answered();
    }
    scene
}
