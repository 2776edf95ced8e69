//! Status × command × role as one snapshot: what every command on a case does in every status, with the status that
//! follows. Compare it with the design's matrix before accepting a change.

mod rows;
mod scene;

use std::collections::BTreeSet;

use self::rows::{Make, ROWS};
use self::scene::{COLUMNS, Column, Scene, scene};
use crate::actor::Role;
use crate::cases::*;
use crate::command::{Fence, Operation as _, Step};
use crate::testing::{Fixture, a_case, apply};

/// What the command does: the status that follows, `·` for the same one, `noop`, or the code of the refusal.
fn cell(column: Column, (label, make): (&str, Make), role: Role, alone: bool) -> String {
    let scene = scene(column, label);
    let command = make(&scene);
    let mut ctx = scene.asked_by(role);
    if ["close_window (when it ends)", "escalate_clarification"].contains(&label)
        || label.starts_with("flag_overdue")
    {
        ctx.now = ctx.now.plus_hours(24 * 365);
    }
    let answer = if alone {
        command.decide_alone(&scene.facts, &ctx)
    } else {
        command.decide(&scene.facts, &ctx)
    };
    match answer {
        Err(refusal) => refusal.code().to_owned(),
        Ok(decision) if decision.events.is_empty() => "noop".to_owned(),
        Ok(decision) => {
            let mut after = scene.case.clone();
            apply(&mut after, &decision);
            if after.closure != scene.case.closure {
                "closed".to_owned()
            } else if after.status != scene.case.status {
                format!("→ {}", after.status.name())
            } else {
                "·".to_owned()
            }
        }
    }
}

#[test]
fn the_matrix_of_statuses_commands_and_roles_is_as_reviewed() {
    let mut table = format!("{:<46}{:<11}", "command", "role");
    for column in COLUMNS {
        table += &format!("{:<23}", column.name());
    }
    for row in ROWS {
        let sample = Scene::new(Column::In(CaseStatus::Assigned));
        let command = row.1(&sample);
        for role in command.spec().roles {
            let mut line = |label: &str, role: &str, alone: bool, by: Role| {
                let cells = COLUMNS.map(|column| format!("{:<23}", cell(column, row, by, alone)));
                table += &format!("\n{label:<46}{role:<11}{}", cells.concat());
            };
            line(row.0, role.name(), false, *role);
            if command.spec().fence == Fence::Token && *role == Role::Provider {
                line("", "(no token)", true, *role);
            }
        }
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
    insta::assert_snapshot!(lines.collect::<String>());
}

/// Rows come from the list of operations, so none can be missing.
#[test]
fn the_matrix_has_every_command_on_a_case_and_other_roles_are_refused_in_every_status() {
    let mut there = BTreeSet::new();
    for row in ROWS {
        for column in COLUMNS {
            let scene = scene(column, row.0);
            let command = row.1(&scene);
            assert!(row.0.starts_with(command.name()), "{}", row.0);
            there.insert(command.name());
            for role in Role::ALL {
                if !command.spec().roles.contains(&role) {
                    assert_eq!(cell(column, row, role, false), "forbidden", "{} {role:?}", row.0);
                }
            }
        }
    }
    let case = a_case(&Fixture::new()).assigned();
    let actor = Fixture::new().as_admin().actor;
    let on_cases = crate::command::ROWS
        .iter()
        .filter(|row| (row.admitted)(&case, &actor).is_some());
    let mut expected: BTreeSet<&str> = on_cases.map(|row| row.spec.name).collect();
    expected.insert(SubmitCase::SPEC.name);
    assert_eq!(there, expected);
}

/// The same question before any fact is loaded: what decides which actions apps offer.
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
