//! Status × command × role as one snapshot: the lifecycle at a glance. Compare it with the design's matrix
//! 2.1 before accepting a change.

use crate::actor::Role;
use crate::cases::*;
use crate::command::{Command, Step};
use crate::documents::{DeclareDocument, MarkDocumentStored};
use crate::facts::{Context, Facts};
use crate::ids::{AssignmentId, CaseId, ProviderId, RecommendationId};
use crate::testing::{Fixture, a_case, apply, text};

/// Every command that depends on a case's status, by name, as its proper sender would send it.
fn commands(fixture: &Fixture, case: &Case) -> Vec<Command> {
    let case_id = case.id;
    let provider_id = ProviderId::generate(fixture.now);
    let assignment_id = AssignmentId::generate(fixture.now);
    vec![
        Command::SubmitCase(SubmitCase {
            case_id,
            patient_id: fixture.patient,
            request: fixture.request(),
            documents: Vec::new(),
        }),
        Command::AssignCase(AssignCase {
            case_id,
            assignment_id,
            provider_id,
            overrides: Vec::new(),
        }),
        Command::ReassignCase(ReassignCase {
            case_id,
            assignment_id,
            provider_id,
            reason: text("on leave from tomorrow"),
            confirm_state: Some(case.status),
            overrides: Vec::new(),
        }),
        Command::AcceptCase(AcceptCase { case_id }),
        Command::StartReview(StartReview { case_id }),
        Command::SubmitRecommendation(SubmitRecommendation {
            case_id,
            recommendation_id: RecommendationId::generate(fixture.now),
            content: fixture.opinion(),
        }),
        Command::DeclareDocument(DeclareDocument {
            case_id,
            file: fixture.file(),
        }),
        Command::MarkDocumentStored(mark_stored(fixture, case_id)),
    ]
}

fn mark_stored(fixture: &Fixture, case_id: CaseId) -> MarkDocumentStored {
    let document = fixture.stored_document(case_id);
    MarkDocumentStored {
        case_id,
        document_id: document.id,
        sha256: document.file.sha256,
    }
}

fn facts(fixture: &Fixture, case: &Case, command: &Command) -> Facts {
    let mut facts = fixture.facts(case);
    if let Command::MarkDocumentStored(command) = command {
        let mut document = fixture.stored_document(case.id);
        document.id = command.document_id;
        document.state = crate::documents::DocumentState::Declared;
        facts.documents = crate::facts::Fact::Known(vec![document]);
    }
    facts
}

/// Builds the context in which a role acts on a case.
type Caller<'a> = dyn Fn(&Case) -> Context + 'a;

fn cell(fixture: &Fixture, status: CaseStatus, index: usize, ctx: &Caller<'_>, alone: bool) -> String {
    let case = a_case(fixture).in_status(status);
    let command = commands(fixture, &case).swap_remove(index);
    let (facts, ctx) = (facts(fixture, &case, &command), ctx(&case));
    let answer = if alone {
        command.decide_alone(&facts, &ctx)
    } else {
        command.decide(&facts, &ctx)
    };
    match answer {
        Err(refusal) => refusal.code().to_owned(),
        Ok(decision) if decision.events.is_empty() => "noop".to_owned(),
        Ok(decision) => {
            let mut after = case.clone();
            apply(&mut after, &decision);
            if after.status == status {
                "·".to_owned()
            } else {
                format!("→ {}", after.status.name())
            }
        }
    }
}

#[test]
fn the_matrix_of_statuses_commands_and_roles_is_as_reviewed() {
    let fixture = Fixture::new();
    let as_requester = |_: &Case| fixture.as_requester();
    let as_provider = |case: &Case| fixture.as_provider(case);
    let as_admin = |_: &Case| fixture.as_admin();
    let as_system = |_: &Case| fixture.as_system();
    let roles: [(&str, &Caller<'_>); 4] = [
        ("requester", &as_requester),
        ("provider own", &as_provider),
        ("admin", &as_admin),
        ("system", &as_system),
    ];
    let sample = a_case(&fixture).assigned();
    let mut table = format!("{:<23}{:<14}", "command", "role");
    for status in CaseStatus::ALL {
        table += &format!("{:<24}", status.name());
    }
    for (index, command) in commands(&fixture, &sample).iter().enumerate() {
        for (role, ctx) in roles {
            let cells: Vec<_> = CaseStatus::ALL
                .iter()
                .map(|status| cell(&fixture, *status, index, ctx, false))
                .collect();
            let row = |cells: &[String]| cells.iter().map(|cell| format!("{cell:<24}")).collect::<String>();
            table += &format!("\n{:<23}{role:<14}{}", command.name(), row(&cells));
            if command.spec().fence == crate::command::Fence::Token && role == "provider own" {
                let alone: Vec<_> = CaseStatus::ALL
                    .iter()
                    .map(|status| cell(&fixture, *status, index, ctx, true))
                    .collect();
                table += &format!("\n{:<23}{:<14}{}", "", "(no token)", row(&alone));
            }
        }
    }
    let table: String = table
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect();
    insta::assert_snapshot!(table);
}

/// Rows come from the list of operations, so none can be missing.
#[test]
fn what_each_status_answers_to_each_operation_is_as_reviewed() {
    let fixture = Fixture::new();
    let mut table = format!("{:<27}{:<11}", "operation", "role");
    for status in CaseStatus::ALL {
        table += &format!("{:<18}", status.name());
    }
    for row in crate::command::ROWS {
        for role in row.spec.roles {
            let mut cells = String::new();
            for status in CaseStatus::ALL {
                let case = a_case(&fixture).in_status(status);
                let actor = match role {
                    Role::Requester => fixture.as_requester().actor,
                    Role::Provider => fixture.as_provider(&case).actor,
                    Role::Admin => fixture.as_admin().actor,
                    Role::System => fixture.as_system().actor,
                };
                let cell = match (row.admitted)(&case, &actor) {
                    None => continue,
                    Some(Ok(Step::Go)) => "go",
                    Some(Ok(Step::Noop)) => "noop",
                    Some(Err(refusal)) => refusal.code(),
                };
                cells += &format!("{cell:<18}");
            }
            if !cells.is_empty() {
                table += &format!(
                    "\n{:<27}{:<11}{}",
                    row.spec.name,
                    format!("{role:?}"),
                    cells.trim_end()
                );
            }
        }
    }
    insta::assert_snapshot!(table);
}
