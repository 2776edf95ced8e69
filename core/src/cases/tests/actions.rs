//! What each role is offered in each status, as one snapshot.

use crate::actor::Actor;
use crate::cases::*;
use crate::command::Command;
use crate::facts::{Fact, Facts};
use crate::ids::ClarificationId;
use crate::testing::{Fixture, a_case, text};

fn line(label: &str, case: &Case, actor: &Actor) -> String {
    let mut actions: Vec<String> = case
        .allowed_actions(actor, &Facts::default())
        .iter()
        .map(|action| format!("{action:?}"))
        .collect();
    actions.sort();
    format!("{label:<40}{}", actions.join(" ")).trim_end().to_owned() + "\n"
}

#[test]
fn the_actions_offered_by_status_and_role_are_as_reviewed() {
    let fixture = Fixture::new();
    let mut table = String::new();
    for status in CaseStatus::ALL {
        let case = a_case(&fixture).in_status(status);
        let requester = fixture.as_requester().actor;
        let stranger = Actor {
            acting: crate::actor::Acting::Requester {
                institution: crate::ids::InstitutionId::generate(fixture.now),
            },
            ..requester
        };
        let roles = [
            ("requester", requester),
            ("requester elsewhere", stranger),
            ("expert", fixture.as_provider(&case).actor),
            ("admin", fixture.as_admin().actor),
            ("system", fixture.as_system().actor),
        ];
        for (role, actor) in roles {
            let name = status.name();
            table += &line(&format!("{name}, {role}"), &case, &actor);
            let awaiting = Case {
                readiness: Readiness::AwaitingUploads,
                ..case.clone()
            };
            table += &line(&format!("{name}, {role}, uploading"), &awaiting, &actor);
            let over = Case {
                window_closed: true,
                ..case.clone()
            };
            if status == CaseStatus::Done {
                table += &line(&format!("{name}, {role}, window closed"), &over, &actor);
            }
            let resumes = Case {
                resume_status: Some(CaseStatus::InProgress),
                ..case.clone()
            };
            table += &line(&format!("{name}, {role}, resumes in review"), &resumes, &actor);
            let closed = Case {
                closure: Some(Closure::Withdrawn),
                ..case.clone()
            };
            table += &line(&format!("{name}, {role}, closed"), &closed, &actor);
            let unassigned = Case {
                assignment: None,
                ..case.clone()
            };
            table += &line(&format!("{name}, {role}, no expert"), &unassigned, &actor);
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn an_answer_is_offered_where_a_question_can_be_answered() {
    let fixture = Fixture::new();
    let case = a_case(&fixture).done();
    let unanswered = Clarification {
        id: ClarificationId::generate(fixture.now),
        case_id: case.id,
        text: text("Would you replace the valve?"),
        asked_by: fixture.requester,
        asked_at: fixture.now,
        escalated_at: None,
        answer: None,
        version: 1,
    };
    let answered = Clarification {
        id: ClarificationId::generate(fixture.now),
        answer: Some(ClarificationAnswer {
            text: text("No, it can be repaired."),
            at: fixture.now,
        }),
        ..unanswered.clone()
    };
    let escalated = Clarification {
        escalated_at: Some(fixture.now),
        ..unanswered.clone()
    };
    let asked = [
        vec![],
        vec![answered.clone()],
        vec![unanswered.clone()],
        vec![answered, unanswered],
        vec![escalated],
    ];
    let over = Case {
        window_closed: true,
        ..case.clone()
    };
    let mut offers = Vec::new();
    for asked in asked {
        let facts = Facts {
            clarifications: Fact::Known(asked.clone()),
            ..fixture.facts(&case)
        };
        for ctx in [
            fixture.as_requester(),
            fixture.as_provider(&case),
            fixture.as_admin(),
        ] {
            let taken = asked.iter().any(|asked| {
                let command: Command = AnswerClarification {
                    case_id: case.id,
                    clarification_id: asked.id,
                    text: text("It depends on the anatomy."),
                }
                .into();
                let decided = command.decide(&facts, &ctx);
                decided.is_ok_and(|decision| !decision.events.is_empty())
            });
            let offered = case.allowed_actions(&ctx.actor, &facts);
            let offered = offered.contains(&CaseAction::AnswerClarification);
            assert_eq!(offered, taken, "{:?} {asked:?}", ctx.actor.role());
            offers.push(offered);
            assert!(
                !over
                    .allowed_actions(&ctx.actor, &facts)
                    .contains(&CaseAction::AnswerClarification)
            );
        }
    }
    assert_eq!(offers.iter().filter(|offered| **offered).count(), 3);
}
